"""Figures that others published for pairs of images."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from ganloss_cli.evaluators.losses import gmsd, ssim

# MATLAB's, as piq's tests record them
GMSD = {("goldhill.gif", "goldhill_jpeg.gif"): 0.138012587141798, ("I01.BMP", "i01_01_5.bmp"): 0.094124655829098}


def image(path: Path) -> torch.Tensor:
    with Image.open(path) as opened:
        array = np.array(opened.convert("L" if opened.mode in ("L", "P") else "RGB"))
    return torch.from_numpy(array).reshape(*array.shape[:2], -1).permute(2, 0, 1)[None].double() / 255


@pytest.mark.parametrize("names", GMSD, ids=lambda names: names[0])
def test_gmsd_is_matlabs(real_data: Path, names: tuple[str, str]) -> None:
    real, fake = (image(real_data / "images" / "vectors" / name) for name in names)

    assert gmsd(real, fake).item() == pytest.approx(GMSD[names], rel=1e-12)


def test_ssim_is_matlabs_with_and_without_shrinking(real_data: Path) -> None:
    real, fake = (image(real_data / "images" / "vectors" / name) for name in ("goldhill.gif", "goldhill_jpeg.gif"))

    assert ssim(real, fake).item() == pytest.approx(0.6824, abs=5e-5)
    assert ssim(real, fake, shrink=True).item() == pytest.approx(0.8202, abs=5e-5)


def test_ssim_of_colours_is_the_mean_over_channels(real_data: Path) -> None:
    real, fake = (image(real_data / "images" / "vectors" / name) for name in ("I01.BMP", "i01_01_5.bmp"))

    assert ssim(real, fake).item() == pytest.approx(0.5271, abs=5e-5)
