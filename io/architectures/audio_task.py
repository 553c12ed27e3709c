"""What a network for audio takes, and its training's settings as configs beside checkpoints spell them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.task import Task

Convention = Literal["hifigan", "bigvgan", "vits", "rvc", "melgan", "vocos", "parallel_wavegan", "gpt_sovits"]

MOST_HERTZ = 10_000_000
LONGEST_FRAME = 2**20  # samples: five seconds and more of any recording


@dataclass(frozen=True, kw_only=True)
class Stft:
    """A short-time Fourier transform under a Hann window.

    Args:
        sample_rate: of the waveform, in Hz.
        n_fft: length of a transform, in samples.
        hop: between frames, in samples.
        win: length of the window, in samples.
    """

    sample_rate: int
    n_fft: int
    hop: int
    win: int

    def __post_init__(self) -> None:
        require_whole("sampling_rate", self.sample_rate, MOST_HERTZ)
        require_whole("n_fft", self.n_fft, LONGEST_FRAME)
        require_whole("hop_size", self.hop, LONGEST_FRAME)
        require_whole("win_size", self.win, self.n_fft)


@dataclass(frozen=True, kw_only=True)
class Mel(Stft):
    """The log mel spectrogram that a vocoder was trained on.

    Args:
        n_mels: bands.
        fmin: lowest frequency, in Hz.
        fmax: highest frequency, in Hz; None for half the sample rate.
        fmax_for_loss: the same of the mel loss, where training takes another band for it.
        centred: whether frames lie on multiples of the hop, one more than there are hops.
        convention: whose scale, floor and logarithm.
    """

    n_mels: int
    fmin: float
    fmax: float | None
    fmax_for_loss: float | None
    convention: Convention
    centred: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        require_whole("num_mels", self.n_mels, self.n_fft)
        _require_hertz("fmin", self.fmin, 0)
        for name, highest in {"fmax": self.fmax, "fmax_for_loss": self.fmax_for_loss}.items():
            if highest is not None:
                _require_hertz(name, highest, self.fmin)

    def as_in_loss(self) -> dict[str, dict[str, Any]]:
        """Settings of the loss that compares spectrograms like this one, as far up as losses go, by its name."""
        return {"mel": {
            "configured_rate": self.sample_rate, "n_fft": self.n_fft, "hop": self.hop, "bands": self.n_mels,
            "lowest": self.fmin, "highest": self.fmax_for_loss, "window": None if self.win == self.n_fft else self.win,
        }}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What so-vits-svc keeps beside every recording, SPEAKER/x.wav: x.wav.soft.pt, x.wav.f0.npy and x.wav.vol.npy.

    Args:
        speakers: folder -> the speaker's number.
        stretched: how features become as many as frames: "left", or a mode of torch's interpolate.
        volume: whether the loudness is among it.
        longest: frames, of more of which the training takes a window.
        window: frames of that.
    """

    speakers: Mapping[str, int]
    stretched: str
    volume: bool
    longest: int = 800
    window: int = 790


@dataclass(frozen=True, kw_only=True)
class KeptInExperiment:
    """What GPT-SoVITS keeps in folders beside that of its recordings: 4-cnhubert, of v2Pro 7-sv_cn too.

    Args:
        voice: numbers of a speaker's vector; 0 for none.
    """

    voice: int


