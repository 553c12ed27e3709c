"""Real photographs against scikit-image in float64."""

import numpy as np
import pytest
from PIL import Image
from skimage import data
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photographs")
    random = np.random.default_rng(5)
    for name in ("real", "fake"):
        (folder / name).mkdir()
    photographs = {
        "astronaut": data.astronaut()[:200, :260],
        "coffee": data.coffee()[100:300, 50:201],
        "cat": data.chelsea(),
    }
    for name, photograph in photographs.items():
        noisy = np.clip(photograph + random.normal(0, 9, photograph.shape), 0, 255).astype(np.uint8)
        Image.fromarray(photograph).save(folder / "real" / f"{name}.png")
        Image.fromarray(noisy).save(folder / "fake" / f"{name}.png")
    return folder


def images(folder):
    for path in sorted((folder / "real").iterdir()):
        yield tuple(np.asarray(Image.open(folder / side / path.name)) / 255.0 for side in ("real", "fake"))


def expected(folder):
    return {
        "ssim": np.mean(
            [
                structural_similarity(
                    real, fake, data_range=1.0, channel_axis=2, gaussian_weights=True, sigma=1.5,
                    use_sample_covariance=False, win_size=11, full=True,
                )[1][5:-5, 5:-5].mean()
                for real, fake in images(folder)
            ]
        ),
        "psnr": np.mean([peak_signal_noise_ratio(real, fake, data_range=1.0) for real, fake in images(folder)]),
        "l1": np.mean([np.abs(real - fake).mean() for real, fake in images(folder)]),
        "mse": np.mean([((real - fake) ** 2).mean() for real, fake in images(folder)]),
    }  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_photographs_agree_with_scikit_image(pairs, dtype):
    report = evaluate(data=pairs, losses="ssim,psnr,l1,mse", dtype=dtype)

    found = {result.typed: result.value for result in report.results}

    for name, wanted in expected(pairs).items():
        assert found[name] == pytest.approx(wanted, abs=1e-6), name


def test_the_worst_sample_is_the_one_with_the_lowest_ssim(pairs):
    report = evaluate(data=pairs, losses="ssim", worst=1, per_sample=True)

    lowest = min(report.samples, key=lambda row: row.values["ssim"])

    assert report.worst["ssim"] == (lowest,)


def test_an_identical_pair_has_no_finite_psnr_and_is_named(pairs, tmp_path):
    for side in ("real", "fake"):
        (tmp_path / side).mkdir()
        Image.open(pairs / "real" / "cat.png").save(tmp_path / side / "cat.png")

    report = evaluate(data=tmp_path, losses="psnr,ssim")

    psnr, ssim = report.results
    assert (psnr.value, psnr.reason, psnr.non_finite_samples) == (None, "infinite", ("cat",))
    assert ssim.value == pytest.approx(1, abs=1e-6)
    assert any("psnr:cap80" in (finding.hint or "") for finding in report.findings)


def test_the_grey_image_that_a_network_cannot_take_is_named(tmp_path, sample_data):
    for k in range(4):
        Image.new("L" if k == 2 else "RGB", (96, 96), k).save(tmp_path / f"photo{k}.png")

    with pytest.raises(InputError, match=r"photo2: real has other channels, 1, than those before it, 3"):
        evaluate(ckpt=sample_data / "g.pt", data=tmp_path, losses="psnr", batch_size=1)


@pytest.mark.parametrize("convention", ["ms_ssim", "ms_ssim:torchmetrics", "ms_ssim:piq"])
def test_a_zero_of_ms_ssim_says_that_a_scale_was_cut_off(tmp_path, convention):
    random = np.random.default_rng(0)
    for side in ("real", "fake"):
        (tmp_path / side).mkdir()
    for k in range(2):
        pixels = random.integers(0, 256, (192, 192), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "real" / f"{k}.png")
        Image.fromarray(255 - pixels if k else pixels).save(tmp_path / "fake" / f"{k}.png")  # the second is a negative

    report = evaluate(data=tmp_path, losses=convention, per_sample=True)

    (finding,) = [finding for finding in report.findings if finding.check == "value_with_a_meaning"]
    assert [round(row.values[convention], 6) for row in report.samples] == [1, 0]
    assert "1 of 2 samples is exactly 0: at some scale contrast and structure are opposed" in finding.message
