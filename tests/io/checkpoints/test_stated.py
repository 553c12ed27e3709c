"""`--state ROLE=[CKPT:]PLACE`: the user says where in a checkpoint a network lies."""

from pathlib import Path

import pytest
import torch
from torch import Tensor
from training_folders import Weights, prefixed, weights

from ganloss_cli.cli import main
from ganloss_cli.commands.option_values import places
from ganloss_cli.errors import UsageError
from ganloss_cli.io.checkpoints.converting import planned
from ganloss_cli.io.checkpoints.inspect_all import survey
from ganloss_cli.pipeline.networks.opening import open_files
from ganloss_cli.records.request import Request


@pytest.fixture(scope="module")
def w() -> Weights:
    return weights()


def networks(*ckpt: Path, state: tuple[str, ...]) -> dict[tuple[str, str, str], dict[str, Tensor]]:
    files = open_files(Request(ckpt=ckpt, state=places("--state", state)))
    return {
        (one.role, one.weights, one.part): dict(one.state_dict) for file in files.checkpoints for one in file.networks
    }


def same(found: dict[str, Tensor], wanted: object) -> bool:
    assert isinstance(wanted, dict)
    return found.keys() == wanted.keys() and all(torch.equal(found[key], wanted[key]) for key in wanted)


@pytest.fixture
def audiocraft(tmp_path: Path, w: Weights) -> Path:
    """facebookresearch/audiocraft, solvers/base.py: one checkpoint.th for both networks, and the best generator."""
    content = {
        "model": w.g,
        "best_state": {"model": w.ema},
        "adv_losses": {"msstftd": {"adversary": w.d, "optimizer": {"state": {}, "param_groups": []}}},
        "history": [],
    }
    torch.save(content, tmp_path / "checkpoint.th")
    return tmp_path / "checkpoint.th"


def test_both_networks_of_one_file_are_where_the_user_says(audiocraft: Path, w: Weights) -> None:
    found = networks(audiocraft, state=("G=best_state.model", "D=adv_losses.msstftd.adversary"))

    assert found.keys() == {
        ("generator", "raw", "best_state.model"), ("discriminator", "raw", "adv_losses.msstftd.adversary"),
    }  # fmt: skip
    assert same(found["generator", "raw", "best_state.model"], w.ema)
    assert same(found["discriminator", "raw", "adv_losses.msstftd.adversary"], w.d)


def test_the_beginning_of_tensors_names_is_a_place_and_the_rest_is_found(tmp_path: Path, w: Weights) -> None:
    state = {**prefixed("nets.synth.", w.g), **prefixed("discriminator.", w.d), "loss.scale": torch.ones(1)}
    torch.save({"state_dict": state}, tmp_path / "last.ckpt")

    found = networks(tmp_path / "last.ckpt", state=("generator=state_dict.nets.synth",))

    assert same(found["generator", "raw", "state_dict.nets.synth"], w.g)
    assert [key for key in found if key[0] == "discriminator"]


def test_parts_in_mappings_below_a_place_are_one_network_and_a_list_is_counted(tmp_path: Path) -> None:
    parts = {"encoder": {"0.weight": torch.ones(2)}, "decoder": {"0.weight": torch.zeros(2)}}
    torch.save({"nets": [{"x": 1}, parts]}, tmp_path / "last.pt")

    found = networks(tmp_path / "last.pt", state=("G=nets.1",))

    assert found["generator", "raw", "nets.1"].keys() == {"encoder.0.weight", "decoder.0.weight"}


def test_an_average_is_known_by_the_place_and_loses_its_wrapper(tmp_path: Path, w: Weights) -> None:
    average = {**prefixed("module.", w.ema), "n_averaged": torch.tensor(3)}
    torch.save({"a": {"b": w.g}, "c": average}, tmp_path / "last.pt")

    found = networks(tmp_path / "last.pt", state=("G=a.b", "G=c"))

    assert same(found["generator", "raw", "a.b"], w.g)
    assert same(found["generator", "ema", "c"], w.ema)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("G=best_state.modle", "no 'modle'; at best_state lies model"),
        ("G=nowhere", "no 'nowhere'; there is model, best_state, adv_losses, history"),
        ("G=history", "no tensors at history; at history lies a list"),
        ("G=other.th:model", "other.th is not among the checkpoints: checkpoint.th"),
    ],
)
def test_a_wrong_place_lists_what_lies_there(
    audiocraft: Path, state: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["inspect", str(audiocraft), "--state", state]) == 2
    assert told in capsys.readouterr().err
    with pytest.raises(UsageError, match=told.partition(";")[0]):
        networks(audiocraft, state=(state,))
    with pytest.raises(UsageError, match=told.partition(";")[0]):
        planned([audiocraft], stated=places("--state", [state]))


def test_of_two_files_with_such_a_place_the_checkpoint_is_named(tmp_path: Path, w: Weights) -> None:
    for name, state in (("a.pt", w.g), ("b.pt", w.d)):
        torch.save({"net": state}, tmp_path / name)
    both = (tmp_path / "a.pt", tmp_path / "b.pt")

    with pytest.raises(UsageError, match=r"lies in a\.pt and in b\.pt"):
        networks(*both, state=("G=net",))
    found = networks(*both, state=("G=a.pt:net", f"D={tmp_path / 'b.pt'}:net"))

    assert {key[0] for key in found} == {"generator", "discriminator"}
    assert same(found["generator", "raw", "net"], w.g)


def test_a_file_of_a_folder_that_has_nothing_but_such_a_place_is_opened(tmp_path: Path, w: Weights) -> None:
    torch.save({"scheduler": {"kept": w.g}}, tmp_path / "state.pt")
    torch.save({"netD": w.d}, tmp_path / "netD.pt")
    stated = places("--state", ["G=scheduler.kept"])

    found = networks(tmp_path, state=("G=scheduler.kept",))

    assert same(found["generator", "raw", "scheduler.kept"], w.g)
    assert {key[0] for key in found} == {"generator", "discriminator"}
    assert {one.network.role for one in planned([tmp_path], stated=stated).outputs} == {"generator", "discriminator"}
    assert len(survey([tmp_path], stated=stated).files) == 2


def test_a_place_in_a_program_is_refused_where_the_program_would_run(tmp_path: Path) -> None:
    torch.jit.script(torch.nn.Sequential(torch.nn.Conv2d(3, 3, 1))).save(str(tmp_path / "netG.pt"))

    with pytest.raises(UsageError, match=r"netG\.pt: --state G=0: its code runs as a whole"):
        open_files(Request(ckpt=(tmp_path / "netG.pt",), allow_code=True, state=places("--state", ["G=0"])))


def test_inspect_and_convert_see_the_same_networks(audiocraft: Path) -> None:
    stated = places("--state", ["G=best_state.model", "D=adv_losses.msstftd.adversary"])

    [file] = survey([audiocraft], stated=stated).files
    plan = planned([audiocraft], stated=stated)

    assert [(one.role, one.name_in_file) for one in file.networks] == [
        (one.network.role, one.network.name_in_file) for one in plan.outputs
    ]
    assert [one.network.file for one in plan.outputs] == ["generator.safetensors", "discriminator.safetensors"]


@pytest.mark.parametrize("text", ["G", "G=", "=model", "X=model"])
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--state"):
        places("--state", [text])
