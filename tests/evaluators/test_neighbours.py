"""Coverage and density of reals by fakes: by hand, against another way to count, and as a verdict on modes."""

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from ganloss_cli.evaluators.checks.generators import covered
from ganloss_cli.evaluators.checks.observed import AuditedFakes
from ganloss_cli.evaluators.checks.registry import find_check
from ganloss_cli.evaluators.neighbours import ROWS, neighbourhoods


def test_neighbourhoods_end_before_the_kth_nearest_real() -> None:
    # on a line: the radii of 0, 1, 3, 7 are 3, 2, 3, 6 with k = 2
    real = torch.tensor([[0.0], [1.0], [3.0], [7.0]])

    found = neighbourhoods(real, torch.tensor([[-2.5], [10.0]]), 2)

    # -2.5 lies in the one of 0 alone; 10 in that of 7 alone
    assert found.covered.tolist() == [True, False, False, True]
    assert (found.coverage, found.density) == (0.5, 0.5)


def test_a_fake_at_the_very_edge_lies_outside() -> None:
    real = torch.tensor([[0.0], [1.0], [3.0]])

    assert neighbourhoods(real, torch.tensor([[-1.0]]), 1).covered.tolist() == [False, False, False]


def test_the_figures_are_those_of_prdc() -> None:
    # prdc 0.2, compute_prdc(real, fake, nearest_k=5), of whole numbers: many distances are equal
    random = np.random.default_rng(0)
    real, fake = (torch.from_numpy(random.integers(0, 3, size=(60, 4)).astype(float)) for _ in range(2))

    found = neighbourhoods(real, fake, 5)

    assert (found.density, found.coverage) == (pytest.approx(113 / 150), pytest.approx(13 / 15))


@pytest.mark.parametrize(("n_real", "n_fake", "k"), [(40, 40, 5), (ROWS + 9, 30, 5), (30, 70, 1), (25, 1, 3)])
def test_chunks_and_counts_give_what_one_matrix_of_distances_gives(n_real: int, n_fake: int, k: int) -> None:
    random = np.random.default_rng(0)
    real, fake = random.normal(size=(n_real, 7)) + 100, random.normal(size=(n_fake, 7)) + 100.3
    # the formulas of the paper, on the whole matrix
    radii = np.sort(np.linalg.norm(real[:, None] - real[None], axis=2), axis=1)[:, k]
    distances = np.linalg.norm(real[:, None] - fake[None], axis=2)
    density = (distances < radii[:, None]).sum(0).mean() / k
    coverage = (distances.min(1) < radii).mean()

    found = neighbourhoods(torch.from_numpy(real), torch.from_numpy(fake), k)

    assert (found.density, found.coverage) == (pytest.approx(density, rel=1e-12), pytest.approx(coverage, rel=1e-12))


def test_the_interval_of_no_and_of_full_coverage_is_not_empty() -> None:
    real = torch.randn(50, 3, generator=torch.Generator().manual_seed(0))

    assert neighbourhoods(real, real + 1e3, 5).coverage_interval() == (0.0, pytest.approx(0.0713, abs=1e-4))
    assert neighbourhoods(real, real, 5).coverage_interval() == (
        pytest.approx(0.9287, abs=1e-4),
        pytest.approx(1.0),
    )


def digits(count: int, modes: list[int], seed: int) -> Tensor:
    """Images of some of ten modes: blurred patterns of their own, each sample with variations of its own."""
    random = torch.Generator().manual_seed(seed)
    patterns = torch.rand((10, 64), generator=torch.Generator().manual_seed(1))
    chosen = torch.tensor(modes)[torch.randint(len(modes), (count,), generator=random)]
    directions = torch.randn((10, 6, 64), generator=torch.Generator().manual_seed(2))
    weights = 0.04 * torch.randn((count, 1, 6), generator=random)
    return (patterns[chosen] + (weights @ directions[chosen]).squeeze(1)).view(-1, 1, 8, 8)


ALL = list(range(10))


def noisy_constant(count: int) -> Tensor:
    return 0.5 + 0.3 * torch.randn((count, 1, 8, 8), generator=torch.Generator().manual_seed(5))


@pytest.mark.parametrize("count", [100, 300])
@pytest.mark.parametrize(
    ("fake", "found"),
    [
        (lambda n: digits(n, ALL, 4), False),
        (lambda n: digits(n, ALL, 5) + 0.02 * noisy_constant(n) - 0.01, False),
        (lambda n: digits(n, [3], 4), True),
        (lambda n: digits(n, [3, 7], 4), True),
        (noisy_constant, True),
    ],
)
def test_missing_modes_are_found_and_none_where_all_are_there(count: int, fake, found: bool) -> None:
    fakes = AuditedFakes(called="g", kind="image", fake=fake(count), real=digits(count, ALL, 0))

    findings = list(find_check("collapsed_generator").findings(fakes))

    assert bool(findings) is found


def test_too_few_samples_give_no_verdict() -> None:
    fakes = AuditedFakes(called="g", kind="image", fake=digits(40, [3, 7], 4), real=digits(40, ALL, 0))

    assert list(find_check("collapsed_generator").findings(fakes)) == []


@pytest.mark.parametrize("count", [100, 1000, 5000])
def test_digits_of_one_or_two_kinds_are_found_and_other_digits_are_healthy(real_data, count: int) -> None:
    file = np.load(real_data / "images" / "mnist" / "train-first-20000.npz")
    images, labels = torch.from_numpy(file["images"]).view(-1, 1, 28, 28) / 255, torch.from_numpy(file["labels"])
    real, others, kinds = images[:count], images[10000:], labels[10000:]

    def verdict(fake: Tensor) -> bool:
        filled = torch.cat(list(itertools.repeat(fake, -(-count // len(fake)))))[:count]
        seen = covered(AuditedFakes(called="g", kind="image", fake=filled, real=real))
        assert seen is not None
        return seen.lacking

    noise = torch.randn((count, 1, 28, 28), generator=torch.Generator().manual_seed(0))
    assert not verdict(others)
    assert verdict(others[kinds == 1])
    assert verdict(others[(kinds == 3) | (kinds == 7)])
    assert verdict(others[5:6] + 0.1 * noise)
    assert verdict(0.5 + 0.3 * noise)
