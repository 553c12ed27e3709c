"""Tags whose names say one loss, and whose repository logs another."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganloss_cli.cli import main

# brownvc/R3GAN@19a7ddf training/loss.py: scores are of RealLogits - FakeLogits in D's phase, the negative in G's
R3GAN = ("Loss/G/loss", "Loss/scores/fake", "Loss/D/loss", "Loss/scores/real", "Loss/r1_penalty", "Loss/r2_penalty")


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    generator = np.random.default_rng(0)
    path = tmp_path / "scores.npz"
    real, fake = (generator.normal(mean, 1.0, (64, 1)).astype(np.float32) for mean in (1.0, -0.5))
    np.savez(path, real_logits=real, fake_logits=fake)
    return path


def audited(path: Path, data: Path, capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    main(["audit", "log", str(path), "--data", str(data), "-f", "json", "-q", "--dtype", "float64", *words])
    return json.loads(capsys.readouterr().out)  # type: ignore[no-any-return]


def stats(path: Path, scores: Path, *left_out: str) -> Path:
    """A line of stats.jsonl with what R3GAN reports of these scores."""
    real, fake = (np.load(scores)[f"{side}_logits"][:, 0].astype(np.float64) for side in ("real", "fake"))
    apart = real - fake
    means = dict(zip(R3GAN, (
        np.logaddexp(0, apart).mean(), -apart.mean(), np.logaddexp(0, -apart).mean(), apart.mean(), 2.5, 3.5,
    ), strict=True))  # fmt: skip
    entry = {tag: {"num": 64, "mean": float(mean), "std": 0.0} for tag, mean in means.items() if tag not in left_out}
    path.write_text(json.dumps({**entry, "Progress/kimg": {"num": 1, "mean": 10.0, "std": 0.0}}) + "\n")
    return path


def test_the_scores_of_r3gan_are_differences(scores: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = audited(stats(tmp_path / "stats.jsonl", scores), scores, capsys)

    numbers = {number["tag"]: number for number in document["numbers"]}
    found = {tag: (numbers[tag]["outcome"], numbers[tag]["loss"]) for tag in R3GAN if "scores" in tag}
    assert found == {"Loss/scores/fake": ("exact", "d_wgan"), "Loss/scores/real": ("exact", "d_wgan")}
    (note,) = [finding for finding in document["findings"] if finding["check"] == "tags_of_recipe"]
    assert note["evidence"] == {
        "recipe": "r3gan", "tags": {"Loss/scores/real": "d_wgan:distance", "Loss/scores/fake": "d_wgan"},
    }  # fmt: skip


def test_the_same_names_without_those_of_r3gan_are_scores(
    scores: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    document = audited(stats(tmp_path / "stats.jsonl", scores, "Loss/r2_penalty"), scores, capsys)

    numbers = {number["tag"]: number for number in document["numbers"]}
    assert numbers["Loss/scores/real"]["loss"] == "real_score"
    assert "tags_of_recipe" not in {finding["check"] for finding in document["findings"]}


def test_what_the_user_says_wins(scores: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = stats(tmp_path / "stats.jsonl", scores)

    document = audited(path, scores, capsys, "--map", "Loss/scores/real=real_score")

    (number,) = [number for number in document["numbers"] if number["tag"] == "Loss/scores/real"]
    assert number["loss"] == "real_score"
