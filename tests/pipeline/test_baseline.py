"""Which samples are the same, and which values of a report a loss is compared by."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.significance import Mean
from ganloss_cli.pipeline.baseline.changes import Compared
from ganloss_cli.pipeline.baseline.gates import Baseline, open_baseline
from ganloss_cli.pipeline.baseline.matching import match
from ganloss_cli.pipeline.baseline.measured import Measured, of_document
from ganloss_cli.records.report import Report, Result, SampleValues
from ganloss_cli.records.request import Request, WorseCondition


def sample(name: str, value: float | None = 1.0, **roles: str) -> SampleValues:
    return SampleValues(name=name, values={"l1": value}, sha256=roles)


def names(before: list[SampleValues], now: list[SampleValues]) -> list[tuple[str, str]]:
    return [(before[a].name, now[b].name) for a, b in match(before, now).pairs]


def test_bytes_are_stronger_than_names() -> None:
    before = [sample("a", real="1"), sample("b", real="2")]
    now = [sample("b", real="1"), sample("a", real="2")]

    assert names(before, now) == [("a", "b"), ("b", "a")]


def test_what_a_network_made_is_another_sample_of_the_same() -> None:
    before = [sample("a", real="1", fake="9"), sample("b", real="2", fake="8")]
    now = [sample("y", real="2", fake="5"), sample("x", real="1", fake="6")]

    assert names(before, now) == [("a", "x"), ("b", "y")]


def test_fakes_alone_are_matched_by_name() -> None:
    before, now = [sample("a", fake="1"), sample("b", fake="2")], [sample("b", fake="1"), sample("a", fake="2")]

    found = match(before, now)

    assert names(before, now) == [("a", "a"), ("b", "b")]
    assert found.by_name == ()  # nothing says that these are other data


def test_equal_bytes_are_told_apart_by_name_and_then_by_their_order() -> None:
    before = [sample("a", real="1"), sample("b", real="1"), sample("c", real="1")]
    now = [sample("new", real="1"), sample("b", real="1"), sample("a", real="1")]

    assert names(before, now) == [("a", "a"), ("b", "b"), ("c", "new")]


def test_a_role_of_one_report_alone_tells_no_samples_apart() -> None:
    before, now = [sample("a", real="1", input="7")], [sample("b", real="1")]

    assert names(before, now) == [("a", "b")]


def test_what_is_left_is_missing_or_added_and_other_bytes_of_one_name_are_told() -> None:
    before = [sample("a", real="1"), sample("b", real="2"), sample("c", real="3")]
    now = [sample("b", real="5"), sample("d", real="4"), sample("a", real="1")]

    found = match(before, now)

    assert (found.missing, found.added, found.by_name) == (("c",), ("d",), ("b",))


def test_a_sample_is_matched_once() -> None:
    assert len(match([sample("a"), sample("a")], [sample("a")]).pairs) == 1


def document(results: list[dict[str, Any]], samples: list[dict[str, Any]]) -> tuple[Measured, ...]:
    rows = [
        {"loss": "l1", "convention": "mean", "typed": "l1", "count": 2, "standard_error": 0.1, **row} for row in results
    ]
    return of_document("base.json", {"results": rows, "samples": samples})  # type: ignore[arg-type]


def test_raw_and_averaged_weights_and_both_domains_are_losses_of_their_own() -> None:
    samples = [
        {"name": "a", "sha256": {"real_A": "1"}, "l1@raw": 1.0, "l1@ema": 3.0},
        {"name": "b", "sha256": {"real_B": "2"}, "l1@raw": 2.0, "l1@ema": 4.0},
    ]
    rows = [{"domain": domain, "weights": weights} for domain in "AB" for weights in ("raw", "ema")]

    found = document(rows, samples)

    assert [each.values() for each in found] == [[1.0], [3.0], [2.0], [4.0]]
    assert [each.called for each in found] == ["l1 of A", "l1 of A, ema", "l1 of B", "l1 of B, ema"]
    assert len({each.key for each in found}) == 4


@pytest.mark.parametrize(("value", "paired"), [(1.5, True), (1.7, False)])
def test_a_loss_that_is_no_mean_of_its_samples_is_compared_by_its_own_error(value: float, paired: bool) -> None:
    """As where samples weigh differently: the differences of pairs would be another quantity."""
    before, now = (
        document([{"value": value, "higher_is_better": False}], [{"name": "a", "l1": 1.0}, {"name": "b", "l1": 2.0}])[0]
        for _ in range(2)
    )

    compared = Compared.of(before, now)

    assert compared is not None
    assert compared.sides.means == (value, value)
    assert isinstance(compared.sides.before, np.ndarray if paired else Mean)


def test_a_number_of_a_whole_set_and_one_without_value_are_not_compared() -> None:
    whole, absent, known = document(
        [{"value": 1.0, "standard_error": None}, {"value": None}, {"value": 1.0}], [{"name": "a", "other": 1.0}]
    )

    assert Compared.of(whole, known) is None
    assert Compared.of(absent, known) is None
    assert Compared.of(known, known) is not None


@pytest.mark.parametrize("value", [True, "1.5", float("nan"), 10**400, [1]])
def test_what_is_no_finite_number_is_no_value(value: object) -> None:
    (found,) = document([{"value": value}], [{"name": "a", "l1": value}])

    assert found.value is None
    assert found.samples == []


@pytest.mark.parametrize(
    "fields", [{"equilibrium": "0.5"}, {"domain": ["A"]}, {"higher_is_better": "yes"}, {"loss": 3}, {"weights": {}}]
)
def test_a_result_of_another_kind_is_damaged(fields: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=f"base.json: damaged: {next(iter(fields))} of a result is "):
        document([fields], [])


ROW = {
    "loss": "ssim", "convention": "wang2004", "typed": "ssim", "value": 0.5, "count": 1, "standard_error": None,
    "higher_is_better": True, "weights": "raw", "mode": "eval", "range": [0.0, 1.0], "over": "all", "settings": {},
}  # fmt: skip


@pytest.fixture
def baseline(tmp_path: Path) -> Baseline:
    """Held against it: whether SSIM is worse."""
    path = tmp_path / "base.json"
    samples = [{"name": "a", "ssim": 0.5}]
    path.write_text(json.dumps({"results": [ROW], "samples": samples, "seed": 0, "dtype": "float32"}))
    condition = WorseCondition(expression="ssim", loss="ssim")
    opened = open_baseline(Request(baseline=path, fail_if_worse=(condition,)))
    assert opened is not None
    return opened


def now(**fields: Any) -> Result:
    return Result(**{**ROW, "range": (0.0, 1.0), **fields})


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"weights": "ema"}, "weights raw and ema"),
        ({"mode": "train"}, "mode eval and train"),
        ({"range": (-1.0, 1.0)}, r"range \[0.0, 1.0\] and \[-1.0, 1.0\]"),
        ({"settings": {"border": 2}}, "settings border None and 2"),
        ({"convention": "piq", "typed": "ssim:piq"}, "convention wang2004 and piq"),
        ({"higher_is_better": False, "value": 0.5}, "higher_is_better True and False"),
    ],
)
def test_other_circumstances_are_refused_as_soon_as_they_are_known(
    fields: dict[str, Any], told: str, baseline: Baseline
) -> None:
    report = Report(
        tool={}, environment={}, command=(), seed=0, device="cpu", dtype="float32", results=(now(**fields),),
        samples=(SampleValues(name="a", values={"ssim": 0.5}),),
    )  # fmt: skip

    with pytest.raises(UsageError, match=f"--fail-if-worse 'ssim': not the quantity of the baseline: {told}"):
        baseline.judged(report)
    if "higher_is_better" not in fields:
        with pytest.raises(UsageError, match=told):
            baseline.require_same([now(**fields, value=None)])


def test_the_same_circumstances_are_not(baseline: Baseline) -> None:
    baseline.require_same([now(value=None), now(loss="psnr", convention="half", typed="psnr", mode="train")])
