"""Options that change nothing are told; those that change something are not."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ganloss_cli import evaluate
from ganloss_cli.pipeline.evaluate.unused_options import _RULES
from ganloss_cli.records.request import Request

# an option with a value, and why it changes nothing of losses of saved tensors
IDLE: dict[str, tuple[Any, str]] = {
    "quantize": (True, "no loss reads images that a generator makes"),
    "tile": (64, "no generator runs on images"),
    "samples": (5, "no latents are drawn"),
    "latent_shape": ((8,), "no latents are drawn"),
    "weights": ("raw", "no generator takes part"),
    "mode": ("train", "no network takes part"),
    "network_range": (("0,1",), "no network takes or produces images"),
    "channel_order": ("BGR", "no network takes or produces images"),
    "features": (("x*",), "no loss reads features"),
    "naming": ("cyclegan", "no checkpoint holds networks of two domains"),
    "arch": (("MLP",), "there is no checkpoint"),
    "arch_args": (("end=sigmoid",), "there is no checkpoint"),
    "split": ("test", "--data has no such split to choose"),
    "direction": ("AtoB", "no single generator stands between A and B"),
    "aligned": ("AB", "no image holds two domains"),
    "resize": ("64", "there are no images"),
    "max_pixels": (10**9, "there are no images"),
    "modcrop": (4, "there are no images"),
    "alpha": ("white", "there are no image files"),
    "channels": ("mono", "there is no audio"),
    "sample_rate": (8000, "there is no audio"),
    "segment": (1.0, "there is no audio"),
}


def idle(report: Any) -> dict[str, tuple[str, str]]:
    """Option -> severity and message, of those that had no effect."""
    found = [finding for finding in report.findings if finding.check == "option_without_effect"]
    return {finding.evidence["option"]: (finding.severity, finding.message) for finding in found}


@pytest.mark.parametrize("field", IDLE)
def test_an_option_that_nothing_uses_is_a_warning_with_the_reason(field: str, tmp_path: Path) -> None:
    value, why = IDLE[field]
    option = f"--{field.replace('_', '-')}"

    np.savez(tmp_path / "scores.npz", real_logits=np.ones((2, 1)), fake_logits=-np.ones((2, 1)))

    report = evaluate(data=tmp_path / "scores.npz", losses="d_bce", **{field: value})

    assert idle(report) == {option: ("warning", f"{option} had no effect: {why}")}


@pytest.mark.parametrize(
    ("losses", "options"),
    [
        ("ssim", {"quantize": True, "weights": "raw", "network_range": ["-1,1"], "channel_order": "RGB"}),
        ("ssim", {"tile": 48, "resize": "96", "modcrop": 4, "mode": "train"}),
        ("d_lsgan", {"scores": "logits", "features": ["*"]}),
    ],
)
def test_an_option_that_something_uses_is_not_mentioned(
    losses: str, options: dict[str, Any], sample_data: Path
) -> None:
    report = evaluate(ckpt=sample_data / "g.pt", data=sample_data / "imgs", losses=losses, limit=2, **options)

    # features are read by no loss here, and sides of 96 pixels are multiples of 4
    assert {option for option, (severity, _) in idle(report).items() if severity == "warning"} <= {"--features"}


@pytest.mark.parametrize("options", [{"segment": 0.1}, {"sample_rate": 8000}, {"channels": "mono"}])
def test_options_of_audio_are_used_where_there_is_audio(options: dict[str, Any], sample_data: Path) -> None:
    report = evaluate(data=sample_data / "audio", losses="si_sdr", limit=2, **options)

    assert idle(report) == {}


def test_options_of_layouts_are_used_where_the_layout_is(tmp_path: Path) -> None:
    for name in ("trainA", "trainB", "testA", "testB"):
        (tmp_path / name).mkdir()
        pixels = np.random.default_rng(len(name)).integers(0, 256, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / name / "1.png")

    report = evaluate(data=tmp_path, losses="tv", split="test", fake=str(tmp_path / "testB"))

    assert idle(report) == {}


def test_a_role_that_no_loss_reads_is_told(sample_data: Path) -> None:
    images = sample_data / "imgs"

    report = evaluate(real=str(images / "real"), fake=str(images / "input"), mask=str(images / "real"), losses="ssim")

    assert idle(report) == {"--mask": ("warning", "--mask had no effect: no loss reads mask")}


def test_every_rule_is_about_a_field_of_a_request() -> None:
    assert len({rule.field for rule in _RULES}) == len(_RULES)
    assert {rule.field for rule in _RULES} <= set(Request.__dataclass_fields__)
    assert {rule.field for rule in _RULES} ^ set(IDLE) == {
        "scores", "backbone", "range", "pair_by", "unpaired", "stem", "alpha",
    }  # fmt: skip


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    """Two pairs of 17 x 16 pixels; one image of the four has an alpha channel."""
    for role in ("real", "fake"):
        (tmp_path / role).mkdir()
        for name in ("a", "b"):
            channels = 4 if (role, name) == ("fake", "b") else 3
            pixels = np.full((16, 17, channels), 128, np.uint8)
            Image.fromarray(pixels).save(tmp_path / role / f"{name}.png")
    return tmp_path


def told(report: Any, check: str) -> list[str]:
    return [finding.message for finding in report.findings if finding.check == check]


@pytest.mark.parametrize("workers", [0, 2])
def test_alpha_and_modcrop_say_what_they_changed(pairs: Path, workers: int) -> None:
    report = evaluate(data=pairs, losses="l1", alpha="white", modcrop=8, workers=workers)

    assert told(report, "alpha_removed") == [
        "--alpha white: 1 of 4 images had an alpha channel, which was blended with white"
    ]
    assert told(report, "cropped") == ["--modcrop 8: 4 of 4 images (fake, real) were cut, 17x16 to 16x16 pixels"]


def test_alpha_and_modcrop_that_change_nothing_are_a_note(pairs: Path) -> None:
    (pairs / "fake" / "b.png").unlink()
    (pairs / "real" / "b.png").unlink()

    report = evaluate(data=pairs, losses="l1", alpha="drop", modcrop=1)

    assert idle(report) == {
        "--alpha": ("note", "--alpha drop had no effect: none of 2 images has an alpha channel"),
        "--modcrop": ("note", "--modcrop 1 had no effect: the sides of all 2 images are multiples of it"),
    }
