import json
from pathlib import Path

import pytest
import torch

from ganloss_cli.io.checkpoints import beside, open_checkpoint
from ganloss_cli.io.checkpoints.beside import config_beside
from ganloss_cli.io.checkpoints.settings_text import options_of, scalar, yaml_of


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

    beside = config_beside(checkpoint)

    assert beside.config == {"a": 1, "b": 2, "c": 3}
    assert beside.origins == {"a": "g_02500000.json", "b": "config.json", "c": "train_opt.txt"}


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

    assert options_of(text).values == {
        "beta1": 0.5, "dataroot": "./datasets/maps", "no_dropout": True, "ngf": 64, "verbose": False, "norm_G": None,
    }  # fmt: skip


def test_the_plain_part_of_yaml_is_read() -> None:
    text = """
# a comment
name: train_HiFiGAN  # another
lr: 2.0e-4
rates: [8, 8, 2, 2]
dilations: [[1, 3], [1, 3]]
network_g:
  type: "RRDBNet"
  num_feat: 64
  deep:
    er: true
sizes:
- 3
- 5
paths:
  - a
  - b
empty:
last: ~
"""

    settings = yaml_of(text)

    assert settings.unclear == ()
    assert settings.values == {
        "name": "train_HiFiGAN", "lr": 2e-4, "rates": [8, 8, 2, 2], "dilations": [[1, 3], [1, 3]],
        "network_g": {"type": "RRDBNet", "num_feat": 64, "deep": {"er": True}}, "sizes": [3, 5], "paths": ["a", "b"],
        "empty": None, "last": None,
    }  # fmt: skip


def test_what_is_beyond_it_is_named_and_the_rest_read() -> None:
    text = """!!python/object:argparse.Namespace
batch_size: 16
save_path: !!python/object/apply:pathlib.PosixPath
- logs
- run
anchor: &x 3
flow: {a: 1}
layers:
  - name: conv
    size: 3
text: |
  many
  lines
n_residual_layers: 3
"""

    settings = yaml_of(text)

    assert settings.values == {"batch_size": 16, "n_residual_layers": 3}
    assert settings.unclear == ("save_path", "anchor", "flow", "layers", "text")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1", 1), ("-2.5", -2.5), ("1e-4", 1e-4), ("1.2.3", "1.2.3"), ("True", True), ("'7'", "7"), ("8,8", "8,8")],
)
def test_words_become_values(text: str, value: object) -> None:
    assert scalar(text) == value
