"""Feature matching: what the discriminator sees in a real and in the fake that is meant to equal it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from ganloss_cli.evaluators.batch import Features
from ganloss_cli.evaluators.catalogue import Convention, loss
from ganloss_cli.evaluators.losses.sides import Reduction
from ganloss_cli.evaluators.shapes import check_lengths, check_shapes, per_sample
from ganloss_cli.evaluators.streams import each_sub_discriminator

REFERENCE = "Kumar et al. 2019, MelGAN, arXiv:1910.06711; Kong et al. 2020, HiFi-GAN, arXiv:2010.05646"
HIFIGAN = "jik876/hifi-gan@4769534 models.py"
RVC = "RVC-Project/Retrieval-based-Voice-Conversion-WebUI@4338f12 train/losses.py"
APPLIO = "IAHispano/Applio@b9c0ccb1 rvc/train/losses.py"
PARALLEL_WAVEGAN = "kan-bayashi/ParallelWaveGAN@8674037 parallel_wavegan/losses/feat_match_loss.py"

Distances = tuple[tuple[Tensor, ...], ...]

VITS = Convention("vits", "jaywalnut310/vits@2e561ba losses.py")
HIDDEN_SUM = Convention(
    "dac", "descriptinc/descript-audio-codec@c7cfc5d dac/nn/loss.py", settings={"scale": 1.0, "logit_maps": False},
    relation="once the sum, without the logit maps",
)  # fmt: skip
MEANS = Convention(
    "parallel_wavegan", PARALLEL_WAVEGAN,
    settings={"scale": 1.0, "logit_maps": False, "maps": "mean", "sub_discriminators": "mean"},
    relation="mean over sub-discriminators of the mean over their maps, without the logit maps",
)  # fmt: skip


def distances_of_maps(k: int, real_maps: Sequence[Tensor], fake_maps: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Mean absolute difference of each map of one sub-discriminator.

    Args:
        k: which sub-discriminator, for errors.
        real_maps: each (N, C, ...).
        fake_maps: of the same shapes.

    Returns:
        (N,) for each map.

    Raises:
        InputError: the lists have different lengths, or two maps different shapes.
    """
    check_lengths(**{f"real_features.{k}": real_maps, f"fake_features.{k}": fake_maps})
    row = []
    for position, (real, fake) in enumerate(zip(real_maps, fake_maps, strict=True)):
        check_shapes(**{f"real_features.{k}.{position}": real, f"fake_features.{k}.{position}": fake})
        row.append(per_sample((real - fake).abs_()))
    return tuple(row)


@loss(
    family="features",
    synonyms=("feature_matching", "feat"),
    if_unpaired="fm_moment compares batch means and needs no pairs",
    symmetric=True,
    reference=REFERENCE,
    row=distances_of_maps,
    paired=True,
    equilibrium=0.0,
    interpretation="0: the discriminator sees no difference; values compare only between runs of one discriminator",
    conventions=(
        VITS,
        VITS.alias("hifigan", HIFIGAN),
        VITS.alias("rvc", RVC),
        VITS.alias("applio", APPLIO),
        HIDDEN_SUM,
        HIDDEN_SUM.alias("parallel_wavegan_hifigan", f"{PARALLEL_WAVEGAN} egs/ljspeech/voc1/conf/hifigan.v1.yaml"),
        MEANS,
        Convention(
            "audiocraft", "facebookresearch/audiocraft@896ec7c audiocraft/adversarial/losses.py",
            settings={"scale": 1.0, "maps": "mean", "sub_discriminators": "mean"},
            relation="mean over sub-discriminators of the mean over their maps; its own give no logit maps",
        ),
        Convention(
            "melgan", "descriptinc/melgan-neurips@6488045 scripts/train.py",
            settings={"scale": 0.8, "logit_maps": False, "sub_discriminators": "mean"},
            relation="4 / 5 of each sum, mean over sub-discriminators, without the logit maps; 10 times that is added "
            "to the generator's loss",
        ),
        Convention(
            "pix2pixhd", "NVIDIA/pix2pixHD@14b3b3c models/pix2pixHD_model.py",
            settings={"scale": 40.0, "logit_maps": False, "maps": "mean", "sub_discriminators": "mean"},
            relation="lambda_feat = 10 times 4 times the mean of means, without the logit maps",
        ),
        Convention(
            "spade", "NVlabs/SPADE@fecacc9 models/pix2pix_model.py",
            settings={"scale": 10.0, "logit_maps": False, "sub_discriminators": "mean"},
            relation="lambda_feat = 10 times each sum, mean over sub-discriminators, without the logit maps",
        ),
        Convention(
            "vocos", "gemelo-ai/vocos@c859e3b vocos/loss.py vocos/discriminators.py",
            settings={"scale": 1.0, "sub_discriminators": "mean"},
            relation="once each sum, mean over sub-discriminators; its own give no map of their first layer",
        ),
        Convention(
            "blog", "GAN Loss Functions: The Key to Generative Adversarial Networks, 2023-10-31",
            settings={"scale": 1.0, "logit_maps": False, "maps": "pooled"},
            relation="mean over all maps of all sub-discriminators, without the logit maps",
        ),
    ),
)  # fmt: skip
def fm(
    real_features: Features,
    fake_features: Features,
    *,
    scale: float = 2.0,
    logit_maps: bool = True,
    features_have_logits: bool = True,
    maps: Literal["sum", "mean", "pooled"] = "sum",
    sub_discriminators: Reduction = "sum",
) -> Tensor:
    """Feature matching: distances between the discriminator's maps of each real and of its fake.

        FM = scale * sum over k, l of mean |real_features[k][l] - fake_features[k][l]|

    Args:
        real_features: maps of the reals, [sub-discriminator][map]; each (N, C, ...).
        fake_features: maps of the fakes, of the same shapes.
        scale: what the reduced distances are multiplied by.
        logit_maps: whether the map that holds a sub-discriminator's own output counts.
        features_have_logits: whether each sub-discriminator's last map is that output.
        maps: whether the maps of a sub-discriminator are summed, averaged, or averaged over all sub-discriminators
            at once ("pooled").
        sub_discriminators: whether sub-discriminators are summed or averaged.

    Returns:
        (N,); none is negative.

    Convention: twice the sum over exactly the maps given, the logit maps among them where they are, and never
    `real_logits`; HiFi-GAN, VITS and RVC. Others differ in all of it: see the conventions.

    Reference: arXiv:2010.05646, equation 7; the factor 2 is that paper's weight, inside the function in its code.
    """
    distances = map_distances(real_features, fake_features)
    last = -1 if features_have_logits and not logit_maps else None
    chosen = [torch.stack(row[:last]) for row in distances]
    if maps == "pooled":
        return scale * torch.cat(chosen).mean(0)
    rows = torch.stack([row.mean(0) if maps == "mean" else row.sum(0) for row in chosen])
    return scale * (rows.mean(0) if sub_discriminators == "mean" else rows.sum(0))


def map_distances(real_features: Features, fake_features: Features) -> Distances:
    """Mean absolute difference of each map; one pass, one sub-discriminator's maps in hand at a time.

    Args:
        real_features: [sub-discriminator][map], each (N, C, ...); the outer sequence may be lazy.
        fake_features: the same shapes.

    Returns:
        (N,) for each map, [sub-discriminator][map].

    Raises:
        InputError: the lists have different lengths, or two maps different shapes.
    """
    return each_sub_discriminator(distances_of_maps, real_features, fake_features)
