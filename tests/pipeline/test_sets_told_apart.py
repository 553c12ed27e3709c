"""How often a ranking and a baseline call equal generators different in losses of whole sets, and miss different ones.

    python tests/pipeline/test_sets_told_apart.py 1000
    python tests/pipeline/test_sets_told_apart.py --commands 200

tells the rates of so many repetitions, with as many drawings as a run makes: of the statistics, or of whole commands;
of the statistics also how often a difference is found that the ranking, or the gate, says is found in 80 of 100 runs.
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from ganloss_cli.cli import main as ganloss
from ganloss_cli.errors import ExitStatus
from ganloss_cli.evaluators.catalogue import find_loss
from ganloss_cli.evaluators.extras import DISTRIBUTION
from ganloss_cli.evaluators.losses.coverage import coverage, density
from ganloss_cli.evaluators.losses.fid import fid
from ganloss_cli.evaluators.losses.fm_moment import fm_moment
from ganloss_cli.evaluators.losses.kid import kid
from ganloss_cli.evaluators.losses.prc import Figure, prc
from ganloss_cli.evaluators.losses.ragan import d_ragan
from ganloss_cli.evaluators.losses.sets import SampleSet
from ganloss_cli.evaluators.statistics import Apportioned, Floats, SetStatistic
from ganloss_cli.evaluators.worsening import Aim
from ganloss_cli.pipeline.baseline.changes import Compared, changes
from ganloss_cli.pipeline.baseline.measured import Measured
from ganloss_cli.pipeline.evaluate.spread import DRAWS_OF_SETS, Part, Spread
from ganloss_cli.pipeline.rank import standings as ranked
from ganloss_cli.pipeline.rank.standings import Cell, Column, Stood, standings
from ganloss_cli.records.report import Change, Result, SampleValues

LEVEL = 0.05
REPETITIONS, DRAWS = 120, 6  # of a test; fewer drawings cost power, and no false alarms
N = 60


def frechet(real: Tensor, fake: Tensor) -> SampleSet:
    return fid([[real]], [[fake]])


def kernels(real: Tensor, fake: Tensor) -> SetStatistic:
    return kid([[real]], [[fake]])


def among(figure: Figure) -> Callable[[Tensor, Tensor], SetStatistic]:
    return lambda real, fake: prc([[real]], [[fake]], figure=figure)


def means(real: Tensor, fake: Tensor) -> SetStatistic:
    return fm_moment([[real]], [[fake]])


def relativistic(real: Tensor, fake: Tensor) -> SampleSet:
    return d_ragan([real], [fake])  # type: ignore[arg-type]


@dataclass(frozen=True, kw_only=True)
class Case:
    """A loss with generators whose samples are normal.

    Args:
        loss: of reals and fakes.
        aim: what is better.
        spread: of the fakes of equal generators.
        worse: the spread of a worse one.
        dimensions: of a sample.
        shift: how far off every fake is, before it is spread.
    """

    loss: Callable[[Tensor, Tensor], SetStatistic]
    aim: Aim
    spread: float
    worse: float
    dimensions: int = 1
    shift: float = 0.0


LOWER, HIGHER = (Aim(higher_is_better=better) for better in (False, True))
RAGAN = find_loss("d_ragan").equilibrium_at(1, {})
AT_ZERO = Aim(higher_is_better=None)
CASES = {
    "frechet": Case(loss=frechet, aim=LOWER, spread=1.5, worse=2.1),
    "frechet, many dimensions": Case(loss=frechet, aim=LOWER, spread=1.2, worse=1.4, dimensions=80),
    "kernel distance": Case(loss=kernels, aim=LOWER, spread=0.9, worse=0.5, dimensions=8),
    "fm_moment": Case(loss=means, aim=AT_ZERO, spread=0.7, worse=1.1, dimensions=300, shift=0.5),
    "precision": Case(loss=among("precision"), aim=HIGHER, spread=0.8, worse=1.8, dimensions=2),
    "recall": Case(loss=among("recall"), aim=HIGHER, spread=0.8, worse=0.2, dimensions=2),
    "f_score": Case(loss=among("f_score"), aim=HIGHER, spread=0.8, worse=0.2, dimensions=2),
    "d_ragan": Case(loss=relativistic, aim=Aim(higher_is_better=None, equilibrium=RAGAN or 0.0), spread=1.5, worse=5.0),
    "density": Case(loss=density, aim=HIGHER, spread=0.7, worse=1.4, dimensions=2),
    "coverage": Case(loss=coverage, aim=HIGHER, spread=0.4, worse=0.1, dimensions=2),
    "coverage, nearly all": Case(loss=coverage, aim=HIGHER, spread=0.7, worse=0.2, dimensions=8),
}


def in_closed_form() -> mock._patch[object]:
    """torch-fidelity's figures by their formulas: the tests run where it is not installed."""

    def frechet_distance(a: dict[str, Any], b: dict[str, Any], _: bool) -> dict[str, float]:
        sets = [each["mu"].numpy() for each in (a, b)]
        x, y = ((rows - rows.mean(0)) / math.sqrt(len(rows) - 1) for rows in sets)
        apart = np.square(sets[0].mean(0) - sets[1].mean(0)).sum()
        return {"fid": apart + (x**2).sum() + (y**2).sum() - 2 * np.linalg.svd(x @ y.T, compute_uv=False).sum()}

    def mmd2(xx: Floats, xy: Floats, yy: Floats) -> float:
        alone = sum(own.sum() - np.trace(own) for own in (xx, yy)) / (len(xx) * (len(xx) - 1))
        return float(alone - 2 * xy.mean())

    def share(rows: Tensor, others: Tensor, k: int) -> float:
        radius = torch.cdist(others, others).kthvalue(k + 1).values
        return float((torch.cdist(rows, others) <= radius).any(1).double().mean())

    def shares(fake: Tensor, real: Tensor, *, prc_neighborhood: int, **_: bool) -> dict[str, float]:
        found = share(fake, real, prc_neighborhood), share(real, fake, prc_neighborhood)
        return {"p": found[0], "r": found[1], "f": 2 * found[0] * found[1] / max(1e-5, sum(found))}

    functions = {
        "fid_features_to_statistics": lambda rows: {"mu": rows, "sigma": 0.0},
        "fid_statistics_to_metric": frechet_distance,
        "kernel_poly": lambda x, y: (x @ y.T / x.shape[1] + 1) ** 3,
        "mmd2": mmd2,
        "prc_features_to_metric": shares,
        "KEY_METRIC_PRECISION": "p",
        "KEY_METRIC_RECALL": "r",
        "KEY_METRIC_F_SCORE": "f",
    }
    return mock.patch.object(type(DISTRIBUTION), "module", return_value=SimpleNamespace(**functions))


