#!/usr/bin/env bash
# torchmetrics 1.9.0's signal_distortion_ratio forgives a filter of 512 taps, which is harmless on songs. On training
# crops and short words one still expects noise unrelated to the target to score far below 0. With n samples the
# filter has room for a good part of the signal: white noise scores about -5 dB at 2 000 samples, 0 at 512, +.7 at 300
# and 151 dB at 100; there a *good* estimate can be NaN. At the other end, a cosine scores 36 dB against the sine (a
# delay is forgiven). SI-SDR of the same noise stays below -25 dB. Whoever tabulates SDR of 8 192-sample crops beside
# SDR of songs compares two scales. Set filter_length=1, or report n.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
    torch==2.13.0 numpy==2.4.6 torchmetrics==1.9.0
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import torch
import torchmetrics
from torchmetrics.functional.audio import scale_invariant_signal_distortion_ratio as si_sdr
from torchmetrics.functional.audio import signal_distortion_ratio as sdr

print("torchmetrics", torchmetrics.__version__, "torch", torch.__version__.split("+")[0])
torch.manual_seed(0)
seen = {}
for n in (100, 300, 512, 2000, 8192, 64000):
    target, noise = torch.randn(8, n), torch.randn(8, n)
    good = target + 0.1 * torch.randn(8, n)
    seen[n] = sdr(noise, target).nanmean().item()
    finite = int(torch.isfinite(sdr(good, target)).sum())
    print(
        f"{n} samples, unrelated noise: SDR {seen[n]:.2f} dB, SI-SDR {si_sdr(noise, target).mean():.2f} dB;"
        f" target + 10 % noise: SDR {sdr(good, target).nanmean():.2f} dB, finite for {finite} of 8,"
        f" SI-SDR {si_sdr(good, target).mean():.2f}"
    )
time = torch.arange(16000) / 16000
cosine = sdr(torch.cos(2 * torch.pi * 440 * time), torch.sin(2 * torch.pi * 440 * time)).item()
print(f"cosine against sine: {cosine:.1f} dB")
assert seen[100] > 50 and 0 < seen[300] < 3 and -7 < seen[2000] < -3 and seen[64000] < -15 and cosine > 20
PY

# seen:
#   torchmetrics 1.9.0 torch 2.13.0
#   100 samples, unrelated noise: SDR 151.33 dB, SI-SDR -28.13 dB; target + 10 % noise: SDR 153.07 dB, finite for 5 of 8, SI-SDR 20.47
#   300 samples, unrelated noise: SDR 0.71 dB, SI-SDR -33.71 dB; target + 10 % noise: SDR 23.10 dB, finite for 8 of 8, SI-SDR 19.76
#   512 samples, unrelated noise: SDR -0.02 dB, SI-SDR -36.96 dB; target + 10 % noise: SDR 23.21 dB, finite for 8 of 8, SI-SDR 20.22
#   2000 samples, unrelated noise: SDR -5.38 dB, SI-SDR -37.61 dB; target + 10 % noise: SDR 21.12 dB, finite for 8 of 8, SI-SDR 20.04
#   8192 samples, unrelated noise: SDR -11.75 dB, SI-SDR -44.16 dB; target + 10 % noise: SDR 20.29 dB, finite for 8 of 8, SI-SDR 20.02
#   64000 samples, unrelated noise: SDR -20.98 dB, SI-SDR -53.92 dB; target + 10 % noise: SDR 20.03 dB, finite for 8 of 8, SI-SDR 20.00
#   cosine against sine: 36.0 dB
