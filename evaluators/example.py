"""One small example of every role, on which each convention's value is shown and told from the others."""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.evaluators.batch import FEATURE_ROLES, LATENT_ROLES, LOGIT_ROLES, Batch
from ganloss_cli.evaluators.catalogue import Convention, Loss, total
from ganloss_cli.evaluators.seen_pictures import WIDTHS, SeenPictures
from ganloss_cli.evaluators.test_inputs.networks import ProbeBackbone, last_layer, translation
from ganloss_cli.evaluators.test_inputs.numbers import Distribution, normal, uniform

N_SAMPLES = 4
SAMPLE_RATE = 22050
# What a pipeline would know of this data, for the settings of these names; its pictures are small, so that those which
# are brought to another size are brought to a small one.
CONTEXT: Mapping[str, Any] = {"scores": "logits", "data_range": 1.0, "sample_rate": SAMPLE_RATE, "shorter_side": 16}

Kind = Literal["picture", "large picture", "waveform", "speech", "spectrogram", "vector"]
# Of one sample. The large picture holds five scales of MS-SSIM, of odd sides too, and is halved where a library halves
# large pictures.
SHAPES: Mapping[Kind, tuple[int, ...]] = {
    "picture": (3, 24, 20),
    "large picture": (3, 384, 402),
    "waveform": (2, 16384),
    "speech": (2, 16384),
    "spectrogram": (2, 33, 12),
    "vector": (6,),
}
PATCHES = ((5, 4), (3, 2), (7,))  # of the three sub-discriminators
CHANNELS = ((4, 6, 8, 1), (4, 8, 1), (3, 5, 6, 7, 1))  # of each sub-discriminator's maps, the logit map last


def example_value(loss: Loss, convention: Convention) -> float:
    """What a convention gives on the example: the number that stands beside it in `ganloss losses NAME`."""
    settings = {**loss.settings, **known_settings(loss, convention), **convention.settings}
    batch = example_batch(loss)
    if "resize" in loss.settings:
        real = _seen("real") if "real_features" in loss.needs else None
        batch = replace(batch, real_features=real, fake_features=_seen("fake"))
    with torch.no_grad():
        return total(loss(batch, settings))


def known_settings(loss: Loss, convention: Convention) -> dict[str, Any]:
    """What a pipeline would know of the example; it has the sample rate that the configuration was published for."""
    known = {name: value for name, value in CONTEXT.items() if name in loss.settings}
    if rate := convention.settings.get("configured_rate"):
        known["sample_rate"] = rate
    return known


def example_batch(loss: Loss) -> Batch:
    """The example as far as `loss` can use it: four samples in float64, the same on every machine.

    Args:
        loss: its family and needs decide whether a role such as `real` holds pictures, waveforms or spectrograms.

    Returns:
        a batch with everything that the loss names; of alternatives, the first.
    """
    kind = _kind(loss)
    # two domains are no alternatives: where one direction would do, the example has both
    alternatives = () if loss.family == "cycle" else loss.one_of[1:]
    wanted = [name for name in (*loss.needs, *loss.optional) if name not in alternatives]
    return Batch(**{name: _role(name, kind) for name in wanted})


def _kind(loss: Loss) -> Kind:
    if "mask" in loss.needs:
        return "spectrogram"
    if loss.family in {"spectral", "separation"}:
        return "waveform"
    if loss.family == "speech":
        return "speech"
    if loss.family == "latent":
        return "vector"
    return "large picture" if loss.family == "structural" else "picture"


@functools.cache
def _role(name: str, kind: Kind) -> Any:
    """One field of `Batch`; cached, so that losses on the same example share what they compute from it."""
    if name in _CALLABLES:
        return _CALLABLES[name]
    if name == "spectrogram":  # of what lies beside real: the example's recordings are whole
        return None
    if name in LOGIT_ROLES:
        shift = 0.8 if name == "real_logits" else -0.6
        return tuple(_normal(f"{name}.{k}", *patch) + shift for k, patch in enumerate(PATCHES))
    if name in FEATURE_ROLES:
        return tuple(
            tuple(_normal(f"{name}.{k}.{i}", channels, 4 - i % 2, 3) for i, channels in enumerate(row))
            for k, row in enumerate(CHANNELS)
        )
    if name == "latents":
        return _latent(name) if kind == "vector" else _normal(name, 3, 5)  # three styles of five numbers
    if name in LATENT_ROLES:
        return _latent(name)
    return _data(name, kind)


def _seen(side: str) -> SeenPictures:
    """Pictures that a loss prepares for a network of its own choice."""
    return SeenPictures(_data(side, "picture"), _inception)


def _inception(prepared: Tensor) -> dict[str, Tensor]:
    """Layers of few features, each of another part of the pictures; so steep that some lie among the others only."""
    places = torch.sin(30 * prepared[..., 70::131, 33::97].flatten(1))
    return {layer: places[:, k : k + 5] * (k + 1) for k, layer in enumerate(WIDTHS)}


