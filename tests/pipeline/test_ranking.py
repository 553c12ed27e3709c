"""Many checkpoints in one process: equal to runs of their own, ranked as their samples allow."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from ganloss_cli.errors import ExitStatus, InputError, UsageError
from ganloss_cli.evaluators.statistics import Floats
from ganloss_cli.pipeline.data.cache import Decoded
from ganloss_cli.pipeline.evaluate.evaluation import evaluate_request
from ganloss_cli.pipeline.evaluate.spread import Part, Spread
from ganloss_cli.pipeline.rank.each import Series
from ganloss_cli.pipeline.rank.ranking import Choices, rank_request, ranked, states_below
from ganloss_cli.pipeline.rank.standings import Cell, Column, standings
from ganloss_cli.records.report import Report, Result
from ganloss_cli.records.request import Request

LEVEL = 0.05
LEVELLED = Choices(level=LEVEL)
CLASSES = """
from torch import nn


class G(nn.Conv2d):
    def __init__(self):
        super().__init__(3, 3, 1)


class D(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 4, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 4, 2, 1))
"""


def network(strength: float) -> dict[str, torch.Tensor]:
    """What multiplies an image by a number."""
    return {"weight": strength * torch.eye(3)[:, :, None, None], "bias": torch.zeros(3)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six images, and a training whose generator keeps 0.5, 0.8 and 0.9 of them at steps 10, 20 and 100."""
    drawn = np.random.default_rng(0)
    (tmp_path / "imgs").mkdir()
    (tmp_path / "run").mkdir()
    for k in range(6):
        Image.fromarray(drawn.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(tmp_path / "imgs" / f"{k}.png")
    (tmp_path / "nets.py").write_text(CLASSES)
    torch.manual_seed(0)
    for step, strength in ((10, 0.5), (20, 0.8), (100, 0.9)):
        torch.save(network(strength), tmp_path / "run" / f"G-{step}.pt")
        judge = nn.Sequential(nn.Conv2d(3, 4, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 4, 2, 1))
        torch.save(judge.state_dict(), tmp_path / "run" / f"D-{step}.pt")
    return tmp_path


@pytest.fixture
def asked(folder: Path) -> Callable[..., Request]:
    from ganloss_cli.api import chosen

    def request(losses: str = "l1,d_lsgan", *, ckpt: object = None, **others: object) -> Request:
        roles = "GD" if "d_" in losses else "G"
        networks = [f"{role}={folder / 'nets.py'}:{role}" for role in roles]
        fixed = {"data": folder / "imgs", "networks": networks, "network_range": "0,1", "scores": "logits"}
        return chosen({"ckpt": ckpt or folder / "run", "losses": losses, **fixed, **others})

    return request


def values(report: Report, loss: str) -> list[float | None]:
    assert report.ranking is not None
    places = [each.standings[loss].result for each in report.ranking.checkpoints if loss in each.standings]
    return [report.results[place].value for place in places if place is not None]


def test_every_row_equals_a_run_of_its_own(asked, folder: Path) -> None:
    report = rank_request(asked(), LEVELLED)

    alone = [
        evaluate_request(asked(ckpt=[folder / "run" / f"G-{n}.pt", folder / "run" / f"D-{n}.pt"]))
        for n in (10, 20, 100)
    ]
    assert [row.step for row in report.ranking.checkpoints] == [10, 20, 100]
    for k, loss in enumerate(("l1", "d_lsgan")):
        assert values(report, loss) == [each.results[k].value for each in alone]
        errors = [row.standings[loss].result for row in report.ranking.checkpoints]
        assert [report.results[e].standard_error for e in errors] == [each.results[k].standard_error for each in alone]
    assert report.fingerprint == alone[0].fingerprint
    of_results = [report.checkpoints[each.checkpoint].path for each in report.results if each.typed == "d_lsgan"]
    assert [Path(path).name for path in of_results] == ["D-10.pt", "D-20.pt", "D-100.pt"]


def test_the_best_is_told_from_those_that_every_sample_is_worse_in(asked) -> None:
    ranking = rank_request(asked("l1"), LEVELLED).ranking

    assert (ranking.by, ranking.best, ranking.ties) == ("l1", 2, ())
    assert ranking.losses[0].compared == "paired"


def test_equal_checkpoints_tie(asked, folder: Path) -> None:
    torch.save(network(0.9), folder / "run" / "G-200.pt")
    torch.save(network(0.9), folder / "run" / "G-300.pt")

    ranking = rank_request(asked("l1"), LEVELLED).ranking

    assert (ranking.best, ranking.ties) == (2, (3, 4))


def test_the_samples_are_decoded_once_and_again_where_they_do_not_fit(asked, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = rank_request(asked("l1"), LEVELLED)
    request = asked("l1")
    small = Series(request=request, decoded=Decoded(most_bytes=2 * 3 * 16 * 16))  # of pixels of 8 bits

    again = ranked(small, small.run(states_below(request), lambda _: None), LEVELLED)

    assert (plain.ranking.kept, plain.ranking.again) == (6, 0)
    assert (again.ranking.kept, again.ranking.again) == (2, 4)
    assert values(again, "l1") == values(plain, "l1")


def test_several_losses_have_no_single_best_but_a_front(asked) -> None:
    ranking = rank_request(asked("l1,tv"), LEVELLED).ranking

    assert (ranking.by, ranking.best) == (None, None)
    # tv is that of the image made: the fainter, the less; l1 the other way round
    assert ranking.front == (0, 1, 2)


def test_one_of_several_losses_decides(asked) -> None:
    ranking = rank_request(asked("l1,tv"), Choices(by="tv", level=LEVEL)).ranking

    assert (ranking.by, ranking.best) == ("tv", 0)


@pytest.mark.parametrize(
    ("by", "message"),
    [("d_lsgan", "neither lower nor higher"), ("ssim", "not among"), ("l1 from equilibrium", "lower")],
)
def test_a_loss_that_cannot_decide_is_refused(asked, by: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        rank_request(asked(), Choices(by=by, level=LEVEL))


def test_a_total_that_cannot_decide_names_the_terms_that_have_no_better_side(asked) -> None:
    request = replace(asked(), losses=(), recipe="pytorch_gan_pix2pix")

    with pytest.raises(UsageError, match="of G loss neither lower nor higher is better, for it adds adv"):
        rank_request(request, Choices(by="G loss", level=LEVEL))


def test_what_is_nearest_to_equilibrium_can_decide(asked) -> None:
    report = rank_request(asked(), Choices(by="d_lsgan from equilibrium", level=LEVEL))

    away = [abs(row.standings["d_lsgan"].from_equilibrium) for row in report.ranking.checkpoints]
    assert report.ranking.best == int(np.argmin(away))


def test_a_row_that_is_not_finite_is_last_named_and_never_best(asked, folder: Path) -> None:
    torch.save(network(math.nan), folder / "run" / "G-15.pt")

    report = rank_request(asked("l1"), LEVELLED)

    assert [row.step for row in report.ranking.checkpoints] == [10, 20, 100, 15]
    assert (report.ranking.best, report.exit_status) == (2, ExitStatus.DONE)
    assert [f.evidence["checkpoint"] for f in report.findings if f.check == "non_finite_loss"] == ["G-15.pt"]


def test_a_loss_that_is_finite_nowhere_ends_with_6(asked, folder: Path) -> None:
    for step in (10, 20, 100):
        torch.save(network(math.nan), folder / "run" / f"G-{step}.pt")

    assert rank_request(asked("l1"), LEVELLED).exit_status == ExitStatus.NON_FINITE


def test_a_damaged_file_of_a_folder_is_a_row_with_its_reason(asked, folder: Path) -> None:
    (folder / "run" / "G-50.pt").write_bytes(b"PK\3\4 and nothing more")

    report = rank_request(asked("l1"), LEVELLED)

    last = report.ranking.checkpoints[-1]
    assert (last.step, dict(last.standings)) == (50, {})
    assert "G-50.pt" in str(last.reason)
    assert (report.exit_status, report.ranking.best) == (ExitStatus.DONE, 2)


def test_a_folder_of_damaged_files_ends_with_5(asked, folder: Path) -> None:
    for file in (folder / "run").iterdir():
        file.write_bytes(b"PK\3\4 and nothing more")

    assert rank_request(asked("l1"), LEVELLED).exit_status == ExitStatus.NOTHING


def test_a_damaged_file_that_is_named_is_refused(asked, folder: Path) -> None:
    (folder / "run" / "G-50.pt").write_bytes(b"PK\3\4 and nothing more")

    with pytest.raises(InputError, match=r"G-50\.pt"):
        rank_request(asked("l1", ckpt=[folder / "run" / "G-10.pt", folder / "run" / "G-50.pt"]), LEVELLED)


def test_what_fails_every_checkpoint_is_no_row_but_an_error(asked, folder: Path) -> None:
    (folder / "imgs" / "3.png").write_bytes(b"\x89PNG\r\n\x1a\n")

    with pytest.raises(InputError, match=r"3\.png"):
        rank_request(asked("l1"), LEVELLED)


def test_a_step_without_its_discriminator_says_so(asked, folder: Path) -> None:
    (folder / "run" / "D-20.pt").unlink()

    rows = rank_request(asked("l1,d_lsgan"), LEVELLED).ranking.checkpoints

    assert [row.step for row in rows] == [10, 100, 20]
    assert "D=" in str(rows[-1].reason)


def test_one_discriminator_for_all_takes_the_place_of_those_of_the_steps(asked, folder: Path) -> None:
    report = rank_request(asked("d_lsgan", disc=folder / "run" / "D-10.pt"), LEVELLED)

    assert [len(row.files) for row in report.ranking.checkpoints] == [1, 1, 1]
    assert values(report, "d_lsgan")[0] == values(rank_request(asked("d_lsgan"), LEVELLED), "d_lsgan")[0]


def test_the_table_alone_has_neither_best_nor_ties(asked) -> None:
    ranking = rank_request(asked("l1,tv")).ranking

    assert (ranking.best, ranking.ties, ranking.front, ranking.level) == (None, (), (), None)
    assert all(loss.best is None for loss in ranking.losses)


def test_both_weights_are_two_rows_of_a_step_which_share_what_no_weights_change(asked, folder: Path) -> None:
    for step, strength in ((10, 0.6), (20, 0.7), (100, 0.95)):
        torch.save(network(strength), folder / "run" / f"G_ema-{step}.pt")

    report = rank_request(asked("l1", weights="both"), LEVELLED)

    rows = report.ranking.checkpoints
    assert [(row.step, row.weights) for row in rows] == [(n, w) for n in (10, 20, 100) for w in ("raw", "ema")]
    averaged = evaluate_request(asked("l1", ckpt=folder / "run" / "G_ema-100.pt"))
    assert values(report, "l1")[-1] == averaged.results[0].value
    assert report.ranking.best == 5


def column(samples: Floats, aim: bool | None = False, equilibrium: float | None = None) -> Column:
    """Of per-sample values, a row a checkpoint."""
    cells = [
        Cell(
            result=Result(loss="x", convention="y", typed="x", value=float(row.mean()), count=len(row),
                          higher_is_better=aim, equilibrium=equilibrium),
            spread=Spread(parts=(Part(space=0, factor=1.0, values=row),)),
        )
        for row in samples
    ]  # fmt: skip
    return Column(name="x", cells=cells)


def test_no_false_better_among_equals_beyond_the_level_and_the_power_is_as_stated() -> None:
    drawn = np.random.default_rng(0)
    runs, false, found, distance = 1000, 0, [], 0.0
    for k in range(runs):
        samples = drawn.normal(size=40) + 0.3 * drawn.normal(size=(8, 40))
        stood = standings(column(samples), 0, LEVEL)
        false += len(stood.loss.ties) < 7
        if k == 0:
            distance = float(np.mean([each.power for each in stood.standings if each and each.power]))
        better = samples.copy()
        better[0] -= distance
        told = standings(column(better), 0, LEVEL)
        found.append((7 - len(told.loss.ties)) / 7 if told.loss.best == 0 else 0.0)
    assert false / runs <= LEVEL + 3 * math.sqrt(LEVEL * (1 - LEVEL) / runs)
    assert 0.7 <= np.mean(found) <= 0.95


def test_of_two_whose_values_are_equal_but_for_rounding_the_first_is_best_and_the_other_has_a_power() -> None:
    """The means of their samples may round the other way than their values."""
    samples = np.asarray([[0.1, 0.2, 0.3], [0.2, 0.3, 0.1]])
    cells = [
        Cell(result=replace(cell.result, value=value), spread=cell.spread)
        for cell, value in zip(column(samples).cells, (0.2, 0.2), strict=True)
        if cell is not None
    ]
    assert samples[0].mean() != samples[1].mean()

    for cell_order in (cells, cells[::-1]):
        found = standings(Column(name="x", cells=cell_order), 0, 0.05)

        assert found.loss.best == 0
        assert found.standings[1] is not None
        assert found.standings[1].power is not None


def test_no_false_nearer_to_equilibrium_beyond_the_level() -> None:
    drawn = np.random.default_rng(1)
    away = np.where(np.arange(6) % 2, 0.2, -0.2)[:, None]  # as far on either side
    runs = 500
    false = sum(
        len(standings(column(0.5 + away + drawn.normal(size=(6, 40)), None, 0.5), 0, LEVEL).loss.ties) < 5
        for _ in range(runs)
    )
    assert false / runs <= LEVEL + 3 * math.sqrt(LEVEL * (1 - LEVEL) / runs)


def test_sums_over_other_samples_are_told_apart_by_drawing_samples_anew() -> None:
    drawn = np.random.default_rng(2)
    real, fake = drawn.normal(size=200), drawn.normal(size=(3, 150)) + np.array([[0.0], [0.0], [1.0]])
    cells = [
        Cell(
            result=Result(loss="x", convention="y", typed="x", value=float(real.mean() + one.mean()), count=200,
                          higher_is_better=False),
            spread=Spread(parts=(Part(space=0, factor=1.0, values=real), Part(space=1, factor=1.0, values=one))),
        )
        for one in fake
    ]  # fmt: skip

    first, second = (standings(Column(name="x", cells=cells), seed, LEVEL) for seed in (0, 0))

    assert first == second
    assert first.loss.compared == "bootstrap"
    assert {first.loss.best, *first.loss.ties} == {0, 1}
    by_hand = math.sqrt(sum(float(one.var(ddof=1)) / 150 for one in (fake[0], fake[2])))
    power = next(each.power for k, each in enumerate(first.standings) if k == 2)
    assert power == pytest.approx(
        (2.394 + 0.842) * by_hand, rel=0.1
    )  # 0.05 / 2 / 3 of the normal distribution, and 80 %


def test_no_false_better_among_equal_sums_over_other_samples_beyond_the_level() -> None:
    drawn = np.random.default_rng(3)
    runs, false = 200, 0
    for _ in range(runs):
        real, fake = drawn.normal(size=(4, 60)), drawn.normal(size=(4, 50))
        cells = [
            Cell(
                result=Result(loss="x", convention="y", typed="x", value=float(r.mean() + f.mean()), count=60,
                              higher_is_better=True),
                spread=Spread(parts=(Part(space=0, factor=1.0, values=r), Part(space=1, factor=1.0, values=f))),
            )
            for r, f in zip(real, fake, strict=True)
        ]  # fmt: skip
        false += len(standings(Column(name="x", cells=cells), 0, LEVEL).loss.ties) < 3
    assert false / runs <= LEVEL + 3 * math.sqrt(LEVEL * (1 - LEVEL) / runs)
