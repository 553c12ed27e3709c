#!/usr/bin/env bash
# soundfile 0.14.0 (libsndfile 1.2.2) reads any file as the type asked for, so one expects dtype="int16" to give
# samples on the 16-bit scale, as ffmpeg does, whatever the file holds. From a WAV of float or double samples the
# values are only rounded: a tone of amplitude .5 comes back as 32 000 zeros, with int32 too; from PCM, FLAC, Vorbis
# and MP3 it comes back scaled. A data set in which some clips were saved by scipy or torch as float then holds silent
# clips, whose losses, silence ratios and SI-SDR are well-formed numbers. Read floats and scale yourself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check soundfile==0.14.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - "$work" <<'PY'
import sys
from pathlib import Path

import numpy as np
import soundfile

print("soundfile", soundfile.__version__, soundfile.__libsndfile_version__, "numpy", np.__version__)
tone = 0.5 * np.sin(2 * np.pi * 220 * np.arange(32000) / 16000)
seen = {}
for suffix, subtype in (
    ("wav", "PCM_16"),
    ("wav", "PCM_24"),
    ("flac", "PCM_16"),
    ("ogg", "VORBIS"),
    ("wav", "FLOAT"),
    ("wav", "DOUBLE"),
):
    path = Path(sys.argv[1]) / f"tone.{suffix}"
    soundfile.write(path, tone, 16000, subtype=subtype)
    peaks = [int(np.abs(soundfile.read(path, dtype=kind)[0].astype(np.int64)).max()) for kind in ("int16", "int32")]
    floats = np.abs(soundfile.read(path)[0]).max()
    seen[subtype] = peaks
    print(f"{suffix} {subtype}: peak as float {floats:.3f}, as int16 {peaks[0]}, as int32 {peaks[1]}")
assert seen["FLOAT"] == seen["DOUBLE"] == [0, 0]
assert all(16000 < seen[kind][0] < 17500 and seen[kind][1] > 1_000_000_000 for kind in ("PCM_16", "PCM_24", "VORBIS"))
PY

# seen:
#   soundfile 0.14.0 1.2.2 numpy 2.4.6
#   wav PCM_16: peak as float 0.500, as int16 16384, as int32 1073741824
#   wav PCM_24: peak as float 0.500, as int16 16384, as int32 1073741824
#   flac PCM_16: peak as float 0.500, as int16 16384, as int32 1073741824
#   ogg VORBIS: peak as float 0.515, as int16 16891, as int32 1107020928
#   wav FLOAT: peak as float 0.500, as int16 0, as int32 0
#   wav DOUBLE: peak as float 0.500, as int16 0, as int32 0
