"""What is refused for its shape, and what is then advised."""

import pytest
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.shapes import check_shapes


@pytest.mark.parametrize(
    ("real", "fake", "advice"),
    [
        ((1, 1, 8, 8), (1, 3, 8, 8), "one side is greyscale, the other RGB"),
        ((1, 3, 8, 9), (1, 3, 8, 8), "--modcrop"),
        ((1, 1, 80), (1, 2, 80), "--channels mono"),
    ],
)
def test_the_advice_fits_what_differs(real: tuple[int, ...], fake: tuple[int, ...], advice: str) -> None:
    with pytest.raises(InputError, match=r"real has shape \(.*\) but fake has \(.*\)") as refused:
        check_shapes(real=torch.zeros(real), fake=torch.zeros(fake))

    assert refused.value.hint is not None
    assert advice in refused.value.hint
