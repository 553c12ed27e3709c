"""An alias is another name for one and the same value; what differs on any input is a convention of its own."""

from collections.abc import Mapping

import pytest
import torch

from ganloss_cli.errors import GanlossError
from ganloss_cli.evaluators.catalogue import Convention, Loss, catalogue, total
from ganloss_cli.evaluators.resemblance import likenesses
from ganloss_cli.evaluators.test_inputs.kinds import FORMS, Form, Probe, kind_of, probes_for
from ganloss_cli.evaluators.test_inputs.scenes import scene
from ganloss_cli.pipeline.loss.comparison import tolerance_of

ALIASES = [(loss, row) for loss in catalogue().values() for row in loss.conventions if row.alias_of]


@pytest.mark.parametrize(("loss", "alias"), ALIASES, ids=[f"{loss.name}:{row.name}" for loss, row in ALIASES])
def test_an_alias_has_the_value_of_the_other_name_whatever_the_sizes_ranges_counts_and_values(
    loss: Loss, alias: Convention
) -> None:
    # every probe: odd sizes, one sample and several, tiny and large values, channels and sub-discriminators that differ
    values = [
        (probe.name, of_alias, of_other)
        for probe in probes_for(loss)
        if not (loss.multi_scale and probe.name in ("many samples", "black"))  # a second each
        for of_alias, of_other in zip(
            values_of(loss, alias, probe), values_of(loss, loss.convention(str(alias.alias_of)), probe), strict=True
        )
    ]

    assert any(of_alias is not None for _, of_alias, _ in values)
    for probe, of_alias, of_other in values:
        assert (of_alias is None) == (of_other is None), probe
        assert of_alias is None or of_alias == pytest.approx(of_other, rel=1e-12, nan_ok=True), probe


def values_of(loss: Loss, row: Convention, probe: Probe) -> list[float | None]:
    """In every form that the loss is known in; None where it refuses one."""
    forms = [form for form in FORMS[kind_of(loss)] if form.layout in ("list", "nested", "batch", "vectors", "frames")]
    return [value_of(loss, row, probe, form) for form in forms]


def value_of(loss: Loss, row: Convention, probe: Probe, form: Form) -> float | None:
    made = scene(loss, probe, form)
    settings: Mapping[str, object] = {**loss.settings, **made.settings, **row.settings}
    try:
        with torch.no_grad():
            return total(loss(made.batch, settings))
    except GanlossError:
        return None


def test_what_libraries_do_to_odd_sides_is_three_conventions() -> None:
    loss = catalogue()["ms_ssim"]
    pair = {"real": waves(177), "fake": (waves(177) + 0.1 * waves(177).flip(-1)).clamp(0, 1)}

    made = {name: total(loss.function(**pair, **loss.convention(name).settings)) for name in THREE}

    assert all(loss.convention(name).alias_of is None for name in THREE)
    assert len({round(value, 6) for value in made.values()}) == 3
    assert max(made.values()) - min(made.values()) > 5e-5


THREE = ("wang2003", "pytorch_msssim_unit", "piq")


@pytest.mark.parametrize("name", THREE)
def test_the_probes_of_an_audit_tell_the_three_apart(name: str) -> None:
    loss = catalogue()["ms_ssim"]
    probes = [probe for probe in probes_for(loss) if probe.name in ("random", "odd sizes")]
    form = Form(layout="batch", values="unit")
    published: dict[str, dict[str, float]] = {row.name: {} for row in loss.usable}
    for probe in probes:
        for row in loss.usable:
            published[row.name][probe.name] = value_of(loss, row, probe, form) or 0.0
    regular, counts = [probe.name for probe in probes], {probe.name: {"samples": 1.0} for probe in probes}

    found = likenesses(loss, published[name], published, counts, regular, tolerance_of(loss, "float64"))

    assert (found[0].convention.name, found[0].relation, found[0].same) == (name, "exact", ())


def waves(side: int) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    return torch.rand((1, 1, side, side), generator=random, dtype=torch.float64)
