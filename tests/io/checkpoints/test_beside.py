import json
from pathlib import Path

import pytest
import torch

from ganloss_cli.io.checkpoints import open_checkpoint
from ganloss_cli.io.checkpoints.contents import beside
from ganloss_cli.io.checkpoints.contents.beside import config_beside
from ganloss_cli.io.checkpoints.contents.settings_text import options_of, scalar


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    path = tmp_path / "g_02500000"
    torch.save({"a.weight": torch.zeros(1)}, path)
    return path


def test_config_json_is_read_and_its_origin_told(checkpoint: Path) -> None:
    checkpoint.with_name("config.json").write_text(json.dumps({"upsample_rates": [8, 8, 2, 2], "seed": 1234}))

    opened = open_checkpoint(checkpoint)

    assert opened.config == {"upsample_rates": [8, 8, 2, 2], "seed": 1234}
    assert opened.config_origins == {"upsample_rates": "config.json", "seed": "config.json"}
    assert opened.findings == ()


def test_what_the_file_itself_says_wins(tmp_path: Path) -> None:
    path = tmp_path / "g.pt"
    torch.save({"a.weight": torch.zeros(1), "args": {"size": 256}}, path)
    path.with_name("config.json").write_text('{"args": {"size": 64}, "seed": 1}')

    opened = open_checkpoint(path)

    assert opened.config == {"args": {"size": 256}, "seed": 1}
    assert opened.config_origins == {"seed": "config.json"}


def test_the_files_own_name_comes_before_the_general_one(checkpoint: Path) -> None:
    checkpoint.with_name("g_02500000.json").write_text('{"a": 1}')
    checkpoint.with_name("config.json").write_text('{"a": 2, "b": 2}')
    checkpoint.with_name("train_opt.txt").write_text("b: 3\nc: 3\n")

    found = config_beside(checkpoint)

    assert found.config == {"a": 1, "b": 2, "c": 3}
    assert found.origins == {"a": "g_02500000.json", "b": "config.json", "c": "train_opt.txt"}


def test_a_lone_yaml_of_any_name_is_read_and_one_of_several_is_not(checkpoint: Path) -> None:
    checkpoint.with_name("train_RealESRGAN.yml").write_text("scale: 4\n")

    alone = config_beside(checkpoint)
    checkpoint.with_name("other.yaml").write_text("scale: 2\n")
    among_others = config_beside(checkpoint)

    assert alone.config == {"scale": 4}
    assert among_others.config == {}


@pytest.mark.parametrize("text", ["{", "[1, 2]", "\x00", '{"a": ' + "9" * 5000 + "}"])
def test_a_config_that_is_none_is_a_note(checkpoint: Path, text: str) -> None:
    checkpoint.with_name("config.json").write_text(text)

    [finding] = open_checkpoint(checkpoint).findings

    assert (finding.check, finding.severity) == ("config_not_understood", "note")
    assert "config.json" in finding.message


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("config.json", "{", "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("config.json", "[1, 2]", "list where a mapping was expected"),
        ("config.yaml", "a: 1\nb: *x", "line 2: *x stands for nothing before it"),
        ("config.yaml", "a: 1\n---\na: 2\n", "several documents in one file"),
        ("config.yaml", "just text", "str where a mapping was expected"),
        ("config.toml", "a = \n", "Invalid value (at line 1, column 5)"),
        ("config.toml", ".".join("a" * 33) + " = 1", "a key of more than 32 parts"),
        ("config.toml", ".".join(['"\\""'] * 33) + " = 1", "a key of more than 32 parts"),
        ("train_opt.txt", b"\xff\xfe", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    ],
)
def test_a_note_says_why_a_file_could_not_be_read(checkpoint: Path, name: str, text: str | bytes, reason: str) -> None:
    checkpoint.with_name(name).write_bytes(text if isinstance(text, bytes) else text.encode())

    [finding] = config_beside(checkpoint).findings

    assert finding.message.endswith(f"{name} lies beside it, but it could not be read as plain settings: {reason}")
    assert finding.evidence == {"file": name, "reason": reason}


