#!/usr/bin/env bash
# An AAC encoder puts a lead-in of 1024 samples before the sound. One expects a decoder to take it off, or that
# repacking without encoding again (-c copy) leaves the sound where it is. With FFmpeg 9.0.2 the .m4a and its copy in
# .mka decode in step; copies of the very same stream in .aac, .ts and .flv decode 1024 samples late, and so does an
# .m4a made from the .aac: once lost, the lead-in stays. PyAV 18.1.0 reads the .m4a in step but 956 samples longer
# than FFmpeg. In a paired evaluation a perfect copy then has an SI-SDR of -14 dB where it has 40, and no error where
# lengths are cut to the shorter. Align first, or keep paired audio out of AAC.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check \
    imageio-ffmpeg==0.8.1 av==18.1.0 soundfile==0.14.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import subprocess
import sys
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import soundfile

ffmpeg, folder = imageio_ffmpeg.get_ffmpeg_exe(), Path(sys.argv[1])
print(
    "imageio-ffmpeg",
    imageio_ffmpeg.__version__,
    "FFmpeg",
    imageio_ffmpeg.get_ffmpeg_version().split("-")[0],
    "PyAV",
    av.__version__,
)
run = lambda *a: subprocess.run([ffmpeg, "-y", "-v", "error", *map(str, a)], check=True, capture_output=True).stdout  # noqa: E731
rng = np.random.default_rng(0)
time = np.arange(44100) / 44100
clip = 0.2 * np.sin(2 * np.pi * 440 * time) * (1 + 0.5 * np.sin(2 * np.pi * 3 * time)) + np.convolve(
    rng.normal(0, 0.1, 44100), np.ones(20) / 20, "same"
)
soundfile.write(folder / "clip.wav", clip, 44100)
run("-i", folder / "clip.wav", "-c:a", "aac", "-b:a", "192k", folder / "clip.m4a")


def delay(decoded: np.ndarray) -> int:
    size = 1 << 18
    product = np.fft.irfft(np.fft.rfft(decoded, size) * np.conj(np.fft.rfft(clip, size)))
    return int(np.argmax(product[:5000]))


def si_sdr(decoded: np.ndarray) -> float:
    n = min(len(decoded), len(clip))
    target = clip[:n] * (decoded[:n] @ clip[:n]) / (clip[:n] @ clip[:n])
    return float(10 * np.log10((target @ target) / ((decoded[:n] - target) @ (decoded[:n] - target))))


seen = {}
for name, source in (
    ("clip.m4a", None),
    ("copy.mka", "clip.m4a"),
    ("copy.ts", "clip.m4a"),
    ("copy.aac", "clip.m4a"),
    ("again.m4a", "copy.aac"),
):
    path = folder / name
    if source:
        run("-i", folder / source, "-c", "copy", path)
    by_ffmpeg = np.frombuffer(run("-i", path, "-f", "f32le", "-ac", "1", "-"), np.float32).astype(float)
    by_av = np.concatenate([f.to_ndarray().reshape(-1) for f in av.open(str(path)).decode(audio=0)]).astype(float)
    for reader, decoded in (("FFmpeg", by_ffmpeg), ("PyAV", by_av)):
        seen[name, reader] = (delay(decoded), len(decoded))
        print(
            f"{name} by {reader}: {len(decoded)} samples of 44100, {delay(decoded)} late,"
            f" SI-SDR to the original {si_sdr(decoded):.1f} dB"
        )
assert seen["clip.m4a", "FFmpeg"] == (0, 44100) and seen["clip.m4a", "PyAV"] == (0, 45056)
assert seen["copy.mka", "FFmpeg"] == seen["copy.mka", "PyAV"] == (0, 44100)
assert all(seen[name, "FFmpeg"][0] == 1024 for name in ("copy.ts", "copy.aac", "again.m4a"))
PY

# seen:
#   imageio-ffmpeg 0.8.1 FFmpeg n9.0.2 PyAV 18.1.0
#   clip.m4a by FFmpeg: 44100 samples of 44100, 0 late, SI-SDR to the original 40.2 dB
#   clip.m4a by PyAV: 45056 samples of 44100, 0 late, SI-SDR to the original 40.2 dB
#   copy.mka by FFmpeg: 44100 samples of 44100, 0 late, SI-SDR to the original 40.2 dB
#   copy.mka by PyAV: 44100 samples of 44100, 0 late, SI-SDR to the original 40.2 dB
#   copy.ts by FFmpeg: 46080 samples of 44100, 1024 late, SI-SDR to the original -14.0 dB
#   copy.ts by PyAV: 46080 samples of 44100, 1024 late, SI-SDR to the original -14.0 dB
#   copy.aac by FFmpeg: 46080 samples of 44100, 1024 late, SI-SDR to the original -14.0 dB
#   copy.aac by PyAV: 46080 samples of 44100, 1024 late, SI-SDR to the original -14.0 dB
#   again.m4a by FFmpeg: 46080 samples of 44100, 1024 late, SI-SDR to the original -14.0 dB
#   again.m4a by PyAV: 46080 samples of 44100, 1024 late, SI-SDR to the original -14.0 dB
