"""Least squares, cross-entropy, hinge and Wasserstein, by the public code bases."""

import types
from typing import Any

import torch
from clones import Upstream
from figures import (
    APPLIO,
    AUDIOCRAFT,
    BASICSR,
    BIGGAN,
    CAOGANG,
    CARPEDM20,
    CUT,
    CUT_MODEL,
    DAC,
    DCGAN,
    DISCOGAN,
    GAN_STABILITY,
    HIFIGAN,
    LEFTTHOMAS,
    LIGHTWEIGHT,
    LUCIDRAINS,
    MELGAN,
    PIX2PIXHD,
    PWG,
    ROSINALITY,
    RVC,
    SPADE,
    STUDIOGAN,
    STYLEGAN2_TORCH,
    STYLEGAN3,
    TAMING,
    VITS,
    VOCOS,
    G,
    figure,
    last_of_lists,
    lists,
    pytorch_gan,
)
from torch import nn

for _source in (VITS, HIFIGAN, RVC, APPLIO):

    def _least_squares(up: Upstream, source: str = _source) -> Any:
        code = up.load(source, "discriminator_loss", "generator_loss", "feature_loss")
        d, _, _ = code.discriminator_loss(G.REAL_PARTS, G.FAKE_PARTS)
        return d, code.generator_loss(G.FAKE_PARTS)[0]

    def _feature_loss(up: Upstream, source: str = _source) -> Any:
        return up.load(source, "feature_loss").feature_loss(G.REAL_MAPS, G.FAKE_MAPS)

    _name = {VITS: "vits", HIFIGAN: "hifigan", RVC: "rvc", APPLIO: "applio"}[_source]
    figure(f"d_lsgan:{_name} g_lsgan:{_name}", "PARTS", _source)(_least_squares)
    figure(f"fm:{_name}", "MAPS", _source)(_feature_loss)


def _dac(up: Upstream, name: str) -> Any:
    me = types.SimpleNamespace(forward=lambda *_: (lists(G.FAKE_MAPS), lists(G.REAL_MAPS)))
    quiet = types.SimpleNamespace(clone=lambda: types.SimpleNamespace(detach=lambda: None))
    return up.method(DAC, "GANLoss", name)(me, quiet, quiet)


figure("d_lsgan:dac", "PARTS", DAC)(lambda up: _dac(up, "discriminator_loss"))
figure("g_lsgan:dac", "PARTS", DAC)(lambda up: _dac(up, "generator_loss")[0])
figure("fm:dac", "MAPS", DAC)(lambda up: _dac(up, "generator_loss")[1])


def _cut(up: Upstream, mode: str) -> Any:
    criterion = up.load(CUT, "GANLoss").GANLoss(mode)
    real, fake = G.PATCHES["real_logits"], G.PATCHES["fake_logits"]
    model = types.SimpleNamespace(loss_D_fake=criterion(fake, False), loss_D_real=criterion(real, True))
    d = up.run(CUT_MODEL, 171, 171, self=model)["self"].loss_D
    return d, criterion(fake, True)


figure("d_lsgan:cyclegan g_lsgan:cyclegan", "PATCHES", CUT)(lambda up: _cut(up, "lsgan"))
figure("d_bce:pix2pix g_bce:pix2pix", "PATCHES", CUT)(lambda up: _cut(up, "vanilla"))
figure("d_wgan:cyclegan g_wgan:cyclegan", "PATCHES", CUT)(lambda up: _cut(up, "wgangp"))


@figure("d_lsgan:pytorch_gan g_lsgan:pytorch_gan", "PATCHES", pytorch_gan("lsgan"))
def _(up: Upstream) -> Any:
    return _pytorch_gan(up, "lsgan", G.PATCHES, nn.MSELoss(), (177, 179), 165)


@figure("d_bce:pytorch_gan g_bce:pytorch_gan", "PROBABILITIES", pytorch_gan("dcgan"))
def _(up: Upstream) -> Any:
    return _pytorch_gan(up, "dcgan", G.PROBABILITIES, nn.BCELoss(), (178, 180), 166)


def _pytorch_gan(up: Upstream, name: str, batch: Any, criterion: Any, d: tuple[int, int], g: int) -> Any:
    real, fake = batch["real_logits"], batch["fake_logits"]
    pictures = types.SimpleNamespace(detach=lambda: "fake")
    known = {
        "adversarial_loss": criterion, "discriminator": lambda seen: real if seen == "real" else fake,
        "real_imgs": "real", "gen_imgs": pictures, "valid": torch.ones_like(real), "fake": torch.zeros_like(fake),
    }  # fmt: skip
    return up.run(pytorch_gan(name), *d, **known)["d_loss"], up.run(pytorch_gan(name), g, g, **known)["g_loss"]


