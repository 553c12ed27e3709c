"""What probing samples hold: scores, maps, pictures, waveforms, spectrograms and latents."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ganloss_cli.evaluators.test_inputs.kinds import Probe
from ganloss_cli.evaluators.test_inputs.numbers import normal, uniform

SAMPLE_RATE = 22050
_SCALES = {"tiny": 1e-6, "large": 200.0}


def logits(probe: Probe, layout: str) -> tuple[list[Tensor], list[Tensor]]:
    """Scores of reals and fakes, one tensor a sub-discriminator.

    Args:
        probe: its content: "random" overlaps and lies beyond the margins of hinges, "mistaken" is wrong about most.
        layout: "list" has as many as differ by probe, else there is one: (N, 1), (N,) or (N, 1, 4, 3).
    """
    shapes: dict[str, tuple[int, ...]] = {"batch": (1,), "flat": (), "patches": (1, 4, 3)}
    rows = [shapes[layout]] if layout in shapes else [(5, 4), (3, 2), (7,)][: {1: 1, 7: 2}.get(probe.samples, 3)]
    shift = -1.0 if probe.content == "mistaken" else 1.0
    sides = []
    for name, centre in (("real", 0.8), ("fake", -0.6)):
        scores = [1.5 * normal(f"{name} {probe.name} {k}", probe.samples, *row) for k, row in enumerate(rows)]
        scores = [score + shift * centre for score in scores]
        if probe.content in _SCALES:
            scores = [_SCALES[probe.content] * score.sign() for score in scores]
        if probe.content == "constant":
            scores = [torch.zeros_like(score) for score in scores]
        sides.append(scores)
    real, fake = sides
    if probe.content == "unequal":
        fake = [score[:-1] for score in fake]
    return real, ([score.clone() for score in real] if probe.content == "identical" else fake)


def feature_maps(probe: Probe, layout: str) -> tuple[list[list[Tensor]], list[list[Tensor]]]:
    """Maps of reals and fakes, [sub-discriminator][map], the logit map last.

    Args:
        probe: its content and size.
        layout: "nested" has several sub-discriminators, "maps" one, "map" a single map of it.
    """
    channels = [(4, 6, 8, 1), (4, 8, 1), (3, 5, 6, 7, 1)][: {1: 2, 7: 2}.get(probe.samples, 3)]
    rows = channels if layout == "nested" else channels[-1:] if layout == "maps" else [(6,)]
    odd = probe.size == "odd"

    def maps(name: str) -> list[list[Tensor]]:
        return [
            [
                normal(f"{name} {probe.name} {k} {i}", probe.samples, c, 7 - i % 3 + odd, 3 + odd)
                for i, c in enumerate(row)
            ]
            for k, row in enumerate(rows)
        ]

    real, fake = maps("real"), maps("fake")
    scale = 1e3 if probe.content == "large" else 0.0 if probe.content == "black" else 1.0
    share = {"identical": 0.0, "near": 1e-4}.get(probe.content, 1.0)
    pairs = [list(zip(reals, fakes, strict=True)) for reals, fakes in zip(real, fake, strict=True)]
    return (
        [[scale * a for a, _ in row] for row in pairs],
        [[scale * (a + share * (b - a)) for a, b in row] for row in pairs],
    )


def pictures(probe: Probe, *, large: bool = False) -> tuple[Tensor, Tensor]:
    """Pairs of RGB pictures on [0, 1]: smooth ones, and the same disturbed, one hardly and one badly.

    Args:
        probe: its content and size.
        large: for losses of five scales.
    """
    sizes = {"usual": (184, 190), "odd": (181, 179)} if large else {"usual": (32, 28), "odd": (29, 23)}
    # one channel of what is halved where a library halves large pictures: three would take three times as long
    channels, height, width = (1, 384, 388) if probe.size == "big" else (3, *sizes[probe.size])
    n = probe.samples
    # where a picture is flat, the rounding of a window is all there is, and five scales multiply it: nothing is clamped
    amplitude, grain = (0.28, 0.05) if large else (0.4, 0.04)
    real = _waves(f"pictures {probe.name}", n, channels, height, width, amplitude=amplitude, grain=grain)
    noise = normal(f"noise {probe.name}", n, channels, height, width)
    if probe.content == "near":
        return real, real + 1e-4 * noise
    if probe.content == "identical":
        return real, real.clone()
    if probe.content == "black":
        return torch.zeros_like(real), torch.zeros_like(real)
    if probe.content == "constant":
        return torch.full_like(real, 0.6), torch.full_like(real, 0.4)
    strength = torch.tensor([0.1, 0.01, 0.2, 0.4, 0.03, 0.6, 0.15]).double()[:n].view(-1, 1, 1, 1)
    if probe.content == "uneven":
        strength = strength * torch.tensor([1.0, 0.1, 3.0]).double()[:channels].view(-1, 1, 1)
    fake = (real + strength * (noise + 0.7 - real)).clamp(0.01, 0.99)
    if probe.size == "odd" and not large:  # of little contrast, too: a range taken from the data is another one
        real, fake = 0.3 + 0.4 * real, 0.3 + 0.4 * fake
    scale = 1e-3 if probe.content == "tiny" else 1.0
    return scale * real, scale * fake


def _waves(name: str, n: int, channels: int, height: int, width: int, *, amplitude: float, grain: float) -> Tensor:
    """A few waves of random direction and length with some noise, on (0, 1)."""
    frequency = 1 + 5 * uniform(f"{name} frequency", n, channels, 2, 1, 1)
    rows, columns = torch.arange(height).view(-1, 1) / height, torch.arange(width) / width
    phase = 2 * math.pi * (frequency[:, :, 0] * rows + frequency[:, :, 1] * columns)
    waves = 0.5 + amplitude * torch.sin(phase + 6 * uniform(f"{name} phase", n, channels, 1, 1))
    return (waves + grain * normal(f"{name} grain", n, channels, height, width)).clamp(0.01, 0.99)


def waveforms(probe: Probe, seconds: float | None = None) -> tuple[Tensor, Tensor]:
    """Pairs of recordings (N, C, T): harmonics, and the same with noise and a constant.

    Args:
        probe: its content and size.
        seconds: how long they are, where the size of the probe is too short.
    """
    n, channels = probe.samples, 2 if probe.content in ("stereo", "uneven") else 1
    length = 7001 if probe.size == "odd" else 8192
    if seconds is not None:
        length = int(seconds * SAMPLE_RATE) - (probe.size == "odd")
    time = torch.arange(length, dtype=torch.float64) / SAMPLE_RATE
    pitch = 110 * (1 + uniform(f"pitch {probe.name}", n, channels, 1))
    voice = sum((torch.sin(2 * math.pi * k * pitch * time) / k for k in (1, 2, 5, 9)), start=torch.zeros(()).double())
    real = 0.2 * voice * (0.6 + 0.4 * torch.sin(2 * math.pi * 3 * time)) + 0.01 * normal(
        f"hiss {probe.name}", n, channels, length
    )
    strength = torch.tensor([0.05, 0.01, 0.1, 0.02, 0.2, 0.03, 0.07]).double()[:n].view(-1, 1, 1)
    if probe.content == "uneven":  # one channel soft and noisy, and every sample of a loudness of its own
        real = real * torch.tensor([[[1.0], [0.2]], [[4.0], [1.0]], [[0.1], [0.3]]]).double()[:n]
        strength = strength * torch.tensor([[1.0], [6.0]]).double()
    fake = real + strength * normal(f"noise {probe.name}", n, channels, length) + 0.02
    contents = {
        "identical": (real, real.clone()),
        "silent": (torch.zeros_like(real), torch.zeros_like(real)),
        "half silent": (real, torch.zeros_like(real)),
    }
    scale = {"tiny": 1e-3, "large": 30.0}.get(probe.content, 1.0)
    return contents.get(probe.content, (scale * real, scale * fake))


def spectrograms(probe: Probe) -> dict[str, Tensor]:
    """Magnitudes of mixture, target and residual, a mask and an estimate; (N, 2, F, T).

    Args:
        probe: its content and size.
    """
    shape = (probe.samples, 2, *((16, 11) if probe.size == "odd" else (17, 12)))
    target, residual = (normal(f"{name} {probe.name}", *shape).abs() for name in ("target", "residual"))
    scale = {"tiny": 1e-4, "large": 1e3, "silent": 0.0}.get(probe.content, 1.0)
    target, residual = scale * target, scale * residual
    mask = uniform(f"mask {probe.name}", *shape)
    mixture = target + residual
    return {"mask": mask, "mixture": mixture, "target": target, "residual": residual, "estimate": mask * mixture}


def latents(probe: Probe, *, frames: bool) -> dict[str, Tensor]:
    """A posterior and a prior; (N, H), or (N, H, T) with frames and then a mask (N, 1, T).

    Args:
        probe: its content and size.
        frames: whether there is a time axis.
    """
    channels = 5 if probe.size == "odd" else 6
    shape = (probe.samples, channels, *((9,) if probe.size == "odd" else (8,)) * frames)
    mu, m_p, z_p, z_q = (1.5 * normal(f"{name} {probe.name}", *shape) for name in ("mu", "m_p", "z_p", "z_q"))
    log_sigma, logs_p, logs_q = (
        0.4 * normal(f"{name} {probe.name}", *shape) for name in ("log_sigma", "logs_p", "logs_q")
    )
    shift = {"tiny": -4.0, "large": 3.0}.get(probe.content, 0.0)
    log_sigma, logs_p, logs_q = log_sigma + shift, logs_p + shift, logs_q + shift
    if probe.content == "identical":
        mu, log_sigma, z_q = torch.zeros_like(mu), torch.zeros_like(mu), m_p.clone()
        logs_p, logs_q, z_p = logs_p, logs_p.clone(), m_p.clone()
    lengths = torch.tensor([8, 6, 7, 3, 5, 8, 2])[: probe.samples].view(-1, 1, 1)
    mask = (torch.arange(shape[-1]) < lengths).double() if frames else torch.ones(())
    return {
        "mu": mu, "log_sigma": log_sigma, "sigma": log_sigma.exp(), "logvar": 2 * log_sigma, "z_p": z_p, "z_q": z_q,
        "m_p": m_p, "m_q": mu, "logs_p": logs_p, "logs_q": logs_q, "z_mask": mask,
        "x_mask": mask, "l_length": 1.5 * normal(f"l_length {probe.name}", probe.samples, 4),
        "log_f0": m_p[:, :1], "pred_log_f0": z_p[:, :1],
    }  # fmt: skip
