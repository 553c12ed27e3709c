import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ganloss_cli.commands.option_values import gates
from ganloss_cli.errors import UsageError
from ganloss_cli.gates import Gateable, against_direction, aim_gates, evaluate_gates
from ganloss_cli.records.report import Gate, Result, Term
from ganloss_cli.records.request import GateCondition

LSGAN = Gateable(typed="d_lsgan", names=("d_lsgan:mao2016",), terms=("real.0", "real.1", "fake.0", "fake.1"))


def result(typed: str, value: float | None, **more: object) -> Result:
    return Result(loss=typed.partition(":")[0], convention="c", typed=typed, value=value, count=1, **more)  # type: ignore[arg-type]


def held(expressions: list[str], results: list[Result], *more: Gateable) -> tuple[Gate, ...]:
    """What comes of gates on results whose losses may be called as `more` says."""
    losses = more or tuple(Gateable(typed=typed) for typed in {one.typed: one for one in results})
    return evaluate_gates(aim_gates(gates("--fail-if", expressions), losses), results)


@pytest.mark.parametrize(
    ("expression", "loss", "comparison", "bound"),
    [
        ("ssim<0.9", "ssim", "<", 0.9),
        ("psnr:half <= 20", "psnr:half", "<=", 20.0),
        (" d_bce>1e-3 ", "d_bce", ">", 0.001),
        ("d_wgan >= -1.5", "d_wgan", ">=", -1.5),
        ("fm==0", "fm", "==", 0.0),
        ("fm!=0", "fm", "!=", 0.0),
        ("GEN Loss A > 1", "GEN Loss A", ">", 1.0),
        ("(NCE + NCE_Y) / 2>1", "(NCE + NCE_Y) / 2", ">", 1.0),
    ],
)
def test_an_expression_is_a_loss_a_comparison_and_a_number(
    expression: str, loss: str, comparison: str, bound: float
) -> None:
    (condition,) = gates("--fail-if", [expression])

    assert condition == GateCondition(expression=expression, loss=loss, comparison=comparison, bound=bound)


@pytest.mark.parametrize(
    "expression", ["", "ssim", "ssim 0.9", "ssim=0.9", "ssim=<0.9", "ssim<>0.9", "<0.9", "ssim<", "a b", "ssim<1<2"]
)
def test_anything_else_is_refused_and_the_comparisons_are_named(expression: str) -> None:
    with pytest.raises(UsageError, match=r"--fail-if .*expected (LOSS, one of <= >= == != < >|a finite number)"):
        gates("--fail-if", [expression])


@pytest.mark.parametrize("bound", ["nan", "inf", "-inf", "much", "0.9.1", "1,5"])
def test_a_bound_that_is_no_finite_number_is_refused(bound: str) -> None:
    with pytest.raises(UsageError, match=f"expected a finite number, got '{bound}'"):
        gates("--fail-if", [f"ssim<{bound}"])


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_a_gate_and_its_opposite_never_agree(value: float, bound: float) -> None:
    gates = held([f"l1<{bound!r}", f"l1>={bound!r}"], [result("l1", value)])

    assert gates[0].failed is not gates[1].failed
    assert gates[0].failed is (value < bound)


@pytest.mark.parametrize("expression", ["psnr<20", "psnr>20", "psnr!=20", "psnr==20"])
@pytest.mark.parametrize("reason", ["nan", "infinite", "unavailable"])
def test_a_loss_without_a_value_fails_every_gate(expression: str, reason: str) -> None:
    (gate,) = held([expression], [result("psnr", None, reason=reason)])

    assert gate.failed
    assert gate.observed is None
    assert gate.reason == reason


def test_a_gate_holds_for_both_domains_and_shows_the_one_that_failed() -> None:
    results = [result("ssim", 0.95, domain="A"), result("ssim", 0.85, domain="B")]

    (gate,) = held(["ssim<0.9"], results)

    assert gate.failed
    assert gate.observed == 0.85


def test_a_gate_that_passes_shows_what_was_observed() -> None:
    (gate,) = held(["ssim<0.9"], [result("ssim", 0.95), result("psnr", 3.0)])

    assert not gate.failed
    assert (gate.observed, gate.reason, gate.expression, gate.loss) == (0.95, None, "ssim<0.9", "ssim")


def test_a_gate_on_a_loss_that_is_not_evaluated_is_refused_with_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"'fm' is not among the losses evaluated \(ssim, psnr\)") as caught:
        aim_gates(gates("--fail-if", ["fm<1"]), [Gateable(typed="ssim"), Gateable(typed="psnr")])

    assert caught.value.hint == "add fm to --losses"


