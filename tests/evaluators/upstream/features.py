"""Feature matching, by the public code bases."""

import types
from typing import Any
from unittest import mock

import torch
from clones import Upstream
from figures import (
    AUDIOCRAFT,
    DISCOGAN,
    MELGAN,
    PIX2PIXHD_MODEL,
    PWG_FM,
    SPADE_MODEL,
    STUDIOGAN,
    VOCOS,
    G,
    figure,
    lists,
)
from torch import Tensor, nn


def _pwg_fm(up: Upstream, **settings: bool) -> Any:
    return up.load(PWG_FM, "FeatureMatchLoss").FeatureMatchLoss(**settings)(lists(G.FAKE_MAPS), lists(G.REAL_MAPS))


figure("fm:parallel_wavegan", "MAPS", PWG_FM)(_pwg_fm)
figure("fm:parallel_wavegan_hifigan", "MAPS", PWG_FM)(
    lambda up: _pwg_fm(up, average_by_layers=False, average_by_discriminators=False, include_final_outputs=False)
)


@figure("fm:melgan", "MAPS", MELGAN)
def _(up: Upstream) -> Any:
    """n_layers_D = 4, its default."""
    known = {
        "args": types.SimpleNamespace(n_layers_D=4, num_D=3), "D_fake": lists(G.FAKE_MAPS), "D_real": lists(G.REAL_MAPS)
    }  # fmt: skip
    return up.run(MELGAN, *up.passage(MELGAN, "loss_feat = 0", 6), **known)["loss_feat"]


@figure("fm:pix2pixhd", "EQUAL_MAPS", PIX2PIXHD_MODEL)
def _(up: Upstream) -> Any:
    """n_layers_D = 2: three hidden maps and the logit map."""
    options = types.SimpleNamespace(no_ganFeat_loss=False, n_layers_D=2, num_D=2, lambda_feat=10.0)
    known = {
        "self": types.SimpleNamespace(opt=options, criterionFeat=nn.L1Loss()),
        "pred_fake": lists(G.EQUAL_MAPS["fake_features"]), "pred_real": lists(G.EQUAL_MAPS["real_features"]),
    }  # fmt: skip
    return up.run(PIX2PIXHD_MODEL, 178, 185, **known)["loss_G_GAN_Feat"]


@figure("fm:spade", "MAPS", SPADE_MODEL)
def _(up: Upstream) -> Any:
    me = types.SimpleNamespace(
        opt=types.SimpleNamespace(lambda_feat=10.0), criterionFeat=nn.L1Loss(), FloatTensor=torch.DoubleTensor
    )
    known = {"self": me, "pred_fake": lists(G.FAKE_MAPS), "pred_real": lists(G.REAL_MAPS)}
    return up.run(SPADE_MODEL, 148, 156, **known)["GAN_Feat_loss"]


@figure("fm:vocos", "MAPS", VOCOS)
def _(up: Upstream) -> Any:
    """Divided by the number of sub-discriminators in vocos/experiment.py."""
    return up.load(VOCOS, "FeatureMatchingLoss").FeatureMatchingLoss()(G.REAL_MAPS, G.FAKE_MAPS) / 3


@figure("fm:audiocraft", "MAPS", AUDIOCRAFT)
def _(up: Upstream) -> Any:
    """Divided by the number of sub-discriminators in AdversarialLoss.forward."""
    distance = up.load(AUDIOCRAFT, "FeatureMatchingLoss").FeatureMatchingLoss()
    return sum(distance(list(fake), list(real)) for fake, real in zip(G.FAKE_MAPS, G.REAL_MAPS, strict=True)) / 3


@figure("fm_moment:discogan", "ONE_LIST_OF_MAPS", DISCOGAN)
def _(up: Upstream) -> Any:
    """Its labels live on a GPU; they stay where they are."""
    with mock.patch.object(Tensor, "cuda", lambda tensor: tensor.double()):
        criterion = nn.HingeEmbeddingLoss()
        return up.old_function(DISCOGAN, "get_fm_loss")(G.REAL_MAPS[0], G.FAKE_MAPS[0], criterion)


@figure("fm_moment:hidden", "ONE_LIST_OF_MAPS", DISCOGAN)
def _(up: Upstream) -> Any:
    """discogan/model.py hands out no map of its last layer."""
    with mock.patch.object(Tensor, "cuda", lambda tensor: tensor.double()):
        hidden = (G.REAL_MAPS[0][:-1], G.FAKE_MAPS[0][:-1])
        return up.old_function(DISCOGAN, "get_fm_loss")(*hidden, nn.HingeEmbeddingLoss())


figure("fm_moment:studiogan", "LAST_HIDDEN_MAP", STUDIOGAN)(
    lambda up: up.load(STUDIOGAN, "feature_matching_loss").feature_matching_loss(G.REAL_MAPS[0][-2], G.FAKE_MAPS[0][-2])
)
