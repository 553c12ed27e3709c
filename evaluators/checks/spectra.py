"""Checks of the spectrum of fakes: the grid that upsampling leaves in images, and what is wrong with audio."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import torch
from torch import Tensor

from ganloss_cli.evaluators.checks.observed import LEAST_SAMPLES, AuditedFakes
from ganloss_cli.evaluators.checks.registry import Observation, check

LEAST_SIDE = 16  # smaller images have no neighbourhood around a peak
# 6 dB above the neighbouring frequencies, beyond what reals show there
PEAK_EXCESS = math.log(4)
SIGNIFICANT = 5.0  # standard errors over the fakes
NEIGHBOURHOOD = 2  # frequencies to each side
SILENT_DB = -60.0  # of full scale; room noise of a quiet recording is louder
DC_SHARE = 0.1  # of the waveform's root mean square
CLIPPED = 0.999
CLIPPED_RUN = 3  # samples in a row at full scale: music that is merely loud touches it for one
CLIPPED_SHARE = 1e-3
TINY = 1e-12


@check(severity="warning")
def upsampling_artefacts(fakes: AuditedFakes) -> Iterator[Observation]:
    """The spectrum of the fakes has peaks at the frequencies of upsampling, and that of the reals has not.

    Strided transposed convolutions repeat their kernel every 2 or 4 pixels (Odena 2016, the checkerboard), which shows
    as peaks at a half and a quarter of the sampling frequency. A peak is the log power at such a frequency less the
    median of its neighbours; found where it exceeds that of the reals by 6 dB and five standard errors.
    """
    if fakes.kind != "image" or fakes.real is None or min(len(fakes.fake), len(fakes.real)) < LEAST_SAMPLES:
        return
    height, width = fakes.fake.shape[-2:]
    if min(height, width) < LEAST_SIDE or not bool(torch.isfinite(fakes.fake).all()):
        return
    spectra = [_log_power(samples) for samples in (fakes.fake, fakes.real)]
    found = {}
    for name, (row, column) in _grid(height, width).items():
        fake, real = (_peak(spectrum, row, column) for spectrum in spectra)
        excess = float(fake.mean() - real.mean())
        error = math.sqrt(float(fake.var()) / len(fake) + float(real.var()) / len(real))
        if excess > max(PEAK_EXCESS, SIGNIFICANT * error):
            found[name] = 10 * excess / math.log(10)
    if found:
        worst = max(found, key=lambda name: found[name])
        yield Observation(
            message=f"the spectrum has a peak {found[worst]:.0f} dB above that of the reals at {worst} cycles a pixel",
            evidence={"excess_db": found},
            hint="a grid of the upsampling layers: resize and convolve instead of a strided transposed convolution",
        )


@check(severity="warning")
def silent_audio(fakes: AuditedFakes) -> Iterator[Observation]:
    """Fakes are silent (below -60 dB of full scale), and reals are not."""
    share, of_reals = _of_both(_share_silent, fakes)
    if share - of_reals > 0.05:
        yield Observation(
            message=f"{share:.0%} of {len(fakes.fake)} recordings are silent ({of_reals:.0%} of the reals)",
            evidence={"share": share, "share_of_reals": of_reals, "below_db": SILENT_DB},
            hint="check the scale of the input, such as natural against common logarithm of mel bands",
            severity="error" if share > 0.95 else None,
        )


@check(severity="warning")
def dc_offset(fakes: AuditedFakes) -> Iterator[Observation]:
    """Waveforms do not swing about zero: their mean is more than a tenth of their root mean square, unlike reals'."""
    share, of_reals = _of_both(_dc, fakes)
    if share > max(DC_SHARE, 2 * of_reals):
        yield Observation(
            message=f"the mean is {share:.2g} of the root mean square ({of_reals:.2g} of the reals')",
            evidence={"share": share, "share_of_reals": of_reals},
            hint="SI-SDR and SNR change with an offset: remove it, or use the conventions that do",
        )