@figure("d_lsgan:carpedm20 g_lsgan:carpedm20", "SCORES", CARPEDM20)
def _(up: Upstream) -> Any:
    real, fake = G.SCORES.values()
    me = types.SimpleNamespace(D_A=lambda scores: scores)
    known = {"self": me, "x_A": real, "x_BA": fake}
    known |= up.run(CARPEDM20, 203, 204, **known)
    d = up.run(CARPEDM20, *up.passage(CARPEDM20, "l_d_A = l_d_A_real + l_d_A_fake"), **known)["l_d_A"]
    return d, up.run(CARPEDM20, 235, 235, **known)["l_gan_A"]


@figure("d_lsgan:studiogan d_bce:studiogan d_hinge:studiogan d_wgan:studiogan", "SCORES", STUDIOGAN)
def _(up: Upstream) -> Any:
    code = up.load(STUDIOGAN, "d_ls", "d_vanilla", "d_hinge", "d_wasserstein")
    real, fake = G.SCORES["real_logits"], G.SCORES["fake_logits"]
    return tuple(f(real, fake, False) for f in (code.d_ls, code.d_vanilla, code.d_hinge, code.d_wasserstein))


@figure("g_lsgan:studiogan g_bce:studiogan g_hinge:studiogan g_wgan:studiogan", "SCORES", STUDIOGAN)
def _(up: Upstream) -> Any:
    code = up.load(STUDIOGAN, "g_ls", "g_vanilla", "g_hinge", "g_wasserstein")
    fake = G.SCORES["fake_logits"]
    return tuple(f(fake, False) for f in (code.g_ls, code.g_vanilla, code.g_hinge, code.g_wasserstein))


@figure("d_lsgan:pix2pixhd g_lsgan:pix2pixhd", "PARTS", PIX2PIXHD)
def _(up: Upstream) -> Any:
    criterion = up.load(PIX2PIXHD, "GANLoss").GANLoss(tensor=torch.DoubleTensor)
    real, fake = last_of_lists(G.REAL_PARTS), last_of_lists(G.FAKE_PARTS)
    known = {"loss_dict": {"D_fake": criterion(fake, False), "D_real": criterion(real, True)}}
    return up.run("NVIDIA/pix2pixHD@14b3b3c train.py", 78, 78, **known)["loss_D"], criterion(fake, True)


def _pwg(up: Upstream, kind: str) -> Any:
    code = up.load(PWG, "DiscriminatorAdversarialLoss", "GeneratorAdversarialLoss")
    real, fake = code.DiscriminatorAdversarialLoss(loss_type=kind)(list(G.FAKE_PARTS), list(G.REAL_PARTS))
    return real + fake, code.GeneratorAdversarialLoss(loss_type=kind)(list(G.FAKE_PARTS))


figure("d_lsgan:parallel_wavegan g_lsgan:parallel_wavegan", "PARTS", PWG)(lambda up: _pwg(up, "mse"))


def _audiocraft(up: Upstream, real: str, fake: str, g: str) -> Any:
    code = up.load(AUDIOCRAFT, real, fake, g)
    me = types.SimpleNamespace(
        loss_fake=getattr(code, fake), loss_real=getattr(code, real), loss=getattr(code, g), normalize=True
    )
    known = {
        "self": me, "loss": 0, "adv": 0, "n_sub_adversaries": 3, "all_logits_fake_is_fake": G.FAKE_PARTS,
        "all_logits_real_is_fake": G.REAL_PARTS,
    }  # fmt: skip
    both = up.passage(AUDIOCRAFT, "zip(all_logits_fake_is_fake, all_logits_real_is_fake)", 4)
    start, end = up.passage(AUDIOCRAFT, "for logit_fake_is_fake in all_logits_fake_is_fake:", 1)
    adv = up.run(AUDIOCRAFT, start, end, **known)["adv"]
    divided, _ = up.passage(AUDIOCRAFT, "adv /= n_sub_adversaries")
    return (
        up.run(AUDIOCRAFT, *both, **known)["loss"],
        up.run(AUDIOCRAFT, divided, divided, **known | {"adv": adv})["adv"],
    )


