"""The vocabulary: one word for one thing, as fields of `Batch` and as argument names of losses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Literal, Protocol, get_args

import torch
from torch import Tensor

Logits = Sequence[Tensor]  # one a sub-discriminator; (N,) or (N, ...) for patches
Features = Sequence[Sequence[Tensor]]  # [sub-discriminator][map]; (N, C, ...); the outer sequence may be lazy
Critic = Callable[[Tensor], Logits]  # a discriminator in its own range, gradients on
Generator = Callable[[Tensor], Tensor]  # a generator in its own range, gradients on
LastLayer = Callable[[Tensor], Tensor]  # gradients at what a generator made -> at its last weights, (N, P)
Pooling = Callable[[Tensor], Tensor]  # of a map (N, C, H, W), to one of half the size
Randomness = Callable[[str, tuple[int, ...], Literal["normal", "uniform"]], Tensor]


class Backbone(Protocol):
    """A classification network, of which its feature maps are wanted."""

    @property
    def linear(self) -> Sequence[Tensor]:
        """What LPIPS weighs the channels of each map with; empty where nothing gives it."""

    def __call__(
        self, images: Tensor, channels: Sequence[int] | None = None, pooling: Pooling | None = None, /
    ) -> Sequence[Tensor]:
        """The maps of prepared images, the shallowest first; (N, C, H, W) each.

        Args:
            images: as the network was trained on.
            channels: C of each map, where the loss holds weights for them.
            pooling: what the loss puts in place of the network's own.

        Raises:
            InputError: it gives maps of other channels.
        """


DataRole = Literal[
    "real", "fake", "input", "latents", "label", "pitch",
    "mixture", "target", "estimate", "residual", "mask",
    "real_A", "real_B", "fake_A", "fake_B", "rec_A", "rec_B", "idt_A", "idt_B",
]  # fmt: skip
DATA_ROLES: tuple[str, ...] = get_args(DataRole)
IMAGE_ROLES = frozenset(DATA_ROLES) - {
    "latents", "label", "pitch", "mixture", "target", "estimate", "residual", "mask",
}  # fmt: skip
NETWORK_ROLES = (
    "generator", "discriminator", "generator_AB", "generator_BA", "discriminator_A", "discriminator_B", "backbone",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Batch:
    """What is known about some samples. Absent is None; real comes before fake; N is the number of samples.

    Data tensors are (N, ...): images (N, C, H, W), waveforms (N, C, T). Image losses get them on [0, 1], losses that
    call a network get them in the network's own range.

    Args:
        real: samples of the data.
        fake: what the generator made.
        pitch: fundamental frequency of real in Hz, one a frame, 0 where unvoiced; (N, F).
        real_logits: what the discriminator returned for the reals, one tensor a sub-discriminator, before or after a
            sigmoid (the setting `scores` of a loss says which).
        fake_logits: the same for the fakes.
        real_features: the discriminator's feature maps for the reals, [sub-discriminator][map].
        fake_features: the same for the fakes.
        z_p: latent after the flow, a sample of q seen by the prior; (N, H, T).
        m_p: mean of the prior; (N, H, T).
        logs_p: log sigma of the prior; (N, H, T).
        logs_q: log sigma of the posterior; (N, H, T).
        z_mask: 1 on valid frames; (N, 1, T).
        l_length: what the durations of all symbols cost, in nats or squared logarithms; (N,), or (N, draws).
        x_mask: 1 on valid symbols, or on valid frames of features; (N, 1, S).
        log_f0: logarithm of the pitch of real, as so-vits-svc has it; (N, 1, F).
        pred_log_f0: what a network predicts of it; (N, 1, F).
        spectrogram: magnitudes of the recordings that real is cut from, frame by frame of it; (N, bins, F).
        mu: mean of a Gaussian posterior; (N, ...).
        sigma: its standard deviation; (N, ...).
        log_sigma: its logarithm; (N, ...).
        logvar: log of its variance; (N, ...).
        code_logits: scores of all entries of a codebook; (N, K, ...).
        last_layer: from gradients at fake to those at the weights of the generator's last layer, (N, P).
        random: numbers keyed by seed and sample, never by batch: random(name, shape, kind) is (N, *shape).
    """

    real: Tensor | None = None
    fake: Tensor | None = None
    input: Tensor | None = None
    latents: Tensor | None = None
    label: Tensor | None = None
    pitch: Tensor | None = None
    mixture: Tensor | None = None
    target: Tensor | None = None
    estimate: Tensor | None = None
    residual: Tensor | None = None
    mask: Tensor | None = None

    real_A: Tensor | None = None  # noqa: N815 (the field's names for the two domains)
    real_B: Tensor | None = None  # noqa: N815
    fake_A: Tensor | None = None  # noqa: N815
    fake_B: Tensor | None = None  # noqa: N815
    rec_A: Tensor | None = None  # noqa: N815
    rec_B: Tensor | None = None  # noqa: N815
    idt_A: Tensor | None = None  # noqa: N815
    idt_B: Tensor | None = None  # noqa: N815

    real_logits: Logits | None = None
    fake_logits: Logits | None = None
    real_features: Features | None = None
    fake_features: Features | None = None

    z_p: Tensor | None = None
    z_q: Tensor | None = None
    m_p: Tensor | None = None
    m_q: Tensor | None = None
    logs_p: Tensor | None = None
    logs_q: Tensor | None = None
    z_mask: Tensor | None = None
    l_length: Tensor | None = None
    x_mask: Tensor | None = None
    log_f0: Tensor | None = None
    pred_log_f0: Tensor | None = None
    spectrogram: Tensor | None = None
    mu: Tensor | None = None
    sigma: Tensor | None = None
    log_sigma: Tensor | None = None
    logvar: Tensor | None = None
    code_logits: Tensor | None = None

    generator: Generator | None = None
    discriminator: Critic | None = None
    generator_AB: Generator | None = None  # noqa: N815
    generator_BA: Generator | None = None  # noqa: N815
    discriminator_A: Critic | None = None  # noqa: N815
    discriminator_B: Critic | None = None  # noqa: N815
    backbone: Backbone | None = None
    last_layer: LastLayer | None = None
    random: Randomness | None = None


FIELDS: tuple[str, ...] = tuple(f.name for f in fields(Batch))
LOGIT_ROLES = ("real_logits", "fake_logits")
FEATURE_ROLES = ("real_features", "fake_features")
LATENT_ROLES = (
    "z_p", "z_q", "m_p", "m_q", "logs_p", "logs_q", "z_mask", "l_length", "x_mask", "log_f0", "pred_log_f0",
    "mu", "sigma", "log_sigma", "logvar", "code_logits",
)  # fmt: skip
SPEECH_ROLES = ("phones", "coarse_pitch", "voiced", "volume", "voice", "spectrogram")  # the last alone for losses
FILE_ROLES = DATA_ROLES + LOGIT_ROLES + FEATURE_ROLES + LATENT_ROLES + SPEECH_ROLES


def as_logits(logits: Tensor | Logits) -> Logits:
    """A lone tensor is a discriminator without sub-discriminators.

    Args:
        logits: (N, ...), or a sequence of them, one a sub-discriminator.

    Returns:
        a sequence with one tensor a sub-discriminator.
    """
    return (logits,) if isinstance(logits, torch.Tensor) else logits
