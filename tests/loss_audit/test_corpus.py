import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ganloss_cli.loss_audit import LossAudit

HERE = Path(__file__).parent
WRONG: tuple[dict[str, Any], ...] = runpy.run_path(str(HERE / "wrong.py"))["CASES"]
RIGHT: tuple[dict[str, Any], ...] = runpy.run_path(str(HERE / "right.py"))["CASES"]
NEEDED = 0.95


def audit_of(case: dict[str, Any], audited: Callable[..., LossAudit]) -> LossAudit:
    return audited(case["source"], function=case.get("function"), loss=case["loss"], span=case.get("span"))


def by_name(case: dict[str, Any]) -> str:
    return case["name"].replace(" ", "_")


def test_the_corpus_is_as_large_as_it_must_be_and_every_case_is_cited() -> None:
    assert len(WRONG) >= 28
    assert len({case["name"] for case in (*WRONG, *RIGHT)}) == len(WRONG) + len(RIGHT)
    assert all(case["cited"] for case in (*WRONG, *RIGHT))


def test_at_least_95_per_cent_of_wrong_losses_are_found(audited: Callable[..., LossAudit]) -> None:
    missed = [
        case["name"]
        for case in WRONG
        if not {finding.check for finding in audit_of(case, audited).findings} & set(case["found"])
    ]

    assert len(missed) <= (1 - NEEDED) * len(WRONG), missed


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
