#!/usr/bin/env bash
# descript-audiotools 0.7.2 saves a model with the arguments it was made with: BaseModel.save writes
# metadata["kwargs"] beside the weights, and BaseModel.load makes the model of them. One expects the same model back, or
# an error. What is saved of an argument is the attribute of its name, and where the class keeps none, the default of
# the signature. So a model whose argument leaves the shapes alone, as a period, a hop or the edges of bands do, loads
# without a word as another one: the Discriminator of descript-audio-codec keeps none of its periods, fft_sizes and
# bands, so one that was trained with others scores with the default ones when its training is resumed from weights, and
# its quantizer_dropout is saved as False whatever was trained. Keep every argument as an attribute, or do not trust
# metadata["kwargs"].
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check --no-deps descript-audiotools==0.7.2
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import importlib.util
from importlib.metadata import files, version

import torch
from torch import nn

# the one file, for the package around it imports torchaudio, librosa and more
(path,) = [each.locate() for each in files("descript-audiotools") if str(each) == "audiotools/ml/layers/base.py"]
spec = importlib.util.spec_from_file_location("base", path)
base = importlib.util.module_from_spec(spec)
spec.loader.exec_module(base)
print("descript-audiotools", version("descript-audiotools"), "torch", torch.__version__.split("+")[0])


class Critic(base.BaseModel):
    """Scores every period-th sample; the weights have the same shapes at any period."""

    def __init__(self, period: int = 2, width: int = 4):
        super().__init__()
        self.width = width  # the period goes into the layer alone
        self.score = nn.Conv1d(1, width, 3, dilation=period)

    def forward(self, waveform):
        return self.score(waveform)


torch.manual_seed(0)
trained, waveform = Critic(period=7, width=8), torch.randn(1, 1, 100)
trained.save("weights.pth", package=False)
saved = torch.load("weights.pth")["metadata"]["kwargs"]
loaded = Critic.load("weights.pth")
print("made with period=7, width=8; saved:", saved)
print("loaded: dilation", loaded.score.dilation, "where it was", trained.score.dilation)
same = all(torch.equal(a, b) for a, b in zip(trained.state_dict().values(), loaded.state_dict().values()))
print("same weights:", same, "| shape of the scores:", tuple(trained(waveform).shape), tuple(loaded(waveform).shape))
assert saved == {"period": 2, "width": 8} and same
assert (trained.score.dilation, loaded.score.dilation) == ((7,), (2,))
PY

# seen:
#   descript-audiotools 0.7.2 torch 2.13.0
#   made with period=7, width=8; saved: {'period': 2, 'width': 8}
#   loaded: dilation (2,) where it was (7,)
#   same weights: True | shape of the scores: (1, 8, 86) (1, 8, 96)
