"""How far a logged number may lie from a recomputed one."""

from hypothesis import given
from hypothesis import strategies as st

from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.pipeline.log.allowance import Allowance, float_bound
from ganloss_cli.records.report import Result, Term

AGREEMENT = ("no match", "cannot tell", "consistent", "exact")
Sizes = st.floats(0, 10)


@given(bound=Sizes, tolerance=Sizes, sampling=Sizes, more=Sizes, difference=Sizes)
def test_fewer_samples_never_mean_more_agreement(
    bound: float, tolerance: float, sampling: float, more: float, difference: float
) -> None:
    few = Allowance(bound=bound, tolerance=tolerance, sampling=sampling + more, because=("a part",)).outcome(difference)
    many = Allowance(bound=bound, tolerance=tolerance, sampling=sampling, because=("a part",)).outcome(difference)

    assert few == many or few == "cannot tell"


def test_what_has_nothing_random_in_it_is_the_number_or_not() -> None:
    allowed = Allowance(bound=1e-3)

    assert [allowed.outcome(difference) for difference in (0.0, -1e-3, 1.1e-3)] == ["exact", "exact", "no match"]
    assert allowed.noticed == 1e-3


def test_the_bound_is_that_of_the_loss() -> None:
    def bound(name: str, value: float, **terms: float) -> float:
        held = {term: Term(value=part, count=4, standard_error=None) for term, part in terms.items()}
        result = Result(loss=name, convention="", value=value, count=4, standard_error=5.0, terms=held,
                        settings=find_loss(name).settings)  # fmt: skip
        return float_bound(find_loss(name), result, 1e-5)

    assert bound("l1", 2.0) == 1e-6 + 2e-5
    assert bound("psnr", 30.0) == bound("si_sdr", -3.0) == 1e-3
    assert bound("ssim", 0.8) == 2.0**-24 / 9e-4
    assert bound("d_wgan", 0.5, real=-100.0, fake=100.5) == 1e-6 + 1e-5 * 200.5