def test_a_gate_on_the_bare_name_does_not_mean_another_convention() -> None:
    with pytest.raises(UsageError, match="'ssim' is not among") as caught:
        aim_gates(gates("--fail-if", ["ssim<0.9"]), [Gateable(typed="ssim:piq"), Gateable(typed="ssim:skimage")])

    assert caught.value.hint == "gate on ssim:piq or ssim:skimage"


def test_the_default_convention_and_the_bare_name_are_one() -> None:
    results = [result("ssim", 0.5)]

    bare, full = held(["ssim<0.9", "ssim:wang2004<0.9"], results, Gateable(typed="ssim", names=("ssim:wang2004",)))

    assert (bare.observed, full.observed) == (0.5, 0.5)
    assert (bare.loss, full.loss) == ("ssim", "ssim:wang2004")


def test_what_was_typed_wins_over_another_spelling_of_something_else() -> None:
    losses = Gateable(typed="ssim:wang2004", names=("ssim",)), Gateable(typed="ssim", names=("ssim:wang2004",))

    (gate,) = held(["ssim<0.9"], [result("ssim:wang2004", 0.5), result("ssim", 0.6)], *losses)

    assert gate.observed == 0.6


@pytest.mark.parametrize(
    ("expression", "observed"),
    [("d_lsgan.real.0>1", 0.25), ("d_lsgan:mao2016.fake.1>1", 2.0), ("d_lsgan.real>1", 0.75), ("d_lsgan>1", 3.0)],
)
def test_a_gate_may_be_on_a_term_or_on_the_sum_of_a_side(expression: str, observed: float) -> None:
    values = {"real.0": 0.25, "real.1": 0.5, "fake.0": 0.25, "fake.1": 2.0}
    terms = {name: Term(value=value, count=1, standard_error=None) for name, value in values.items()}

    (gate,) = held([expression], [result("d_lsgan", 3.0, terms=terms)], LSGAN)

    assert gate.observed == observed
    assert gate.failed is (observed > 1)


@pytest.mark.parametrize("terms", [{}, {"real.0": Term(value=None, count=1, standard_error=None)}])
def test_a_term_without_a_value_fails_its_gate(terms: dict[str, Term]) -> None:
    (gate,) = held(["d_lsgan.real.0>1"], [result("d_lsgan", 3.0, terms=terms)], LSGAN)

    assert (gate.failed, gate.observed, gate.reason) == (True, None, "unavailable")


def test_an_unknown_term_is_refused_with_those_there_are() -> None:
    with pytest.raises(
        UsageError, match=r"d_lsgan has no term 'reel.0', only real.0, real.1, fake.0, fake.1, real, fake"
    ):
        aim_gates(gates("--fail-if", ["d_lsgan.reel.0<1"]), [LSGAN])


def test_a_loss_without_terms_says_so() -> None:
    with pytest.raises(UsageError, match="fm has no term 'real', nor any other"):
        aim_gates(gates("--fail-if", ["fm.real<1"]), [Gateable(typed="fm")])


@pytest.mark.parametrize(
    ("expression", "higher_is_better", "turned"),
    [
        ("mel<2.2", False, "mel>2.2"),
        ("mel<=2.2", False, "mel>=2.2"),
        ("mel>2.2", False, None),
        ("ssim>0.9", True, "ssim<0.9"),
        ("ssim<0.9", True, None),
        ("d_bce>1", None, None),
        ("mel!=1", False, None),
    ],
)
def test_a_gate_that_fails_the_better_values_is_told(
    expression: str, higher_is_better: bool | None, turned: str | None
) -> None:
    name = re.split("[<>!]", expression)[0]
    results = [result(name, 1.0, higher_is_better=higher_is_better)]

    found = list(against_direction(aim_gates(gates("--fail-if", [expression]), [Gateable(typed=name)]), results))

    assert [finding.check for finding in found] == (["gate_against_direction"] if turned else [])
    assert all(f"'{turned}'" in str(finding.hint) for finding in found)


def test_a_name_of_two_losses_is_refused_with_both() -> None:
    losses = Gateable(typed="loss_D", names=("total",)), Gateable(typed="loss_G", names=("total",))

    with pytest.raises(UsageError, match="'total' may be 'loss_D' or 'loss_G'"):
        aim_gates(gates("--fail-if", ["total>1"]), losses)
