import copy

import pytest
import torch
from torch import Tensor, nn

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.catalogue import total
from ganloss_cli.evaluators.losses import dragan, gp, lecam, path_length, r1, r2


def seeded(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def discriminator() -> nn.Sequential:
    """Small and smooth, so that finite differences of its slopes mean something."""
    torch.manual_seed(0)
    layers = (nn.Conv2d(2, 3, 2), nn.Tanh(), nn.Conv2d(3, 1, 2), nn.Softplus())
    return nn.Sequential(*layers).double()


def synthesis() -> nn.Sequential:
    torch.manual_seed(1)
    return nn.Sequential(nn.Flatten(), nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 8), nn.Unflatten(1, (2, 2, 2))).double()


REAL, FAKE = seeded(3, 2, 5, 4), seeded(3, 2, 5, 4, seed=1)


def random(name: str, shape: tuple[int, ...], kind: str) -> Tensor:
    drawn = seeded(3, *shape, seed=len(name))
    return torch.sigmoid(drawn) if kind == "uniform" else drawn


def slopes_by_differences(network: nn.Module, samples: Tensor, step: float = 1e-5) -> Tensor:
    """Central differences of the summed scores, element by element."""
    slopes = torch.zeros_like(samples)
    for index in range(samples[0].numel()):
        shift = torch.zeros(samples[0].numel(), dtype=samples.dtype)
        shift[index] = step
        shift = shift.view_as(samples[0])
        difference = (network(samples + shift) - network(samples - shift)).flatten(1).sum(1)
        slopes.view(len(samples), -1)[:, index] = difference / (2 * step)
    return slopes


@pytest.mark.parametrize(("loss", "samples"), [(r1, REAL), (r2, FAKE)])
def test_squared_slopes_agree_with_finite_differences(loss, samples: Tensor) -> None:
    network = discriminator()

    values = loss(samples, network)

    expected = slopes_by_differences(network, samples).flatten(1).square().sum(1)
    torch.testing.assert_close(values.detach(), expected.detach(), rtol=1e-7, atol=0)


def test_the_gradient_penalty_agrees_with_finite_differences() -> None:
    network = discriminator()
    share = random("gp.alpha", (), "uniform").view(3, 1, 1, 1)

    values = gp(REAL, FAKE, network, random)["between"]

    slopes = slopes_by_differences(network, share * REAL + (1 - share) * FAKE).flatten(1).norm(dim=1)
    torch.testing.assert_close(values.detach(), (slopes - 1).square().detach(), rtol=1e-7, atol=0)


def test_dragan_agrees_with_finite_differences() -> None:
    network = discriminator()
    share = random("dragan.alpha", (), "uniform").view(3, 1, 1, 1)
    noise = random("dragan.noise", (2, 5, 4), "uniform")

    values = dragan(REAL, network, random)

    around = REAL + share * 0.5 * REAL.std(correction=0) * noise
    slopes = slopes_by_differences(network, around).flatten(1).norm(dim=1)
    torch.testing.assert_close(values.detach(), (slopes - 1).square().detach(), rtol=1e-7, atol=0)


def test_path_lengths_agree_with_finite_differences() -> None:
    network, styles = synthesis(), seeded(3, 3, 2)
    noise = random("path_length.noise", (2, 2, 2), "normal") / 2

    values = path_length(styles, network, random, mean_path_length=0.3)

    slopes = slopes_by_differences(lambda w: network(w) * noise, styles)  # type: ignore[arg-type]
    lengths = slopes.square().sum(2).mean(1).sqrt()
    torch.testing.assert_close(values.detach(), (lengths - 0.3).square().detach(), rtol=1e-6, atol=0)


