import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus


@pytest.fixture
def logits(tmp_path: Path) -> str:
    path = tmp_path / "t.safetensors"
    save_file({"real_logits": torch.full((4, 2), 0.5), "fake_logits": torch.full((4, 2), 0.3)}, path)
    return str(path)


@pytest.mark.parametrize(
    ("number", "status", "verdict"),
    [
        ("d_lsgan=0.34000", ExitStatus.DONE, "reproduced"),
        ("d_lsgan=0.35000", ExitStatus.FAILED, "closest, not reproduced"),
        ("d_lsgan=1", ExitStatus.FAILED, "ambiguous"),
    ],
)
def test_the_verdict_decides_the_exit_status(
    number: str, status: ExitStatus, verdict: str, logits: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["audit", "number", number, "--data", logits, "--scores", "logits", "--format", "json"]

    assert main(words) == status
    document = json.loads(capsys.readouterr().out)
    assert document["verdict"] == verdict
    assert document["candidates"][0]["loss"] == "d_lsgan"
    assert document["candidates"][0]["number"] == number


def test_the_table_says_how_much_a_hit_means(logits: str, capsys: pytest.CaptureFixture[str]) -> None:
    main(["audit", "number", "d_lsgan=0.34000", "--data", logits, "--scores", "logits"])

    out, err = capsys.readouterr()
    assert "d_lsgan=0.34000  reproduced" in out
    assert "candidates tried" in out
    assert "chance hits to expect" in out
    assert err == ""


def test_without_data_nothing_is_reproduced(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "number", "d_bce=1.386"]) == ExitStatus.FAILED
    assert "2 ln 2" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["d_bce", "=1.0", "d_bce=", "d_bce=nan", "d_bce=inf", "d_bce=one"])
def test_what_is_no_number_is_a_usage_error(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "number", text]) == ExitStatus.USAGE
    assert f"{text}: expected NAME=VALUE with a number" in capsys.readouterr().err


def test_audit_alone_shows_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit"]) == ExitStatus.USAGE
    assert "number" in capsys.readouterr().out


def test_help_exits_with_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "number", "--help"]) == ExitStatus.DONE
    assert "NAME=VALUE" in capsys.readouterr().out
