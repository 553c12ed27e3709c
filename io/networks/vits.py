"""VITS and RVC: a recording's spectrogram to its posterior, a draw of that to a waveform, and the prior of the draw.

It is the path of training: z of enc_q into dec, flow(z) held against what enc_p says of the text or of the features.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ganloss_cli.io.networks.alignment import best_path, log_likelihoods
from ganloss_cli.io.networks.durations import PlainDurations, StochasticDurations
from ganloss_cli.io.networks.hifigan import HifiganGenerator
from ganloss_cli.io.networks.nsf import NsfGenerator
from ganloss_cli.io.networks.spellings import accept_spellings
from ganloss_cli.io.networks.text_encoder import PriorEncoder, Transformer
from ganloss_cli.io.networks.wavenet import CouplingFlow, CouplingLayer, PosteriorEncoder, WaveNet

# what the posterior encoder, the flow and the speakers are made with; the rest is the decoder's
_OWN = ("n_bins", "n_channels", "kernel", "dilation_rate", "posterior_layers", "flow_layers", "n_flows", "n_speakers")


def autoencoder(**settings: Any) -> VitsAutoencoder:
    """The whole of its own hyper-parameters and of those of its decoder."""
    own, decoder = divided(settings)
    return VitsAutoencoder(decoder=HifiganGenerator(**decoder), **own)


def nsf_autoencoder(**settings: Any) -> NsfAutoencoder:
    """The same, with pitch."""
    own, decoder = divided(settings)
    return NsfAutoencoder(decoder=NsfGenerator(**decoder), **own)


def with_prior(*, prior: Mapping[str, Any], durations: Mapping[str, Any] | None, **settings: Any) -> VitsAutoencoder:
    """Either of them with the encoder of the prior, and the durations where there are any.

    Args:
        prior: the encoder's hyper-parameters.
        durations: those of the predictor, without `n_bins` for the plain one; None where there is none.
        settings: of the auto-encoder; with a sample rate, its decoder is fed the pitch.
    """
    network = nsf_autoencoder(**settings) if "sample_rate" in settings else autoencoder(**settings)
    own = {name: prior[name] for name in ("n_symbols", "n_features", "has_pitch", "n_channels")}
    width = {name: value for name, value in prior.items() if name not in own} | {"n_channels": prior["n_channels"]}
    network.enc_p = PriorEncoder(n_latents=network.n_latents, transformer=Transformer(**width), **own)
    if durations is not None:
        shared = {"n_channels": prior["n_channels"], "condition_channels": settings["condition_channels"]}
        kind = StochasticDurations if "n_bins" in durations else PlainDurations
        network.dp = kind(**durations, **shared)
    return network


def divided(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arguments of the whole, and those of its decoder."""
    decoder = {name: value for name, value in settings.items() if name not in _OWN}
    own = {name: settings[name] for name in _OWN}
    shared = {"n_latents": decoder["in_channels"], "condition_channels": decoder["condition_channels"]}
    return {**own, **shared}, decoder


