"""What every loss of the catalogue keeps to, whoever wrote it.

Files `golden_*.py` beside this one hold the expected numbers: a tuple GOLDEN of rows

    {"loss": "mse", "batch": {"real": ..., "fake": ...}, "expected": 0.25, "source": "by hand: ..."}

with, where they matter, "convention", "settings", "terms" (each term's mean) and "tolerance" (relative, 1e-9).
"""

import dataclasses
import functools
import importlib.util
import inspect
import math
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.evaluators.batch import FEATURE_ROLES, LOGIT_ROLES, Batch
from ganloss_cli.evaluators.catalogue import Convention, Loss, catalogue, total
from ganloss_cli.evaluators.example import N_SAMPLES, example_batch, example_value, known_settings
from ganloss_cli.evaluators.statistics import SetStatistic, Termed, Unreduced, Weighted

LOSSES = list(catalogue().values())
# Counting decisions has no slope, and libraries compute on arrays.
NOT_DIFFERENTIABLE = {
    *("d_accuracy", "estoi", "f0_rmse", "fad", "fid", "isc", "kid", "loudness", "mcd", "periodicity", "pesq", "prc"),
    *("stoi", "vuv_error"),
}


def golden_rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for file in sorted(Path(__file__).parent.glob("golden_*.py")):
        spec = importlib.util.spec_from_file_location(file.stem, file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        rows.extend(module.GOLDEN)
    return rows


GOLDEN = golden_rows()


def settings_of(loss: Loss, convention: Convention | None = None, **chosen: Any) -> dict[str, Any]:
    convention = convention or loss.default
    return {**loss.settings, **known_settings(loss, convention), **convention.settings, **chosen}


def evaluate(loss: Loss, batch: Batch, convention: Convention | None = None) -> Unreduced:
    return loss(batch, settings_of(loss, convention))


def given(batch: Batch) -> dict[str, Any]:
    values = {field.name: getattr(batch, field.name) for field in dataclasses.fields(batch)}
    return {name: value for name, value in values.items() if value is not None}


def changed(value: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """Every tensor of a field replaced; networks as they are."""
    if isinstance(value, Tensor):
        return change(value)
    if isinstance(value, Sequence):
        return tuple(changed(entry, change) for entry in value)
    return value


def with_tensors(batch: Batch, change: Callable[[Tensor], Tensor]) -> Batch:
    return Batch(**{name: changed(value, change) for name, value in given(batch).items()})


def picked(batch: Batch, samples: list[int]) -> Batch:
    """Those samples, in that order; randomness is keyed by sample, so it moves with them."""
    random = batch.random
    taken = with_tensors(batch, lambda tensor: tensor[samples])
    if random is None:
        return taken
    return dataclasses.replace(taken, random=lambda name, shape, kind: random(name, shape, kind)[samples])


@functools.cache
def value_of(loss: str, convention: str) -> float:
    """On the example; three tests hold every convention's against something."""
    entry = catalogue()[loss]
    return example_value(entry, entry.convention(convention))


def parts_of(value: Unreduced) -> dict[str, Tensor]:
    if isinstance(value, Tensor):
        return {"": value}
    if isinstance(value, Weighted):
        return {"values": value.values, "weights": value.weights}
    assert isinstance(value, Mapping)
    return dict(value)


def differentiable(value: Unreduced) -> list[Tensor]:
    """The tensors that stand for the loss; a statistic of a set gives its finished value, if it can."""
    if isinstance(value, SetStatistic):
        finished = value.value()  # type: ignore[attr-defined]  # test_gradients_... asks only where there is one
        return [finished] if isinstance(finished, Tensor) else list(finished.values())
    return list(parts_of(value).values())


def numbers(value: Unreduced) -> dict[str, float]:
    if isinstance(value, SetStatistic):
        result = value.compute()
        return dict(result) if isinstance(result, Mapping) else {"": result}
    return {name: float(part.detach().mean()) for name, part in parts_of(value).items()}


def tensors_of(loss: Loss) -> list[str]:
    """The fields that the loss always reads, without networks."""
    batch = example_batch(loss)
    return [name for name in (*loss.needs, *loss.one_of[:1]) if not callable(getattr(batch, name))]


def lists_of(loss: Loss) -> list[str]:
    return [name for name in tensors_of(loss) if name in (*LOGIT_ROLES, *FEATURE_ROLES)]


def is_set(loss: Loss) -> bool:
    try:
        return isinstance(evaluate(loss, example_batch(loss)), SetStatistic)
    except UsageError:
        return False  # its library is not there, or does not work; its tests are skipped


def over(losses: list[Loss]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("loss", losses, ids=lambda loss: loss.name)


every_loss = over(LOSSES)
# What is compared element by element; unpaired scores of reals and of fakes never meet.
COMPARING = [
    loss for loss in LOSSES
    if len(tensors_of(loss)) > 1 and (loss.paired or loss.equal_counts or not set(tensors_of(loss)) <= set(LOGIT_ROLES))
]  # fmt: skip
# A distance of means compares maps, but not samples; neighbours are looked for in sets of any size.
OF_SETS = ("fm_moment", "coverage", "density", "fad", "fid", "kid", "prc")
PAIRING = [loss for loss in COMPARING if loss.name not in OF_SETS]


def test_the_golden_rows_were_found() -> None:
    assert len(GOLDEN) >= len(LOSSES) > 0


def row_name(row: dict[str, Any]) -> str:
    return f"{row['loss']}:{row.get('convention', '')}:{row['source'][:40]}"


@every_loss
def test_every_loss_has_a_golden_value(loss: Loss) -> None:
    assert [row for row in GOLDEN if row["loss"] == loss.name and "convention" not in row and "settings" not in row]


@every_loss
def test_every_convention_has_a_golden_value_or_a_factor(loss: Loss) -> None:
    held = {row.get("convention", loss.default.name) for row in GOLDEN if row["loss"] == loss.name}

    loose = [row.name for row in loss.conventions if not (row.name in held or row.alias_of or row.factor)]

    assert loose == []


@pytest.mark.parametrize("row", GOLDEN, ids=row_name)
def test_the_golden_value_comes_out(row: dict[str, Any]) -> None:
    loss = catalogue()[row["loss"]]
    convention = loss.convention(row.get("convention", loss.default.name))
    settings = settings_of(loss, convention, **row.get("settings", {}))

    value = loss(Batch(**row["batch"]), settings)

    tolerance = row.get("tolerance", 1e-9)
    assert total(value) == pytest.approx(row["expected"], rel=tolerance, abs=1e-12)
    if "terms" in row:
        beside = value.terms() if isinstance(value, Termed) else numbers(value)
        assert beside == pytest.approx(row["terms"], rel=tolerance, abs=1e-12)


@pytest.mark.parametrize("row", GOLDEN, ids=row_name)
def test_a_golden_row_names_its_source(row: dict[str, Any]) -> None:
    by_hand = row["source"].startswith("by hand")
    library = re.search(r"\b[a-z_-]+ \d+\.\d+", row["source"])
    repository = re.search(r"^[\w.-]+/[\w.-]+@[0-9a-f]{7,40} \S+\.(py|ipynb)", row["source"])

    assert by_hand or library or repository


@every_loss
def test_a_loss_is_unreduced(loss: Loss) -> None:
    for convention in loss.usable:
        value = evaluate(loss, example_batch(loss), convention)

        if isinstance(value, SetStatistic):
            assert value.count == N_SAMPLES
            assert all(math.isfinite(number) for number in numbers(value).values())
        else:
            assert {tuple(part.shape) for part in parts_of(value).values()} == {(N_SAMPLES,)}


@over([loss for loss in LOSSES if is_set(loss) or not loss.batch_dependent])
def test_values_of_parts_make_up_the_value_of_the_whole(loss: Loss) -> None:
    batch = example_batch(loss)
    whole = evaluate(loss, batch)

    first, second = evaluate(loss, picked(batch, [0])), evaluate(loss, picked(batch, [1, 2, 3]))

    if isinstance(whole, SetStatistic):
        assert isinstance(first, SetStatistic)
        merged = first.merge(second)
        assert merged.count == N_SAMPLES
        assert numbers(merged) == pytest.approx(numbers(whole), rel=1e-9, abs=1e-12)
    else:
        joined = {name: torch.cat([part, parts_of(second)[name]]) for name, part in parts_of(first).items()}
        torch.testing.assert_close(joined, parts_of(whole), rtol=1e-9, atol=1e-12)


@every_loss
def test_a_set_of_samples_of_different_shapes_has_one_value_in_either_order_or_is_refused(loss: Loss) -> None:
    batch = example_batch(loss)
    smaller = with_tensors(
        batch, lambda tensor: tensor[..., : tensor.shape[-1] * 9 // 10] if tensor.dim() > 1 else tensor
    )
    for convention in loss.usable:
        first = evaluate(loss, batch, convention)
        if not isinstance(first, SetStatistic) or loss.name == "path_length":  # its styles have one size
            continue
        second = evaluate(loss, smaller, convention)
        assert isinstance(second, SetStatistic)

        merged, turned = numbers_or_refusal(first, second), numbers_or_refusal(second, first)
        if isinstance(merged, str):
            assert "samples have the shapes" in merged
            assert isinstance(turned, str)
        else:
            assert merged == pytest.approx(turned, rel=1e-9, abs=1e-12)


def numbers_or_refusal(one: SetStatistic, other: SetStatistic) -> dict[str, float] | str:
    try:
        return numbers(one.merge(other))
    except InputError as error:
        return error.message


@every_loss
def test_samples_keep_their_values_in_another_order(loss: Loss) -> None:
    batch, order = example_batch(loss), [2, 0, 3, 1]
    whole = evaluate(loss, batch)

    shuffled = evaluate(loss, picked(batch, order))

    if isinstance(whole, SetStatistic):
        assert numbers(shuffled) == pytest.approx(numbers(whole), rel=1e-9, abs=1e-12)
    else:
        expected = {name: part[order] for name, part in parts_of(whole).items()}
        torch.testing.assert_close(parts_of(shuffled), expected, rtol=1e-9, atol=1e-12)


@every_loss
def test_the_dtype_that_goes_in_comes_out(loss: Loss) -> None:
    double = evaluate(loss, example_batch(loss))
    single = evaluate(loss, with_tensors(example_batch(loss), Tensor.float))

    if not isinstance(double, SetStatistic):
        assert {part.dtype for part in parts_of(double).values()} == {torch.float64}
        assert {part.dtype for part in parts_of(single).values()} == {torch.float32}
    assert numbers(single) == pytest.approx(numbers(double), rel=1e-3, abs=1e-4)


@every_loss
def test_a_loss_leaves_its_arguments_and_the_global_randomness_alone(loss: Loss) -> None:
    batch = example_batch(loss)
    before = with_tensors(batch, Tensor.clone)
    state = torch.get_rng_state()

    evaluate(loss, batch)

    for name, value in given(batch).items():
        if not callable(value):
            torch.testing.assert_close(value, getattr(before, name), rtol=0, atol=0, equal_nan=True)
    assert torch.equal(state, torch.get_rng_state())


@over(COMPARING)
def test_nothing_is_broadcast(loss: Loss) -> None:
    batch = example_batch(loss)

    for name in tensors_of(loss):
        wider = changed(getattr(batch, name), lambda tensor: tensor.unsqueeze(1))
        with pytest.raises(InputError, match="shape"):
            evaluate(loss, dataclasses.replace(batch, **{name: wider}))


@over(PAIRING)
def test_samples_without_a_partner_are_refused(loss: Loss) -> None:
    batch = example_batch(loss)

    for name in tensors_of(loss):
        fewer = changed(getattr(batch, name), lambda tensor: tensor[:1])
        with pytest.raises(InputError, match="shape"):
            evaluate(loss, dataclasses.replace(batch, **{name: fewer}))


@over([loss for loss in LOSSES if lists_of(loss)])
def test_an_empty_list_is_refused(loss: Loss) -> None:
    batch = example_batch(loss)

    for name in lists_of(loss):
        with pytest.raises(InputError, match="empty list"):
            evaluate(loss, dataclasses.replace(batch, **{name: ()}))


@over([loss for loss in LOSSES if len(lists_of(loss)) > 1])
def test_lists_of_unequal_length_are_refused(loss: Loss) -> None:
    batch = example_batch(loss)

    for name in lists_of(loss):
        with pytest.raises(InputError, match="entries"):
            evaluate(loss, dataclasses.replace(batch, **{name: getattr(batch, name)[:-1]}))


@over([loss for loss in LOSSES if set(lists_of(loss)) & set(LOGIT_ROLES)])
def test_a_lone_tensor_of_logits_is_a_discriminator_of_one_part(loss: Loss) -> None:
    batch = example_batch(loss)
    roles = lists_of(loss)

    lone = evaluate(loss, dataclasses.replace(batch, **{name: getattr(batch, name)[0] for name in roles}))
    listed = evaluate(loss, dataclasses.replace(batch, **{name: getattr(batch, name)[:1] for name in roles}))

    assert numbers(lone) == numbers(listed)


def can_be_differentiated(loss: Loss) -> bool:
    if loss.name in NOT_DIFFERENTIABLE or loss.default not in loss.usable:
        return False
    value = evaluate(loss, example_batch(loss))
    return not isinstance(value, SetStatistic) or hasattr(value, "value")


@over([loss for loss in LOSSES if can_be_differentiated(loss)])
def test_gradients_are_right_and_finite(loss: Loss) -> None:
    batch = picked(example_batch(loss), [0, 1])
    names = [name for name in tensors_of(loss) if name != "z_mask"]
    leaves: list[Tensor] = []
    for name in names:
        changed(getattr(batch, name), lambda tensor: leaves.append(tensor.clone().requires_grad_()) or tensor)

    def scalar(*leaves: Tensor) -> Tensor:
        waiting = iter(leaves)
        fields = {name: changed(getattr(batch, name), lambda _: next(waiting)) for name in names}
        values = differentiable(evaluate(loss, dataclasses.replace(batch, **fields)))
        # unequal weights, lest wrong gradients of two samples cancel
        weighted = [(value * torch.linspace(0.5, 1.5, value.numel()).view_as(value)).sum() for value in values]
        return torch.stack([value.double() for value in weighted]).sum()

    gradients = [one for one in torch.autograd.grad(scalar(*leaves), leaves, allow_unused=True) if one is not None]

    assert all(bool(gradient.isfinite().all()) for gradient in gradients)
    assert any(bool(gradient.any()) for gradient in gradients)
    assert torch.autograd.gradcheck(scalar, leaves, fast_mode=True, atol=1e-5, rtol=1e-3)


@over([loss for loss in LOSSES if can_be_differentiated(loss) and is_set(loss)])
def test_a_set_that_is_kept_holds_no_graph(loss: Loss) -> None:
    batch = example_batch(loss)
    fields = {name: changed(getattr(batch, name), lambda tensor: tensor.clone().requires_grad_()) for name in
              tensors_of(loss) if name != "z_mask"}  # fmt: skip
    value = evaluate(loss, dataclasses.replace(batch, **fields))
    assert isinstance(value, SetStatistic)
    assert any(finished.requires_grad for finished in differentiable(value))

    kept = value.detach()

    assert not any(finished.requires_grad for finished in differentiable(kept))
    assert numbers(kept) == numbers(value)


@every_loss
def test_a_docstring_is_complete(loss: Loss) -> None:
    text = inspect.getdoc(loss.function) or ""

    assert re.fullmatch(r"[A-Z].*\.", loss.summary)
    assert loss.formula
    for name in (*loss.needs, *loss.optional, *loss.settings):
        assert re.search(rf"^    {name}: \S", text, re.MULTILINE), f"Args lacks {name}"
    for section in ("Args:", "Returns:", "Convention:"):
        assert re.search(rf"^{section}", text, re.MULTILINE), f"no {section}"
    assert re.search(r"^Reference:|arXiv|doi|torch\.nn", text, re.MULTILINE), "no reference"
    assert loss.reference
    assert loss.interpretation


@every_loss
def test_a_loss_says_where_it_should_go(loss: Loss) -> None:
    if loss.family in {"adversarial", "penalties"}:
        assert loss.higher_is_better is None
    else:
        assert (
            loss.higher_is_better is not None or loss.equilibrium is not None or loss.family in {"latent", "features"}
        )


@every_loss
def test_the_default_lies_within_the_span_that_the_catalogue_names(loss: Loss) -> None:
    least, most = loss.span

    value = value_of(loss.name, loss.default.name)

    assert least is None or least <= value
    assert most is None or value <= most


@every_loss
def test_a_convention_is_told_from_every_other_unless_it_is_an_alias(loss: Loss) -> None:
    values = {row.name: value_of(loss.name, row.name) for row in loss.usable}
    own = {row.name: values[row.name] for row in loss.usable if row.alias_of is None}

    for row in loss.usable:
        if row.alias_of is not None:
            assert values[row.name] == values[row.alias_of], f"{row.name} is no alias of {row.alias_of}"
            assert loss.convention(row.alias_of).alias_of is None
    for name, value in own.items():
        same = [other for other in own if other != name and own[other] == pytest.approx(value, rel=1e-6, abs=1e-12)]
        assert same == [], f"{name} cannot be told from {same}"


@every_loss
def test_a_factor_that_is_claimed_holds(loss: Loss) -> None:
    default = value_of(loss.name, loss.default.name)

    for row in loss.usable:
        if row.factor is not None:
            assert value_of(loss.name, row.name) == pytest.approx(row.factor * default, rel=1e-9)


@every_loss
def test_a_convention_says_where_it_is_from_and_how_it_relates(loss: Loss) -> None:
    for row in loss.usable:
        assert row.source
        assert row.relation
        assert re.fullmatch(r"[a-z0-9_]+", row.name)
        assert row is loss.default or row.relation != "the default" or row.alias_of == loss.default.name
