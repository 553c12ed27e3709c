"""The comparison of the golden run notices what a refactoring could lose, and lets pass what may change."""

import copy
from pathlib import Path
from typing import Any

import pytest
from golden_comparison import differences
from golden_run import commands, outcome, settled, stored

BEFORE: dict[str, Any] = {
    "status": 0,
    "stdout": {
        "results": [{"loss": "ssim", "value": 0.5, "reason": None, "passed": True}, {"loss": "psnr", "value": 20.0}],
        "findings": [{"check": "tiled", "severity": "note", "message": "…", "evidence": {"side": 32}}],
    },
}


def changed(**changes: Any) -> list[str]:
    """What is noticed where one field of the first result, or of the finding, is another."""
    after = copy.deepcopy(BEFORE)
    for key, value in changes.items():
        row = after["stdout"]["findings" if key in ("check", "severity", "evidence") else "results"][0]
        if value is ...:
            del row[key]
        else:
            row[key] = value
    return list(differences(BEFORE, after))


def test_what_is_equal_has_no_differences() -> None:
    assert changed() == []


def test_another_exit_status_is_noticed() -> None:
    assert list(differences(BEFORE, BEFORE | {"status": 1})) == ["status: 0 was recorded, 1 is found"]


def test_a_lost_field_is_noticed() -> None:
    assert changed(reason=...) == ["stdout.results[0].reason: is lost; it was None"]


def test_a_new_field_is_allowed() -> None:
    assert changed(outcome="exact") == []


@pytest.mark.parametrize("value", [0.500001, 0.4999, None, "nan", "0.5"])
def test_another_number_is_noticed(value: object) -> None:
    assert changed(value=value) == [f"stdout.results[0].value: 0.5 was recorded, {value!r} is found"]


@pytest.mark.parametrize("value", [0.5000004, 0.49999999])
def test_a_number_may_be_rounded_otherwise(value: float) -> None:
    assert changed(value=value) == []


def test_a_number_beside_zero_may_be_off_by_a_thousand_millionth() -> None:
    assert list(differences({"value": 0.0}, {"value": 9e-10})) == []
    assert list(differences({"value": 0.0}, {"value": 2e-9})) != []


@pytest.mark.parametrize(
    ("before", "after"), [(True, 1), (1, True), (0, False), (None, 0), (None, False), ("", None), ([], None), ({}, [])]
)
def test_values_of_other_kinds_are_not_the_same(before: object, after: object) -> None:
    assert list(differences(before, after)) != []


def test_a_count_is_exact() -> None:
    assert list(differences({"count": 10_000_000}, {"count": 10_000_001})) != []


@pytest.mark.parametrize("changes", [{"check": "ran"}, {"severity": "error"}, {"evidence": {"side": 16}}])
def test_another_finding_is_noticed(changes: dict[str, Any]) -> None:
    assert len(changed(**changes)) == 1


def test_a_lost_row_is_one_difference_and_a_new_one_too() -> None:
    first, second = BEFORE["stdout"]["results"]

    lost = list(differences([first, second], [second]))
    new = list(differences([first, second], [first, {"loss": "l1"}, second]))

    assert [line.split(":")[:2] for line in (*lost, *new)] == [["[0]", " is lost; it was {'loss'"], ["[1]", " is new"]]


def test_rows_in_another_order_are_noticed() -> None:
    first, second = BEFORE["stdout"]["results"]

    assert list(differences([first, second], [second, first])) != []


def test_what_varies_is_held_by_its_presence_and_prose_too() -> None:
    one, other = (
        settled(
            {"environment": {"torch": version}, "tool": {"name": "ganloss", "version": version},
             "timing": {"seconds": seconds, "passes": 2}, "findings": [{"message": message, "hint": hint}]}
        )
        for version, seconds, message, hint in (("2.1", 0.5, "it is so", None), ("2.2", 0.7, "thus it is", "do that"))
    )  # fmt: skip

    assert list(differences(one, other)) == []
    assert list(differences(other, one)) == ["findings[0].hint: is lost; it was '…'"]
    assert list(differences(one, one | {"timing": {"seconds": "…", "passes": 3}})) != []


def test_a_text_for_people_is_held_by_its_figures_and_the_names_of_losses() -> None:
    before = {"printed_figures": ["0.6919", "24.88"], "printed_names": ["psnr", "ssim"]}

    def after(figures: list[str], names: list[str]) -> list[str]:
        return list(differences(before, {"printed_figures": figures, "printed_names": names}))

    assert after(["0.6920", "1.5", "24.88"], ["l1", "psnr", "ssim"]) == []
    assert after(["0.6922", "24.88"], ["psnr"]) == [
        "printed_figures: 0.6919 is no longer printed", "printed_names: ssim is no longer printed",
    ]  # fmt: skip


def test_a_mended_gate_is_noticed_where_it_ran(tmp_path: Path, sample_data: Path) -> None:
    words = [word.replace("sample_data", str(sample_data)) for word in commands()["eval-gates_fail"]]
    words[words.index("g_hinge>1")] = "g_hinge>2"

    found = list(differences(stored("eval-gates_fail"), outcome(words, tmp_path)))

    assert "status: 1 was recorded, 0 is found" in found
    assert "stdout.gates[0].failed: True was recorded, False is found" in found
