#!/usr/bin/env bash
# ESPnet's HiFi-GAN discriminators (those of ParallelWaveGAN, from which they are) are configured as HiFi-GAN is written:
# kernel_sizes: [5, 3]. One expects the last convolution of a period discriminator to have a kernel of 3. It has one of 2:
# the code builds (kernel_sizes[1] - 1, 1), and pads as for 3. So every column of the picture has one score more than in
# jik876/hifi-gan, weights of the one do not fit the other, and [5, 4], which would give 3, is refused as even. Scale
# discriminators take such numbers as they are. A logged adversarial loss is the mean over those scores and
# does not show it; whoever rebuilds the discriminator from the config finds one shape that does not match.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check --no-deps espnet==202511
"$work/venv/bin/python" -W ignore - <<'PY'
from importlib.metadata import version

import torch
from espnet2.gan_tts.hifigan.hifigan import HiFiGANPeriodDiscriminator, HiFiGANScaleDiscriminator

print("espnet", version("espnet"), "torch", torch.__version__.split("+")[0])
period = HiFiGANPeriodDiscriminator(period=2, kernel_sizes=[5, 3], channels=4, max_downsample_channels=8)
scale = HiFiGANScaleDiscriminator(kernel_sizes=[15, 41, 5, 3], channels=16, max_downsample_channels=16)
kernel = tuple(period.output_conv.kernel_size)
*maps, scores = period(torch.randn(1, 1, 1620))
rows, columns = maps[-1].shape[-2:]
print(f"period discriminator, kernel_sizes [5, 3]: last kernel {kernel}, padding {period.output_conv.padding}")
print(f"last map of {rows} rows and {columns} columns: {scores.numel()} scores; with a kernel of 3 {rows * columns}")
print("scale discriminator, kernel_sizes [15, 41, 5, 3]: last kernel", scale.layers[-1].kernel_size)
assert kernel == (2, 1) and scores.numel() == (rows + 1) * columns and scale.layers[-1].kernel_size == (3,)
PY

# seen:
#   espnet 202511 torch 2.13.0
#   period discriminator, kernel_sizes [5, 3]: last kernel (2, 1), padding (1, 0)
#   last map of 10 rows and 2 columns: 22 scores; with a kernel of 3 20
#   scale discriminator, kernel_sizes [15, 41, 5, 3]: last kernel (3,)
