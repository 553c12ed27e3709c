#!/usr/bin/env bash
# MONAI 1.6.1's MMDMetric is described as unbiased and never negative, and "MMD" in this field means a Gaussian or
# polynomial kernel. It is the plain dot product of flattened pictures (a linear kernel), so it sees nothing but the
# difference of the two means: a set with the same mean and five times the spread reads about 0. And because a picture
# meets its own copy only in the cross term, a set against itself is far below zero: memorised copies score better
# than fresh samples of the same law. Whoever gates on "smaller is better" prefers a generator that copies. Compute
# MMD with a kernel and its name beside it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check torch==2.13.0 numpy==2.4.6
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check --no-deps monai==1.6.1
"$work/venv/bin/python" -W ignore - <<'PY'
import monai
import torch
from monai.metrics import MMDMetric

print("monai", monai.__version__, "torch", torch.__version__.split("+")[0])
generator = torch.Generator().manual_seed(0)
draw = lambda: torch.randn(400, 1, 8, 8, generator=generator)  # noqa: E731
real, fresh, wide = draw(), draw(), 5 * draw()
mmd = MMDMetric()


def gaussian_mmd(a: torch.Tensor, b: torch.Tensor) -> float:
    kernel = lambda x, y: torch.exp(-((x[:, None] - y[None]) ** 2).sum(-1) / (2 * 64))  # noqa: E731
    a, b = a.flatten(1), b.flatten(1)
    off = lambda k: (k.sum() - k.diagonal().sum()) / (len(k) * (len(k) - 1))  # noqa: E731
    return (off(kernel(a, a)) + off(kernel(b, b)) - 2 * kernel(a, b).mean()).item()


def linear_mmd(a: torch.Tensor, b: torch.Tensor) -> float:
    a, b = a.flatten(1), b.flatten(1)
    off = lambda k: (k.sum() - k.diagonal().sum()) / (len(k) * (len(k) - 1))  # noqa: E731
    return (off(a @ a.T) + off(b @ b.T) - 2 * (a @ b.T).mean()).item()


seen = {}
for name, other in (
    ("a copy", real.clone()),
    ("fresh samples of the same law", fresh),
    ("five times the spread", wide),
):
    seen[name] = mmd(real, other).item()
    print(f"real against {name}: MMDMetric {seen[name]:+.4f}, Gaussian kernel {gaussian_mmd(real, other):+.4f}")
    assert abs(seen[name] - linear_mmd(real, other)) < 1e-3
pictures = torch.rand(8, 3, 64, 64, generator=generator)
itself = mmd(pictures, pictures.clone()).item()
print(f"eight random pictures on [0, 1] against themselves: {itself:+.1f}")
assert seen["a copy"] < -0.25 and abs(seen["fresh samples of the same law"]) < 0.2, seen
assert abs(seen["five times the spread"]) < 2.5 and gaussian_mmd(real, wide) > 0.3
assert itself < -200
PY

# seen:
#   monai 1.6.1 torch 2.13.0
#   real against a copy: MMDMetric -0.3207, Gaussian kernel -0.0031
#   real against fresh samples of the same law: MMDMetric +0.1160, Gaussian kernel +0.0007
#   real against five times the spread: MMDMetric -0.2345, Gaussian kernel +0.3727
#   eight random pictures on [0, 1] against themselves: -257.3