def sets(case: Case, seed: int, *spreads: float) -> list[SetStatistic]:
    """The statistic of each generator on the same reals, and from the same latents but for a part of their own."""
    drawn = torch.Generator().manual_seed(seed)
    real, latents, *own = (torch.randn(N, case.dimensions, generator=drawn) for _ in range(2 + len(spreads)))
    fakes = (0.6 * latents + 0.8 * noise for noise in own)
    return [case.loss(real, spread * (fake + case.shift)) for fake, spread in zip(fakes, spreads, strict=True)]


def spread_of(statistic: SetStatistic) -> Spread:
    if isinstance(statistic, Apportioned):
        parts = tuple(Part(space=0, factor=1.0, values=own) for own in statistic.shares().values())
        return Spread(parts=parts, of_set=True)
    return Spread(sets=((1.0, statistic),), of_set=True)


def result(case: Case, statistic: SetStatistic) -> Result:
    computed = statistic.compute()
    value = math.fsum(computed.values()) if isinstance(computed, dict) else float(computed)  # type: ignore[arg-type]
    better = case.aim.higher_is_better
    return Result(loss="x", convention="y", typed="x", value=value, count=N, higher_is_better=better,
                  equilibrium=case.aim.equilibrium if better is None else None)  # fmt: skip


def told_by_rank(case: Case, statistics: list[SetStatistic], seed: int, draws: int) -> int | None:
    """The place of the one that all others are worse than; None where some tie."""
    stood = stood_in_rank(case, statistics, seed, draws)
    return stood.loss.best if not stood.loss.ties else None


def stood_in_rank(case: Case, statistics: list[SetStatistic], seed: int, draws: int) -> Stood:
    """What a ranking says of two."""
    cells = [Cell(result=result(case, each), spread=spread_of(each)) for each in statistics]
    with mock.patch.object(ranked, "DRAWS_OF_SETS", draws), mock.patch.object(ranked, "DRAWS", draws):
        stood = standings(Column(name="x", cells=cells), seed, LEVEL)
    assert stood.loss.compared is not None, stood.loss.untold
    return stood


