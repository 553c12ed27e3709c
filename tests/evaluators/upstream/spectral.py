"""Mel and STFT losses of vocoders, by the public code bases. The mel filters are librosa's and torchaudio's own."""

import functools
import importlib
import types
import typing
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import torch
from clones import Upstream
from figures import P, figure
from torch import Tensor, nn
from torch.nn import functional

HIFIGAN = "jik876/hifi-gan@4769534 meldataset.py"
VITS = "jaywalnut310/vits@2e561ba mel_processing.py"
RVC = "RVC-Project/Retrieval-based-Voice-Conversion-WebUI@4338f12 train/mel_processing.py"
MELGAN = "descriptinc/melgan-neurips@6488045 mel2wav/modules.py"
PWG_MEL = "kan-bayashi/ParallelWaveGAN@8674037 parallel_wavegan/losses/mel_loss.py"
PWG_STFT = "kan-bayashi/ParallelWaveGAN@8674037 parallel_wavegan/losses/stft_loss.py"
VOCOS = "gemelo-ai/vocos@c859e3b vocos/loss.py"
VOCOS_LOG = "gemelo-ai/vocos@c859e3b vocos/modules.py"
DAC = "descriptinc/descript-audio-codec@c7cfc5d dac/nn/loss.py"
AUDIOTOOLS = "descriptinc/audiotools@348ebf2 audiotools/core/audio_signal.py"
BIGVGAN = "NVIDIA/BigVGAN@7d2b454 loss.py"
BIGVGAN_MEL = "NVIDIA/BigVGAN@7d2b454 meldataset.py"
APPLIO = "IAHispano/Applio@b9c0ccb1 rvc/train/mel_processing.py"
AUDIOCRAFT = "facebookresearch/audiocraft@896ec7c audiocraft/losses/specloss.py"
AUDIOCRAFT_CONV = "facebookresearch/audiocraft@896ec7c audiocraft/modules/conv.py"
AURALOSS = "csteinmetz1/auraloss@0853e9e auraloss/freq.py"
STABLE_AUDIO = "Stability-AI/stable-audio-tools@50049e3 stable_audio_tools/training/losses/auraloss.py"
NUWAVE = "mindslab-ai/nuwave@88aba86 lightning_model.py"
SSR_EVAL = "haoheliu/ssr_eval@7129ee8 ssr_eval/metrics.py"

REAL, FAKE = P.MONO["real"].float(), P.MONO["fake"].float()


def librosa_mel(*positional: Any, **named: Any) -> Any:
    """librosa.filters.mel, also with the positional arguments that it once took."""
    names = ("sr", "n_fft", "n_mels", "fmin", "fmax")
    return importlib.import_module("librosa.filters").mel(**dict(zip(names, positional, strict=False)), **named)


def with_real_views(text: str) -> str:
    """torch.stft no longer gives pairs of numbers unless it is asked by view_as_real."""
    return (
        text.replace("normalized=False, onesided=True)", "normalized=False, onesided=True, return_complex=True)")
        .replace("spec.pow(2)", "torch.view_as_real(spec).pow(2)")
        .replace("center=False,\n        )", "center=False,\n            return_complex=True,\n        )")
        .replace("fft.unbind", "torch.view_as_real(fft).unbind")
    )


KNOWN: dict[str, Any] = {"librosa_mel_fn": librosa_mel, "mel_basis": {}, "hann_window": {}, "is_pytorch_17plus": True}
COMPRESSION = ("dynamic_range_compression_torch", "spectral_normalize_torch")


def l1(spectrogram: Callable[[Tensor], Tensor]) -> Tensor:
    return functional.l1_loss(spectrogram(REAL[:, 0]), spectrogram(FAKE[:, 0]))


@figure("mel:hifigan", "MONO", HIFIGAN)
def _(up: Upstream) -> Any:
    functions = up.load(HIFIGAN, "mel_spectrogram", *COMPRESSION, edit=with_real_views, **KNOWN)
    return l1(lambda waves: functions.mel_spectrogram(waves, 1024, 80, 22050, 256, 1024, 0, None))


