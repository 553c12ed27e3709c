"""The Descript Audio Codec, with the key names of descriptinc/descript-audio-codec and of transformers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from ganloss_cli.io.architectures.dac import plain_names
from ganloss_cli.io.networks.convolutional_codec import decoded_length, decoder, encoder
from ganloss_cli.io.networks.spellings import accept_spellings, respelling


class Codebook(nn.Module):
    """The nearest entry, by its angle, to a projection of a few values (Yu et al. 2021, arXiv 2110.04627).

    Args:
        n_latents: channels that are replaced.
        n_entries: of the codebook.
        n_values: of an entry.
    """

    def __init__(self, n_latents: int, n_entries: int, n_values: int) -> None:
        super().__init__()
        self.in_proj = nn.Conv1d(n_latents, n_values, 1)
        self.out_proj = nn.Conv1d(n_values, n_latents, 1)
        self.codebook = nn.Embedding(n_entries, n_values)

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What replaces the latents (N, n_latents, F); their projection and its entry, (N, n_values, F)."""
        projected = self.in_proj(hidden)
        given = functional.normalize(projected.transpose(1, 2).flatten(0, 1))
        entries = functional.normalize(self.codebook.weight)
        # in upstream's order of operations, so that of two entries as near as each other the same is taken
        distances = given.pow(2).sum(1, keepdim=True) - 2 * given @ entries.T + entries.pow(2).sum(1)
        indices = (-distances).max(1)[1].view(len(hidden), -1)
        found = self.codebook(indices).transpose(1, 2)
        return self.out_proj(found), projected, found


class DacQuantizer(nn.Module):
    """Codebooks, each of what the ones before it left (Zeghidour et al. 2021, arXiv 2107.03312).

    Args:
        n_codebooks: of them.
        n_latents: channels of the latents.
        n_entries: of each codebook.
        n_values: of an entry.
    """

    def __init__(self, n_codebooks: int, n_latents: int, n_entries: int, n_values: int) -> None:
        super().__init__()
        self.quantizers = nn.ModuleList(Codebook(n_latents, n_entries, n_values) for _ in range(n_codebooks))

    def forward(self, latents: Tensor, n_used: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What replaces the latents; what was looked up and the entries, (N, n_codebooks, n_values, F).

        Args:
            latents: of the encoder.
            n_used: codebooks of each sample; the others' share is zero.
        """
        total, residual = torch.zeros_like(latents), latents
        pairs: list[tuple[Tensor, Tensor]] = []
        for k, quantizer in enumerate(self.quantizers):
            used = (k < n_used).to(latents.dtype)[:, None, None]
            replaced, projected, found = quantizer(residual)
            total = total + replaced * used
            residual = residual - replaced
            pairs.append((projected * used, found * used))
        given, entries = zip(*pairs, strict=True)
        return total, torch.stack(given, 1), torch.stack(entries, 1)


class Dac(nn.Module):
    """A waveform to its reconstruction through residual codebooks (Kumar et al. 2023, arXiv 2306.06546).

    Args:
        encoder_widths: before the first and behind every down-sampling.
        encoder_rates: strides of the down-samplings.
        decoder_widths: before the first and behind every up-sampling.
        decoder_rates: strides of the up-samplings.
        n_latents: channels of what is quantised.
        n_codebooks: one for what the one before it left.
        n_entries: of each codebook.
        n_values: of an entry.
        quantizer_dropout: share of samples that in train mode use a random number of the codebooks.
    """

    uniform: ClassVar[frozenset[str]] = frozenset({"dropout"})

    def __init__(
        self,
        *,
        encoder_widths: Sequence[int],
        encoder_rates: Sequence[int],
        decoder_widths: Sequence[int],
        decoder_rates: Sequence[int],
        n_latents: int,
        n_codebooks: int,
        n_entries: int,
        n_values: int,
        quantizer_dropout: float = 0.0,
    ) -> None:
        super().__init__()
        self.hop, self._rates, self._dropout = math.prod(encoder_rates), decoder_rates, quantizer_dropout
        self.encoder = encoder(1, encoder_widths, encoder_rates, n_latents)
        self.quantizer = DacQuantizer(n_codebooks, n_latents, n_entries, n_values)
        self.decoder = decoder(1, decoder_widths, decoder_rates, n_latents)
        respelling(self, _plain_names)
        accept_spellings(self)

    def length_of(self, n_samples: int) -> int:
        """Samples that are made of so many: none beyond them, and fewer where a stride is odd."""
        return min(n_samples, decoded_length(-(-n_samples // self.hop), self._rates))

    def noise_shapes(self, _waveform: Tensor, **_held: Tensor | None) -> dict[str, tuple[int, ...]]:
        """What is drawn for a sample: in train mode, whether codebooks are left out and how many are used."""
        return {"dropout": (2,)} if self.training and self._dropout else {}

    def forward(self, waveform: Tensor, dropout: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        """The reconstruction; what was looked up in each codebook and the entries found.

        Args:
            waveform: in [-1, 1], (N, 1, T); zeros are put behind it up to whole hops.
            dropout: uniform on [0, 1), (N, 2), of train mode.

        Returns:
            (N, 1, T); (N, codebooks, values, frames); the same.
        """
        padded = functional.pad(waveform, (0, -waveform.shape[-1] % self.hop))
        replaced, given, entries = self.quantizer(self.encoder(padded), self._used(waveform, dropout))
        return self.decoder(replaced)[..., : waveform.shape[-1]], given, entries

    def _used(self, waveform: Tensor, dropout: Tensor | None) -> Tensor:
        n_codebooks = len(self.quantizer.quantizers)
        every = torch.full((len(waveform),), n_codebooks, device=waveform.device)
        if dropout is None:
            return every
        share, place = dropout.unbind(1)  # upstream drops that share of a batch, here of chances
        return torch.where(share < self._dropout, 1 + (place * n_codebooks).long(), every)


def _plain_names(_module: nn.Module, state_dict: dict[str, Any], prefix: str, *_rest: object) -> None:
    names = plain_names([key.removeprefix(prefix) for key in state_dict if key.startswith(prefix)])
    for name, plain in names.items():
        state_dict[prefix + plain] = state_dict.pop(prefix + name)
