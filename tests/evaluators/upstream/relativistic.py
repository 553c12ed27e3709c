"""Relativistic losses, by the public code bases."""

import types
from typing import Any

import torch
from clones import Upstream
from figures import BASICSR, ESRGAN, RELATIVISTIC, G, figure, pytorch_gan
from torch import nn


@figure(
    "d_rsgan:relativistic_gan d_ragan:relativistic_gan d_ralsgan:relativistic_gan d_rahinge:relativistic_gan",
    "SCORES",
    RELATIVISTIC,
)
def _(up: Upstream) -> Any:
    return tuple(_relativistic(up, line) for line in (635, 637, 639, 641))


@figure(
    "g_rsgan:relativistic_gan g_ragan:relativistic_gan g_ralsgan:relativistic_gan g_rahinge:relativistic_gan",
    "SCORES",
    RELATIVISTIC,
)
def _(up: Upstream) -> Any:
    return tuple(_relativistic(up, line) for line in (697, 702, 705, 709))


def _relativistic(up: Upstream, line: int) -> Any:
    real, fake = G.SCORES.values()
    known = {"y_pred": real, "y_pred_fake": fake, "y": torch.ones_like(real), "y2": torch.zeros_like(real)}
    scope = up.run(RELATIVISTIC, line, line, **known, BCE_stable=nn.BCEWithLogitsLoss())
    return scope["errD" if line < 650 else "errG"]


@figure("d_ragan:esrgan g_ragan:esrgan", "PATCHES", ESRGAN)
def _(up: Upstream) -> Any:
    real, fake = G.PATCHES.values()
    criterion = up.load(BASICSR, "GANLoss").GANLoss("vanilla")
    me = types.SimpleNamespace(cri_gan=criterion)
    known = {"self": me, "real_d_pred": real, "fake_d_pred": fake, "fake_g_pred": fake}
    d = up.run(ESRGAN, 67, 67, **known)["l_d_real"] + up.run(ESRGAN, 71, 71, **known)["l_d_fake"]
    return d, up.run(ESRGAN, 40, 42, **known)["l_g_gan"]


@figure("d_ragan:pytorch_gan g_ragan:pytorch_gan", "PATCHES", pytorch_gan("esrgan"))
def _(up: Upstream) -> Any:
    source = pytorch_gan("esrgan")
    real, fake = G.PATCHES.values()
    known = {
        "criterion_GAN": nn.BCEWithLogitsLoss(), "pred_real": real, "pred_fake": fake,
        "valid": torch.ones_like(real), "fake": torch.zeros_like(real),
    }  # fmt: skip
    d = up.run(source, *up.passage(source, "loss_real = criterion_GAN", 4), **known)["loss_D"]
    return d, up.run(source, *up.passage(source, "loss_GAN = criterion_GAN"), **known)["loss_GAN"]


@figure("d_rsgan:pytorch_gan", "SCORES", pytorch_gan("relativistic_gan"))
def _(up: Upstream) -> Any:
    source = pytorch_gan("relativistic_gan")
    real, fake = G.SCORES.values()
    known = {
        "adversarial_loss": nn.BCEWithLogitsLoss(), "real_pred": real, "fake_pred": fake,
        "valid": torch.ones_like(real), "fake": torch.zeros_like(real),
    }  # fmt: skip
    known |= up.run(
        source, *up.passage(source, "real_loss = adversarial_loss(real_pred - fake_pred, valid)", 1), **known
    )
    return up.run(source, *up.passage(source, "d_loss = (real_loss"), **known)["d_loss"]


@figure("g_rsgan:pytorch_gan", "SCORES", pytorch_gan("relativistic_gan"))
def _(up: Upstream) -> Any:
    """What the line that overwrites the loss leaves."""
    real, fake = G.SCORES.values()
    known = {"adversarial_loss": nn.BCEWithLogitsLoss(), "fake_pred": fake, "real_pred": real}
    known |= {"valid": torch.ones_like(fake), "discriminator": lambda scores: scores, "gen_imgs": fake}
    source = pytorch_gan("relativistic_gan")
    known |= up.run(source, 154, 154, **known)
    return up.run(source, 157, 157, **known)["g_loss"]
