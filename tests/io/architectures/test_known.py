"""What is not rebuilt is named, by `inspect` and by `eval`."""

from pathlib import Path

import pytest
import torch

from ganloss_cli.cli import main
from ganloss_cli.io.architectures.known import known_network

# names as the repositories write them
NAMES = {
    "GTCRN speech enhancer": ["erb.erb_fc.weight", "encoder.en_convs.0.conv.weight", "dpgrnn1.intra_rnn.rnn1.weight"],
    "StyleGAN3 generator": ["synthesis.input.freqs", "synthesis.L0_36_512.weight", "mapping.fc0.weight"],
}  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_network_is_known_by_its_names(name):
    assert known_network(NAMES[name]).name == name


@pytest.mark.parametrize("name", NAMES)
def test_a_part_of_the_names_is_not_enough(name):
    *_, last = known_network(NAMES[name]).marks

    assert known_network(key for key in NAMES[name] if not key.startswith(last)) is None


def test_inspect_and_eval_say_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    path = tmp_path / "g_00000100"
    torch.save({"generator": {key: torch.rand(4, 3, 2) for key in NAMES["GTCRN speech enhancer"]}}, path)
    (tmp_path / "data").mkdir()

    assert main(["inspect", str(path)]) == 0
    told = "a GTCRN speech enhancer (Xiaobin-Rong/gtcrn), which is not rebuilt"
    assert f"by its names {told}" in capsys.readouterr().out

    assert main(["eval", "--ckpt", str(path), "--data", str(tmp_path / "data")]) == 3
    assert told in capsys.readouterr().err