@figure("mel:vits mel:vits_logged", "MONO", VITS)
def _(up: Upstream) -> Any:
    functions = up.load(VITS, "mel_spectrogram_torch", *COMPRESSION, edit=with_real_views, **KNOWN)
    value = l1(lambda waves: functions.mel_spectrogram_torch(waves, 1024, 80, 22050, 256, 1024, 0, None))
    return value, 45 * value


def _rvc(up: Upstream, rate: int, n_fft: int, hop: int, bands: int) -> Any:
    names = ("mel_spectrogram_torch", "spectrogram_torch", "spec_to_mel_torch", *COMPRESSION)
    functions = up.load(RVC, *names, **(KNOWN | {"mel_basis": {}, "hann_window": {}}))
    value = l1(lambda waves: functions.mel_spectrogram_torch(waves, n_fft, bands, rate, hop, n_fft, 0.0, None))
    return value, (45 * value).clamp(max=75)


figure("mel:rvc_32k mel:rvc_32k_logged", "MONO", RVC)(lambda up: _rvc(up, 32000, 1024, 320, 80))
figure("mel:rvc_40k mel:rvc_40k_logged", "MONO", RVC)(lambda up: _rvc(up, 40000, 2048, 400, 125))
figure("mel:rvc_48k mel:rvc_48k_logged", "MONO", RVC)(lambda up: _rvc(up, 48000, 2048, 480, 128))


@figure("mel:melgan", "MONO", MELGAN)
def _(up: Upstream) -> Any:
    spectrogram = up.load(MELGAN, "Audio2Mel", edit=with_real_views, **KNOWN).Audio2Mel()
    return functional.l1_loss(spectrogram(REAL), spectrogram(FAKE))


def _with_complex(text: str) -> str:
    return text.replace('["return_complex"] = False', '["return_complex"] = True').replace(
        "x_stft = torch.stft(x, window=window, **self.stft_params)",
        "x_stft = torch.view_as_real(torch.stft(x, window=window, **self.stft_params))",
    )


def _pwg(up: Upstream, **settings: Any) -> Any:
    librosa = types.SimpleNamespace(filters=types.SimpleNamespace(mel=librosa_mel))
    classes = up.load(PWG_MEL, "MelSpectrogram", "MelSpectrogramLoss", edit=_with_complex, **KNOWN, librosa=librosa)
    return classes.MelSpectrogramLoss(**settings)(FAKE, REAL)


figure("mel:parallel_wavegan", "MONO", PWG_MEL)(_pwg)
# conf/hifigan.v1.yaml
figure("mel:parallel_wavegan_hifigan", "MONO", PWG_MEL)(lambda up: _pwg(up, fmin=0, fmax=11025, log_base=None))


@figure("mel:vocos", "MONO", VOCOS)
def _(up: Upstream) -> Any:
    """torchaudio's MelSpectrogram with power=1, by torch.stft and torchaudio's filters."""
    filters = importlib.import_module("torchaudio.functional").melscale_fbanks(513, 0.0, 12000.0, 100, 24000)
    safe_log = up.load(VOCOS_LOG, "safe_log").safe_log

    def spectrogram(waves: Tensor) -> Tensor:
        spectra = torch.stft(waves, 1024, 256, window=torch.hann_window(1024), return_complex=True)
        return spectra.abs().mT @ filters

    me = types.SimpleNamespace(mel_spec=spectrogram)
    return up.method(VOCOS, "MelSpecReconstructionLoss", "forward", safe_log=safe_log)(me, FAKE[:, 0], REAL[:, 0])


@figure("mel:bigvgan_24k", "MONO", BIGVGAN_MEL)
def _(up: Upstream) -> Any:
    """configs/bigvgan_24khz_100band.json, whose loss ends at half the sample rate."""
    known = KNOWN | {"mel_basis_cache": {}, "hann_window_cache": {}}
    functions = up.load(BIGVGAN_MEL, "mel_spectrogram", *COMPRESSION, **known)
    return l1(lambda waves: functions.mel_spectrogram(waves, 1024, 100, 24000, 256, 1024, 0, None))


