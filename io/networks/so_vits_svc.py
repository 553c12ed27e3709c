"""so-vits-svc: VITS's auto-encoder, a prior of features, pitch and loudness, and a network that predicts the pitch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ganloss_cli.io.networks.snake import harmonic_generator
from ganloss_cli.io.networks.text_encoder import COARSE, CausalTransformer, Transformer
from ganloss_cli.io.networks.vits import NsfAutoencoder, at_places, divided
from ganloss_cli.io.networks.wavenet import CouplingFlow, CouplingLayer

_LOWEST, _HIGHEST = (1127 * math.log(1 + hertz / 700) for hertz in (50, 1100))  # mel, of the coarse pitch
_SCALES = 0.8, 1.2  # that training draws, by which the course of a pitch is flattened or steepened


def so_vits_svc(*, prior: Mapping[str, Any], flow: Mapping[str, Any], separable: bool, **settings: Any) -> SoVitsSvc:
    """The whole of its own hyper-parameters and of those of its decoder.

    Args:
        prior: of the networks that see features and pitch.
        flow: `shared` says whether all coupling layers share one network, `transformer` is None for gated convolutions.
        separable: whether gated convolutions are.
        settings: of the auto-encoder and of the decoder.
    """
    own, decoder = divided(settings)
    network = SoVitsSvc(decoder=harmonic_generator(**decoder), prior=prior, separable=separable, **own)
    if flow["shared"] or flow["transformer"]:
        network.flow = _flow(network.flow, flow, own)
    return network


def _flow(usual: CouplingFlow, flow: Mapping[str, Any], own: Mapping[str, Any]) -> CouplingFlow:
    """The flow whose coupling layers share a network, or hold transformers."""

    def layers() -> nn.Module:
        if flow["transformer"] is None:
            return usual.flows[0].enc  # type: ignore[return-value]  # a coupling layer's
        width = {name: own[name] for name in ("n_channels", "condition_channels")}
        return CausalTransformer(**flow["transformer"], **width)

    shared = layers() if flow["shared"] else None
    couplings = [CouplingLayer(n_latents=own["n_latents"], layers=shared or layers()) for _ in range(own["n_flows"])]
    return CouplingFlow(couplings, shared)


class FeatureEncoder(nn.Module):
    """Mean and log sigma of the prior. Keys: `f0_emb`, `enc_`, `proj`.

    Args:
        n_latents: channels of the latents.
        transformer: of its width.
        n_channels: width.
    """

    def __init__(self, *, n_latents: int, transformer: Transformer, n_channels: int) -> None:
        super().__init__()
        self.f0_emb = nn.Embedding(COARSE, n_channels)
        self.enc_ = transformer
        self.proj = nn.Conv1d(n_channels, 2 * n_latents, 1)

    def forward(self, hidden: Tensor, coarse: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Each (N, n_latents, F).

        Args:
            hidden: (N, n_channels, F).
            coarse: pitch in 255 steps; (N, F).
            mask: 1 on valid frames; (N, 1, F).
        """
        hidden = self.enc_(hidden + self.f0_emb(coarse).transpose(1, 2), mask)
        mean, logs = (self.proj(hidden) * mask).chunk(2, dim=1)
        return mean, logs


class PitchPredictor(nn.Module):
    """The logarithm of the pitch, of features and its normalised course; F0Decoder.

    Keys: `prenet`, `decoder`, `proj`, `f0_prenet`, `cond`.

    Args:
        n_channels: width.
        condition_channels: of the speaker's embedding.
        settings: the others of CausalTransformer.
    """

    def __init__(self, *, n_channels: int, condition_channels: int, **settings: int) -> None:
        super().__init__()
        self.prenet = nn.Conv1d(n_channels, n_channels, 3, padding=1)
        self.decoder = CausalTransformer(n_channels=n_channels, **settings)
        self.proj = nn.Conv1d(n_channels, 1, 1)
        self.f0_prenet = nn.Conv1d(1, n_channels, 3, padding=1)
        self.cond = nn.Conv1d(condition_channels, n_channels, 1)

    def forward(self, hidden: Tensor, course: Tensor, condition: Tensor, mask: Tensor, heard: Tensor) -> Tensor:
        """(N, 1, F).

        Args:
            hidden: of features and voicing; (N, n_channels, F).
            course: the normalised pitch; (N, 1, F).
            condition: embedding of the speaker; (N, condition_channels, 1).
            mask: 1 on valid frames; (N, 1, F).
            heard: 1 where the first convolution may look; (N, 1, F).
        """
        hidden = (hidden + self.cond(condition) + self.f0_prenet(course)) * heard
        predicted: Tensor = self.proj(self.decoder(self.prenet(hidden) * mask, None, mask)) * mask
        return predicted


