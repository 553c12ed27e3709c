"""`ganloss rank` and `eval --each` as they are typed: formats, widths, exit statuses."""

from __future__ import annotations

import csv
import io
import json
import runpy
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import torch

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a training."""
    folder = tmp_path_factory.mktemp("training") / "run"
    runpy.run_path(str(SAMPLE / "trajectory.py"))["main"](folder)
    return folder


def rank(run: Path, *words: str, losses: str = "ssim,l1", command: tuple[str, ...] = ("rank",)) -> int:
    return main([*command, str(run), "--data", str(SAMPLE / "imgs"), "--limit", "2", "--losses", losses, *words])


def test_json_holds_a_row_a_checkpoint_and_all_results(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rank(run, "-f", "json") == ExitStatus.DONE

    report = json.loads(capsys.readouterr().out)
    assert [row["step"] for row in report["ranking"]["checkpoints"]] == [1000, 1500, 2000, 2500, 3000]
    assert len(report["results"]) == 10
    assert report["exit_status"] == 0


def test_sets_in_features_of_each_step_s_own_discriminator_are_no_common_measure(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def told(*words: str) -> list[str]:
        rank(run, "-f", "json", *words, losses="fm_moment,coverage:features,coverage,fm")
        findings = json.loads(capsys.readouterr().out)["findings"]
        return [each["message"] for each in findings if each["check"] == "features_of_each_checkpoint"]

    (message,) = told()
    assert message.startswith("fm_moment, coverage:features are seen through the discriminator of each checkpoint")
    assert told("--disc", str(next(run.glob("D*3000*")))) == []


def test_csv_has_a_column_a_loss_and_its_error(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rank(run, "-f", "csv", "--by", "ssim")

    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["step"] for row in rows] == ["1000", "1500", "2000", "2500", "3000"]
    assert all(float(row["ssim"]) and float(row["ssim.standard_error"]) for row in rows)
    assert [row["ssim.place"] for row in rows].count("best") == 1


@pytest.mark.parametrize("width", [80, 200])
def test_no_line_of_the_table_is_wider_than_the_screen(
    run: Path, width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    losses = "ssim,l1,psnr,mse,huber,d_lsgan,g_lsgan,d_bce"

    rank(run, "--by", "ssim", losses=losses)

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    heads = [line for line in lines if line.startswith("step")]
    assert len(heads) > 2 if width == 80 else len(heads) < 3
    assert all(any(f" {loss} " in head for head in heads) for loss in losses.split(","))
    assert any(line.startswith("best by ssim: step 3000") for line in lines[-2:])


def test_every_checkpoint_is_a_case_of_junit(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rank(run, "-f", "junit")

    root = ET.fromstring(capsys.readouterr().out)
    cases = [case.get("name") for case in root.iter("testcase") if case.get("classname") == "ganloss rank.checkpoint"]
    assert cases == [f"step {n}" for n in (1000, 1500, 2000, 2500, 3000)]


def test_each_is_the_table_alone_and_takes_gates(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rank(run, "--fail-if", "ssim<1", "-f", "json", command=("eval", "--each")) == ExitStatus.FAILED

    ranking = json.loads(capsys.readouterr().out)["ranking"]
    assert (len(ranking["checkpoints"]), ranking["level"], ranking["best"]) == (5, None, None)


@pytest.mark.parametrize("option", ["--dry-run", "--per-sample", "--worst=1"])
def test_each_refuses_what_is_of_one_checkpoint(run: Path, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert rank(run, option, command=("eval", "--each")) == ExitStatus.USAGE
    assert option.partition("=")[0] in capsys.readouterr().err


def test_a_pattern_names_several(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rank(run / "[GD]_2*.pt", "-f", "json", losses="l1") == ExitStatus.DONE
    assert [row["step"] for row in json.loads(capsys.readouterr().out)["ranking"]["checkpoints"]] == [2000, 2500]


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["--by", "psnr"], ExitStatus.USAGE), (["--by", "d_lsgan"], ExitStatus.USAGE),
        (["--level", "1"], ExitStatus.USAGE), (["--ckpt", "missing"], ExitStatus.INPUT),
    ],
)  # fmt: skip
def test_mistakes_are_told(run: Path, words: list[str], status: ExitStatus, capsys: pytest.CaptureFixture[str]) -> None:
    assert rank(run, *words, losses="ssim,d_lsgan") == status
    assert words[1] in capsys.readouterr().err


def test_a_warning_says_which_checkpoint_it_is_of(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "G_1000.pt").write_bytes((run / "G_1000.pt").read_bytes())
    torch.save(torch.load(SAMPLE / "g.pt")["discriminator"], tmp_path / "D_9000.pt")

    rank(tmp_path, losses="ssim")

    assert "warning  D_9000.pt: ssim needs a generator" in capsys.readouterr().out


def test_a_training_that_is_followed_ends_with_the_table_of_what_was_there(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert rank(run, "--follow", "--until", "3000", "-f", "json", losses="l1") == ExitStatus.DONE

    out, err = capsys.readouterr()
    assert [row["step"] for row in json.loads(out)["ranking"]["checkpoints"]] == [1000, 1500, 2000, 2500, 3000]
    assert err.splitlines()[0].startswith("G_1000.pt: l1 0.")


def test_until_without_follow_is_refused(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert rank(run, "--until", "3000") == ExitStatus.USAGE
    assert "--follow" in capsys.readouterr().err


def test_a_report_of_many_checkpoints_is_not_compared(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rank(run, "-q", "-o", str(tmp_path / "r.json"), losses="l1")

    assert main(["compare", str(tmp_path / "r.json"), str(tmp_path / "r.json")]) == ExitStatus.USAGE
    assert "many checkpoints" in capsys.readouterr().err


def test_without_checkpoints_there_is_nothing_to_rank(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rank", "--data", str(SAMPLE / "imgs")]) == ExitStatus.USAGE
    assert "missing argument 'RUN'" in capsys.readouterr().err
