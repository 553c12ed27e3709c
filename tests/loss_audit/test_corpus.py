import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ganloss_cli.cli import main
from ganloss_cli.records.loss import LossAudit

HERE = Path(__file__).parent
WRONG: tuple[dict[str, Any], ...] = runpy.run_path(str(HERE / "wrong.py"))["CASES"]
RIGHT: tuple[dict[str, Any], ...] = runpy.run_path(str(HERE / "right.py"))["CASES"]
CHECKPOINTS: tuple[Any, ...] = runpy.run_path(str(HERE / "wrong_checkpoints.py"))["CASES"]
NEEDED = 0.95
# of torch's own weight norm, which vocoders are saved with
OLD_WEIGHT_NORM = pytest.mark.filterwarnings("ignore::FutureWarning")


AUDITS: dict[str, LossAudit] = {}  # by the case's name: one case serves several tests


def audit_of(case: dict[str, Any], audited: Callable[..., LossAudit]) -> LossAudit:
    if case["name"] not in AUDITS:
        given = {"function": case.get("function"), "loss": case["loss"], "span": case.get("span")}
        AUDITS[case["name"]] = audited(case["source"], **given)
    return AUDITS[case["name"]]


def checks_of(make: Callable[[Path], list[str]], folder: Path, capsys: pytest.CaptureFixture[str]) -> set[str]:
    """What `ganloss audit checkpoint` finds in what is made into a new folder."""
    folder.mkdir()
    main(["audit", "checkpoint", *make(folder), "--format", "json", "--quiet"])
    return {finding["check"] for finding in json.loads(capsys.readouterr().out)["findings"]}


def by_name(case: dict[str, Any]) -> str:
    return case["name"].replace(" ", "_")


def test_the_corpus_is_as_large_as_it_must_be_and_every_case_is_cited() -> None:
    assert len(WRONG) + len(CHECKPOINTS) >= 40
    names = [case["name"] for case in (*WRONG, *RIGHT)] + [case.name for case in CHECKPOINTS]
    assert len(set(names)) == len(names)
    assert all(case["cited"] for case in (*WRONG, *RIGHT))
    assert all(case.cited for case in CHECKPOINTS)


@OLD_WEIGHT_NORM
def test_at_least_95_per_cent_of_wrong_losses_and_checkpoints_are_found(
    audited: Callable[..., LossAudit], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missed = [
        case["name"]
        for case in WRONG
        if not {finding.check for finding in audit_of(case, audited).findings} & set(case["found"])
    ]
    missed += [
        case.name for case in CHECKPOINTS if not checks_of(case.make, tmp_path / case.name, capsys) & set(case.found)
    ]

    assert len(missed) <= (1 - NEEDED) * (len(WRONG) + len(CHECKPOINTS)), missed


@OLD_WEIGHT_NORM
@pytest.mark.parametrize("case", CHECKPOINTS, ids=lambda case: case.name.replace(" ", "_"))
def test_a_checkpoint_without_the_bug_is_left_alone(
    case: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checks_of(case.original, tmp_path / "original", capsys) == set()


@pytest.mark.parametrize("case", [case for case in WRONG if case.get("convention")], ids=by_name)
def test_a_wrong_loss_is_called_by_its_convention(case: dict[str, Any], audited: Callable[..., LossAudit]) -> None:
    audit = audit_of(case, audited)

    assert audit.convention == case["convention"]


@pytest.mark.parametrize("case", RIGHT, ids=by_name)
def test_a_correct_loss_is_called_by_its_convention_and_left_alone(
    case: dict[str, Any], audited: Callable[..., LossAudit]
) -> None:
    audit = audit_of(case, audited)

    assert audit.passed
    assert audit.convention == case["convention"]
    assert [finding for finding in audit.findings if finding.severity != "note"] == []
