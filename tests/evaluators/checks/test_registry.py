import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.checks import Observation, check, checks, chosen_checks, find_check
from ganloss_cli.evaluators.checks.subjects import AuditedModel
from ganloss_cli.records.report import Finding


def cases(table: str) -> set[str]:
    """The checks for which some file beside this one has a case."""
    found: set[str] = set()
    for file in Path(__file__).parent.glob("test_*_checks.py"):
        spec = importlib.util.spec_from_file_location(f"cases_{file.stem}", file)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= {row[0] for row in getattr(module, table)}
    return found


@pytest.mark.parametrize("table", ["BROKEN", "HEALTHY"])
def test_every_check_has_a_broken_and_a_healthy_case(table: str) -> None:
    assert cases(table) == set(checks())


@pytest.mark.parametrize("name", checks())
def test_every_check_says_what_it_finds_in_its_docstring(name: str) -> None:
    entry = find_check(name)

    assert entry.summary.endswith((".", ":", ")"))
    assert name == name.lower()


def test_an_observation_becomes_a_finding_with_the_name_and_severity_of_its_check() -> None:
    entry = find_check("identical_networks")
    seen = Observation(message="a and b are the same", evidence={"n": 2}, hint="look", severity=None)
    alone = type(entry)(
        name=entry.name, function=lambda _: iter([seen]), severity="error", subject="model", summary="", explanation=""
    )

    (finding,) = alone.findings(AuditedModel(networks=(), files=()))

    assert finding == Finding(
        check="identical_networks", severity="error", message="a and b are the same", evidence={"n": 2}, hint="look"
    )


def test_a_check_of_something_unknown_is_refused_when_it_is_registered() -> None:
    def odd(thing: object) -> Iterator[Observation]:
        yield Observation(message=str(thing))

    with pytest.raises(RuntimeError, match="the check 'odd' takes \\['thing'\\]; expected one of network, file"):
        check(severity="note")(odd)


def test_a_second_check_of_one_name_is_refused() -> None:
    def identical_networks(model: AuditedModel) -> Iterator[Observation]:
        yield Observation(message=str(model))

    with pytest.raises(RuntimeError, match="'identical_networks' is registered twice"):
        check(severity="note")(identical_networks)


def test_only_and_skip_choose_checks() -> None:
    assert [entry.name for entry in chosen_checks(["ema_stuck", "dead_channels"], ["ema_stuck"])] == ["dead_channels"]
    assert len(chosen_checks([], ["dead_channels"])) == len(checks()) - 1


def test_an_unknown_check_is_a_usage_error_with_the_nearest_name() -> None:
    with pytest.raises(UsageError, match="unknown check 'identical-network'") as caught:
        chosen_checks(["identical-network"], [])

    assert caught.value.hint == "did you mean identical_networks? ganloss audit checks lists them all"


def test_no_check_left_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="--only and --skip leave no check"):
        chosen_checks(["ema_stuck"], ["ema_stuck"])