@dataclass(frozen=True, kw_only=True)
class AudioTask(Task):
    """What a rebuilt network for audio takes and returns.

    Args:
        output: what comes out of a generator; a mask is to be multiplied with the spectrogram.
        hop: samples a frame; None where nothing tells.
        mel: what the network takes, if that is a mel spectrogram and something tells its parameters.
        loss_settings: loss -> settings of it in its training, where these tell more than its recipe.
        stft: what the network takes, if that is a magnitude spectrogram and something tells its parameters.
        takes: what it is fed behind that, in this order: drawn numbers by the names that the network gives them, and
            roles.
        n_speakers: whose numbers it is fed as labels; 0 for one without a number.
        prior: roles of the data that its prior is made of.
        beside_prior: roles of what it returns last, where the data hold those.
        segment: samples of the slices that its training draws; None where nothing tells.
        symbols: of the texts that it takes, by their numbers; none where nothing tells them.
        blank: whether symbol 0 stands between all others, and at both ends.
        kept: what its training keeps beside recordings, where that is its way.
        sample_rate: of the waveforms that a codec takes, in Hz; None where nothing tells.
        n_channels: of these waveforms.
    """

    output: Literal["waveform", "mask"] | None = None
    hop: int | None = None
    mel: Mel | None = None
    loss_settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stft: Stft | None = None
    takes: tuple[str, ...] = ()
    n_speakers: int = 0
    prior: tuple[str, ...] = ()
    beside_prior: tuple[str, ...] = ()
    segment: int | None = None
    symbols: tuple[str, ...] = ()
    blank: bool = True
    kept: Kept | KeptInExperiment | None = None
    sample_rate: int | None = None
    n_channels: int = 1


def all_positive(values: Iterable[Any]) -> bool:
    """Whether these are positive whole numbers, as rates, periods and dilations are; a config may hold anything."""
    return all(isinstance(value, int) and not isinstance(value, bool) and value > 0 for value in values)


def require_whole(name: str, value: Any, most: int) -> None:
    """What a config says of lengths and rates is believed; a wrong one may cost any amount of memory.

    Raises:
        InputError: it is no whole number from 1 to `most`.
    """
    if not all_positive([value]) or value > most:
        raise InputError(f"the config says {name} {_shown(value)}, not a whole number from 1 to {most}", hint=_HINT)


def _require_hertz(name: str, value: Any, least: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= MOST_HERTZ:
        raise InputError(f"the config says {name} {_shown(value)}, not a frequency from {least:g} Hz", hint=_HINT)


def _shown(value: object) -> str:
    """A config's value in an error; one that is not of the right kind may be of any length."""
    text = str(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


_LONGEST_SHOWN = 60
_HINT = "put the config of this very checkpoint beside it"
_NESTED = ("args", "config", "cfg", "hparams", "hyper_parameters", "data", "model")
# VITS's, Applio's and MelGAN's word -> HiFi-GAN's
_SYNONYMS = {
    "sample_rate": "sampling_rate",
    "filter_length": "n_fft",
    "hop_length": "hop_size",
    "win_length": "win_size",
    "n_mel_channels": "num_mels",
    "mel_fmin": "fmin",
    "mel_fmax": "fmax",
}
# the list that an extracted RVC voice carries as its config
_VOICE = (
    "spec_channels",
    "segment_size",
    "inter_channels",
    "hidden_channels",
    "filter_channels",
    "n_heads",
    "n_layers",
    "kernel_size",
    "p_dropout",
    "resblock",
    "resblock_kernel_sizes",
    "resblock_dilation_sizes",
    "upsample_rates",
    "upsample_initial_channel",
    "upsample_kernel_sizes",
    "spk_embed_dim",
    "gin_channels",
    "sampling_rate",
)
_RATES = {"32k": 32000, "40k": 40000, "48k": 48000}


def audio_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a config in HiFi-GAN's words, whatever they are nested in.

    Args:
        config: HiFi-GAN's config.json, VITS's or RVC's {train, data, model}, an RVC voice's list, MelGAN's args ...
    """
    voice = config.get("config")
    if isinstance(voice, list | tuple) and len(voice) == len(_VOICE):
        config = {**config, "config": dict(zip(_VOICE, voice, strict=True))}
    flat: dict[str, Any] = {}
    for name in _NESTED:
        if isinstance(inner := config.get(name), Mapping):
            flat |= audio_settings(inner)
    flat |= {_SYNONYMS.get(key, key): value for key, value in config.items()}
    if isinstance(rate := flat.get("sampling_rate"), str):
        flat["sampling_rate"] = _RATES.get(rate)
    return flat
