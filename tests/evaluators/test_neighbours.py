"""Coverage and density of reals by fakes: by hand, and against another way to count."""

import numpy as np
import pytest
import torch

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
