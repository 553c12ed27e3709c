"""`--worst K` says which losses it has nothing to show for."""

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ganloss_cli import evaluate
from ganloss_cli.cli import main
from ganloss_cli.records.report import Finding, Report


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    file = tmp_path / "judged.safetensors"
    torch.manual_seed(0)
    sides = ("real", "fake")
    save_file(
        {f"{side}_logits": torch.randn(4, 1) for side in sides}
        | {f"{side}_features.0.{k}": torch.randn(4, 3) for side in sides for k in (0, 1)},
        file,
    )
    return file


def notes(report: Report) -> list[Finding]:
    return [finding for finding in report.findings if finding.check == "no_worst_samples"]


def test_a_loss_of_the_whole_set_has_no_worst_sample_and_that_is_said(judged: Path) -> None:
    report = evaluate(data=judged, losses="d_bce,fm_moment,d_ragan", worst=2)

    assert report.worst is not None
    assert list(report.worst) == ["d_bce"]
    (note,) = notes(report)
    assert note.evidence["losses"] == {"fm_moment": "of the whole set", "d_ragan": "of the whole set"}
    assert "fm_moment, d_ragan (of the whole set)" in note.message


def test_a_loss_over_sides_of_different_samples_has_no_worst_sample(tmp_path: Path) -> None:
    file = tmp_path / "judged.safetensors"
    save_file({"real_logits": torch.randn(3, 1), "fake_logits": torch.randn(5, 1)}, file)

    report = evaluate(data=file, losses="d_bce,real_score", unpaired=True, worst=1)

    assert list(report.worst or {}) == ["real_score"]
    assert notes(report)[0].evidence["losses"] == {"d_bce": "the sum over sides that are different samples"}


def test_batches_are_no_samples(judged: Path) -> None:
    report = evaluate(data=judged, losses="d_bce", over="batch", worst=1)

    assert notes(report)[0].evidence["losses"] == {"d_bce": "of whole batches"}


def test_nothing_is_said_where_every_loss_has_worst_samples_or_none_are_asked_for(judged: Path) -> None:
    assert notes(evaluate(data=judged, losses="d_bce,g_bce", worst=1)) == []
    assert notes(evaluate(data=judged, losses="d_bce,fm_moment")) == []


def test_the_note_stands_in_table_and_json(judged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["eval", "--data", str(judged), "--losses", "fm_moment,fm", "--worst", "1"]

    main(line)
    table = capsys.readouterr().out
    main([*line, "--format", "json"])
    told = json.loads(capsys.readouterr().out)

    assert "no value for a single sample, and so no worst one: fm_moment" in " ".join(table.split())
    assert "no_worst_samples" in [finding["check"] for finding in told["findings"]]