class SoVitsSvc(NsfAutoencoder):
    """The model of svc-develop-team/so-vits-svc, 4.0 and 4.1, which its training saves as G_*.pth.

    Keys: those of VITS's auto-encoder with pitch, `pre`, `emb_uv`, `enc_p`, and where there are, `emb_vol` and
    `f0_decoder`.

    Args:
        prior: `n_features`; `has_volume` and `predicts_pitch`; the others of Transformer but the width.
        settings: of NsfAutoencoder.
    """

    uniform: ClassVar[frozenset[str]] = frozenset({"phases", "scale"})

    def __init__(self, *, prior: Mapping[str, Any], **settings: Any) -> None:
        super().__init__(**settings)
        n_channels = settings["n_channels"]
        shape = {name: prior[name] for name in ("n_hidden", "n_heads", "n_layers", "kernel")}
        self.pre = nn.Conv1d(prior["n_features"], n_channels, 5, padding=2)
        self.emb_uv = nn.Embedding(2, n_channels)
        self.has_volume, self.predicts_pitch = prior["has_volume"], prior["predicts_pitch"]
        if self.has_volume:
            self.emb_vol = nn.Linear(1, n_channels)
        transformer = Transformer(n_channels=n_channels, window=prior["window"], **shape)
        self.enc_p = FeatureEncoder(n_latents=self.n_latents, transformer=transformer, n_channels=n_channels)  # type: ignore[assignment]
        if self.predicts_pitch:
            condition = settings["condition_channels"]
            self.f0_decoder = PitchPredictor(n_channels=n_channels, condition_channels=condition, **shape)

    def noise_shapes(
        self, spectrogram: Tensor, *, text: Tensor | None = None, cut: Tensor | None = None
    ) -> dict[str, tuple[int, ...]]:
        """What is drawn for a sample; see VitsAutoencoder."""
        shapes = super().noise_shapes(spectrogram, text=text, cut=cut)
        n_harmonics: int = self.dec.m_source.n_harmonics  # type: ignore[union-attr,assignment]
        shapes["excitation"] = (n_harmonics, shapes["excitation"][1])
        return {**shapes, "phases": (n_harmonics,), "scale": (1,)}

    def forward(  # type: ignore[override]  # it takes phases too
        self,
        spectrogram: Tensor,
        noise: Tensor,
        pitch: Tensor,
        excitation: Tensor,
        phases: Tensor,
        label: Tensor | None = None,
        **known: Tensor,
    ) -> list[Tensor]:
        """The reconstruction, and what the divergence and the error of the pitch are taken of.

        Args:
            spectrogram: magnitudes; (N, n_bins, F).
            noise: of the draw of the posterior, standard normal; (N, n_latents, F).
            pitch: fundamental frequency in Hz; (N, F).
            excitation: noise of the source, standard normal; (N, harmonics, F hop).
            phases: of its harmonics, in [0, 1); (N, harmonics).
            label: numbers of speakers; (N,).
            known: what else is known of the samples.

                n_frames: how many of the frames are no padding; (N,).
                cut: the frames that are decoded, as the training does; (N, K).
                phones: features; (N, n_features, F).
                voiced: 1 where the recording is; (N, F).
                volume: loudness, where the network takes that; (N, F).
                scale: of the course of the pitch, uniform on [0, 1); (N, 1).

        Returns:
            as VitsAutoencoder; with features, m_p and logs_p, (N, n_latents, F), lf0 and what was predicted of it,
            (N, 1, F), and which of the frames count in its error, (N, 1, F).
        """
        known["pitch"] = pitch
        excited = {"pitch": at_places(pitch[:, None], known.get("cut"))[:, 0], "noise": excitation, "phases": phases}
        return self._decoded(spectrogram, noise, label, known, excited)

    def _prior(
        self, z_p: Tensor, mask: Tensor, condition: Tensor | None, known: Mapping[str, Tensor]
    ) -> tuple[Tensor, ...]:
        if (phones := known.get("phones")) is None:
            return ()
        hidden = self.pre(phones) * mask + self.emb_uv(known["voiced"].long()).transpose(1, 2)
        if self.has_volume:
            hidden = hidden + self.emb_vol(known["volume"][..., None]).transpose(1, 2)
        lf0 = _logarithm(known["pitch"])[:, None]
        mean, logs = self.enc_p(hidden, _coarse(known["pitch"]), mask)
        if not self.predicts_pitch or condition is None:  # its log then shows an error of 0
            return mean, logs, lf0, lf0, mask
        # the training counts the padding of its batches, and its predictor hears it
        counted = mask if known.get("cut") is None else torch.ones_like(mask)
        course = _normalised(lf0, known["voiced"], known["scale"]) * mask
        return mean, logs, lf0, self.f0_decoder(hidden, course, condition, mask, counted), counted


def _logarithm(pitch: Tensor) -> Tensor:
    """Mel of O'Shaughnessy, divided by 500."""
    return 2595.0 * torch.log10(1.0 + pitch / 700.0) / 500


def _coarse(pitch: Tensor) -> Tensor:
    """Pitch in 255 steps, 1 below 50 Hz and where there is none; above 1100 Hz it is 0, as its f0_to_coarse has it."""
    mel = 1127 * (1 + pitch / 700).log()
    step = (COARSE - 2) / (_HIGHEST - _LOWEST)
    mel = torch.where(mel > 0, mel * step - (_LOWEST * step - 1.0), mel)
    steps = torch.round(mel).long().clamp(min=1)
    return steps * (steps < COARSE)


def _normalised(lf0: Tensor, voiced: Tensor, drawn: Tensor) -> Tensor:
    """The pitch less its mean over voiced frames, flattened or steepened."""
    count = voiced.sum(1, keepdim=True)
    mean = (lf0[:, 0] * voiced).sum(1, keepdim=True) / torch.where(count == 0, 1.0, count)
    low, high = _SCALES
    return (lf0 - mean[..., None]) * (low + (high - low) * drawn)[..., None]
