"""The shares of samples in figures of sets, against figures with a sample left out, or counted a little more."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import torch
from optional import imported
from torch import Tensor

from ganloss_cli.evaluators import frechet
from ganloss_cli.evaluators.left_out import jackknifed, reached
from ganloss_cli.evaluators.losses import fad, fm_moment, isc, kid, prc
from ganloss_cli.evaluators.losses.fm_moment import WIDTH, sketches
from ganloss_cli.evaluators.statistics import about_figure, error_of

_, needs_fidelity = imported("torch_fidelity.metric_prc")
Floats = npt.NDArray[np.float64]


def rows(count: int, seed: int, dimensions: int = 3) -> Tensor:
    return torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def without_each(figure: Callable[[Tensor], float], of: Tensor) -> Floats:
    """The figure without each of the rows."""
    return np.asarray([figure(torch.cat([of[:k], of[k + 1 :]])) for k in range(len(of))])


def weighed_distance(real: Floats, fake: Floats, of_reals: Floats, of_fakes: Floats) -> float:
    """The Frechet distance of rows that count as often as their weights say; covariances over the weights."""
    sides = []
    for side, weights in ((real, of_reals), (fake, of_fakes)):
        mean = weights @ side / weights.sum()
        sides.append((mean, np.sqrt(weights / weights.sum())[:, None] * (side - mean)))
    (one, x), (other, y) = sides
    roots = np.linalg.svd(x @ y.T, compute_uv=False).sum()
    return float(np.square(one - other).sum() + (x**2).sum() + (y**2).sum() - 2 * roots)


@pytest.mark.parametrize("dimensions", [2, 40], ids=["fewer than samples", "more than samples"])
def test_a_distance_follows_the_weight_of_every_sample_as_its_shares_say(dimensions: int) -> None:
    real, fake = rows(14, 0, dimensions).numpy(), 0.7 * rows(11, 1, dimensions).numpy() + 0.4

    found = frechet.shares(real, fake, covariance="population")

    for side, count in (("real", 14), ("fake", 11)):
        slopes = []
        for k in range(count):
            both = []
            for step in (1e-6, -1e-6):
                weights = {"real": np.ones(14), "fake": np.ones(11)}
                weights[side][k] += step
                both.append(weighed_distance(real, fake, weights["real"], weights["fake"]))
            slopes.append(count * (both[0] - both[1]) / 2e-6)
        np.testing.assert_allclose(found[side] - found[side].mean(), slopes, rtol=1e-4, atol=1e-6)


def test_on_the_line_to_infinity_the_shares_are_those_of_its_sets_of_fakes() -> None:
    real, fake = rows(12, 0).numpy(), rows(40, 1).numpy()
    line = frechet.Line.over(40)

    found = frechet.shares_at_infinity(real, fake, covariance="sample")

    assert line.factors.sum() == pytest.approx(1)
    by_hand = np.zeros(40)
    for count, factor in zip(line.counts, line.factors, strict=True):
        own = frechet.shares(real, fake[line.order[:count]], covariance="sample")["fake"]
        by_hand[line.order[:count]] += factor * 40 / count * (own - own.mean())
    np.testing.assert_allclose(found["fake"], by_hand)
    assert frechet.at_infinity(real, fake, covariance="sample") == pytest.approx(
        sum(
            factor * frechet.by_roots(real, fake[line.order[:count]], covariance="sample")
            for count, factor in zip(line.counts, line.factors, strict=True)
        )
    )


def test_where_neighbourhoods_grow_a_sample_is_missed_as_much_as_without_it() -> None:
    """By counting anew without each of the fakes; some reals are then reached that were not."""
    real, fake = rows(30, 0, 2), 0.6 * rows(25, 1, 2) + 0.7

    found = reached(real, fake, 3)

    lost = len(real) * found.share - without_each(lambda left: len(real) * reached(real, left, 3).share, fake)
    np.testing.assert_allclose(found.lost, lost, atol=1e-9)
    assert found.lost.min() < 0 < found.lost.max()


@needs_fidelity
@pytest.mark.parametrize("figure", ["precision", "recall", "f_score"])
def test_precision_and_recall_have_the_jackknife_s_error_over_fakes(figure: str) -> None:
    real, fake = rows(25, 0, 2), 0.6 * rows(30, 1, 2) + 0.7

    statistic = prc([[real]], [[fake]], figure=figure)

    without = without_each(lambda left: prc([[real]], [[left]], figure=figure).compute(), fake)
    expected = jackknifed(without).std(ddof=1) / np.sqrt(30)
    assert statistic.standard_error() == pytest.approx(expected, rel=1e-5)  # the library counts in float32
    assert statistic.shares()["fake"].mean() == pytest.approx(statistic.compute())


@needs_fidelity
def test_a_kernel_distance_has_the_jackknife_s_error_of_both_sides() -> None:
    real, fake = rows(12, 0), 1.5 * rows(12, 1)

    statistic = kid([[real]], [[fake]])

    def unbiased(one: Tensor, other: Tensor) -> float:
        kernels = [(a @ b.T / 3 + 1) ** 3 for a, b in ((one, one), (other, other), (one, other))]
        alone = [(k.sum() - k.diagonal().sum()) / (len(k) * (len(k) - 1)) for k in kernels[:2]]
        return float(sum(alone) - 2 * kernels[2].mean())

    of_reals = jackknifed(without_each(lambda left: unbiased(left, fake), real))
    of_fakes = jackknifed(without_each(lambda left: unbiased(real, left), fake))
    both = np.asarray(of_reals + of_fakes)
    assert statistic.compute() == pytest.approx(unbiased(real, fake))
    assert statistic.standard_error() == pytest.approx(both.std(ddof=1) / np.sqrt(12), rel=1e-6)


@needs_fidelity
def test_an_inception_score_has_the_error_of_its_divergences() -> None:
    scores = 2 * rows(60, 0, 5)

    statistic = isc([[scores]], splits=1)

    without = without_each(lambda left: isc([[left]], splits=1).compute(), scores)
    assert statistic.standard_error() == pytest.approx(jackknifed(without).std(ddof=1) / np.sqrt(60), rel=0.05)


@needs_fidelity
def test_the_frames_of_a_recording_are_one_sample() -> None:
    """Told by a recording whose frames are all alike: eight of them are no more than one."""
    real, fake = rows(30, 0), rows(20, 1) + 0.5

    one = fad([[real[:, None]]], [[fake[:, None]]])
    eight = fad([[real[:, None].expand(-1, 8, -1)]], [[fake[:, None].expand(-1, 8, -1)]])

    assert [len(side) for side in eight.shares().values()] == [30, 20]
    assert eight.standard_error() == pytest.approx(one.standard_error(), rel=0.1)  # N - 1 is of the frames


def test_means_of_maps_follow_their_samples_exactly_where_maps_are_small() -> None:
    real, fake = rows(20, 0, 8), rows(15, 1, 8) + 0.5

    shares = fm_moment([[real]], [[fake]], distance="mean_square", layers="all").shares()

    apart = real.mean(0) - fake.mean(0)
    for side, own, sign in (("real", real, 1), ("fake", fake, -1)):
        expected = sign * ((own - own.mean(0)) @ apart).numpy() * 2 / 8
        np.testing.assert_allclose(shares[side] - shares[side].mean(), expected, atol=1e-12)
    assert sum(values.mean() for values in shares.values()) == pytest.approx(float(apart.square().mean()))


def test_sketches_keep_inner_products_but_for_noise_of_the_stated_size() -> None:
    x, y = rows(200, 0, 3000), rows(200, 1, 3000)

    errors = (sketches(x) * sketches(y)).sum(1) - (x * y).sum(1)

    assert sketches(x).shape == (200, WIDTH)
    stated = x.norm(dim=1) * y.norm(dim=1) / WIDTH**0.5
    assert float((errors / stated).std()) == pytest.approx(1.0, rel=0.15)
    assert abs(float((errors / stated).mean())) < 0.3


def test_sketches_never_narrow_the_error_of_means_of_large_maps() -> None:
    drawn = torch.Generator().manual_seed(0)
    real, fake = (torch.randn(40, 4, 20, 20, generator=drawn, dtype=torch.float64) + shift for shift in (0.0, 0.05))

    told = error_of(fm_moment([[real]], [[fake]]).shares())

    apart = real.mean(0) - fake.mean(0)
    sides = {side: 2 * (own * apart).mean((1, 2, 3)).numpy() for side, own in (("real", real), ("fake", -fake))}
    exact = error_of(about_figure(0.0, **sides))
    assert told is not None
    assert exact is not None
    assert exact < told < 3 * exact


def test_sides_of_as_many_samples_are_added_and_others_are_not() -> None:
    paired = {"real": np.asarray([1.0, 2.0, 3.0]), "fake": np.asarray([-1.0, -2.0, -3.0])}

    assert error_of(paired) == 0.0
    assert error_of({"real": paired["real"], "fake": np.asarray([0.0, 1.0])}) == pytest.approx(np.sqrt(1 / 3 + 0.25))
    assert error_of({}) is None
    assert error_of({"fake": np.asarray([1.0])}) is None