figure("d_lsgan:audiocraft g_lsgan:audiocraft", "PARTS", AUDIOCRAFT)(
    lambda up: _audiocraft(up, "mse_real_loss", "mse_fake_loss", "mse_loss")
)
figure("d_hinge:audiocraft g_hinge:audiocraft", "PARTS", AUDIOCRAFT)(
    lambda up: _audiocraft(up, "hinge_real_loss", "hinge_fake_loss", "hinge_loss")
)
figure("g_hinge:audiocraft_hinge2", "PARTS", AUDIOCRAFT)(
    lambda up: _audiocraft(up, "hinge_real_loss", "hinge_fake_loss", "hinge2_loss")[1]
)


# cross-entropy


@figure("d_bce:dcgan g_bce:dcgan", "PROBABILITIES", DCGAN)
def _(up: Upstream) -> Any:
    """Its three passages, without the backward passes between their lines."""
    fake = G.PROBABILITIES["fake_logits"].flatten()
    known = {"criterion": nn.BCELoss(), "output": G.PROBABILITIES["real_logits"].flatten()}
    real = up.run(DCGAN, 235, 235, **known, label=torch.ones(G.N).double())["errD_real"]
    other = up.run(DCGAN, 244, 244, criterion=nn.BCELoss(), output=fake, label=torch.zeros(G.N).double())["errD_fake"]
    g = up.run(DCGAN, 256, 256, criterion=nn.BCELoss(), output=fake, label=torch.ones(G.N).double())["errG"]
    return up.run(DCGAN, 247, 247, errD_real=real, errD_fake=other)["errD"], g


@figure("d_bce:stylegan2 g_bce:stylegan2", "SCORES", ROSINALITY)
def _(up: Upstream) -> Any:
    code = up.load(ROSINALITY, "d_logistic_loss", "g_nonsaturating_loss")
    return code.d_logistic_loss(*G.SCORES.values()), code.g_nonsaturating_loss(G.SCORES["fake_logits"])


@figure("d_bce:stylegan2_torch g_bce:stylegan2_torch", "SCORES", STYLEGAN2_TORCH)
def _(up: Upstream) -> Any:
    code = up.load(STYLEGAN2_TORCH, "d_loss", "g_loss")
    return code.d_loss(*G.SCORES.values()), code.g_loss(G.SCORES["fake_logits"])


@figure("d_bce:stylegan3 g_bce:stylegan3", "SCORES", STYLEGAN3)
def _(up: Upstream) -> Any:
    """What it reports: per sample, averaged by its statistics."""
    fake = up.run(STYLEGAN3, 109, 109, gen_logits=G.SCORES["fake_logits"])["loss_Dgen"]
    real = up.run(STYLEGAN3, 125, 125, real_logits=G.SCORES["real_logits"])["loss_Dreal"]
    g = up.run(STYLEGAN3, 78, 78, gen_logits=G.SCORES["fake_logits"])["loss_Gmain"]
    return (fake + real).mean(), g.mean()


@figure("d_bce:basicsr g_bce:basicsr", "PATCHES", BASICSR)
def _(up: Upstream) -> Any:
    criterion = up.load(BASICSR, "GANLoss").GANLoss("vanilla")
    real, fake = G.PATCHES["real_logits"], G.PATCHES["fake_logits"]
    return criterion(real, True, is_disc=True) + criterion(fake, False, is_disc=True), criterion(fake, True)


@figure("d_bce:basicsr_multiscale g_bce:basicsr_multiscale", "PARTS", BASICSR)
def _(up: Upstream) -> Any:
    """`super()` without arguments names the class through a cell that a cut-out class lacks no more than any other."""
    criterion = up.load(BASICSR, "GANLoss", "MultiScaleGANLoss").MultiScaleGANLoss("vanilla")
    real, fake = list(G.REAL_PARTS), list(G.FAKE_PARTS)
    return criterion(real, True, is_disc=True) + criterion(fake, False, is_disc=True), criterion(fake, True)


@figure("d_bce:discogan g_bce:discogan", "PROBABILITIES", DISCOGAN)
def _(up: Upstream) -> Any:
    """Labels are [N, 1] in float32; given scores of that shape and dtype."""
    real, fake = (scores.float() for scores in G.PROBABILITIES.values())
    return up.old_function(DISCOGAN, "get_gan_loss")(real, fake, nn.BCELoss(), False)


figure("d_bce:taming", "PATCHES", TAMING)(
    lambda up: up.load(TAMING, "vanilla_d_loss").vanilla_d_loss(*G.PATCHES.values())
)


# hinge and Wasserstein


figure("d_hinge:taming", "PATCHES", TAMING)(
    lambda up: up.load(TAMING, "hinge_d_loss").hinge_d_loss(*G.PATCHES.values())
)


