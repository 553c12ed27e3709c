"""Networks and losses once more, without ganloss: plain torch.nn.functional calls and numpy formulas, in float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  (the usual name)

Floats = npt.NDArray[np.float64]
Weights = Mapping[str, Tensor]
Maps = Sequence[Sequence[Tensor]]  # [sub-discriminator][map], the logit map last
Patches = Sequence[Floats]  # one a sub-discriminator, (N, ...)


def restore(w: Weights, x: Tensor) -> Tensor:
    """The ResNet generator with three blocks and batch norm, layer by layer; the numbers are those of its keys."""

    def norm(x: Tensor, key: str) -> Tensor:
        statistics = w[f"{key}.running_mean"], w[f"{key}.running_var"]
        return F.batch_norm(x, *statistics, w[f"{key}.weight"], w[f"{key}.bias"], training=False, eps=1e-5)

    def reflect(x: Tensor, width: int) -> Tensor:
        return F.pad(x, (width, width, width, width), "reflect")

    x = F.relu(norm(F.conv2d(reflect(x, 3), w["model.1.weight"]), "model.2"))
    for conv in (4, 7):
        x = F.relu(norm(F.conv2d(x, w[f"model.{conv}.weight"], stride=2, padding=1), f"model.{conv + 1}"))
    for block in (10, 11, 12):
        key = f"model.{block}.conv_block"
        inner = F.relu(norm(F.conv2d(reflect(x, 1), w[f"{key}.1.weight"]), f"{key}.2"))
        x = x + norm(F.conv2d(reflect(inner, 1), w[f"{key}.5.weight"]), f"{key}.6")
    for conv in (13, 16):
        wider = F.conv_transpose2d(x, w[f"model.{conv}.weight"], stride=2, padding=1, output_padding=1)
        x = F.relu(norm(wider, f"model.{conv + 1}"))
    return torch.tanh(F.conv2d(reflect(x, 3), w["model.20.weight"], w["model.20.bias"]))


def judge_picture(w: Weights, x: Tensor) -> list[Tensor]:
    """The PatchGAN with instance norm: its maps after every activation, and the logit map."""
    maps = [F.leaky_relu(F.conv2d(x, w["model.0.weight"], w["model.0.bias"], stride=2, padding=1), 0.2)]
    for conv, stride in ((2, 2), (5, 2), (8, 1)):
        key = f"model.{conv}"
        hidden = F.conv2d(maps[-1], w[f"{key}.weight"], w[f"{key}.bias"], stride=stride, padding=1)
        maps.append(F.leaky_relu(F.instance_norm(hidden, eps=1e-5), 0.2))
    return [*maps, F.conv2d(maps[-1], w["model.11.weight"], w["model.11.bias"], padding=1)]


def judge_sound(w: Weights, sound: Floats) -> list[list[Tensor]]:
    """The period discriminators of audio/nets.py on one sound, (T,): maps after every activation, and logit maps."""
    judged = []
    for number, period in enumerate((2, 3, 5)):
        key = f"discriminators.{number}"
        mirrored = sound[-2 : -2 - (-len(sound) % period) : -1]
        maps = [torch.from_numpy(np.concatenate([sound, mirrored]).reshape(1, 1, -1, period))]
        for conv in range(3):
            weight, bias = w[f"{key}.convs.{conv}.weight"], w[f"{key}.convs.{conv}.bias"]
            maps.append(F.leaky_relu(F.conv2d(maps[-1], weight, bias, stride=(3, 1), padding=(2, 0)), 0.1))
        post = F.conv2d(maps[-1], w[f"{key}.conv_post.weight"], w[f"{key}.conv_post.bias"], padding=(1, 0))
        judged.append([*maps[1:], post])
    return judged


def squared_gradients(discriminator: Weights, reals: Tensor) -> float:
    """R1 (Mescheder et al. 2018) in the network's range: mean over samples of ||d(sum of all patches) / dx||^2."""
    reals = reals.clone().requires_grad_()
    (gradients,) = torch.autograd.grad(judge_picture(discriminator, reals)[-1].sum(), reals)
    return float(gradients.square().flatten(1).sum(1).mean())


def logits(maps: Maps) -> list[Floats]:
    """The last map of each sub-discriminator."""
    return [judged[-1].numpy() for judged in maps]


def over_sub_discriminators(patches: Patches, loss: Callable[[Floats], npt.NDArray[Any]]) -> float:
    """Averaged over each sub-discriminator's own elements, then summed."""
    return sum(float(loss(scores).mean()) for scores in patches)