def judged(case: Case, statistics: list[SetStatistic], seed: int, draws: int) -> Change:
    """What a gate says of a run with the same reals."""
    sides = []
    for statistic in statistics:
        own = [SampleValues(name=str(k), values={}) for k in range(N)]
        row = vars(result(case, statistic))
        redrawn = spread_of(statistic).redrawn(seed, draws)
        sides.append(Measured(row=row, label="x", everything=own, draws=redrawn.tolist()))
    compared = Compared.of(*sides)
    assert compared is not None
    (change,) = changes([compared], [case.aim], LEVEL)
    return change


Told = tuple[int | None, str | None]  # the best of a ranking, and the outcome of a gate


def told(case: Case, spreads: tuple[float, float], repetitions: int, draws: int) -> list[Told]:
    """What is told of two generators."""
    with in_closed_form():
        both = [(seed, sets(case, seed, *spreads)) for seed in range(repetitions)]
        return [(told_by_rank(case, own, seed, draws), judged(case, own, seed, draws).outcome) for seed, own in both]


def false(case: Case, repetitions: int, draws: int) -> dict[str, float]:
    """The share of repetitions in which equal generators are called different."""
    of_equal = told(case, (case.spread, case.spread), repetitions, draws)
    return {
        "better in rank": sum(best is not None for best, _ in of_equal) / repetitions,
        "worse of a gate": sum(outcome == "worse" for _, outcome in of_equal) / repetitions,
    }


def found(case: Case, repetitions: int, draws: int) -> dict[str, float]:
    """The share of repetitions in which the better generator of two is found, and in which the other one is."""
    of_other = told(case, (case.spread, case.worse), repetitions, draws)
    return {
        "best found in rank": sum(best == 0 for best, _ in of_other) / repetitions,
        "wrong best in rank": sum(best == 1 for best, _ in of_other) / repetitions,
        "worse found by a gate": sum(outcome == "worse" for _, outcome in of_other) / repetitions,
    }


def kept_promise(case: Case, repetitions: int, draws: int) -> dict[str, float]:
    """How often generators are told apart that differ by what their own reports say is found in 80 of 100 runs."""

    def pairs(spread: float, number: int) -> list[tuple[int, list[SetStatistic]]]:
        return [(seed, sets(case, seed, case.spread, spread)) for seed in range(number)]

    def in_rank(seed: int, pair: list[SetStatistic]) -> tuple[float, bool]:
        stood = stood_in_rank(case, pair, seed, draws)
        power = next(one.power for one in stood.standings if one is not None and one.power is not None)
        return power, told_by_rank(case, pair, seed, draws) == 0

    def by_a_gate(seed: int, pair: list[SetStatistic]) -> tuple[float, bool]:
        change = judged(case, pair, seed, draws)
        return change.power or 0.0, change.outcome == "worse"

    found = {}
    with in_closed_form():
        for who, ask in (("rank", in_rank), ("gate", by_a_gate)):
            reach = 4 * (case.worse - case.spread) if case.worse > case.spread else 0.02 - case.spread
            nearest, farthest = case.spread, case.spread + reach
            for _ in range(7):
                middle = (nearest + farthest) / 2
                some = pairs(middle, 40)
                said = float(np.mean([ask(seed, pair)[0] for seed, pair in some]))
                far = float(np.mean([worse_by(case, pair) for _, pair in some])) > said
                nearest, farthest = (nearest, middle) if far else (middle, farthest)
            found[who] = float(np.mean([ask(*each)[1] for each in pairs(middle, repetitions)]))
    return found


def worse_by(case: Case, pair: list[SetStatistic]) -> float:
    before, now = (result(case, each).value or 0.0 for each in pair)
    if case.aim.higher_is_better is None:
        return abs(now - case.aim.equilibrium) - abs(before - case.aim.equilibrium)
    return before - now if case.aim.higher_is_better else now - before


@pytest.mark.parametrize("name", ["frechet", "frechet, many dimensions", "kernel distance", "fm_moment", "coverage"])
def test_equal_generators_are_called_different_at_most_as_often_as_stated(name: str) -> None:
    for rate in false(CASES[name], REPETITIONS, DRAWS).values():
        assert rate <= LEVEL + 2 * math.sqrt(LEVEL * (1 - LEVEL) / REPETITIONS)


