import pickle
from pathlib import Path

import pytest
import torch
import torch.distributed.checkpoint

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.checkpoints import checkpoint_files, choose_files, open_checkpoint
from ganloss_cli.io.checkpoints.inspect_all import survey


def folder_of(tmp_path: Path, *names: str) -> Path:
    for name in names:
        torch.save({"a.weight": torch.zeros(1)}, tmp_path / name)
    return tmp_path


def chosen(folder: Path) -> list[str]:
    return [path.name for path in checkpoint_files(folder)]


def test_a_file_is_itself(tmp_path: Path) -> None:
    path = folder_of(tmp_path, "g.pt") / "g.pt"

    assert checkpoint_files(path) == (path,)


def test_a_pair_is_found_and_nothing_is_said(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "g_02500000", "do_02500000")

    found = choose_files(folder)

    assert [path.name for path in found.files] == ["do_02500000", "g_02500000"]
    assert found.findings == ()


def test_the_newest_step_that_every_role_has_is_chosen(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "G--50.pth", "G--150.pth", "G--300.pth", "D--50.pth", "D--150.pth")

    found = choose_files(folder)

    assert [path.name for path in found.files] == ["D--150.pth", "G--150.pth"]
    [finding] = found.findings
    assert (finding.check, finding.severity) == ("chosen_checkpoints", "note")
    assert finding.evidence["left_out"] == ["D--50.pth", "G--300.pth", "G--50.pth"]


def test_without_a_common_step_each_role_gives_its_newest_and_a_warning(tmp_path: Path) -> None:
    found = choose_files(folder_of(tmp_path, "G_100.pth", "G_200.pth", "D_150.pth"))

    assert [path.name for path in found.files] == ["D_150.pth", "G_200.pth"]
    assert [(finding.check, finding.severity) for finding in found.findings] == [
        ("checkpoints_of_different_steps", "warning")
    ]


def test_latest_is_newer_than_every_number(tmp_path: Path) -> None:
    names = [f"{when}_net_{net}.pth" for when in ("5", "200", "latest") for net in ("G_A", "G_B", "D_A", "D_B")]

    assert chosen(folder_of(tmp_path, *names)) == [f"latest_net_{net}.pth" for net in ("D_A", "D_B", "G_A", "G_B")]


def test_raw_and_averaged_and_sub_discriminators_are_different_series(tmp_path: Path) -> None:
    names = ("G.pth", "G_ema.pth", "mpd.pth", "msd.pth")

    assert chosen(folder_of(tmp_path, *names)) == list(names)


def test_the_nameless_are_left_out_where_names_tell_roles(tmp_path: Path) -> None:
    assert chosen(folder_of(tmp_path, "netG.pth", "netD.pth", "vgg.pth")) == ["netD.pth", "netG.pth"]


def test_of_nameless_series_the_newest_is_chosen(tmp_path: Path) -> None:
    assert chosen(folder_of(tmp_path, "model_00001000.pt", "model_00002000.pt")) == ["model_00002000.pt"]


def test_two_files_of_one_role_and_step_are_ambiguous(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "generator.pt", "best_generator.pt")

    with pytest.raises(UsageError, match=r"best_generator.pt and generator.pt may be the same network"):
        checkpoint_files(folder)


def test_other_files_and_folders_are_passed_over(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "netG.pth")
    (folder / "opt.txt").write_text("lr: 0.1")
    (folder / "stats.pkl").write_bytes(pickle.dumps({"mean": 1}))
    (folder / "empty.pth").touch()
    (folder / "web").mkdir()

    assert chosen(folder) == ["netG.pth"]


def test_a_damaged_checkpoint_is_not_passed_over(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, "netG.pth", "netD.pth")
    (folder / "netD.pth").write_bytes((folder / "netD.pth").read_bytes()[:100])

    assert chosen(folder) == ["netD.pth", "netG.pth"]


def test_a_folder_without_checkpoints_and_no_folder_are_input_errors(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no checkpoint in this folder"):
        checkpoint_files(tmp_path)
    with pytest.raises(InputError, match="absent: no such file or folder"):
        checkpoint_files(tmp_path / "absent")


@pytest.mark.filterwarnings("ignore:torch.distributed is disabled", "ignore::FutureWarning", "ignore:.*TypedStorage")
def test_a_file_of_a_distributed_checkpoint_asks_for_its_folder(tmp_path: Path) -> None:
    torch.distributed.checkpoint.save({"a.weight": torch.ones(2)}, checkpoint_id=tmp_path, no_dist=True)

    assert checkpoint_files(tmp_path) == (tmp_path,)
    with pytest.raises(InputError, match=r"__0_0\.distcp: a part of a distributed checkpoint") as refused:
        open_checkpoint(tmp_path / "__0_0.distcp")
    assert "the folder that it lies in" in str(refused.value.hint)


@pytest.mark.parametrize("name", ["model-00001-of-00002.safetensors", "pytorch_model-00001-of-00002.bin"])
def test_the_parts_of_a_split_checkpoint_are_not_taken_for_networks(tmp_path: Path, name: str) -> None:
    folder = folder_of(tmp_path, name, name.replace("00001", "00002"))
    (folder / f"{name.partition('-')[0]}.index.json").write_text("{}")

    with pytest.raises(InputError, match=rf"{name} is one of 2 parts of one checkpoint") as refused:
        checkpoint_files(folder)

    assert "load_file" in str(refused.value.hint)
    with pytest.raises(InputError, match=r"a part of a checkpoint that is split"):
        open_checkpoint(folder / name)
    seen = survey([folder / name])
    assert seen.files[0].step is None
    assert [finding.check for finding in seen.findings] == ["part_of_checkpoint"]