def least_squares(real: Patches, fake: Patches) -> dict[str, float]:
    """LSGAN (arXiv:1611.04076), without halves."""
    fooled = over_sub_discriminators(fake, lambda scores: (1 - scores) ** 2)
    known = over_sub_discriminators(real, lambda scores: (1 - scores) ** 2)
    return {"d_lsgan": known + over_sub_discriminators(fake, np.square), "g_lsgan": fooled}


def cross_entropy(real: Patches, fake: Patches) -> dict[str, float]:
    """GAN (arXiv:1406.2661), the generator's side non-saturating; -log sigmoid(x) = log(1 + exp(-x))."""
    known = over_sub_discriminators(real, lambda scores: np.logaddexp(0, -scores))
    found = over_sub_discriminators(fake, lambda scores: np.logaddexp(0, scores))
    return {"d_bce": known + found, "g_bce": over_sub_discriminators(fake, lambda scores: np.logaddexp(0, -scores))}


def hinge(real: Patches, fake: Patches) -> dict[str, float]:
    """Hinge losses (arXiv:1705.02894)."""
    known = over_sub_discriminators(real, lambda scores: np.maximum(1 - scores, 0))
    found = over_sub_discriminators(fake, lambda scores: np.maximum(1 + scores, 0))
    return {"d_hinge": known + found, "g_hinge": over_sub_discriminators(fake, np.negative)}


def wasserstein(real: Patches, fake: Patches) -> dict[str, float]:
    """WGAN (arXiv:1701.07875), to be minimised."""
    lost = over_sub_discriminators(fake, np.negative)
    return {"d_wgan": over_sub_discriminators(real, np.negative) - lost, "g_wgan": lost}


def scores(real: Patches, fake: Patches) -> dict[str, float]:
    """Mean scores, averaged over sub-discriminators, and the share of scores on the right side of 0."""
    right = over_sub_discriminators(real, lambda s: s > 0) + over_sub_discriminators(fake, lambda s: s < 0)
    return {
        "real_score": over_sub_discriminators(real, np.positive) / len(real),
        "fake_score": over_sub_discriminators(fake, np.positive) / len(fake),
        "d_accuracy": right / 2 / len(real),
    }


def feature_matching(real: Maps, fake: Maps) -> float:
    """VITS's feature_loss: twice the sum over all maps of mean absolute differences."""
    sides = zip(real, fake, strict=True)
    return 2 * sum(float((r - f).abs().mean()) for judged in sides for r, f in zip(*judged, strict=True))


def masked_divergence(t: Mapping[str, Floats]) -> float:
    """VITS's kl_loss: summed over channels, averaged over the frames that the mask, (N, 1, T), lets through."""
    squares = (t["z_p"] - t["m_p"]) ** 2 * np.exp(-2 * t["logs_p"])
    divergence = t["logs_p"] - t["logs_q"] - 0.5 + 0.5 * squares
    return float((divergence * t["z_mask"]).sum() / t["z_mask"].sum())


def divergence(mu: Floats, sigma: Floats) -> float:
    """Closed form to N(0, 1) (arXiv:1312.6114), summed over a sample's elements."""
    return float(0.5 * (mu**2 + sigma**2 - np.log(sigma**2) - 1).sum(1).mean())


def components(t: Mapping[str, Floats], *, separation: float, residual: float, quality: float) -> float:
    """The component_loss of auralflow, n being the elements of one sample and each norm one sample's own."""
    losses = []
    for mask, target, noise in zip(t["mask"], t["target"], t["residual"], strict=True):
        missed, left = mask * target - target, mask * noise
        turned = left / np.sqrt((left**2).sum()) - noise / np.sqrt((noise**2).sum())
        parts = ((separation, missed), (residual, left), (quality, turned))
        losses.append(sum(float(weight * (part**2).sum()) for weight, part in parts) / target.size)
    return float(np.mean(losses))


def cosine_distance(real: Floats, fake: Floats) -> float:
    """Mean of one minus the cosine of the angle between flattened samples (arXiv:2301.05579)."""
    real, fake = real.reshape(len(real), -1), fake.reshape(len(fake), -1)
    norms = np.sqrt((real**2).sum(1) * (fake**2).sum(1))
    return float((1 - (real * fake).sum(1) / norms).mean())


def scale_invariant_ratio(real: Floats, fake: Floats) -> float:
    """SI-SDR of one sound in dB (arXiv:1811.02508, equation 3), without taking means off."""
    target = (fake @ real) / (real @ real) * real
    return float(10 * np.log10((target @ target) / ((target - fake) @ (target - fake))))