@pytest.mark.parametrize("name", ["kernel distance"])
def test_what_is_said_to_be_found_in_four_runs_of_five_is_found_so_often(name: str) -> None:
    for share in kept_promise(CASES[name], 60, DRAWS_OF_SETS).values():
        assert 0.65 <= share <= 0.97


@pytest.mark.parametrize("name", CASES)
def test_a_worse_generator_is_found_and_never_called_the_better_one(name: str) -> None:
    rates = found(CASES[name], 10, 40)

    assert rates["wrong best in rank"] == 0
    assert rates["best found in rank"] >= 0.3
    assert rates["worse found by a gate"] >= 0.3


SCALED = """
from torch import nn


class G(nn.Linear):
    def __init__(self):
        super().__init__(2, 2, bias=False)
"""
GATES = {"coverage": "points", "density": "points", "d_ragan from equilibrium": "scores"}  # on which data


def command(*words: object) -> dict[str, Any]:
    """The document of a command."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
        assert ganloss([*map(str, words), "--format", "json"]) in (ExitStatus.DONE, ExitStatus.FAILED)
    return json.loads(out.getvalue())  # type: ignore[no-any-return]


def told_by_commands(seed: int, place: Path) -> dict[str, bool]:
    """Which commands call generators different that are equal, in an empty folder."""
    drawn = torch.Generator().manual_seed(seed)
    real, scores = torch.randn(N, 2, generator=drawn), torch.randn(N, 1, generator=drawn)
    for name in ("before", "now"):
        fake = 0.7 * torch.randn(N, 2, generator=drawn)
        save_file({"real": real, "fake": fake}, place / f"points-{name}.safetensors")
        fake_scores = torch.randn(N, 1, generator=drawn) - 1
        save_file({"real_logits": scores, "fake_logits": fake_scores}, place / f"scores-{name}.safetensors")
    found = {}
    for gate, data in GATES.items():
        words = ("eval", "--losses", gate.split()[0], "--seed", seed, "--data")
        command(*words, place / f"{data}-before.safetensors", "--per-sample", "-o", place / "base.json")
        asked = ("--baseline", place / "base.json", "--fail-if-worse", gate)
        document = command(*words, place / f"{data}-now.safetensors", *asked)
        found[f"gate {gate}"] = document["gates"][0]["change"]["outcome"] == "worse"
    (place / "nets.py").write_text(SCALED)
    for step in range(3):  # each turns the latents by another angle: equal in law, and other fakes
        turned = torch.linalg.qr(torch.randn(2, 2, generator=drawn))[0]
        torch.save({"weight": 0.7 * turned.contiguous()}, place / f"G-{step}.pt")
    save_file({"real": real}, place / "real.safetensors")
    ranking = command(
        "rank", place / "G-*.pt", "--network", f"G={place / 'nets.py'}:G", "--data", place / "real.safetensors",
        "--latent-shape", 2, "--samples", N, "--losses", "coverage,density", "--seed", seed,
    )["ranking"]  # fmt: skip
    return found | {f"rank {loss['name']}": len(loss["ties"]) < 2 for loss in ranking["losses"]}


def test_commands_seldom_call_equal_generators_different(tmp_path: Path) -> None:
    """A few repetitions of what is run a hundred times by hand; the questions of one are about the same samples."""
    told = [told_by_commands(seed, tmp_path) for seed in range(3)]

    assert sum(different for each in told for different in each.values()) <= 3


def main() -> None:
    torch.set_num_threads(1)
    if sys.argv[1] == "--commands":
        with tempfile.TemporaryDirectory() as folder:
            told = [told_by_commands(seed, Path(folder)) for seed in range(int(sys.argv[2]))]
        for name in told[0]:
            sys.stdout.write(f"{name:32}{sum(each[name] for each in told) / len(told):.3f}\n")
        return
    for name, case in CASES.items():
        if len(sys.argv) > 2 and name not in sys.argv[2:]:
            continue
        promised = kept_promise(case, int(sys.argv[1]) // 5, DRAWS_OF_SETS)
        sys.stdout.write(
            f"{name:26}{'  '.join(f'found as {who} says: {rate:.3f}' for who, rate in promised.items())}\n"
        )
        for rates in (false(case, int(sys.argv[1]), DRAWS_OF_SETS), found(case, int(sys.argv[1]), DRAWS_OF_SETS)):
            sys.stdout.write(f"{name:26}{'  '.join(f'{what}: {rate:.3f}' for what, rate in rates.items())}\n")


if __name__ == "__main__":
    main()
