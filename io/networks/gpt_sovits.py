"""GPT-SoVITS's second stage: VITS's auto-encoder under a style of the recording, and a prior of codes and phones."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganloss_cli.io.networks.hifigan import HifiganGenerator
from ganloss_cli.io.networks.text_encoder import RelativeAttention, Transformer
from ganloss_cli.io.networks.vits import VitsAutoencoder, divided, frames_mask

N_STYLE = 512  # of the style that the prior is told
_HEADS_OF_PHONES = 4


def gpt_sovits(*, style: Mapping[str, int], prior: Mapping[str, Any], voice: int, **settings: Any) -> GptSovits:
    """The whole of its own hyper-parameters and of those of its decoder.

    Args:
        style: of StyleEncoder.
        prior: of PhoneEncoder.
        voice: numbers of a speaker's vector, as v2Pro takes one; 0 for none.
        settings: of the auto-encoder and of the decoder.
    """
    own, decoder = divided(settings)
    return GptSovits(decoder=HifiganGenerator(**decoder), style=style, prior=prior, voice=voice, **own)


class _Linear(nn.Module):
    """A linear layer. Key: `fc`."""

    def __init__(self, n_in: int, n_out: int) -> None:
        super().__init__()
        self.fc = nn.Linear(n_in, n_out)

    def forward(self, signal: Tensor) -> Tensor:
        out: Tensor = self.fc(signal)
        return out


class _Gated(nn.Module):
    """A convolution gated by half of itself, with a skip connection. Key: `conv1.conv`."""

    def __init__(self, n_channels: int, kernel: int) -> None:
        super().__init__()
        self.conv1 = nn.ModuleDict({"conv": nn.Conv1d(n_channels, 2 * n_channels, kernel, padding=kernel // 2)})

    def forward(self, signal: Tensor) -> Tensor:
        wave, gate = self.conv1["conv"](signal).chunk(2, dim=1)
        return signal + wave * torch.sigmoid(gate)  # type: ignore[no-any-return]


class _StyleAttention(nn.Module):
    """Self-attention of frames with a skip connection. Keys: `w_qs`, `w_ks`, `w_vs`, `fc`."""

    def __init__(self, n_channels: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.w_qs, self.w_ks, self.w_vs, self.fc = (nn.Linear(n_channels, n_channels) for _ in range(4))

    def forward(self, signal: Tensor, mask: Tensor) -> Tensor:
        """Of (N, F, C); mask (N, 1, F)."""
        made = (layer(signal) for layer in (self.w_qs, self.w_ks, self.w_vs))
        query, key, value = (each.unflatten(2, (self.n_heads, -1)).transpose(1, 2) for each in made)
        scores = query @ key.transpose(2, 3) / math.sqrt(signal.shape[2])  # by the width, not that of a head
        weights = scores.masked_fill(mask[:, :, None] == 0, -math.inf).softmax(-1)
        mixed: Tensor = self.fc((weights @ value).transpose(1, 2).flatten(2)) + signal
        return mixed


class StyleEncoder(nn.Module):
    """One vector of all frames; MelStyleEncoder, after Min et al. 2021 (arXiv 2106.03153).

    Keys: `spectral.0.fc`, `spectral.3.fc`, `temporal.0.conv1.conv`, `temporal.1.conv1.conv`, `slf_attn`, `fc.fc`.

    Args:
        n_bins: of the spectrogram that it looks at, the lowest.
        n_hidden: width.
        n_out: of the vector.
        kernel: of its convolutions.
    """

    def __init__(self, *, n_bins: int, n_hidden: int, n_out: int, kernel: int) -> None:
        super().__init__()
        self.n_bins = n_bins
        self.spectral = nn.Sequential(
            _Linear(n_bins, n_hidden), nn.Mish(), nn.Identity(), _Linear(n_hidden, n_hidden), nn.Mish()
        )
        self.temporal = nn.Sequential(_Gated(n_hidden, kernel), _Gated(n_hidden, kernel))
        self.slf_attn = _StyleAttention(n_hidden, 2)
        self.fc = _Linear(n_hidden, n_out)

    def forward(self, spectrogram: Tensor, mask: Tensor, heard: Tensor) -> Tensor:
        """(N, n_out, 1).

        Args:
            spectrogram: magnitudes; (N, bins, F).
            mask: 1 on valid frames; (N, 1, F).
            heard: 1 on frames that are there at all, some of them padding; (N, 1, P), P not less than F.
        """
        behind = (0, heard.shape[2] - mask.shape[2])
        mask = functional.pad(mask, behind)
        frames = functional.pad(spectrogram[:, : self.n_bins], behind) * mask
        hidden = self.spectral(frames.transpose(1, 2)).transpose(1, 2) * heard
        for layer in self.temporal:
            hidden = layer(hidden) * heard
        styled = self.fc(self.slf_attn((hidden * mask).transpose(1, 2), mask)) * mask.transpose(1, 2)
        total: Tensor = styled.sum(1) / mask.sum(2)
        return total[..., None]


class Codebook(nn.Module):
    """Vectors that stand for their neighbourhoods. Keys: `inited`, `cluster_size`, `embed`, `embed_avg`.

    Args:
        n_codes: vectors.
        n_channels: of each.
    """

    embed: Tensor

    def __init__(self, n_codes: int, n_channels: int) -> None:
        super().__init__()
        shapes = {"inited": (1,), "cluster_size": (n_codes,)}
        for name, shape in (shapes | dict.fromkeys(("embed", "embed_avg"), (n_codes, n_channels))).items():
            self.register_buffer(name, torch.zeros(shape))

    def forward(self, signal: Tensor) -> Tensor:
        """The nearest vector of every frame; (N, C, F)."""
        rows = signal.transpose(1, 2)
        far = rows.square().sum(2, keepdim=True) - 2 * rows @ self.embed.T + self.embed.T.square().sum(0, keepdim=True)
        return functional.embedding((-far).argmax(2), self.embed).transpose(1, 2)


class PhoneEncoder(nn.Module):
    """Mean and log sigma of the prior.

    Keys: `ssl_proj`, `encoder_ssl`, `text_embedding`, `encoder_text`, `mrte`, `encoder2`, `proj`.

    Args:
        n_latents: channels of the latents.
        n_channels: width.
        n_features: of a code.
        n_symbols: phones.
        n_layers: of the transformers of codes, of phones, and behind them.
        transformer: the others of Transformer.
    """

    def __init__(
        self,
        *,
        n_latents: int,
        n_channels: int,
        n_features: int,
        n_symbols: int,
        n_layers: tuple[int, int, int],
        **transformer: int,
    ) -> None:
        super().__init__()
        self.ssl_proj = nn.Conv1d(n_features, n_channels, 1)
        self.encoder_ssl, self.encoder_text, self.encoder2 = (
            Transformer(n_channels=n_channels, n_layers=count, **transformer) for count in n_layers
        )
        self.text_embedding = nn.Embedding(n_symbols, n_channels)
        attention = RelativeAttention(n_channels=N_STYLE, n_heads=_HEADS_OF_PHONES, window=None)
        self.mrte = nn.ModuleDict(
            {
                "cross_attention": attention,
                "c_pre": nn.Conv1d(n_channels, N_STYLE, 1),
                "text_pre": nn.Conv1d(n_channels, N_STYLE, 1),
                "c_post": nn.Conv1d(N_STYLE, n_channels, 1),
            }
        )
        self.proj = nn.Conv1d(n_channels, 2 * n_latents, 1)

    def forward(
        self, codes: Tensor, mask: Tensor, phones: Tensor, symbols: Tensor, style: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Each (N, n_latents, F).

        Args:
            codes: vectors of the codebook; (N, n_features, F).
            mask: 1 on valid frames; (N, 1, F).
            phones: numbers of symbols; (N, S).
            symbols: 1 on valid symbols; (N, 1, S).
            style: (N, 512, 1).
        """
        hidden = self.encoder_ssl(self.ssl_proj(codes * mask) * mask, mask)
        text = self.encoder_text(self.text_embedding(phones).transpose(1, 2), symbols)
        content, read = self.mrte["c_pre"](hidden * mask), self.mrte["text_pre"](text * symbols)
        both = symbols[:, :, None] * mask[..., None]
        mixed = self.mrte["cross_attention"](content * mask, both, read * symbols) + content + style
        hidden = self.encoder2(self.mrte["c_post"](mixed * mask), mask)
        mean, logs = (self.proj(hidden) * mask).chunk(2, dim=1)
        return mean, logs


