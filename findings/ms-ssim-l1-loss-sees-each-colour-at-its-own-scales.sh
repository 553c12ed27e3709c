#!/usr/bin/env bash
# kornia's MS_SSIMLoss, and the much copied MS_SSIM_L1_LOSS that it was taken from, mix MS-SSIM at five widths with L1.
# One expects every channel to be seen at every width, so that exchanging red and blue in both pictures changes
# nothing. Until kornia 0.8.2 fifteen windows are laid out width by width, but a grouped convolution gives a channel five
# that follow one another: red is seen at the two finest widths alone, blue at the two coarsest, the luminance
# is blue's cubed, and all is one product. The same noise costs .94 in red and .42 with the colours exchanged. 0.9.0
# lays them out by channel: the same call gives .29 for both, so logs and tuned weights of before do not compare.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check torch==2.13.0 numpy==2.4.6 packaging==25.0
for versions in "0.8.2 0.1.10" "0.9.0 0.2.0"; do
    read -r kornia rust <<<"$versions"
    "$work/venv/bin/pip" install -q --no-compile --disable-pip-version-check --no-deps --target "$work/$kornia" \
        "kornia==$kornia" "kornia_rs==$rust"
done
cat >"$work/seen.py" <<'PY'
import kornia
import torch

loss = kornia.losses.MS_SSIMLoss(alpha=1.0, compensation=1.0)  # the structural part alone
generator = torch.Generator().manual_seed(0)
picture = torch.nn.functional.interpolate(torch.rand(1, 3, 8, 8, generator=generator), (64, 64), mode="bilinear")
noise = 0.1 * torch.randn(1, 64, 64, generator=generator)


def noisy(channel: int) -> torch.Tensor:
    copy = picture.clone()
    copy[:, channel] += noise
    return copy


red, blue = loss(noisy(0), picture).item(), loss(noisy(2), picture).item()
exchanged = loss(noisy(0).flip(1), picture.flip(1)).item()
print(f"kornia {kornia.__version__}: noise in red {red:.4f}, with red and blue exchanged {exchanged:.4f}, in blue {blue:.4f}")
if kornia.__version__ == "0.8.2":
    assert red > 1.8 * exchanged, (red, exchanged)
else:
    assert abs(red - exchanged) < 1e-5, (red, exchanged)
PY
for version in 0.8.2 0.9.0; do
    PYTHONPATH="$work/$version" "$work/venv/bin/python" -W ignore "$work/seen.py"
done

# seen:
#   kornia 0.8.2: noise in red 0.9367, with red and blue exchanged 0.4202, in blue 0.4005
#   kornia 0.9.0: noise in red 0.2901, with red and blue exchanged 0.2901, in blue 0.2881