class VitsAutoencoder(nn.Module):
    """Posterior encoder, flow and decoder of VITS (Kim et al. 2021, arXiv 2106.06103), with its speakers.

    Keys: `enc_q.pre` ..., `flow.flows.0.pre` ..., `dec.conv_pre` ..., and `emb_g` where there are speakers. `enc_p` and
    `dp`, the prior's encoder and the durations, are there where `with_prior` adds them.

    Args:
        decoder: of the latents, as HiFi-GAN makes them.
        n_bins: of the spectrogram, n_fft / 2 + 1.
        n_latents: channels of the latents.
        n_channels: width of the gated convolutions.
        kernel: of the gated convolutions.
        dilation_rate: of the gated convolutions.
        posterior_layers: gated convolutions of the posterior encoder.
        flow_layers: gated convolutions of a coupling layer.
        n_flows: coupling layers.
        n_speakers: 0 for one speaker without an embedding.
        condition_channels: of a speaker's embedding; 0 for none.
        separable: whether the gated convolutions are separable, as some of so-vits-svc's are.
    """

    uniform: ClassVar[frozenset[str]] = frozenset()  # of what is drawn, what is uniform on [0, 1)
    enc_p: PriorEncoder
    dp: PlainDurations | StochasticDurations

    def __init__(
        self,
        *,
        decoder: HifiganGenerator,
        n_bins: int,
        n_latents: int,
        n_channels: int,
        kernel: int,
        dilation_rate: int,
        posterior_layers: int,
        flow_layers: int,
        n_flows: int,
        n_speakers: int,
        condition_channels: int,
        separable: bool = False,
    ) -> None:
        super().__init__()

        def layers(n_layers: int) -> WaveNet:
            return WaveNet(
                n_channels=n_channels, kernel=kernel, n_layers=n_layers, dilation_rate=dilation_rate,
                condition_channels=condition_channels, separable=separable,
            )  # fmt: skip

        self.n_latents, self.n_speakers = n_latents, n_speakers
        self.enc_q = PosteriorEncoder(n_bins=n_bins, n_latents=n_latents, layers=layers(posterior_layers))
        self.flow = CouplingFlow(
            [CouplingLayer(n_latents=n_latents, layers=layers(flow_layers)) for _ in range(n_flows)]
        )
        self.dec = decoder
        if n_speakers:
            self.emb_g = nn.Embedding(n_speakers, condition_channels)
        accept_spellings(self)

    def noise_shapes(
        self, spectrogram: Tensor, *, text: Tensor | None = None, cut: Tensor | None = None
    ) -> dict[str, tuple[int, ...]]:
        """What is drawn for a sample.

        Args:
            spectrogram: (N, n_bins, F).
            text: (N, S), where there is any.
            cut: the frames that are decoded, (N, K), where those are not all.
        """
        shapes: dict[str, tuple[int, ...]] = {"noise": (self.n_latents, spectrogram.shape[-1])}
        if text is not None and hasattr(self, "dp") and self.dp.n_draws:
            shapes["durations"] = (self.dp.n_draws, 2, text.shape[-1])
        return shapes

    def forward(self, spectrogram: Tensor, noise: Tensor, label: Tensor | None = None, **known: Tensor) -> list[Tensor]:
        """The reconstruction, and what the divergence is taken of.

        Args:
            spectrogram: magnitudes; (N, n_bins, F).
            noise: of the draw of the posterior, standard normal; (N, n_latents, F).
            label: numbers of speakers; (N,).
            known: what else is known of the samples.

                n_frames: how many of the frames are no padding; (N,).
                cut: the frames that are decoded; (N, K).
                text: numbers of symbols, (N, S), of which the first `n_symbols`, (N,), are no padding.
                phones: features; (N, n_features, F); with `coarse_pitch`, (N, F), where the encoder takes that.
                durations: noise of their predictor, standard normal; (N, draws, 2, S).

        Returns:
            the waveform in [-1, 1], (N, 1, F hop); z_p, m_q and logs_q, (N, n_latents, F); z_mask, (N, 1, F). With text
            or features, m_p and logs_p of every frame behind them; with text, what the durations cost, (N, draws), and
            x_mask, (N, 1, S).
        """
        return self._decoded(spectrogram, noise, label, known)

    def _condition(
        self, speaker: Tensor | None, spectrogram: Tensor, mask: Tensor, known: Mapping[str, Tensor]
    ) -> Tensor | None:
        """What all but the prior is told, (N, condition_channels, 1): here the embedding of the speakers."""
        if not self.n_speakers:
            return None
        if speaker is None:
            raise ValueError(f"it has {self.n_speakers} speakers, and none is named")
        if speaker.is_floating_point() or speaker.min() < 0 or speaker.max() >= self.n_speakers:
            raise ValueError(f"its speakers are 0 to {self.n_speakers - 1}, got {speaker.flatten().tolist()}")
        embedded: Tensor = self.emb_g(speaker.reshape(-1))
        return embedded[..., None]

    def _decoded(
        self,
        spectrogram: Tensor,
        noise: Tensor,
        speaker: Tensor | None,
        known: Mapping[str, Tensor],
        excited: Mapping[str, Tensor] | None = None,
    ) -> list[Tensor]:
        """What `forward` returns; the decoder is told what `excited` holds beside the draw."""
        mask = _mask(spectrogram[:, :1], known.get("n_frames"))
        condition = self._condition(speaker, spectrogram, mask, known)
        posterior = self.enc_q(spectrogram, noise, condition, mask)
        waveform = self.dec(at_places(posterior.draw, known.get("cut")), condition=condition, **(excited or {}))
        z_p = self.flow(posterior.draw, condition, mask)
        return [waveform, z_p, posterior.mean, posterior.logs, mask, *self._prior(z_p, mask, condition, known)]

    def _prior(
        self, z_p: Tensor, mask: Tensor, condition: Tensor | None, known: Mapping[str, Tensor]
    ) -> tuple[Tensor, ...]:
        """What the encoder of the prior says of every frame, where there is one and something to say it of."""
        if not hasattr(self, "enc_p"):
            return ()
        if (phones := known.get("phones")) is not None:
            _, mean, logs = self.enc_p.of_phones(phones, known.get("coarse_pitch"), mask)
            return mean, logs
        return () if (text := known.get("text")) is None else self._aligned(text, z_p, mask, condition, known)

    def _aligned(
        self, text: Tensor, z_p: Tensor, mask: Tensor, condition: Tensor | None, known: Mapping[str, Tensor]
    ) -> tuple[Tensor, ...]:
        """The prior of the symbols spread over the frames that the alignment gives them."""
        symbols = _mask(text[:, None], known.get("n_symbols")).to(z_p.dtype)
        hidden, mean, logs = self.enc_p.of_text(text, symbols)
        counts = [each.sum((1, 2)).long() for each in (mask, symbols)]
        path = best_path(log_likelihoods(z_p, mean, logs), *counts)
        cost = self.dp(hidden, symbols, path.sum(1, keepdim=True), condition, known.get("durations"))
        spread = (path @ mean.transpose(1, 2)).transpose(1, 2), (path @ logs.transpose(1, 2)).transpose(1, 2)
        return *spread, cost, symbols


