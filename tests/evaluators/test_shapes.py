"""What is refused for its shape, and what is then advised."""

import pytest
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.shapes import check_shapes


@pytest.mark.parametrize(
    ("real", "fake", "advice"),
    [
        ((1, 1, 8, 8), (1, 3, 8, 8), "one side is greyscale, the other RGB"),
        ((1, 3, 8, 9), (1, 3, 8, 8), "--modcrop 4 crops both to 8x8 pixels"),
        ((1, 3, 97, 98), (1, 3, 96, 96), "--modcrop 4 crops both to 96x96 pixels"),
        ((1, 3, 96, 90), (1, 3, 97, 91), "--modcrop 4 crops both to 88x96 pixels"),
        ((1, 3, 101, 60), (1, 3, 99, 60), "--modcrop 3 crops both to 60x99 pixels"),
        ((1, 3, 50, 60), (1, 3, 40, 60), "for files see --resize and --modcrop"),
        ((1, 3, 97, 98), (1, 3, 24, 24), "real is 4 times as large: is fake the input of a super-resolution?"),
        ((1, 3, 12, 16), (1, 3, 24, 32), "fake is 2 times as large: is real the input of a super-resolution?"),
        ((1, 1, 80), (1, 2, 80), "--channels mono"),
        ((1, 1, 80), (1, 1, 79), "cut both to one length, for files of audio with --segment SECONDS"),
        ((4, 1), (4,), "save both in one shape"),
    ],
)
def test_the_advice_fits_what_differs(real: tuple[int, ...], fake: tuple[int, ...], advice: str) -> None:
    with pytest.raises(InputError, match=r"real has shape \(.*\) but fake has \(.*\)") as refused:
        check_shapes(real=torch.zeros(real), fake=torch.zeros(fake))

    assert refused.value.hint is not None
    assert advice in refused.value.hint


def test_waveforms_and_scores_get_no_advice_on_pictures() -> None:
    for real, fake in (((1, 1, 80), (1, 1, 79)), ((4, 1), (4,)), ((2, 1, 80), (2, 2, 80))):
        with pytest.raises(InputError) as refused:
            check_shapes(real=torch.zeros(real), fake=torch.zeros(fake))

        assert "--resize" not in str(refused.value.hint)
        assert "--modcrop" not in str(refused.value.hint)
