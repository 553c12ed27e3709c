"""Missing modes: level and power as promised, on points, patterns and digits."""

import itertools

import numpy as np
import pytest
import torch
from torch import Tensor

from ganloss_cli.evaluators.checks.generators import compared
from ganloss_cli.evaluators.checks.observed import AuditedFakes
from ganloss_cli.evaluators.checks.registry import find_check
from ganloss_cli.evaluators.missing_modes import missing_modes


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


def test_too_few_samples_give_no_verdict_but_how_many_would() -> None:
    fakes = AuditedFakes(called="g", kind="image", fake=digits(24, ALL, 4), real=digits(24, ALL, 0))

    assert list(find_check("collapsed_generator").findings(fakes)) == []
    seen = compared(fakes)["pixels"].missing
    assert not seen.told
    assert seen.power < 0.95
    assert seen.enough is not None
    assert missing_modes(*(digits(seen.enough, ALL, k).flatten(1) for k in (6, 7))).told


def test_modes_that_only_the_discriminator_tells_apart_are_found_in_its_features() -> None:
    random = torch.Generator().manual_seed(0)
    noise = [torch.randn((200, 1, 8, 8), generator=random) for _ in range(2)]
    told = [digits(200, modes, k).flatten(1) for k, modes in enumerate(([3, 7], ALL))]
    fakes = AuditedFakes(
        called="g", kind="image", fake=noise[0], real=noise[1], features={"discriminator features": (told[0], told[1])}
    )

    (finding,) = find_check("collapsed_generator").findings(fakes)

    assert finding.evidence["space"] == "discriminator features"
    assert finding.evidence["power"] >= 0.95


def test_features_that_only_tell_fakes_from_reals_tell_nothing_of_modes() -> None:
    fake, real = digits(200, ALL, 0), digits(200, ALL, 1)
    far = 100 + fake.flatten(1), real.flatten(1)
    fakes = AuditedFakes(called="g", kind="image", fake=fake, real=real, features={"discriminator features": far})

    assert list(find_check("collapsed_generator").findings(fakes)) == []
    assert compared(fakes)["discriminator features"].verdict() == "cannot tell: it tells fakes from reals"


def found(fake: Tensor, real: Tensor) -> bool:
    seen = compared(AuditedFakes(called="g", kind="image", fake=fake, real=real))["pixels"]
    return seen.lacking or seen.apart


def blobs(count: int, seed: int) -> Tensor:
    """Points of two dimensions without any modes: what is left out is a part of one cloud."""
    return torch.randn((count, 2), generator=torch.Generator().manual_seed(seed))


def test_a_set_that_leaves_out_half_is_hardly_ever_found_and_one_of_a_tenth_always() -> None:
    called = {0.5: 0, 0.9: 0}
    for seed in range(25):
        real, more = blobs(100, seed), blobs(1000, 1000 + seed)
        order = (more - real[0]).norm(dim=1).argsort()
        for missing, nearest in ((0.5, order[-500:]), (0.9, order[:100])):
            fake = more[nearest[torch.randperm(len(nearest), generator=torch.Generator().manual_seed(seed))[:100]]]
            called[missing] += missing_modes(real, fake).found

    assert called[0.5] <= 1  # of 25, at a level of 1 %
    assert called[0.9] == 25


def test_the_share_is_that_of_the_reals_whose_mode_is_missing() -> None:
    # four points far apart, a quarter of the reals at each, fakes at one of them
    real = 100.0 * torch.eye(4)[torch.arange(64) % 4] + 1e-3 * torch.arange(64)[:, None]

    seen = missing_modes(real, 100.0 * torch.eye(4)[:1] + 1e-3 * torch.arange(64)[:, None])

    assert seen.share == pytest.approx(0.75, abs=0.15)
    assert seen.of_reals < 0.3


@pytest.mark.parametrize("count", [100, 1000, 5000])
def test_digits_of_one_or_two_kinds_are_found_and_other_digits_are_healthy(real_data, count: int) -> None:
    file = np.load(real_data / "images" / "mnist" / "train-first-20000.npz")
    drawn = torch.randperm(20000, generator=torch.Generator().manual_seed(count))
    images, labels = torch.from_numpy(file["images"])[drawn] / 255, torch.from_numpy(file["labels"])[drawn]
    images = images.view(-1, 1, 28, 28)
    real, others, kinds = images[:count], images[10000:], labels[10000:]

    def verdict(fake: Tensor) -> bool:
        filled = torch.cat(list(itertools.repeat(fake, -(-count // len(fake)))))[:count]
        return found(filled, real)

    noise = torch.randn((count, 1, 28, 28), generator=torch.Generator().manual_seed(0))
    assert not verdict(others)
    assert verdict(others[kinds == 1])
    assert verdict(others[(kinds == 3) | (kinds == 7)])
    assert verdict(others[5:6] + 0.1 * noise)
    assert verdict(0.5 + 0.3 * noise)


def test_each_digit_alone_and_pairs_of_them_are_found_among_a_hundred_and_imperfect_fakes_are_healthy(
    real_data,
) -> None:
    file = np.load(real_data / "images" / "mnist" / "train-first-20000.npz")
    drawn = torch.randperm(20000, generator=torch.Generator().manual_seed(0))
    images, labels = torch.from_numpy(file["images"])[drawn] / 255, torch.from_numpy(file["labels"])[drawn]
    images = images.view(-1, 1, 28, 28)
    real, others, kinds = images[:100], images[100:], labels[100:]

    def verdicts(fake: Tensor) -> bool:
        seen = compared(AuditedFakes(called="g", kind="image", fake=fake[:100], real=real))
        return any(each.lacking or each.apart for each in seen.values())

    assert all(verdicts(others[kinds == digit]) for digit in range(10))
    pairs = [(0, 1), (2, 8), (3, 5), (4, 9), (6, 7), (1, 7), (3, 8), (0, 6)]
    assert all(verdicts(others[(kinds == one) | (kinds == other)]) for one, other in pairs)
    noise = 0.1 * torch.randn((100, 1, 28, 28), generator=torch.Generator().manual_seed(1))
    healthy = others[:100]
    for fake in (healthy, healthy + noise, healthy.roll(1, 3), 0.7 * healthy + 0.3 * others[100:200]):
        assert not verdicts(fake)
    assert not verdicts(torch.nn.functional.avg_pool2d(healthy, 3, 1, 1))