@check(severity="warning")
def clipped_audio(fakes: AuditedFakes) -> Iterator[Observation]:
    """Waveforms are clipped: three and more samples in a row at full scale, unlike reals."""
    share, of_reals = _of_both(_share_clipped, fakes)
    if share > CLIPPED_SHARE + 2 * of_reals:
        yield Observation(
            message=f"{share:.2%} of the samples are clipped ({of_reals:.2%} of the reals')",
            evidence={"share": share, "share_of_reals": of_reals},
            hint="check the scale of the waveforms that the generator was trained on",
        )


@check(severity="warning")
def sample_rate_mismatch(fakes: AuditedFakes) -> Iterator[Observation]:
    """The data have another sample rate than the generator was trained at."""
    ours, theirs = fakes.sample_rate, fakes.network_sample_rate
    if ours is not None and theirs is not None and ours != theirs:
        yield Observation(
            message=f"the data are of {ours} Hz and the generator of {theirs} Hz",
            evidence={"data": ours, "network": theirs},
            hint=f"give --sample-rate {theirs}",
        )


def _log_power(samples: Tensor) -> Tensor:
    """Log power of every image's spectrum, summed over channels; a Hann window, so that borders leave no cross."""
    height, width = samples.shape[-2:]
    window = torch.hann_window(height)[:, None] * torch.hann_window(width)[None, :]
    centred = samples.float() - samples.float().mean(dim=(-2, -1), keepdim=True)
    return torch.log(torch.fft.fft2(centred * window).abs().square().sum(dim=1) + TINY)


def _grid(height: int, width: int) -> dict[str, tuple[int, int]]:
    """The frequencies of upsampling by 2 and by 4, as places in the spectrum."""
    places = {}
    for name, vertical in (("0", 0), ("1/4", height // 4), ("1/2", height // 2)):
        for other, horizontal in (("0", 0), ("1/4", width // 4), ("1/2", width // 2)):
            exact = all(part == "0" or side % int(part[2:]) == 0 for part, side in ((name, height), (other, width)))
            if (vertical or horizontal) and exact:
                places[f"({name}, {other})"] = (vertical, horizontal)
    return places


def _peak(log_power: Tensor, row: int, column: int) -> Tensor:
    """Log power at a place less the median of its neighbourhood, a value an image.

    The window spreads a line over one frequency to each side, so neighbours begin at the second.
    """
    steps = range(-NEIGHBOURHOOD - 1, NEIGHBOURHOOD + 2)
    around = [
        log_power[:, (row + i) % log_power.shape[1], (column + j) % log_power.shape[2]]
        for i in steps
        for j in steps
        if max(abs(i), abs(j)) > 1 and ((row + i) % log_power.shape[1], (column + j) % log_power.shape[2]) != (0, 0)
    ]
    return log_power[:, row, column] - torch.stack(around).median(dim=0).values


def _of_both(measure: Callable[[Tensor], float], fakes: AuditedFakes) -> tuple[float, float]:
    """A measure of audio, of the fakes and of the reals; 0 of what is no audio, and where there are no reals."""
    if fakes.kind != "audio":
        return 0.0, 0.0
    return measure(fakes.fake), 0.0 if fakes.real is None else measure(fakes.real)


def _share_silent(waveforms: Tensor) -> float:
    power = waveforms.float().flatten(1).square().mean(dim=1)
    return float((10 * torch.log10(power + TINY) < SILENT_DB).float().mean())


def _dc(waveforms: Tensor) -> float:
    flat = waveforms.float().flatten(0, -2)
    return float((flat.mean(dim=1).abs() / (flat.square().mean(dim=1).sqrt() + TINY)).median())


def _share_clipped(waveforms: Tensor) -> float:
    """Of samples within runs of at least three at full scale."""
    full = (waveforms.float().abs() >= CLIPPED).flatten(0, -2)
    if full.shape[1] < CLIPPED_RUN:
        return 0.0
    runs = full.unfold(1, CLIPPED_RUN, 1).all(dim=2)
    return float(runs.float().mean())
