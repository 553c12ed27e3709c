"""What is infinite is an error wherever a number is made of it: scores, slopes, features; in values, gates, audits."""

import itertools
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from ganloss_cli import evaluate
from ganloss_cli.errors import NothingEvaluatedError
from ganloss_cli.evaluators.batch import LOGIT_ROLES, Batch
from ganloss_cli.evaluators.catalogue import Convention, Loss, catalogue
from ganloss_cli.evaluators.test_inputs.networks import ProbeBackbone, last_layer
from ganloss_cli.evaluators.test_inputs.numbers import Draws
from ganloss_cli.pipeline.log.audit import LogRequest, audit_log
from ganloss_cli.pipeline.number.audit import trace_numbers
from ganloss_cli.records.request import Request, StatedNumber

READ_SCORES = [loss for loss in catalogue().values() if set(LOGIT_ROLES) & {*loss.needs}]


@pytest.fixture
def scored(tmp_path: Path):
    """A file of four real and four fake scores, of which one side holds a value that is not finite."""

    def write(beyond: dict[str, float]) -> Path:
        real, fake = torch.tensor([1.0, 0.3, 2.0, 0.5]), torch.tensor([-1.0, -2.0, 0.2, -0.5])
        tensors = {"real_logits": real, "fake_logits": fake}
        for role, value in beyond.items():
            tensors[role][1 if role == "real_logits" else 2] = value
        path = tmp_path / "scores.safetensors"
        save_file(tensors, path)
        return path

    return write


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("loss", READ_SCORES, ids=lambda loss: loss.name)
def test_no_convention_of_a_loss_gives_a_number_where_a_score_it_reads_is_not_finite(
    scored, loss: Loss, value: float
) -> None:
    for role in set(LOGIT_ROLES) & {*loss.needs}:
        if loss.name == "g_rsgan" and role == "real_logits":
            continue  # the overwritten line of one convention reads the fakes alone
        report = evaluate(data=scored({role: value}), losses=f"{loss.name}:all", scores="logits")

        assert report.results
        for result in report.results:
            reason = "nan" if math.isnan(value) else "infinite"
            assert (result.convention, result.value, result.reason) == (result.convention, None, reason)
            own = [name for name in result.terms if name.partition(".")[0] in (role.partition("_")[0], "pair")]
            assert [result.terms[name].value for name in own] == [None] * len(own)


def test_the_samples_with_infinite_scores_are_named_and_the_gate_fails(scored) -> None:
    file = scored({"real_logits": math.inf, "fake_logits": -math.inf})

    report = evaluate(data=file, losses="d_ragan", scores="logits", fail_if="d_ragan>1")

    (result,), (gate,) = report.results, report.gates
    assert (result.value, result.reason, result.non_finite_samples) == (None, "infinite", ("1", "2"))
    assert gate.failed
    assert [finding.check for finding in report.findings if finding.severity == "error"] == ["non_finite_loss"]


def test_zero_is_not_reproduced_by_infinite_scores(scored) -> None:
    number = StatedNumber(name="d_ragan", text="0.0", value=0.0, tolerance=0.05)
    file = scored({"real_logits": math.inf, "fake_logits": -math.inf})

    report = trace_numbers([number], Request(data=file, scores="logits", command=()))

    assert report.numbers[0].candidates == ()
    assert any(finding.severity == "error" for finding in report.findings)


def test_a_logged_number_is_not_held_against_infinite_scores(scored, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text('{"step": 1, "d_loss": 0.9}\n{"step": 2, "d_loss": 0.2286}\n')
    request = Request(data=scored({"real_logits": math.inf}), scores="logits", command=())

    with pytest.raises(NothingEvaluatedError, match="d_bce:dcgan: 1 of 4 samples are not finite: 1"):
        audit_log(LogRequest(path=log, mapping={"d_loss": "d_bce"}), request, ())


PENALTIES = [loss for loss in catalogue().values() if {"discriminator", "generator"} & {*loss.needs}]
AMONG_FEATURES = [loss for loss in catalogue().values() if loss.family == "features" and "backbone" not in loss.needs]


def of_sample(value: float, slope: float) -> Callable[[Tensor], Tensor]:
    """A network: for the second sample `value` with the slope `slope`, for the others their square."""

    def network(samples: Tensor) -> Tensor:
        beyond = torch.zeros(len(samples), *[1] * (samples.dim() - 1)).index_fill(0, torch.tensor([1]), 1.0)
        steep = torch.where(beyond > 0, samples * slope, samples.square())
        return torch.where(beyond > 0, steep + value, steep)

    return network


def numbers(loss: Loss, roles: Mapping[str, Any], row: Convention) -> list[float]:
    """Every value of a convention of a loss."""
    if row.settings.get("space") == "values":
        roles = {name: value for name, value in roles.items() if not name.endswith("_features")}
    known = {name: value for name, value in roles.items() if name in (*loss.needs, *loss.optional)}
    found = loss(Batch(**known), {**loss.settings, **row.settings})
    found = found if isinstance(found, Mapping) else {"value": found}
    values = [one.compute() if hasattr(one, "compute") else one for one in found.values()]
    values = [part for one in values for part in (one.values() if isinstance(one, Mapping) else [one])]
    return [float(number) for value in values for number in torch.as_tensor(value).detach().flatten()]


@pytest.mark.parametrize(("value", "slope"), [(math.inf, 1.0), (-math.inf, 1.0), (math.nan, 1.0), (0.0, math.inf)])
@pytest.mark.parametrize("loss", PENALTIES, ids=lambda loss: loss.name)
def test_no_penalty_gives_a_number_where_a_score_or_a_slope_is_not_finite(
    loss: Loss, value: float, slope: float
) -> None:
    samples = {name: torch.rand(4, 3, 8, 8) + 0.5 for name in ("real", "fake")}
    network = of_sample(value, slope)
    roles = {
        **samples, "latents": samples["real"], "discriminator": network, "generator": network, "random": Draws(4),
        "backbone": ProbeBackbone(), "last_layer": last_layer,
    }  # fmt: skip

    for row in loss.conventions:
        assert not all(map(math.isfinite, numbers(loss, roles, row))), row.name


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("loss", AMONG_FEATURES, ids=lambda loss: loss.name)
def test_no_loss_over_features_gives_a_number_where_one_is_not_finite(loss: Loss, value: float) -> None:
    sides = [side for side in ("real", "fake") if f"{side}_features" in (*loss.needs, *loss.optional)]
    for side, row in itertools.product(sides, loss.conventions):
        roles: dict[str, Any] = {name: torch.rand(12, 1, 4, 4) for name in ("real", "fake")}
        for name in ("real_features", "fake_features"):
            roles[name] = [[torch.randn(12, 3, 4, 4), torch.randn(12, 5, 2, 2), torch.randn(12, 1, 2, 2)]]
        roles[side][3, 0, 0, 0] = value
        for read in (1, 2):  # the last hidden map, or class scores
            roles[f"{side}_features"][0][read][3, 0, 0, 0] = value

        assert not all(map(math.isfinite, numbers(loss, roles, row))), row.name
