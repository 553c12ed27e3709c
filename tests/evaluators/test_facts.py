"""What `@loss` declares of each loss is so, and is declared nowhere else."""

import ast
import dataclasses
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.catalogue import FAMILIES, Convention, Loss, catalogue, find_loss, loss, total
from ganloss_cli.evaluators.example import example_batch, known_settings
from ganloss_cli.evaluators.known_tags import meaning_of
from ganloss_cli.evaluators.recipes.published import RECIPES, documented_weights, shown_at_most
from ganloss_cli.evaluators.test_inputs.kinds import forms_for, probes_for
from ganloss_cli.evaluators.test_inputs.scenes import scene
from ganloss_cli.pipeline.loss.convention_values import convention_values

ROOT = Path(__file__).parents[2]
LOSSES = tuple(catalogue().values())
# Where a loss's name stands for something else.
OTHER_MEANINGS = {
    ("ganloss_cli/pipeline/data/inputs.py", "mel"): "what a vocoder takes: a mel spectrogram",
    ("ganloss_cli/pipeline/data/segments.py", "mel"): "the same",
    ("evaluators/checks/discriminators.py", "d_bce"): "the key of a figure in the evidence, which users read",
    ("evaluators/checks/generators.py", "coverage"): "likewise",
    ("evaluators/checks/generators.py", "density"): "likewise",
    ("ganloss_cli/pipeline/log/dead_discriminator.py", "real_score"): "the curve that the check reads",
    ("ganloss_cli/pipeline/log/dead_discriminator.py", "fake_score"): "likewise",
    ("ganloss_cli/without_torch/requests.py", "l1"): "what of these needs no torch is known where it is replaced",
    ("ganloss_cli/without_torch/requests.py", "mse"): "likewise",
    ("ganloss_cli/without_torch/requests.py", "psnr"): "likewise",
    ("ganloss_cli/without_torch/requests.py", "ssim"): "likewise",
    ("ganloss_cli/without_torch/requests.py", "ms_ssim"): "likewise",
}
# These are tables of something else, keyed by nothing that is a loss.
OTHER_TABLES = {
    "evaluators/losses": "the losses themselves",
    "evaluators/recipes": "published sums of losses",
    "evaluators/known_tags.py": "tags of published logs: one tag may be several losses, and most losses have none",
    "io/architectures": "what the training of an architecture logs; io knows no catalogue",
}

every_loss = pytest.mark.parametrize("entry", LOSSES, ids=lambda entry: entry.name)