@figure("mel:bigvgan_v2", "MONO", BIGVGAN)
def _(up: Upstream) -> Any:
    known = {"typing": typing, "functools": functools, "namedtuple": namedtuple}
    known["signal"] = importlib.import_module("scipy.signal")
    measure = up.load(BIGVGAN, "MultiScaleMelSpectrogramLoss", **KNOWN, **known).MultiScaleMelSpectrogramLoss
    return measure(sampling_rate=24000)(FAKE, REAL)


@figure("mel:dac", "MONO", DAC)
def _(up: Upstream) -> Any:
    """Its AudioSignal is cut down to what the loss asks of it; conf/base.yml."""
    spectrogram = up.method(AUDIOTOOLS, "AudioSignal", "mel_spectrogram")

    def audio(waves: Tensor) -> Any:
        me = types.SimpleNamespace(sample_rate=44100, device="cpu", get_mel_filters=librosa_mel)
        me.stft = lambda window_length, hop_length, window_type: torch.stft(
            waves[:, 0], window_length, hop_length, window=torch.hann_window(window_length), return_complex=True
        )[:, None]
        me.mel_spectrogram = lambda *bands, **settings: spectrogram(me, *bands, **settings)
        return me

    me = types.SimpleNamespace(
        stft_params=[types.SimpleNamespace(window_length=w, hop_length=w // 4, window_type=None) for w in P.SEVEN],
        n_mels=[5, 10, 20, 40, 80, 160, 320], mel_fmin=[0] * 7, mel_fmax=[None] * 7, clamp_eps=1e-5, mag_weight=0.0,
        log_weight=1.0, pow=1.0, loss_fn=nn.L1Loss(),
    )  # fmt: skip
    return up.method(DAC, "MelSpectrogramLoss", "forward", AudioSignal=object)(me, audio(FAKE), audio(REAL))


@figure("mel:audiocraft", "MONO", AUDIOCRAFT)
def _(up: Upstream) -> Any:
    """The msspec of config/solver/compression/default.yaml."""
    padding = up.load(AUDIOCRAFT_CONV, "get_extra_padding_for_conv1d", "pad_for_conv1d")
    spectrogram = importlib.import_module("torchaudio.transforms").MelSpectrogram
    names = ("MelSpectrogramWrapper", "MultiScaleMelSpectrogramLoss")
    code = up.load(AUDIOCRAFT, *names, MelSpectrogram=spectrogram, pad_for_conv1d=padding.pad_for_conv1d, tp=typing)
    settings = {"range_start": 6, "range_end": 11, "n_mels": 64, "f_min": 64, "normalized": True, "alphas": False}
    return code.MultiScaleMelSpectrogramLoss(24000, **settings)(FAKE, REAL)


@figure("mel:applio", "MONO", APPLIO)
def _(up: Upstream) -> Any:
    measure = up.load(APPLIO, "MultiScaleMelSpectrogramLoss", **KNOWN).MultiScaleMelSpectrogramLoss
    return measure(sample_rate=48000)(REAL, FAKE)


@figure("mrstft:parallel_wavegan", "MONO", PWG_STFT)
def _(up: Upstream) -> Any:
    names = ("SpectralConvergenceLoss", "LogSTFTMagnitudeLoss", "STFTLoss", "MultiResolutionSTFTLoss")

    def complex_stft(text: str) -> str:
        return text.replace("return_complex=False\n        )", "return_complex=True\n        )").replace(
            "real = x_stft[..., 0]", "x_stft = torch.view_as_real(x_stft); real = x_stft[..., 0]"
        )

    classes = up.load(PWG_STFT, "stft", *names, edit=complex_stft, **KNOWN)
    return sum(classes.MultiResolutionSTFTLoss()(FAKE, REAL))


@figure("mrstft:auraloss", "MONO", AURALOSS)
def _(up: Upstream) -> Any:
    utilities = up.load("csteinmetz1/auraloss@0853e9e auraloss/utils.py", "apply_reduction", "get_window")
    names = ("SpectralConvergenceLoss", "STFTMagnitudeLoss", "STFTLoss", "MultiResolutionSTFTLoss")
    classes = up.load(AURALOSS, *names, **vars(utilities), Any=Any)
    return classes.MultiResolutionSTFTLoss()(FAKE, REAL)


for _row in ("stable_audio", "stable_audio_left", "stable_audio_right"):

    def _stable_audio(up: Upstream, row: str = _row) -> Any:
        """Targets and inputs exchanged, as AuralossLoss hands them over."""
        names = ("apply_reduction", "get_window", "SumAndDifference", "FIRFilter", "SpectralConvergenceLoss")
        names += ("STFTMagnitudeLoss", "STFTLoss", "MultiResolutionSTFTLoss", "SumAndDifferenceSTFTLoss")
        classes = up.load(STABLE_AUDIO, *names, Any=Any)
        sizes = [2048, 1024, 512, 256, 128, 64, 32]
        settings = {"fft_sizes": sizes, "hop_sizes": [size // 4 for size in sizes], "win_lengths": sizes,
                    "perceptual_weighting": True, "sample_rate": 44100}  # fmt: skip
        real, fake = P.STEREO["real"].float(), P.STEREO["fake"].float()
        if row == "stable_audio":
            return classes.SumAndDifferenceSTFTLoss(**settings)(real, fake)
        side = slice(0, 1) if row.endswith("left") else slice(1, 2)
        return classes.MultiResolutionSTFTLoss(**settings)(real[:, side], fake[:, side])

    figure(f"mrstft:{_row}", "STEREO", STABLE_AUDIO)(_stable_audio)


@figure("mrstft:dac", "MONO", DAC)
def _(up: Upstream) -> Any:
    """Its AudioSignal is cut down to what the loss asks of it."""

    def audio(waves: Tensor) -> Any:
        me = types.SimpleNamespace()

        def stft(window_length: int, hop_length: int, window_type: object) -> None:
            window = torch.hann_window(window_length)
            me.magnitude = torch.stft(waves[:, 0], window_length, hop_length, window=window, return_complex=True).abs()

        me.stft = stft
        return me

    me = types.SimpleNamespace(
        stft_params=[types.SimpleNamespace(window_length=w, hop_length=w // 4, window_type=None) for w in (2048, 512)],
        clamp_eps=1e-5, mag_weight=1.0, log_weight=1.0, pow=2.0, loss_fn=nn.L1Loss(),
    )  # fmt: skip
    return up.method(DAC, "MultiScaleSTFTLoss", "forward", AudioSignal=object)(me, audio(FAKE), audio(REAL))


@figure("lsd:nuwave", "MONO", NUWAVE)
def _(up: Upstream) -> Any:
    first, last = up.passage(NUWAVE, "def lsd(pred, target):", 3)

    def stft(waves: Tensor) -> Tensor:
        return torch.stft(waves, 2048, 512, window=torch.hann_window(2048), return_complex=True).abs()

    known = {"self": types.SimpleNamespace(stft=stft)}
    return up.run(NUWAVE, first, last, **known)["lsd"](FAKE[:, 0], REAL[:, 0])


@figure("lsd:ssr_eval", "MONO", SSR_EVAL)
def _(up: Upstream) -> Any:
    """At 44.1 kHz its frames are 2048 samples and its hop is 441."""
    librosa = importlib.import_module("librosa")
    me = types.SimpleNamespace(hop_length=441, n_fft=2048)
    spectrogram = up.method(SSR_EVAL, "AudioMetrics", "wav_to_spectrogram", librosa=librosa)
    distance = up.method(SSR_EVAL, "AudioMetrics", "lsd", EPS=1e-12)
    values = [
        distance(me, spectrogram(me, fake.numpy()), spectrogram(me, real.numpy()))
        for real, fake in zip(REAL[:, 0], FAKE[:, 0], strict=True)
    ]
    return torch.stack(values).mean()