class NsfAutoencoder(VitsAutoencoder):
    """RVC with pitch: the same, and its decoder is fed the pitch of the recording.

    Args:
        decoder: with pitch.
        settings: the others of VitsAutoencoder.
    """

    def __init__(self, *, decoder: NsfGenerator, **settings: Any) -> None:
        super().__init__(decoder=decoder, **settings)
        self.hop = decoder.m_source.hop

    def noise_shapes(
        self, spectrogram: Tensor, *, text: Tensor | None = None, cut: Tensor | None = None
    ) -> dict[str, tuple[int, ...]]:
        """What is drawn for a sample; see VitsAutoencoder."""
        n_decoded = (spectrogram if cut is None else cut).shape[-1]
        return {**super().noise_shapes(spectrogram, text=text, cut=cut), "excitation": (1, n_decoded * self.hop)}

    def forward(  # type: ignore[override]  # it takes the pitch too
        self,
        spectrogram: Tensor,
        noise: Tensor,
        pitch: Tensor,
        excitation: Tensor,
        label: Tensor | None = None,
        **known: Tensor,
    ) -> list[Tensor]:
        """The reconstruction, and what the divergence is taken of.

        Args:
            spectrogram: magnitudes; (N, n_bins, F).
            noise: of the draw of the posterior, standard normal; (N, n_latents, F).
            pitch: fundamental frequency in Hz, 0 where unvoiced; (N, F).
            excitation: noise of the source, standard normal; (N, 1, F hop).
            label: numbers of speakers; (N,).
            known: as VitsAutoencoder.

        Returns:
            as VitsAutoencoder.
        """
        pitch = at_places(pitch[:, None], known.get("cut"))[:, 0]
        return self._decoded(spectrogram, noise, label, known, {"pitch": pitch, "noise": excitation})


def _mask(like: Tensor, counts: Tensor | None) -> Tensor:
    """1 on so many of the last axis of (N, 1, T), 0 on padding."""
    if counts is None:
        return torch.ones_like(like)
    return frames_mask(counts, like.shape[-1]).to(like.dtype)


def frames_mask(counts: Tensor, length: int) -> Tensor:
    """Whether a place is before so many, (N, 1, length) of (N,)."""
    return torch.arange(length, device=counts.device) < counts[:, None, None]


def at_places(signal: Tensor, places: Tensor | None) -> Tensor:
    """Some places, (N, K), of (N, C, T)."""
    return signal if places is None else signal.gather(2, places[:, None].expand(-1, signal.shape[1], -1))