@figure("d_hinge:biggan g_hinge:biggan", "SCORES", BIGGAN)
def _(up: Upstream) -> Any:
    code = up.load(BIGGAN, "loss_hinge_dis", "loss_hinge_gen")
    fake = G.SCORES["fake_logits"]
    return sum(code.loss_hinge_dis(fake, G.SCORES["real_logits"])), code.loss_hinge_gen(fake)


@figure("d_hinge:melgan g_hinge:melgan", "PARTS", MELGAN)
def _(up: Upstream) -> Any:
    real, fake = last_of_lists(G.REAL_PARTS), last_of_lists(G.FAKE_PARTS)
    d = up.run(MELGAN, 142, 147, D_fake_det=fake, D_real=real)["loss_D"]
    start, end = up.passage(MELGAN, "loss_G = 0", 2)
    return d, up.run(MELGAN, start, end, D_fake=fake)["loss_G"]


def _spade(up: Upstream, mode: str) -> Any:
    criterion = up.load(SPADE, "GANLoss").GANLoss(mode, tensor=torch.DoubleTensor)
    real, fake = last_of_lists(G.REAL_PARTS), last_of_lists(G.FAKE_PARTS)
    return criterion(real, True) + criterion(fake, False), criterion(fake, True, for_discriminator=False)


figure("d_hinge:spade g_hinge:spade", "PARTS", SPADE)(lambda up: _spade(up, "hinge"))
figure("d_wgan:spade g_wgan:spade", "PARTS", SPADE)(lambda up: _spade(up, "w"))


@figure("d_hinge:vocos g_hinge:vocos", "PARTS", VOCOS)
def _(up: Upstream) -> Any:
    """Divided by the number of sub-discriminators in vocos/experiment.py."""
    code = up.load(VOCOS, "DiscriminatorLoss", "GeneratorLoss")
    d, real, _ = code.DiscriminatorLoss()(list(G.REAL_PARTS), list(G.FAKE_PARTS))
    g, each = code.GeneratorLoss()(list(G.FAKE_PARTS))
    return d / len(real), g / len(each)


@figure("d_hinge:lucidrains g_hinge:lucidrains", "SCORES", LUCIDRAINS)
def _(up: Upstream) -> Any:
    code = up.load(LUCIDRAINS, "hinge_loss", "gen_hinge_loss")
    real, fake = G.SCORES.values()
    return code.hinge_loss(fake, real), code.gen_hinge_loss(fake, real)


figure("g_hinge:lightweight_gan", "SCORES", LIGHTWEIGHT)(
    lambda up: up.load(LIGHTWEIGHT, "gen_hinge_loss").gen_hinge_loss(G.SCORES["fake_logits"], None)
)


@figure("d_wgan:caogang g_wgan:caogang", "SCORES", CAOGANG)
def _(up: Upstream) -> Any:
    real, fake = (scores.mean() for scores in G.SCORES.values())
    d = up.run(CAOGANG, 225, 225, D_real=real, D_fake=fake)["Wasserstein_D"]
    return d, up.run(CAOGANG, 242, 242, G=fake)["G_cost"]


@figure("d_wgan:pytorch_gan g_wgan:pytorch_gan", "SCORES", pytorch_gan("wgan"))
def _(up: Upstream) -> Any:
    real, fake = G.SCORES.values()
    known = {"discriminator": lambda scores: scores, "real_imgs": real, "fake_imgs": fake, "gen_imgs": fake}
    source = pytorch_gan("wgan")
    return up.run(source, 134, 134, **known)["loss_D"], up.run(source, 155, 155, **known)["loss_G"]


@figure("d_wgan:gan_stability g_wgan:gan_stability", "SCORES", GAN_STABILITY)
def _(up: Upstream) -> Any:
    compute = up.method(GAN_STABILITY, "Trainer", "compute_loss")
    me = types.SimpleNamespace(gan_type="wgan")
    real, fake = G.SCORES.values()
    return compute(me, real, 1) + compute(me, fake, 0), compute(me, fake, 1)


@figure("d_wgan:leftthomas g_wgan:leftthomas", "PROBABILITIES", LEFTTHOMAS)
def _(up: Upstream) -> Any:
    real, fake = (scores.mean() for scores in G.PROBABILITIES.values())
    d = up.run(LEFTTHOMAS, 86, 86, real_out=real, fake_out=fake)["d_loss"]
    g = up.run("leftthomas/SRGAN@7ddfdf2 loss.py", 19, 19, out_labels=G.PROBABILITIES["fake_logits"])
    return d, g["adversarial_loss"]