class GptSovits(VitsAutoencoder):
    """The model of RVC-Boss/GPT-SoVITS, v1, v2 and v2Pro, which its training of SoVITS saves as G_*.pth.

    Keys: those of VITS's auto-encoder, `enc_p`, `ref_enc`, `ssl_proj`, `quantizer`, and of v2Pro `sv_emb`, `ge_to512`
    and `prelu`.

    Args:
        style: of StyleEncoder but its output.
        prior: of PhoneEncoder but its latents and width; `n_codes`, `stride`, of features a code.
        voice: numbers of a speaker's vector; 0 for none.
        settings: of VitsAutoencoder.
    """

    def __init__(self, *, style: Mapping[str, int], prior: Mapping[str, Any], voice: int, **settings: Any) -> None:
        super().__init__(**settings)
        width, n_condition = settings["n_channels"], settings["condition_channels"]
        own = {name: value for name, value in prior.items() if name not in ("n_codes", "stride")}
        self.stride, n_features = prior["stride"], prior["n_features"]
        self.enc_p = PhoneEncoder(n_latents=self.n_latents, n_channels=width, **own)  # type: ignore[assignment]
        self.ref_enc = StyleEncoder(n_out=n_condition, **style)
        self.ssl_proj = nn.Conv1d(n_features, n_features, self.stride, self.stride)
        layer = nn.ModuleDict({"_codebook": Codebook(prior["n_codes"], n_features)})
        self.quantizer = nn.ModuleDict({"vq": nn.ModuleDict({"layers": nn.ModuleList([layer])})})
        self.takes_voice = voice > 0
        if self.takes_voice:
            self.sv_emb, self.ge_to512 = nn.Linear(voice, n_condition), nn.Linear(n_condition, N_STYLE)
            self.prelu = nn.PReLU(n_condition)

    def _condition(
        self, speaker: Tensor | None, spectrogram: Tensor, mask: Tensor, known: Mapping[str, Tensor]
    ) -> Tensor | None:
        """The style of the recording. Its training pads batches to the next even number of frames and one more."""
        counts = mask.sum((1, 2)).long()
        heard = frames_mask(2 * (counts // 2 + 1), 2 * (int(counts.max()) // 2 + 1)).to(mask)
        style: Tensor = self.ref_enc(spectrogram, mask, heard if known.get("cut") is None else torch.ones_like(heard))
        if self.takes_voice:
            style = self.prelu(style + self.sv_emb(known["voice"])[..., None])
        return style

    def _prior(
        self, z_p: Tensor, mask: Tensor, condition: Tensor | None, known: Mapping[str, Tensor]
    ) -> tuple[Tensor, ...]:
        phones, text = known.get("phones"), known.get("text")
        if phones is None or text is None or condition is None:
            return ()
        missing = -phones.shape[2] % self.stride
        codes = self.quantizer["vq"]["layers"][0]["_codebook"](self.ssl_proj(functional.pad(phones, (0, missing))))  # type: ignore[index]
        spread = codes.repeat_interleave(self.stride, dim=2)[:, :, : mask.shape[2]]
        symbols = torch.ones_like(text[:, None], dtype=z_p.dtype)
        if "n_symbols" in known:
            symbols = frames_mask(known["n_symbols"], text.shape[1]).to(z_p)
        style = self.ge_to512(condition.transpose(1, 2)).transpose(1, 2) if self.takes_voice else condition
        mean, logs = self.enc_p(spread, mask, text, symbols, style)
        return mean, logs, codes, codes  # a frozen codebook has nothing to commit to: its log shows 0