def _data(name: str, kind: Kind) -> Tensor:
    shape = SHAPES[kind]
    if name == "mask":
        return _uniform(name, *shape)
    if kind == "spectrogram":
        return _normal(name, *shape).abs()
    if kind == "vector":
        return _normal(name, *shape)
    # What is meant to equal something else is a disturbed copy of it.
    original = {"fake": "real", "estimate": "target", "rec_A": "real_A", "rec_B": "real_B"} | {
        "idt_A": "real_A", "idt_B": "real_B", "mixture": "target",
    }  # fmt: skip
    noise = _normal(name, *shape)
    if kind == "speech":  # it starts late, and its copy later still
        base = _data(original[name], "waveform") if name in original else _data(name, "waveform")
        late = torch.arange(shape[-1]) > 2500
        return (base * late).roll(3000, -1) + 0.01 * noise if name in original else base * late
    if kind == "waveform":
        base = _data(original[name], kind) if name in original else _tones(name)
        return base + (0.05 if name in original else 0.01) * noise + (0.02 if name in original else 0)
    if name in original:
        # one sample hardly disturbed, one badly: what is averaged first then matters
        strength = torch.tensor([0.003, 0.03, 0.06, 0.12], dtype=torch.float64).view(-1, 1, 1, 1)
        clean = _data(original[name], kind)
        return (clean + strength * (noise + 0.7 - clean)).clamp(0.01, 0.99)
    return (_waves(name, *shape) + 0.04 * noise).clamp(0.01, 0.99)


def _waves(name: str, channels: int, height: int, width: int) -> Tensor:
    """Smooth pictures on about [0.1, 0.9]: a few waves of random direction and length."""
    frequency = (1 + 5 * _uniform(f"{name} waves", channels, 2, 1, 1)) * torch.tensor([1 / height, 1 / width]).view(
        2, 1, 1
    ).to(torch.float64)
    rows, columns = torch.arange(height).view(-1, 1), torch.arange(width)
    phase = 2 * math.pi * (frequency[:, :, 0] * rows + frequency[:, :, 1] * columns)
    return 0.5 + 0.4 * torch.sin(phase + 6 * _uniform(f"{name} phases", channels, 1, 1))


def _tones(name: str) -> Tensor:
    """Four harmonics of a voice, rising and falling, well inside [-1, 1]."""
    time = torch.arange(SHAPES["waveform"][-1], dtype=torch.float64) / SAMPLE_RATE
    pitch = 110 * (1 + _uniform(f"{name} pitch", 1, 1))
    harmonics = sum(torch.sin(2 * math.pi * k * pitch * time) / k for k in (1, 2, 5, 9))
    return 0.2 * harmonics * (0.6 + 0.4 * torch.sin(2 * math.pi * 3 * time))


def _latent(name: str) -> Tensor:
    channels, frames = 6, 8
    if name == "l_length":
        return _normal(name, frames)
    if name.endswith("log_f0"):
        return _normal(name, 1, frames)
    if name in ("z_mask", "x_mask"):
        lengths = torch.tensor([8, 6, 7, 3]).view(-1, 1, 1)
        return (torch.arange(frames) < lengths).to(torch.float64)
    if name == "sigma":
        return torch.exp(0.4 * _normal(name, channels, frames))
    spread = 0.4 if name.startswith("log") else 1.5
    return spread * _normal(name, channels, frames)


def _normal(name: str, *shape: int) -> Tensor:
    return normal(name, N_SAMPLES, *shape)


def _uniform(name: str, *shape: int) -> Tensor:
    return uniform(name, N_SAMPLES, *shape)


def _weight(name: str, *shape: int, like: Tensor) -> Tensor:
    return (normal(name, *shape) / math.sqrt(math.prod(shape[1:]))).to(like)


def _random(name: str, shape: tuple[int, ...], kind: Distribution) -> Tensor:
    return (_normal if kind == "normal" else _uniform)(name, *shape)


def _discriminator(pictures: Tensor) -> list[Tensor]:
    """Three sub-discriminators at three scales, patches of different sizes; smooth, and no sample sees another."""
    scores = []
    for k in range(3):
        seen = functional.avg_pool2d(pictures, 2**k)
        seen = torch.tanh(2 * functional.conv2d(seen, _weight(f"discriminator.{k}.0", 4, 3, 3, 3, like=pictures)))
        scores.append(functional.conv2d(seen, _weight(f"discriminator.{k}.1", 1, 4, 2, 2, like=pictures)) / 22)
    return scores


def _synthesis(styles: Tensor) -> Tensor:
    """Pictures (N, 3, 8, 8) from (N, styles, numbers); smooth."""
    hidden = torch.tanh(styles.flatten(1) @ _weight("synthesis.0", styles[0].numel(), 24, like=styles))
    return torch.tanh(hidden @ _weight("synthesis.1", 24, 192, like=styles)).view(-1, 3, 8, 8)


_CALLABLES: Mapping[str, Any] = {
    **dict.fromkeys(("discriminator", "discriminator_A", "discriminator_B"), _discriminator),
    "generator": _synthesis,
    "generator_AB": translation("generator_AB", math.sqrt(27)),
    "generator_BA": translation("generator_BA", math.sqrt(27)),
    "backbone": ProbeBackbone("backbone."),
    "last_layer": last_layer,
    "random": _random,
}