def strings(source: str) -> Iterator[str]:
    """Every string of a module that is no docstring."""
    tree = ast.parse(source)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    first = [node.body[0] for node in ast.walk(tree) if isinstance(node, documented) and node.body]
    docstrings = {id(node.value) for node in first if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_no_other_module_names_a_loss() -> None:
    names = set(catalogue()) - set(FAMILIES)
    named = {
        (place, text)
        for folder in ("ganloss_cli", "io", "evaluators")
        for file in sorted((ROOT / folder).rglob("*.py"))
        if not (place := file.relative_to(ROOT).as_posix()).startswith(tuple(OTHER_TABLES))
        for text in strings(file.read_text(encoding="utf-8"))
        if text.partition(":")[0] in names
    }

    assert named == set(OTHER_MEANINGS)


def values_of(entry: Loss) -> dict[str, list[float]]:
    """What each convention gives on every probe that it takes."""
    found: dict[str, list[float]] = {}
    form = forms_for(entry)[0]
    for probe in probes_for(entry):
        published, _ = convention_values(entry, probe, form, frozenset(scene(entry, probe, form).given))
        for name, value in published.items():
            found.setdefault(name, []).append(value)
    return found


def inside(value: float, span: tuple[float | None, float | None]) -> bool:
    least, most = (-math.inf if span[0] is None else span[0]), (math.inf if span[1] is None else span[1])
    return not math.isfinite(value) or least - 1e-9 <= value <= most + 1e-9


@every_loss
def test_every_convention_stays_inside_the_span_or_says_that_it_leaves_it(entry: Loss) -> None:
    leaving = {name for name, values in values_of(entry).items() if not all(inside(v, entry.span) for v in values)}

    assert leaving <= {row.name for row in entry.conventions if row.leaves_span}


def test_a_similarity_turned_into_a_loss_passes_the_similarity_s_span() -> None:
    entry = find_loss("ssim")
    real = torch.rand(1, 1, 24, 24, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    over = {
        row.name for row in entry.conventions
        if float(entry.function(real, 1 - real, **row.settings)) > 1
    }  # fmt: skip

    assert over == {row.name for row in entry.conventions if row.leaves_span}


def shrunk(side: Any) -> Any:
    return side * 0.3 if isinstance(side, torch.Tensor) else [[part * 0.3 for part in parts] for parts in side]


@every_loss
def test_exchanging_the_sides_of_a_symmetric_loss_and_of_no_other_leaves_its_value(entry: Loss) -> None:
    sides = next(
        ((a, b) for a, b in (("real", "fake"), ("real_features", "fake_features")) if {a, b} <= {*entry.needs}), None
    )
    if sides is None or "discriminator" in entry.needs:
        assert not entry.symmetric
        return
    batch, settings = example_batch(entry), {**entry.settings, **known_settings(entry, entry.default)}
    batch = dataclasses.replace(batch, **{sides[1]: shrunk(getattr(batch, sides[1]))})
    exchanged = dataclasses.replace(batch, **{a: getattr(batch, b) for a, b in (sides, sides[::-1])})

    same = total(entry(exchanged, settings)) == pytest.approx(total(entry(batch, settings)), rel=1e-9)

    assert same is entry.symmetric


@every_loss
def test_an_identical_pair_gives_what_the_span_and_the_equilibrium_say(entry: Loss) -> None:
    if entry.of_identical_samples is None:
        return
    probe = next(probe for probe in probes_for(entry) if probe.content == "identical")
    form = forms_for(entry)[0]
    made = scene(entry, probe, form)
    batch = dataclasses.replace(made.batch, z_q=made.batch.latents) if "z_q" in entry.needs else made.batch

    assert total(entry(batch, {**entry.settings, **made.settings})) == pytest.approx(
        entry.of_identical_samples, abs=1e-7
    )


@every_loss
def test_a_recipe_s_totals_hold_what_is_about_their_side_and_nothing_observed(entry: Loss) -> None:
    sides = {
        total.side
        for recipe in RECIPES.values()
        for term in recipe.terms if term.loss == entry.name
        for total in recipe.totals if total.logged == term.total
    }  # fmt: skip

    assert sides <= ({entry.about} if not entry.observed else set())


@every_loss
def test_a_side_of_a_game_plays_against_a_discriminator_s_loss(entry: Loss) -> None:
    if entry.plays_against is None:
        assert entry.family != "adversarial" or entry.observed
        return
    against = find_loss(entry.plays_against)

    assert against.about == "discriminator"
    assert (against is entry) is (entry.about == "discriminator")


@every_loss
def test_what_is_computed_now_and_then_is_so_in_a_recipe_of_that_loss(entry: Loss) -> None:
    if entry.lazy is None:
        return
    (often,) = re.findall(r"\d+th", entry.lazy)
    caveats = [
        caveat
        for recipe in RECIPES.values() if any(term.loss == entry.name for term in recipe.terms)
        for caveat in recipe.caveats
    ]  # fmt: skip

    assert any(often in caveat for caveat in caveats)


@every_loss
def test_a_usual_weight_is_that_of_a_recipe(entry: Loss) -> None:
    undocumented = {"l1": {10.0}}  # of functions that weigh inside

    assert set(entry.usual_weights) - set(documented_weights(entry.name)) == undocumented.get(entry.name, set())


@every_loss
def test_only_a_product_over_scales_refuses_small_pictures(entry: Loss) -> None:
    if entry.images != "image_only" or "fake" not in entry.needs:
        assert not entry.multi_scale
        return
    small = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    pair = dict.fromkeys(entry.needs, small)

    if entry.multi_scale:
        with pytest.raises(InputError, match="too small"):
            entry.function(**pair)
    else:
        entry.function(**pair)


@every_loss
def test_a_hint_for_unpaired_samples_names_a_loss_that_needs_no_pairs(entry: Loss) -> None:
    if entry.if_unpaired is None:
        return
    other = find_loss(entry.if_unpaired.partition(" ")[0])

    assert entry.paired
    assert not other.paired
    assert other.needs == entry.needs


@every_loss
def test_a_tag_that_ends_in_a_loss_s_name_may_be_that_loss(entry: Loss) -> None:
    # so a new loss needs no row in the table of tags, unless training codes call it something else
    meaning = meaning_of(f"train/{entry.name}")

    assert meaning is not None
    assert entry.name in meaning.losses


def test_a_display_clip_comes_with_the_code_that_shows_no_more() -> None:
    rvc = "RVC-Project/Retrieval-based-Voice-Conversion-WebUI"

    assert (shown_at_most("mel"), shown_at_most("kl_vits")) == ({75.0: rvc}, {9.0: rvc})


@pytest.mark.parametrize("taken", ["bce", "d_bce"])
def test_a_synonym_means_one_loss(taken: str) -> None:
    def half_hearted(real_logits: torch.Tensor) -> torch.Tensor:
        return real_logits

    rows = (Convention(name="default", source="here"),)
    enter = loss(family="latent", reference="here", conventions=rows, synonyms=(taken,))

    with pytest.raises(RuntimeError, match="already means another loss"):
        enter(half_hearted)


def known(name: str) -> set[float]:
    return {round(value, 6) for value in find_loss(name).known_values}


def test_the_known_decibels_are_those_of_psnr() -> None:
    psnr = find_loss("psnr").function
    black = torch.zeros(1, 3, 16, 16, dtype=torch.float64)
    rounding = torch.linspace(-0.5, 0.5, 3 * 256 + 1, dtype=torch.float64)[1:].view(1, 3, 16, 16) / 255

    one_level, capped, eight_bits, infinite = (
        float(psnr(black, black + error, floor=floor))
        for error, floor in ((1 / 255, 0.0), (0.0, 1e-8), (rounding, 0.0), (0.0, 0.0))
    )

    assert {round(one_level, 6), round(capped, 6), math.inf} <= known("psnr")
    assert infinite == math.inf
    assert min(abs(value - eight_bits) for value in known("psnr")) < 1e-3


@pytest.mark.parametrize("name", ["d_bce", "g_bce"])
def test_the_known_cross_entropies_are_those_of_torch(name: str) -> None:
    bce = torch.nn.functional.binary_cross_entropy
    twice = torch.nn.functional.binary_cross_entropy_with_logits
    one, zero = torch.ones(1, dtype=torch.float64), torch.zeros(1, dtype=torch.float64)

    # a probability in place of a logit lies on [0, 1]: the best for a real is 1, the worst for a fake
    figures = {float(bce(zero, one)), float(twice(one, one)), float(twice(one, zero))}

    assert {round(figure, 6) for figure in figures} == known(name)


@pytest.mark.parametrize("name", ["gp", "dragan"])
def test_a_constant_discriminator_has_the_known_penalties(name: str) -> None:
    entry = find_loss(name)
    flat = next(probe for probe in probes_for(entry) if probe.content == "flat")
    form = forms_for(entry)[0]
    published, _ = convention_values(entry, flat, form, frozenset(scene(entry, flat, form).given))

    assert known(name) == {1.0, 10.0}
    assert published[entry.default.name] == pytest.approx(1.0)
