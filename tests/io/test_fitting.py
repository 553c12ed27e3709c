from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ganloss_cli.api import chosen
from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.fitting import Fitting

UNIT = (0.0, 1.0)


def fitted(kind: str, values: dict[str, torch.Tensor], rate: int = 1000, **options: Any) -> dict[str, torch.Tensor]:
    roles = list(values)
    return Fitting(chosen(options)).apply(
        values,
        dict.fromkeys(roles, kind),  # type: ignore[arg-type]
        dict.fromkeys(roles, rate),
        dict.fromkeys(roles, UNIT),
        {role: f"{role}.file" for role in roles},
    )


def test_without_options_nothing_changes():
    image = torch.rand(3, 5, 7)

    assert fitted("image", {"real": image})["real"] is image


def test_a_segment_is_the_middle():
    values = fitted("audio", {"real": torch.arange(100.0)[None]}, segment=0.01)

    assert values["real"].tolist() == [list(range(45, 55))]


def test_a_segment_is_the_same_window_in_all_roles_even_of_unequal_lengths():
    values = fitted("audio", {"real": torch.arange(100.0)[None], "fake": torch.arange(110.0)[None]}, segment=0.01)

    assert torch.equal(values["real"], values["fake"])


def test_unequal_lengths_are_an_error_that_names_both_files_and_lengths():
    with pytest.raises(
        InputError, match=r"fake\.file: fake has 110 samples, but real in real\.file has 100"
    ) as refused:
        fitted("audio", {"real": torch.zeros(1, 100), "fake": torch.zeros(1, 110)})

    assert "--segment" in str(refused.value.hint)


def test_a_segment_longer_than_the_audio_is_an_error_that_says_what_would_fit():
    with pytest.raises(InputError, match=r"real\.file: has 100 samples at 1000 Hz, --segment 2 is 2000") as refused:
        fitted("audio", {"real": torch.zeros(1, 100)}, segment=2)

    assert refused.value.hint == "give --segment 0.1 or less"


def test_a_modulus_crops_right_and_bottom():
    image = torch.arange(35.0).reshape(1, 5, 7)

    assert torch.equal(fitted("image", {"real": image}, modcrop=4)["real"], image[:, :4, :4])


def test_a_modulus_leaves_the_smaller_input_of_super_resolution_whole():
    values = fitted("image", {"real": torch.zeros(3, 9, 10), "input": torch.zeros(3, 2, 2)}, modcrop=4)

    assert (values["real"].shape, values["input"].shape) == ((3, 8, 8), (3, 2, 2))


def test_a_modulus_crops_an_input_of_the_same_size():
    values = fitted("image", {"real": torch.zeros(3, 9, 10), "input": torch.zeros(3, 9, 10)}, modcrop=4)

    assert values["input"].shape == (3, 8, 8)


def test_an_image_smaller_than_the_modulus_is_an_error():
    with pytest.raises(InputError, match=r"real\.file: an image of 3x5 pixels, --modcrop 4 leaves none"):
        fitted("image", {"real": torch.zeros(1, 5, 3)}, modcrop=4)


def test_a_size_is_width_times_height_with_pillow_s_bicubic_filter():
    image = torch.rand(1, 40, 30, generator=torch.Generator().manual_seed(0)) * 0.5 + 0.25
    wanted = np.asarray(Image.fromarray(image[0].numpy()).resize((16, 8), Image.Resampling.BICUBIC))

    resized = fitted("image", {"real": image}, resize="16x8")["real"]

    assert resized.shape == (1, 8, 16)
    assert torch.equal(resized[0], torch.from_numpy(wanted.copy()))


def test_one_number_is_the_short_side_and_then_a_centre_crop():
    ramp = torch.linspace(0, 1, 80).expand(1, 40, 80).contiguous()

    resized = fitted("image", {"real": ramp}, resize="20")["real"]

    assert resized.shape == (1, 20, 20)
    assert resized.mean().item() == pytest.approx(0.5, abs=1e-6)
    assert (resized.min().item(), resized.max().item()) == pytest.approx((0.25, 0.75), abs=0.02)


@pytest.mark.parametrize("shape", [(40, 41), (64, 100), (7, 7), (333, 7)])
def test_one_number_always_gives_a_square(shape: tuple[int, int]):
    assert fitted("image", {"real": torch.rand(3, *shape)}, resize="16")["real"].shape == (3, 16, 16)


def test_resizing_never_leaves_the_range():
    edges = torch.zeros(1, 32, 32)
    edges[:, 8:24, 8:24] = 1

    resized = fitted("image", {"real": edges}, resize="50")["real"]

    assert (resized.min().item(), resized.max().item()) == (0, 1)


def test_resizing_is_said_with_its_filter():
    findings = Fitting(chosen({"resize": "64x48"})).findings()

    assert [finding.check for finding in findings] == ["resized"]
    assert "64x48" in findings[0].message
    assert "bicubic" in findings[0].message


@pytest.mark.parametrize("size", ["0", "64x", "x64", "64x48x3", "-1", "64X48", "big"])
def test_what_is_no_size_is_a_usage_error(size: str):
    with pytest.raises(UsageError, match=f"resize: expected a side like 64 or WIDTHxHEIGHT like 64x48, got '{size}'"):
        Fitting(chosen({"resize": size}))


@pytest.mark.parametrize("options", [{"segment": 0.0}, {"segment": float("nan")}, {"modcrop": 0}, {"modcrop": -2}])
def test_what_is_not_positive_is_a_usage_error(options: dict[str, Any]):
    with pytest.raises(UsageError, match=r"expected a (number above 0|whole number of at least 1)"):
        Fitting(chosen(options))