def test_a_file_that_cannot_be_read_takes_nothing_from_the_others(checkpoint: Path) -> None:
    checkpoint.with_name("config.json").write_text('{"a": 1')
    checkpoint.with_name("config.yaml").write_text("a: 2\n")

    assert config_beside(checkpoint).config == {"a": 2}


def test_an_empty_yaml_has_no_settings_and_is_no_finding(checkpoint: Path) -> None:
    checkpoint.with_name("config.yaml").write_text("# nothing yet\n")

    found = config_beside(checkpoint)

    assert (found.config, found.findings) == ({}, ())


def test_toml_is_read_after_yaml_and_its_dates_are_text(checkpoint: Path) -> None:
    checkpoint.with_name("config.yaml").write_text("lr: 1e-4\n")
    checkpoint.with_name("config.toml").write_text(
        "lr = 2e-4\nbegun = 2024-05-06\nrates = [8, 8, 2, 2]\n[network.g]\nnum_feat = 64\nuse = true\n"
    )

    found = config_beside(checkpoint)

    assert found.config == {
        "lr": 1e-4, "begun": "2024-05-06", "rates": [8, 8, 2, 2], "network": {"g": {"num_feat": 64, "use": True}},
    }  # fmt: skip
    assert found.origins["lr"] == "config.yaml"
    assert found.findings == ()


@pytest.mark.parametrize("name", ["config.yaml", "config.json", "config.toml", "opt.txt"])
def test_a_byte_order_mark_is_no_part_of_the_first_name(checkpoint: Path, name: str) -> None:
    text = {"config.json": '{"size": 64}', "config.toml": "size = 64"}.get(name, "size: 64")
    checkpoint.with_name(name).write_text(text, encoding="utf-8-sig")

    assert config_beside(checkpoint).config == {"size": 64}


def test_the_settings_of_a_model_within_a_model_are_kept(checkpoint: Path) -> None:
    text = "model: {params: {first_stage_config: {params: {ddconfig: {ch_mult: [1, 2]}}}}}"
    checkpoint.with_name("config.yaml").write_text(text)

    config = config_beside(checkpoint).config

    stage = config["model"]["params"]["first_stage_config"]
    assert stage == {"params": {"ddconfig": {"ch_mult": [1, 2]}}}


def test_a_config_that_is_nested_too_deeply_to_be_read_is_a_note(
    checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_deep(_text: str) -> None:
        raise RecursionError

    checkpoint.with_name("config.json").write_text("{}")
    monkeypatch.setattr("json.loads", too_deep)

    [finding] = config_beside(checkpoint).findings

    assert finding.check == "config_not_understood"


def test_a_large_file_is_passed_over(checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint.with_name("config.json").write_text('{"a": "x"}')
    before = config_beside(checkpoint).config

    monkeypatch.setattr(beside, "MAX_BYTES", 9)

    assert before == {"a": "x"}
    assert config_beside(checkpoint).config == {}


def test_options_of_pix2pix_are_read() -> None:
    text = """----------------- Options ---------------
                    beta1: 0.5
                 dataroot: ./datasets/maps  \t[default: None]
               no_dropout: True
                      ngf: 64
                  verbose: False
              norm_G: None
----------------- End -------------------
"""

    assert options_of(text) == {
        "beta1": 0.5, "dataroot": "./datasets/maps", "no_dropout": True, "ngf": 64, "verbose": False, "norm_G": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("-2.5", -2.5), ("1e-4", 1e-4), ("1.2.3", "1.2.3"), ("True", True), ("'7'", "7"), ("8,8", "8,8")],
)
def test_words_become_values(text: str, value: object) -> None:
    assert scalar(text) == value
