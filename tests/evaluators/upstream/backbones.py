"""Perceptual and style losses, by the public code bases, on narrow VGGs whose weights a formula gives."""

import collections
import types
from typing import Any

import torch
from clones import Upstream
from figures import P, figure
from torch import nn

BASICSR = "XPixelGroup/BasicSR@8d56e3a basicsr/losses/basic_loss.py"
BASICSR_VGG = "XPixelGroup/BasicSR@8d56e3a basicsr/archs/vgg_arch.py"
PIX2PIXHD = "NVIDIA/pix2pixHD@14b3b3c models/networks.py"
LEFTTHOMAS = "leftthomas/SRGAN@7ddfdf2 loss.py"
LAYERS = ("conv1_2", "conv2_2", "conv3_4", "conv4_4", "conv5_4")

VGG = types.SimpleNamespace(
    vgg16=lambda **_: types.SimpleNamespace(features=P.vgg(16)),
    vgg19=lambda **_: types.SimpleNamespace(features=P.vgg(19)),
)


def _basicsr(up: Upstream, weights: tuple[float, ...], **settings: Any) -> Any:
    """Its feature extractor on a VGG19 that is not downloaded."""
    names = {"vgg16": [], "vgg19": up.run(BASICSR_VGG, *_names(up))["NAMES"]["vgg19"]}
    nowhere = types.SimpleNamespace(path=types.SimpleNamespace(exists=lambda _: False))
    known = {"NAMES": names, "vgg": VGG, "os": nowhere, "VGG_PRETRAIN_PATH": "", "OrderedDict": collections.OrderedDict}
    extractor = up.load(BASICSR_VGG, "VGGFeatureExtractor", **known).VGGFeatureExtractor
    made = up.load(BASICSR, "PerceptualLoss", VGGFeatureExtractor=extractor).PerceptualLoss
    return made(dict(zip(LAYERS, weights, strict=True)), **settings).double()(P.LARGE_FAKE, P.LARGE_REAL)


def _names(up: Upstream) -> tuple[int, int]:
    first, _ = up.passage(BASICSR_VGG, "NAMES = {")
    return first, next(
        number for number, line in enumerate(up.text(BASICSR_VGG).splitlines(), 1) if number > first and line == "}"
    )


figure("perceptual:esrgan", "VGG_BEFORE", BASICSR)(lambda up: _basicsr(up, (0.0, 0.0, 0.0, 0.0, 1.0))[0])
figure("perceptual:realesrgan", "VGG_BEFORE", BASICSR)(lambda up: _basicsr(up, (0.1, 0.1, 1.0, 1.0, 1.0))[0])
figure("gram:basicsr", "VGG_BEFORE", BASICSR)(lambda up: _basicsr(up, (1.0,) * 5, style_weight=1.0)[1])
figure("gram:basicsr_l2", "VGG_BEFORE", BASICSR)(
    lambda up: _basicsr(up, (1.0,) * 5, style_weight=1.0, criterion="l2")[1]
)


@figure("perceptual:pix2pixhd", "VGG_FIRST", PIX2PIXHD)
def _(up: Upstream) -> Any:
    """Its images are on [-1, 1]."""
    network = up.load(PIX2PIXHD, "Vgg19", models=VGG).Vgg19()
    weights = [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0]
    first, _ = up.passage(PIX2PIXHD, "self.weights = [1.0/32")
    assert "[1.0/32, 1.0/16, 1.0/8, 1.0/4, 1.0]" in up.text(PIX2PIXHD).splitlines()[first - 1]
    me = types.SimpleNamespace(vgg=network, criterion=nn.L1Loss(), weights=weights)
    return up.method(PIX2PIXHD, "VGGLoss", "forward")(me, 2 * P.LARGE_FAKE - 1, 2 * P.LARGE_REAL - 1)


@figure("perceptual:leftthomas", "VGG_POOLED", LEFTTHOMAS)
def _(up: Upstream) -> Any:
    me = types.SimpleNamespace(mse_loss=nn.MSELoss(), loss_network=nn.Sequential(*list(P.vgg(16))[:31]))
    known = {"self": me, "out_images": P.LARGE_FAKE, "target_images": P.LARGE_REAL, "torch": torch}
    return up.run(LEFTTHOMAS, *up.passage(LEFTTHOMAS, "perception_loss = "), **known)["perception_loss"]
