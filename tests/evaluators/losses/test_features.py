import gc
import weakref
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.catalogue import catalogue, total
from ganloss_cli.evaluators.losses import fm, fm_moment
from ganloss_cli.evaluators.sharing import shared_computations


def maps(seed: int, samples: int = 3) -> tuple[tuple[Tensor, ...], ...]:
    generator = torch.Generator().manual_seed(seed)
    shapes = (((4, 5), (2, 3, 3), (1, 7)), ((6,), (1, 2)))
    return tuple(
        tuple(torch.randn(samples, *shape, generator=generator, dtype=torch.float64) for shape in row) for row in shapes
    )


REAL, FAKE = maps(0), maps(1)


class OneAtATime(Sequence[tuple[Tensor, ...]]):
    """Computes a sub-discriminator's maps when asked, and notices whether the last ones are still held."""

    def __init__(self, rows: tuple[tuple[Tensor, ...], ...]) -> None:
        self.rows = rows
        self.asked: list[int] = []
        self.still_held: list[int] = []
        self._last: list[weakref.ref[Tensor]] = []

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, position: int) -> tuple[Tensor, ...]:  # type: ignore[override]
        gc.collect()
        self.still_held.append(sum(reference() is not None for reference in self._last))
        self.asked.append(position)
        row = tuple(one.clone() for one in self.rows[position])
        self._last = [weakref.ref(one) for one in row]
        return row


def test_matching_is_twice_the_sum_of_torchs_l1_losses() -> None:
    expected = sum(
        nn.L1Loss()(real, fake) for rows in zip(REAL, FAKE, strict=True) for real, fake in zip(*rows, strict=True)
    )

    assert total(fm(REAL, FAKE)) == pytest.approx(2 * float(expected), rel=1e-12)


def test_equal_maps_match_exactly() -> None:
    assert total(fm(REAL, REAL)) == 0


def test_all_conventions_read_the_maps_in_one_pass_one_sub_discriminator_at_a_time() -> None:
    real, fake = OneAtATime(REAL), OneAtATime(FAKE)
    plain = {row.name: total(fm(REAL, FAKE, **row.settings)) for row in catalogue()["fm"].conventions}

    with shared_computations():
        lazy = {row.name: total(fm(real, fake, **row.settings)) for row in catalogue()["fm"].conventions}

    assert lazy == plain
    assert real.asked == fake.asked == [0, 1]
    assert real.still_held == fake.still_held == [0, 0]


def test_all_moments_read_the_maps_in_one_pass_one_sub_discriminator_at_a_time() -> None:
    real, fake = OneAtATime(REAL), OneAtATime(FAKE)

    with shared_computations():
        for row in catalogue()["fm_moment"].conventions:
            fm_moment(real, fake, **row.settings)

    assert real.asked == fake.asked == [0, 1]
    assert real.still_held == fake.still_held == [0, 0]


def test_without_logit_maps_among_the_features_none_is_left_out() -> None:
    everything = total(fm(REAL, FAKE, scale=1))

    assert total(fm(REAL, FAKE, scale=1, logit_maps=False, features_have_logits=False)) == everything
    assert total(fm(REAL, FAKE, scale=1, logit_maps=False)) < everything


@pytest.mark.parametrize("loss", [fm, fm_moment])
def test_another_number_of_maps_is_refused(loss) -> None:
    with pytest.raises(InputError, match=r"real_features.0 has 3 entries but fake_features.0 has 2"):
        loss(REAL, (FAKE[0][:2], FAKE[1]))


@pytest.mark.parametrize("loss", [fm, fm_moment])
def test_maps_of_another_shape_are_refused(loss) -> None:
    with pytest.raises(InputError, match=r"real_features.1.0 has shape .* but .*fake_features.1.0 has \(.*6, 1\)"):
        loss(REAL, (FAKE[0], (FAKE[1][0][..., None], FAKE[1][1])))


def test_the_discriminator_may_be_judged_by_other_fakes_than_there_are_reals() -> None:
    more = maps(2, samples=5)

    value = fm_moment(REAL, more)

    expected = sum(
        float((real.mean(0) - fake.mean(0)).square().mean())
        for rows in zip(REAL, more, strict=True)
        for real, fake in zip(*rows, strict=True)
    )
    assert value.count == 5
    assert value.compute() == pytest.approx(expected, rel=1e-12)


def test_moments_of_parts_merge_into_those_of_the_whole() -> None:
    real, fake = maps(3, samples=5), maps(4, samples=5)

    def first(rows, count):
        return tuple(tuple(one[:count] for one in row) for row in rows)

    def rest(rows, count):
        return tuple(tuple(one[count:] for one in row) for row in rows)

    merged = fm_moment(first(real, 2), first(fake, 4)).merge(fm_moment(rest(real, 2), rest(fake, 4)))

    assert merged.count == 5
    assert merged.compute() == pytest.approx(fm_moment(real, fake).compute(), rel=1e-12)


def test_moments_move_the_fakes() -> None:
    fake = tuple(tuple(one.clone().requires_grad_() for one in row) for row in FAKE)

    fm_moment(REAL, fake).value().backward()

    assert all(one.grad is not None and bool(one.grad.any()) for row in fake for one in row)


def test_moments_of_samples_of_other_shapes_do_not_merge() -> None:
    longer = tuple(tuple(torch.cat([one, one], dim=-1) for one in row) for row in REAL)
    sums = fm_moment(REAL, FAKE)

    with pytest.raises(InputError, match=r"the shapes \(4, 5\) and \(4, 10\), which it compares") as refused:
        sums.merge(fm_moment(longer, longer))

    assert "--segment" in str(refused.value.hint)
