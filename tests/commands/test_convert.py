import json
from pathlib import Path

import pytest
import torch
from torch import nn

from ganloss_cli.cli import main


@pytest.fixture
def run(tmp_path: Path, sample_data: Path) -> Path:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "g.pt").write_bytes((sample_data / "g.pt").read_bytes())
    return tmp_path / "run"


def test_the_output_evaluates_to_the_same_numbers_and_a_conversion_of_it_is_the_same(
    run: Path, sample_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = []
    for source, output in (("run", "plain"), ("plain", "again")):
        assert main(["convert", str(tmp_path / source), "-o", str(tmp_path / output)]) == 0
        capsys.readouterr()
        losses = ["--losses", "ssim,fm,d_lsgan", "--limit", "2", "--format", "json"]
        assert main(["eval", str(tmp_path / source), "--data", str(sample_data / "imgs"), *losses]) == 0
        report = json.loads(capsys.readouterr().out)
        values.append([(result["loss"], result["value"]) for result in report["results"]])

    assert values[0] == values[1]
    assert len(values[0]) == 3
    configs = [(tmp_path / folder / "generator.json").read_text() for folder in ("plain", "again")]
    assert configs[0] == configs[1] == "{}\n"


def test_a_plan_writes_nothing_and_says_what_it_would(run: Path, tmp_path: Path, capsys) -> None:
    torch.save({"a": 1}, run / "other.pt")

    assert main(["convert", str(run), "-o", str(tmp_path / "plain"), "--dry-run", "--format", "json"]) == 0

    plan = json.loads(capsys.readouterr().out)
    assert not (tmp_path / "plain").exists()
    assert plan["written"] is False
    assert [one["file"] for one in plan["networks"]] == ["generator.safetensors", "discriminator.safetensors"]


def test_optimizers_are_left_out_and_listed(tmp_path: Path, capsys) -> None:
    network = nn.Linear(2, 2)
    content = {"generator": network.state_dict(), "optim_g": torch.optim.Adam(network.parameters()).state_dict()}
    torch.save(content, tmp_path / "g.pt")

    assert main(["convert", str(tmp_path / "g.pt"), "-o", str(tmp_path / "plain")]) == 0

    assert f"left out  {tmp_path / 'g.pt'}: optim_g" in capsys.readouterr().out
    assert sorted(file.name for file in (tmp_path / "plain").iterdir()) == ["generator.json", "generator.safetensors"]


def _module(path: Path) -> None:
    torch.save({"generator": nn.Linear(2, 2)}, path)


STATUSES = {
    "no folder is named": (lambda path: torch.save({"g.weight": torch.ones(1)}, path), (), 2, "missing option"),
    "not a checkpoint": (lambda path: path.write_text("words"), ("-o", "plain"), 3, "not a checkpoint"),
    "it would run code": (_module, ("-o", "plain"), 4, "refused"),
    "no network": (lambda path: torch.save({"step": 3}, path), ("-o", "plain"), 5, "no network to convert"),
    "a folder with a file in it": (lambda path: torch.save({"g.weight": torch.ones(1)}, path), ("-o", "."), 2, "empty"),
}


@pytest.mark.parametrize(("make", "options", "status", "told"), STATUSES.values(), ids=STATUSES)
def test_what_cannot_be_converted_ends_with_its_status_and_leaves_nothing(
    make, options, status, told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    make(Path("generator.pt"))

    assert main(["convert", "generator.pt", *options]) == status

    assert told in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["generator.pt"]