@pytest.mark.parametrize(
    "penalty",
    [
        lambda network: r1(REAL, network),
        lambda network: r2(FAKE, network),
        lambda network: gp(REAL, FAKE, network, random)["between"],
        lambda network: dragan(REAL, network, random),
    ],
    ids=["r1", "r2", "gp", "dragan"],
)
def test_a_penalty_can_be_differentiated_through_the_weights(penalty) -> None:
    network = discriminator()

    penalty(network).sum().backward()

    for name, weight in network.named_parameters():
        shifted = [copy.deepcopy(network) for _ in range(2)]
        for sign, other in zip((1, -1), shifted, strict=True):
            with torch.no_grad():
                dict(other.named_parameters())[name].view(-1)[0] += sign * 1e-5
        higher, lower = (float(penalty(other).sum().detach()) for other in shifted)
        slope = 0.0 if weight.grad is None else float(weight.grad.view(-1)[0])  # the last bias moves no slope
        assert slope == pytest.approx((higher - lower) / 2e-5, rel=1e-5, abs=1e-7)


def test_path_length_can_be_differentiated_through_the_weights() -> None:
    network = synthesis()

    path_length(seeded(3, 3, 2), network, random).value().backward()

    assert all(weight.grad is not None for name, weight in network.named_parameters() if "weight" in name)


@pytest.mark.parametrize("loss", [r1, r2])
def test_without_gradients_asked_for_no_graph_is_kept(loss) -> None:
    with torch.no_grad():
        values = loss(REAL, discriminator())

    assert not values.requires_grad
    assert bool(values.isfinite().all())


def test_a_penalty_leaves_no_gradients_behind() -> None:
    network = discriminator()

    with torch.no_grad():
        gp(REAL, FAKE, network, random)

    assert all(weight.grad is None for weight in network.parameters())
    assert not REAL.requires_grad


def test_scores_cut_off_from_their_input_are_refused() -> None:
    with pytest.raises(InputError, match="its scores do not depend on its input"):
        r1(REAL, lambda samples: [samples.detach().sum((1, 2, 3))])


def test_pictures_cut_off_from_their_latents_are_refused() -> None:
    with pytest.raises(InputError, match="its images do not depend on its latents"):
        path_length(seeded(3, 3, 2), lambda styles: torch.zeros(3, 1, 2, 2, dtype=styles.dtype), random)


def test_sub_discriminators_and_patches_are_summed_before_the_slope_is_taken() -> None:
    weights = torch.tensor([3.0, 4.0], dtype=torch.float64)
    samples = seeded(2, 2)

    values = r1(samples, lambda judged: [judged * weights, -(judged * weights)[:, :1]])

    # slopes (3 - 3, 4), not 9 + 16 + 9
    assert values.detach().tolist() == pytest.approx([16.0, 16.0])


def test_a_penalty_grows_with_the_square_of_the_range() -> None:
    network = discriminator()

    on_unit_range = r1((REAL + 1) / 2, lambda pictures: network(2 * pictures - 1))

    torch.testing.assert_close(on_unit_range, 4 * r1(REAL, network))


def test_slopes_at_a_flat_point_are_differentiable() -> None:
    samples = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)

    values = gp(samples, samples, lambda judged: [(judged**2).sum(1)], lambda *_: torch.zeros(2))["between"]
    (gradient,) = torch.autograd.grad(values.sum(), samples)

    assert values.tolist() == [1.0, 1.0]
    assert bool(gradient.isfinite().all())


def test_given_averages_make_lecam_a_loss_of_single_samples() -> None:
    terms = lecam(torch.tensor([2.0, 0.0]), torch.tensor([1.0]), average_real=0.5, average_fake=-1.0)

    assert {name: term.tolist() for name, term in terms.items()} == {"real.0": [9.0, 1.0], "fake.0": [0.0]}


def test_averages_over_the_set_are_each_sub_discriminators_own() -> None:
    real = (torch.tensor([1.0, 3.0]), torch.tensor([10.0, 30.0]))
    fake = (torch.tensor([0.0, 0.0]), torch.tensor([5.0, 5.0]))

    value = lecam(real, fake)

    assert value.compute() == {"real.0": 5.0, "real.1": 325.0, "fake.0": 4.0, "fake.1": 225.0}


def test_without_a_mean_the_path_penalty_is_the_variance_of_the_lengths() -> None:
    network, styles = synthesis(), seeded(3, 3, 2)
    lengths = path_length(styles, network, random, mean_path_length=0.0).sqrt()

    value = total(path_length(styles, network, random))

    assert value == pytest.approx(float(lengths.detach().var(correction=0)))
