#!/usr/bin/env bash
# The original GAN loss is often a Sigmoid layer and torch.nn.BCELoss (torch 2.13.0). One knows that the loss is
# capped at 100 and expects it to be right before that. On the generator's side (target 1) the value is right down to
# a score of -87, but the gradient is not: from about -28 on it fades by e for each point of score, because p (1 - p)
# is floored at 1e-12: at -40 the log says 40 and the gradient is 4e-6 of what it should be. On the other side (target
# 0) it jumps from 16 to 100 between scores 16 and 17, with gradient exactly 0. A confident discriminator starves the
# generator while the curve still looks informative, and a few scores above 17 lift a batch mean by 100 / N each. Use
# BCEWithLogitsLoss; when reading logs, distrust values beyond 16.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$work/venv/bin/python" -W ignore - <<'PY'
import torch
from torch.nn import functional as F

print("torch", torch.__version__.split("+")[0])


def value_and_gradient(score: float, target: float, logits: bool) -> tuple[float, float]:
    x, t = torch.tensor([score], requires_grad=True), torch.tensor([target])
    loss = F.binary_cross_entropy_with_logits(x, t) if logits else F.binary_cross_entropy(torch.sigmoid(x), t)
    return loss.item(), torch.autograd.grad(loss, x)[0].item()


seen = {}
for target, scores in ((1.0, (-27.0, -30.0, -40.0, -80.0)), (0.0, (15.0, 16.0, 17.0, 30.0))):
    for score in scores:
        seen[score], right = value_and_gradient(score, target, False), value_and_gradient(score, target, True)
        print(
            f"target {target:.0f}, score {score:+.0f}: BCELoss {seen[score][0]:.3f}, gradient {seen[score][1]:+.3g};"
            f" with logits {right[0]:.3f}, gradient {right[1]:+.3g}"
        )
assert abs(seen[-27.0][1] + 1) < 1e-3
assert abs(seen[-30.0][0] - 30) < 1e-3 and abs(seen[-30.0][1] + 0.0936) < 1e-3
assert abs(seen[-40.0][0] - 40) < 1e-3 and -1e-5 < seen[-40.0][1] < -1e-6
assert seen[16.0][0] < 16.1 and seen[17.0] == (100.0, 0.0) and seen[30.0] == (100.0, 0.0)
PY

# seen:
#   torch 2.13.0
#   target 1, score -27: BCELoss 27.000, gradient -1; with logits 27.000, gradient -1
#   target 1, score -30: BCELoss 30.000, gradient -0.0936; with logits 30.000, gradient -1
#   target 1, score -40: BCELoss 40.000, gradient -4.25e-06; with logits 40.000, gradient -1
#   target 1, score -80: BCELoss 80.000, gradient -1.8e-23; with logits 80.000, gradient -1
#   target 0, score +15: BCELoss 14.844, gradient +1; with logits 15.000, gradient +1
#   target 0, score +16: BCELoss 15.942, gradient +1; with logits 16.000, gradient +1
#   target 0, score +17: BCELoss 100.000, gradient +0; with logits 17.000, gradient +1
#   target 0, score +30: BCELoss 100.000, gradient +0; with logits 30.000, gradient +1
