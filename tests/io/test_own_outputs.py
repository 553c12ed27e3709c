"""What a command writes into the folder of its input is neither data nor log nor settings in the next run."""

from pathlib import Path

import pytest

from ganloss_cli.cli import main
from ganloss_cli.io.checkpoints.contents.beside import config_beside
from ganloss_cli.io.checkpoints.contents.data_instead import hint_for_data
from ganloss_cli.io.logs.opening import open_logs
from ganloss_cli.io.own_outputs import is_own_output

LOG = "step,loss_d_bce\n1,1.5\n2,1.25\n"
SUFFIXES = (".json", ".csv", ".txt", ".xml")
EVAL = ["eval", "--data", "tensors/losses.safetensors", "--losses", "d_hinge,fm"]


@pytest.fixture
def here(sample_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("tensors", "imgs", "g.pt"):
        (tmp_path / name).symlink_to(sample_data / name)
    (tmp_path / "train.csv").write_text(LOG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "suffixes"),
    [
        (EVAL, SUFFIXES),
        ([*EVAL, "--per-sample"], (".csv",)),
        ([*EVAL, "--dry-run"], (".csv",)),
        (["audit", "log", "train.csv"], (".json", ".csv", ".xml")),
        (["audit", "number", "d_hinge=2.1", *EVAL[1:3]], (".json", ".csv", ".xml")),
        (["audit", "checkpoint", "g.pt"], (".json", ".csv", ".xml")),
        (["inspect", "g.pt"], (".json",)),
    ],
)
def test_every_document_is_known_by_its_content(here: Path, command: list[str], suffixes: tuple[str, ...]) -> None:
    outputs = [here / f"written{suffix}" for suffix in suffixes]

    main([*command, "-q", *(word for path in outputs for word in ("-o", str(path)))])

    assert [path.name for path in outputs if not is_own_output(path)] == []


def test_a_comparison_is_known_by_its_content(here: Path) -> None:
    main([*EVAL, "-q", "-o", "a.json"])
    main(["compare", "a.json", "a.json", "-q", "-o", "c.json", "-o", "c.csv"])

    assert is_own_output(here / "c.json")
    assert is_own_output(here / "c.csv")


@pytest.mark.parametrize(
    "content", [LOG, '{"loss": 1.5}\n', "name,loss\n1,2\n", "loss,convention\n", '{"tool": {"name": "ganloss"}}', ""]
)
def test_other_files_are_not_taken_for_our_own(tmp_path: Path, content: str) -> None:
    (tmp_path / "file").write_text(content)

    assert not is_own_output(tmp_path / "file")


def test_a_report_among_logs_is_no_log(here: Path) -> None:
    before = [log.path for log in open_logs(here)]
    main([*EVAL, "-q", "-o", "report.csv", "-o", "loss_log.txt", "-o", "log.txt"])

    assert [log.path for log in open_logs(here)] == before


def test_a_report_named_as_its_checkpoint_is_not_its_settings(here: Path) -> None:
    main([*EVAL, "-q", "-o", "g.json", "-o", "config.json"])

    assert config_beside(here / "g.pt").config == {}


def test_a_report_is_no_data_where_a_checkpoint_is_wanted(here: Path, tmp_path: Path) -> None:
    (tmp_path / "outputs").mkdir()
    main([*EVAL, "-q", "-o", "outputs/report.csv"])

    assert hint_for_data(tmp_path / "outputs") is None
