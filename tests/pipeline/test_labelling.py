"""Conditional networks get the labels of the data, else labels that depend on seed and sample alone."""

import numpy as np
import pytest
import torch
from PIL import Image

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError
from ganloss_cli.io.networks.gan_stability import GanStabilityDiscriminator, GanStabilityGenerator

N_IMAGES = 6


def save_pair(place, n_classes):
    torch.manual_seed(0)
    sizes = {
        "keys": [["resnet.0"], ["resnet.2"]],
        "channels": [4, 4, 4],
        "n_classes": n_classes,
        "bottom": 4,
        "kernel": 3,
    }
    maker = GanStabilityGenerator(**sizes, embedding=5, latent=7, unit=True, doubles_last=False)
    judge = GanStabilityDiscriminator(**sizes, halves_first=False)
    torch.save({"generator": maker.state_dict(), "discriminator": judge.state_dict()}, place / "model.pt")
    return maker, judge


@pytest.fixture
def place(tmp_path):
    """Six images of 8x8 pixels, and a label for each."""
    generator = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    for k in range(N_IMAGES):
        image = generator.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        Image.fromarray(image).save(tmp_path / "images" / f"{k}.png")
    np.save(tmp_path / "labels.npy", np.array([0, 2, 1, 2, 0, 1]))
    return tmp_path


def reals(place):
    files = sorted((place / "images").iterdir())
    return torch.stack([torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1) for file in files]) / 127.5 - 1


def score(place, loss="real_score", **options):
    report = evaluate(ckpt=place / "model.pt", data=place / "images", losses=loss, **options)
    return report, report.results[0].value


def test_every_real_is_judged_under_its_own_label(place):
    _, judge = save_pair(place, 3)

    _, value = score(place, label=place / "labels.npy")

    with torch.no_grad():
        wanted = judge(reals(place), torch.tensor([0, 2, 1, 2, 0, 1]))[0][0].mean()
    assert value == pytest.approx(float(wanted), rel=1e-5)


def test_reals_without_labels_are_refused(place):
    save_pair(place, 3)

    with pytest.raises(InputError, match="takes labels"):
        score(place)


def test_one_class_needs_no_labels(place):
    _, judge = save_pair(place, 1)

    report, value = score(place)

    with torch.no_grad():
        wanted = judge(reals(place), torch.zeros(N_IMAGES, dtype=torch.long))[0][0].mean()
    assert value == pytest.approx(float(wanted), rel=1e-5)
    assert "labels_drawn" not in [finding.check for finding in report.findings]


def test_labels_of_fakes_are_drawn_from_all_classes_and_said(place):
    save_pair(place, 3)
    latents = torch.randn(60, 7)
    torch.save({"latents": latents}, place / "latents.pt")

    report = evaluate(ckpt=place / "model.pt", data=place / "latents.pt", losses="fake_score")

    assert report.results[0].count == 60
    assert [finding.evidence for finding in report.findings if finding.check == "labels_drawn"] == [{"n_classes": 3}]


def test_drawn_labels_do_not_depend_on_the_batch(place):
    save_pair(place, 3)
    torch.save({"latents": torch.randn(60, 7)}, place / "latents.pt")

    one, other = (
        evaluate(ckpt=place / "model.pt", data=place / "latents.pt", losses="fake_score", batch_size=size)
        for size in (1, 7)
    )
    moved = evaluate(ckpt=place / "model.pt", data=place / "latents.pt", losses="fake_score", seed=1)

    assert one.results[0].value == pytest.approx(other.results[0].value, rel=1e-5)
    assert moved.results[0].value != pytest.approx(one.results[0].value, rel=1e-3)


def test_a_label_of_no_class_names_the_classes(place):
    save_pair(place, 2)

    with pytest.raises(InputError, match="labels must lie in 0 to 1, and these in 0 to 2"):
        score(place, label=place / "labels.npy")
