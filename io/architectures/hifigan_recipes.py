"""The trainings of HiFi-GAN generators that are known, and what each chose where the shapes leave a choice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from ganloss_cli.io.architectures.audio_task import Convention, Mel
from ganloss_cli.io.architectures.recipes import Recipe

Kind = Literal["vocoder", "bigvgan", "vits", "rvc", "so_vits_svc", "gpt_sovits"]


@dataclass(frozen=True, kw_only=True)
class Layout:
    """What the names and shapes of a generator tell.

    Args:
        kind: whose it may be: a vocoder and BigVGAN take mel, the others are decoders of latents.
        has_pitch: whether it is fed a sine of the pitch.
        n_harmonics: of that, the fundamental among them.
        snake: whether its activations are Snakes.
        in_channels: bands, or channels of latents.
        initial_channels: after the first convolution.
        kernels: of the up-samplings.
        resblock: type of the residual blocks.
        resblock_kernels: of the blocks after each up-sampling.
        n_dilations: convolutions in a block, or pairs of them.
        post_bias: whether the last convolution has a bias.
        condition_channels: of the speaker's embedding; 0 for none.
        rates_after_first: up-sampling rates of the second and later stages; only an NSF decoder shows them.
        spec_channels: of the posterior encoder beside it, where there is one: n_fft / 2 + 1.
    """

    kind: tuple[Kind, ...]
    has_pitch: bool
    n_harmonics: int
    snake: bool
    in_channels: int
    initial_channels: int
    kernels: list[int]
    resblock: Literal[1, 2]
    resblock_kernels: list[int]
    n_dilations: int
    post_bias: bool
    condition_channels: int
    rates_after_first: list[int] | None = None
    spec_channels: int | None = None


@dataclass(frozen=True, kw_only=True)
class Training:
    """One published configuration; `mel` of a decoder is that of its loss."""

    source: str
    kind: Kind
    rates: tuple[int, ...]
    kernels: tuple[int, ...]
    mel: Mel
    resblock: Literal[1, 2] = 1
    resblock_kernels: tuple[int, ...] = (3, 7, 11)
    dilations: tuple[tuple[int, ...], ...] = ((1, 3, 5), (1, 3, 5), (1, 3, 5))
    condition_channels: tuple[int, ...] = (0,)
    post_bias: bool = True

    def has_rates_of(self, layout: Layout) -> bool:
        """Whether a generator of these shapes may have been trained so, up to its width."""
        n_bands = self.mel.n_mels if self.kind in ("vocoder", "bigvgan") else _LATENTS
        return (
            self.kind in layout.kind
            and (list(self.kernels), n_bands) == (layout.kernels, layout.in_channels)
            and layout.post_bias == self.post_bias
            and layout.condition_channels in self.condition_channels
            and layout.rates_after_first in (None, list(self.rates[1:]))
            and layout.spec_channels in (None, self.mel.n_fft // 2 + 1)
        )

    def has_blocks_of(self, layout: Layout) -> bool:
        """Whether the residual blocks are the same."""
        ours = (self.resblock, list(self.resblock_kernels), {len(steps) for steps in self.dilations})
        return ours == (layout.resblock, layout.resblock_kernels, {layout.n_dilations})


_LATENTS = 192
_CONVENTIONS: Mapping[tuple[Kind, ...], Convention] = {
    ("vocoder",): "hifigan",
    ("bigvgan",): "bigvgan",
    ("rvc",): "rvc",
    ("gpt_sovits",): "gpt_sovits",
}
HIFIGAN_MEL = Mel(
    sample_rate=22050,
    n_fft=1024,
    hop=256,
    win=1024,
    n_mels=80,
    fmin=0.0,
    fmax=8000.0,
    fmax_for_loss=None,
    convention="hifigan",
)
_VITS = replace(HIFIGAN_MEL, fmax=None, convention="vits")


def _rvc(sample_rate: int, n_fft: int, hop: int, n_mels: int) -> Mel:
    return replace(_VITS, sample_rate=sample_rate, n_fft=n_fft, hop=hop, win=n_fft, n_mels=n_mels, convention="rvc")


_SO_VITS_SVC = replace(_VITS, sample_rate=44100, n_fft=2048, hop=512, win=2048, fmax=22050.0)
_GPT_SOVITS = replace(_VITS, sample_rate=32000, n_fft=2048, hop=640, win=2048, n_mels=128, convention="gpt_sovits")
_RVC = (
    # config, rates, kernels, mel
    ("v1/32k.json", (10, 4, 2, 2, 2), (16, 16, 4, 4, 4), _rvc(32000, 1024, 320, 80)),
    ("v1/40k.json", (10, 10, 2, 2), (16, 16, 4, 4), _rvc(40000, 2048, 400, 125)),
    ("v1/48k.json", (10, 6, 2, 2, 2), (16, 16, 4, 4, 4), _rvc(48000, 2048, 480, 128)),
    ("v2/32k.json", (10, 8, 2, 2), (20, 16, 4, 4), _rvc(32000, 1024, 320, 80)),
    ("v2/48k.json", (12, 10, 2, 2), (24, 20, 4, 4), _rvc(48000, 2048, 480, 128)),
)
# BigVGAN's: config, rates and kernels, n_fft, Hz, bands, highest frequency, bias of the last convolution
_BASE, _LARGE, _WIDE = ((8, 8, 2, 2), (16, 16, 4, 4)), ((4, 4, 2, 2, 2, 2), (8, 8, 4, 4, 4, 4)), 1024
_BIGVGAN: tuple[tuple[str, tuple[tuple[int, ...], tuple[int, ...]], int, int, int, float | None, bool], ...] = (
    ("bigvgan_base_22khz_80band", _BASE, _WIDE, 22050, 80, 8000.0, True),
    ("bigvgan_22khz_80band", _LARGE, _WIDE, 22050, 80, 8000.0, True),
    ("bigvgan_base_24khz_100band", _BASE, _WIDE, 24000, 100, 12000.0, True),
    ("bigvgan_24khz_100band", _LARGE, _WIDE, 24000, 100, 12000.0, True),
    ("bigvgan_v2_22khz_80band_256x", _LARGE, _WIDE, 22050, 80, None, False),
    ("bigvgan_v2_22khz_80band_fmax8k_256x", _LARGE, _WIDE, 22050, 80, 8000.0, False),
    ("bigvgan_v2_24khz_100band_256x", _LARGE, _WIDE, 24000, 100, None, False),
    ("bigvgan_v2_44khz_128band_256x", _LARGE, _WIDE, 44100, 128, None, False),
    ("bigvgan_v2_44khz_128band_512x", ((8, 4, 2, 2, 2, 2), (16, 8, 4, 4, 4, 4)), 2048, 44100, 128, None, False),
)
# the mel spectrogram of a decoder's loss -> the convention in which its training logs that loss
MEL_LOGS: Mapping[Mel, str] = {
    _VITS: "vits_logged",
    **{mel: f"rvc_{mel.sample_rate // 1000}k_logged" for _, _, _, mel in _RVC},
}
TRAININGS = (
    Training(
        source="jik876/hifi-gan config_v1.json, config_v2.json",
        kind="vocoder",
        rates=(8, 8, 2, 2),
        kernels=(16, 16, 4, 4),
        mel=HIFIGAN_MEL,
    ),
    Training(
        source="jik876/hifi-gan config_v3.json",
        kind="vocoder",
        rates=(8, 8, 4),
        kernels=(16, 16, 8),
        mel=HIFIGAN_MEL,
        resblock=2,
        resblock_kernels=(3, 5, 7),
        dilations=((1, 2), (2, 6), (3, 12)),
    ),
    Training(
        source="jaywalnut310/vits ljs_base.json, vctk_base.json",
        kind="vits",
        rates=(8, 8, 2, 2),
        kernels=(16, 16, 4, 4),
        mel=_VITS,
        condition_channels=(0, 256),
        post_bias=False,
    ),
    *(
        Training(
            source=f"RVC-Boss/GPT-SoVITS {config}",
            kind="gpt_sovits",
            rates=(10, 8, 2, 2, 2),
            kernels=(first, 16, 8, 2, 2),
            mel=_GPT_SOVITS,
            condition_channels=(n_style,),
            post_bias=False,
        )
        for config, first, n_style in (("s2.json", 16, 512), ("s2v2Pro.json", 16, 1024), ("s2v2ProPlus.json", 20, 1024))
    ),
    Training(
        source="svc-develop-team/so-vits-svc config_template.json",
        kind="so_vits_svc",
        rates=(8, 8, 2, 2, 2),
        kernels=(16, 16, 4, 4, 4),
        mel=_SO_VITS_SVC,
        condition_channels=(256, 768, 1024, 1280),  # of the speech model
    ),
    *(
        Training(
            source=f"RVC-Project/Retrieval-based-Voice-Conversion-WebUI {config}",
            kind="rvc",
            rates=rates,
            kernels=kernels,
            mel=mel,
            condition_channels=(256,),
            post_bias=False,
        )
        for config, rates, kernels, mel in _RVC
    ),
    *(
        Training(
            source=f"NVIDIA/BigVGAN configs/{config}.json",
            kind="bigvgan",
            rates=rates,
            kernels=kernels,
            mel=replace(
                HIFIGAN_MEL, sample_rate=rate, n_fft=n_fft, hop=n_fft // 4, win=n_fft, n_mels=n_mels, fmax=highest,
                convention="bigvgan",
            ),
            post_bias=bias,
        )
        for config, (rates, kernels), n_fft, rate, n_mels, highest, bias in _BIGVGAN
    ),
)  # fmt: skip


def rates_recipes(layout: Layout) -> list[Recipe]:
    """The up-sampling rates, and with a pitch source the sample rate, of every training with these shapes."""
    return [
        Recipe(source=t.source, settings={"upsample_rates": list(t.rates), "sampling_rate": t.mel.sample_rate})
        for t in TRAININGS
        if t.has_rates_of(layout) and t.has_blocks_of(layout)
    ]


def dilations_recipes(layout: Layout) -> list[Recipe]:
    """The dilations of every training with these residual blocks."""
    return [
        Recipe(source=t.source, settings={"resblock_dilation_sizes": [list(steps) for steps in t.dilations]})
        for t in TRAININGS
        if t.has_blocks_of(layout)
    ]


def mel_of(layout: Layout, rates: list[int], settings: Mapping[str, Any]) -> Mel | None:
    """The mel spectrogram of the training: from its settings, else of the one known training with these rates.

    Args:
        layout: of the generator.
        rates: its up-sampling rates.
        settings: of options and config, in HiFi-GAN's words.
    """
    if all(isinstance(settings.get(name), int) for name in ("sampling_rate", "n_fft", "hop_size", "win_size")):
        return Mel(
            sample_rate=settings["sampling_rate"],
            n_fft=settings["n_fft"],
            hop=settings["hop_size"],
            win=settings["win_size"],
            n_mels=layout.in_channels if settings.get("num_mels") is None else settings["num_mels"],
            fmin=0.0 if settings.get("fmin") is None else settings["fmin"],
            fmax=settings.get("fmax"),
            fmax_for_loss=settings.get("fmax_for_loss"),
            convention=_CONVENTIONS.get(layout.kind, "vits"),
        )
    mels = {t.mel for t in TRAININGS if t.has_rates_of(layout) and list(t.rates) == rates}
    known = mels.pop() if len(mels) == 1 else None
    return known if known and known.hop == math.prod(rates) else None
