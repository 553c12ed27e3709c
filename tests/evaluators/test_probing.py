import math
from collections.abc import Iterator

import pytest
import torch

from ganloss_cli.evaluators.catalogue import catalogue, find_loss, total
from ganloss_cli.evaluators.test_inputs.kinds import FORMS, PROBES, Form, forms_for, kind_of, probes_for
from ganloss_cli.evaluators.test_inputs.numbers import Draws
from ganloss_cli.evaluators.test_inputs.scenes import scene


@pytest.mark.parametrize("name", catalogue())
def test_every_loss_is_finite_on_its_regular_probes(name: str) -> None:
    loss = find_loss(name)
    form = forms_for(loss)[0]
    regular = [probe for probe in probes_for(loss) if probe.regular]

    values = []
    for probe in regular:
        made = scene(loss, probe, form)
        values.append(total(loss(made.batch, {**loss.settings, **made.settings})))

    assert len(values) >= 3
    assert all(math.isfinite(value) for value in values)


@pytest.mark.parametrize("name", ["ssim", "d_bce", "gp", "kl", "si_sdr", "cycle", "path_length"])
def test_the_same_probe_is_made_twice_alike(name: str) -> None:
    loss = find_loss(name)
    form, probe = forms_for(loss)[0], probes_for(loss)[0]

    first, second = (scene(loss, probe, form).given for _ in range(2))

    made = [list(_tensors(list(given.values()))) for given in (first, second)]
    assert made[0]
    assert all(torch.equal(one, other) for one, other in zip(*made, strict=True))


def _tensors(value: object) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    for entry in value if isinstance(value, list) else ():
        yield from _tensors(entry)


def test_probes_and_forms_have_names_of_their_own() -> None:
    for probes in PROBES.values():
        assert len({probe.name for probe in probes}) == len(probes)
    for forms in FORMS.values():
        assert len(set(forms)) == len(forms)


@pytest.mark.parametrize("values", ["unit", "symmetric", "bytes"])
def test_images_are_handed_over_on_the_range_asked_for_and_compared_on_the_unit_range(values: str) -> None:
    loss = find_loss("l1")
    low, high = {"unit": (0, 1), "symmetric": (-1, 1), "bytes": (0, 255)}[values]

    made = scene(loss, probes_for(loss)[0], Form(layout="batch", values=values))

    assert made.batch.real is not None
    torch.testing.assert_close(made.given["real"], low + (high - low) * made.batch.real)


def test_a_draw_is_keyed_by_its_size_and_not_by_its_shape() -> None:
    ours, theirs = Draws(4), Draws(4)

    first = ours("gp.alpha", (), "uniform")
    second = theirs.draw((4, 1, 1, 1), "uniform")

    assert torch.equal(first, second.flatten())
    assert not torch.equal(theirs.draw((4,), "uniform"), first)  # the second draw of that size


def test_only_mixing_coefficients_are_reflected() -> None:
    plain, reflected = Draws(4), Draws(4, reflected=True)

    torch.testing.assert_close(reflected("gp.alpha", (), "uniform"), 1 - plain("gp.alpha", (), "uniform"))
    assert torch.equal(reflected("dragan.noise", (3,), "uniform"), plain("dragan.noise", (3,), "uniform"))


def test_scores_may_be_probabilities_for_losses_that_take_either() -> None:
    assert {form.values for form in forms_for(find_loss("d_bce"))} == {"logits", "probabilities"}
    assert {form.values for form in forms_for(find_loss("d_lsgan"))} == {"logits"}


@pytest.mark.parametrize(("name", "kind"), [
    ("d_wgan", "logits"), ("mel", "audio"), ("component", "separation"), ("perceptual", "images"), ("mmd", "latent"),
    ("dragan", "critic"),
])  # fmt: skip
def test_the_kind_of_a_loss_follows_from_what_it_needs(name: str, kind: str) -> None:
    assert kind_of(find_loss(name)) == kind
