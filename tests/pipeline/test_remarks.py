"""What is said of a number that lies outside what its loss can give."""

import pytest

from ganloss_cli.evaluators.catalogue import Loss, catalogue
from ganloss_cli.pipeline.number.knowledge import remarks
from ganloss_cli.records.request import StatedNumber

LOSSES = tuple(catalogue().values())
every_loss = pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.name)


def bounds_passed(loss: Loss, value: float) -> list[str]:
    number = StatedNumber(name=loss.name, text=repr(value), value=value, tolerance=0.0005)
    return [remark for remark in remarks(number, [loss]) if " is never " in remark]


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss.span[0] is not None], ids=lambda loss: loss.name)
def test_a_number_below_the_span_of_its_loss_is_remarked_on(loss: Loss) -> None:
    least = loss.span[0] or 0.0

    (remark,) = bounds_passed(loss, least - 0.5)

    assert remark.startswith(f"{loss.name} is never {f'below {least:g}' if least else 'negative'}")


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss.span[1] is not None], ids=lambda loss: loss.name)
def test_a_number_above_the_span_of_its_loss_is_remarked_on(loss: Loss) -> None:
    most = loss.span[1] or 0.0

    (remark,) = bounds_passed(loss, most + 0.5)

    assert remark.startswith(f"{loss.name} is never above {most:g}")


@pytest.mark.parametrize("loss", [loss for loss in LOSSES if loss.span == (None, None)], ids=lambda loss: loss.name)
def test_no_number_passes_the_span_of_a_loss_without_bounds(loss: Loss) -> None:
    assert [bounds_passed(loss, value) for value in (-1e6, 1e6)] == [[], []]


@every_loss
def test_a_number_within_the_span_of_its_loss_passes_no_bound(loss: Loss) -> None:
    least, most = loss.span
    low = least if least is not None else (most or 0.0) - 3.0
    high = most if most is not None else low + 3.0

    # rounded, a number may lie half a digit outside
    inside = (low - 0.0004, low, (low + high) / 2, high, high + 0.0004)

    assert [bounds_passed(loss, value) for value in inside] == [[]] * len(inside)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("ms_ssim", -0.5, "ms_ssim is never negative, except as ms_ssim:sewar"),
        ("cosine", 2.5, "cosine is never above 2"),
        ("ssim", 1.2, "ssim is never above 1, except as ssim:one_minus, ssim:blog"),
        ("mmd", -0.1, "mmd is never negative, except as mmd:unbiased, mmd:wae"),
        ("d_bce", -1.0, "d_bce is never negative, except as d_bce:value_function, d_bce:blog_formula, d_bce:llamagen"),
    ],
)
def test_a_bound_is_told_with_the_conventions_that_may_pass_it(name: str, value: float, said: str) -> None:
    assert bounds_passed(catalogue()[name], value) == [said]
