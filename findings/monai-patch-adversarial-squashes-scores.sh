#!/usr/bin/env bash
# MONAI 1.6.1's PatchAdversarialLoss takes raw scores, and "hinge" and "least_squares" name its criteria. One expects
# relu(1 - x), relu(1 + x) and -x for hinge, (x - 1)^2 and x^2 for least squares, as in every GAN code base. Instead
# hinge first passes the scores through tanh, its generator loss is relu(1 - tanh(x)), and least squares first passes
# them through a leaky ReLU of slope .05. A fake scored -3 costs .0225 where (-3)^2 is 9, and the discriminator's
# hinge loss never reaches 0 nor exceeds 2. Whoever compares such a log with another project's, or computes it again
# from a checkpoint, gets a different function. State the squashing beside the number; for least squares
# no_activation_leastsq=True takes it away, for hinge nothing does.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check --no-deps monai==1.6.1
"$work/venv/bin/python" -W ignore - <<'PY'
import math

import monai
import torch
from monai.losses import PatchAdversarialLoss

print("monai", monai.__version__, "torch", torch.__version__.split("+")[0])


def losses(criterion: str, score: float, **settings: bool) -> list[float]:
    loss = PatchAdversarialLoss(criterion=criterion, **settings)
    scores = torch.full((2, 1, 4, 4), score)
    sides = ((True, True), (False, True), (True, False))
    return [loss(scores, target_is_real=real, for_discriminator=d).item() for real, d in sides]


def show(name: str, score: float, seen: list[float], usual: list[float]) -> None:
    columns = ", ".join(f"{side} {a:.4f} (usual {b:.4f})" for side, a, b in zip(("D real", "D fake", "G"), seen, usual))
    print(f"{name} at score {score:+.1f}: {columns}")


for score in (-3.0, -0.5, 3.0):
    usual = [max(0, 1 - score), max(0, 1 + score), -score]
    seen = losses("hinge", score)
    show("hinge", score, seen, usual)
    squashed = math.tanh(score)
    expected = [1 - squashed, 1 + squashed, 1 - squashed]
    assert all(abs(a - b) < 1e-5 for a, b in zip(seen, expected)), (seen, expected)
for score in (-3.0, 3.0):
    usual = [(score - 1) ** 2, score**2, (score - 1) ** 2]
    seen = losses("least_squares", score)
    show("least squares", score, seen, usual)
    squashed = score if score > 0 else 0.05 * score
    expected = [(squashed - 1) ** 2, squashed**2, (squashed - 1) ** 2]
    assert all(abs(a - b) < 1e-5 for a, b in zip(seen, expected)), (seen, expected)
    plain = losses("least_squares", score, no_activation_leastsq=True)
    assert all(abs(a - b) < 1e-5 for a, b in zip(plain, usual)), (plain, usual)
PY

# seen:
#   monai 1.6.1 torch 2.13.0
#   hinge at score -3.0: D real 1.9951 (usual 4.0000), D fake 0.0049 (usual 0.0000), G 1.9951 (usual 3.0000)
#   hinge at score -0.5: D real 1.4621 (usual 1.5000), D fake 0.5379 (usual 0.5000), G 1.4621 (usual 0.5000)
#   hinge at score +3.0: D real 0.0049 (usual 0.0000), D fake 1.9951 (usual 4.0000), G 0.0049 (usual -3.0000)
#   least squares at score -3.0: D real 1.3225 (usual 16.0000), D fake 0.0225 (usual 9.0000), G 1.3225 (usual 16.0000)
#   least squares at score +3.0: D real 4.0000 (usual 4.0000), D fake 9.0000 (usual 9.0000), G 4.0000 (usual 4.0000)
