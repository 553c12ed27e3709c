"""VITS and RVC as auto-encoders: a recording's spectrogram to its posterior, and a draw of that to a waveform.

It is the path of training, z of enc_q into dec, over whole recordings instead of random segments.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from ganloss_cli.io.networks.hifigan import HifiganGenerator
from ganloss_cli.io.networks.nsf import NsfGenerator
from ganloss_cli.io.networks.spellings import accept_spellings
from ganloss_cli.io.networks.wavenet import CouplingFlow, CouplingLayer, PosteriorEncoder, WaveNet

# what the posterior encoder, the flow and the speakers are made with; the rest is the decoder's
_OWN = ("n_bins", "n_channels", "kernel", "dilation_rate", "posterior_layers", "flow_layers", "n_flows", "n_speakers")


def autoencoder(**settings: Any) -> VitsAutoencoder:
    """The whole of its own hyper-parameters and of those of its decoder."""
    own, decoder = _divided(settings)
    return VitsAutoencoder(decoder=HifiganGenerator(**decoder), **own)


def nsf_autoencoder(**settings: Any) -> NsfAutoencoder:
    """The same, with pitch."""
    own, decoder = _divided(settings)
    return NsfAutoencoder(decoder=NsfGenerator(**decoder), **own)


def _divided(settings: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The arguments of the whole, and those of its decoder."""
    decoder = {name: value for name, value in settings.items() if name not in _OWN}
    own = {name: settings[name] for name in _OWN}
    shared = {"n_latents": decoder["in_channels"], "condition_channels": decoder["condition_channels"]}
    return {**own, **shared}, decoder


class VitsAutoencoder(nn.Module):
    """Posterior encoder, flow and decoder of VITS (Kim et al. 2021, arXiv 2106.06103), with its speakers.

    Keys: `enc_q.pre` ..., `flow.flows.0.pre` ..., `dec.conv_pre` ..., and `emb_g` where there are speakers. The prior's
    encoder and the durations are not part of it.

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
    """

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
    ) -> None:
        super().__init__()

        def layers(n_layers: int) -> WaveNet:
            return WaveNet(
                n_channels=n_channels, kernel=kernel, n_layers=n_layers, dilation_rate=dilation_rate,
                condition_channels=condition_channels,
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

    def noise_shapes(self, spectrogram: Tensor) -> dict[str, tuple[int, ...]]:
        """What is drawn for a sample of this spectrogram, (N, n_bins, F)."""
        return {"noise": (self.n_latents, spectrogram.shape[-1])}

    def forward(
        self, spectrogram: Tensor, noise: Tensor, speaker: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """The reconstruction, and what the divergence is taken of.

        Args:
            spectrogram: magnitudes; (N, n_bins, F).
            noise: of the draw of the posterior, standard normal; (N, n_latents, F).
            speaker: numbers; (N,).

        Returns:
            the waveform in [-1, 1], (N, 1, F hop); z_p, m_q and logs_q, (N, n_latents, F); z_mask, (N, 1, F).
        """
        return self._decoded(spectrogram, noise, speaker)

    def _condition(self, speaker: Tensor | None) -> Tensor | None:
        """Embedding of the speakers, (N, condition_channels, 1)."""
        if not self.n_speakers:
            return None
        if speaker is None:
            raise ValueError(f"it has {self.n_speakers} speakers, and none is named")
        if speaker.is_floating_point() or speaker.min() < 0 or speaker.max() >= self.n_speakers:
            raise ValueError(f"its speakers are 0 to {self.n_speakers - 1}, got {speaker.flatten().tolist()}")
        embedded: Tensor = self.emb_g(speaker.reshape(-1))
        return embedded[..., None]

    def _decoded(
        self, spectrogram: Tensor, noise: Tensor, speaker: Tensor | None, *excited: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """What `forward` returns; the decoder is told what `excited` holds beside the draw."""
        condition = self._condition(speaker)
        posterior = self.enc_q(spectrogram, noise, condition)
        waveform, draw = self.dec(posterior.draw, *excited, condition), posterior.draw
        mask = torch.ones_like(draw[:, :1])  # whole recordings, nothing padded
        return waveform, self.flow(draw, condition), posterior.mean, posterior.logs, mask


class NsfAutoencoder(VitsAutoencoder):
    """RVC with pitch: the same, and its decoder is fed the pitch of the recording.

    Args:
        decoder: with pitch.
        settings: the others of VitsAutoencoder.
    """

    def __init__(self, *, decoder: NsfGenerator, **settings: Any) -> None:
        super().__init__(decoder=decoder, **settings)
        self.hop = decoder.m_source.hop

    def noise_shapes(self, spectrogram: Tensor) -> dict[str, tuple[int, ...]]:
        """What is drawn for a sample of this spectrogram, (N, n_bins, F)."""
        return {**super().noise_shapes(spectrogram), "excitation": (1, spectrogram.shape[-1] * self.hop)}

    def forward(  # type: ignore[override]  # it takes the pitch too
        self, spectrogram: Tensor, noise: Tensor, pitch: Tensor, excitation: Tensor, speaker: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """The reconstruction, and what the divergence is taken of.

        Args:
            spectrogram: magnitudes; (N, n_bins, F).
            noise: of the draw of the posterior, standard normal; (N, n_latents, F).
            pitch: fundamental frequency in Hz, 0 where unvoiced; (N, F).
            excitation: noise of the source, standard normal; (N, 1, F hop).
            speaker: numbers; (N,).

        Returns:
            as VitsAutoencoder.
        """
        return self._decoded(spectrogram, noise, speaker, pitch, excitation)
