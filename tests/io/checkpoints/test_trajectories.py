from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.checkpoints import states_of

State = dict[str, torch.Tensor]


@pytest.fixture
def write(tmp_path: Path, state_dict: State) -> Callable[..., Path]:
    """Files of this content below a folder, which is returned."""

    def written(*names: str) -> Path:
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            torch.save(state_dict, tmp_path / name)
        return tmp_path

    return written


def told(*runs: Path, **wanted: bool) -> list[tuple[int | None, list[str]]]:
    return [(state.step, [file.name for file in state.files]) for state in states_of(runs, **wanted)]


def test_every_step_of_a_folder_is_a_state_of_generator_and_discriminator_in_the_order_of_steps(write) -> None:
    folder = write("G--100.pth", "D--100.pth", "G--50.pth", "D--50.pth", "D--1000.pth", "G--1000.pth")

    assert told(folder) == [(n, [f"G--{n}.pth", f"D--{n}.pth"]) for n in (50, 100, 1000)]


def test_files_named_one_by_one_are_paired_like_those_of_a_folder(write) -> None:
    folder = write("G--50.pth", "D--50.pth", "G--100.pth")

    states = states_of(sorted(folder.iterdir()))

    assert [(state.step, len(state.files), state.alone) for state in states] == [(50, 2, True), (100, 1, True)]


def test_what_a_folder_and_a_pattern_hold_is_not_named_by_itself_and_comes_once(write) -> None:
    folder = write("G--50.pth", "G--100.pth")

    states = states_of([folder / "G--*.pth", folder])

    assert [(state.step, state.alone) for state in states] == [(50, False), (100, False)]


def test_several_folders_follow_one_another_each_in_the_order_of_its_steps(write) -> None:
    folder = write("b/G-2.pth", "b/G-10.pth", "a/G-3.pth")

    assert [(state.run.name, state.step) for state in states_of([folder / "b", folder / "a"])] == [
        ("a", 3), ("b", 2), ("b", 10),
    ]  # fmt: skip
    assert [state.step for state in states_of([folder])] == [3, 2, 10]


def test_without_steps_the_order_is_that_of_names_and_numbers_in_them_count_as_numbers(write) -> None:
    folder = write("netG_run2b.pth", "netG_run10b.pth", "netG_7.pth")

    assert told(folder) == [(7, ["netG_7.pth"]), (None, ["netG_run2b.pth"]), (None, ["netG_run10b.pth"])]


def test_networks_without_a_step_are_paired_by_what_is_left_of_their_names_without_the_role(write) -> None:
    folder = write("best_G.pth", "best_D.pth", "latest_net_G.pth", "latest_net_D.pth", "G.pth")

    assert told(folder) == [
        (None, ["G.pth"]), (None, ["best_G.pth", "best_D.pth"]), (None, ["latest_net_G.pth", "latest_net_D.pth"]),
    ]  # fmt: skip


def test_a_folder_for_each_step_is_a_state(write) -> None:
    folder = write(*(f"checkpoint-{n}/{role}.pth" for n in (200, 1000) for role in ("generator", "discriminator")))

    assert told(folder) == [(n, ["generator.pth", "discriminator.pth"]) for n in (200, 1000)]


def test_two_files_of_one_step_and_role_are_two_states(write) -> None:
    assert told(write("best_G_step=10.pth", "last_G_step=10.pth")) == [
        (10, ["best_G_step=10.pth"]), (10, ["last_G_step=10.pth"]),
    ]  # fmt: skip


def test_discriminators_of_the_steps_are_left_out_where_one_for_all_is_given(write) -> None:
    assert told(write("G-1.pth", "D-1.pth", "G-2.pth"), generators_only=True) == [(1, ["G-1.pth"]), (2, ["G-2.pth"])]


def test_a_damaged_file_is_a_state_that_will_tell_why(write) -> None:
    folder = write("G-1.pth", "G-2.pth")
    (folder / "G-3.pth").write_bytes(b"PK\3\4 and nothing more")

    assert [step for step, _ in told(folder)] == [1, 2, 3]


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"G-1\.pth"):
        states_of([tmp_path / "G-1.pth"])


def test_a_folder_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no checkpoint"):
        states_of([tmp_path])


def mlp(*sizes: int) -> State:
    """Linear layers with activations between them."""
    places = range(0, 2 * (len(sizes) - 1), 2)
    weights = {f"{k}.weight": torch.zeros(sizes[k // 2 + 1], sizes[k // 2]) for k in places}
    return weights | {f"{k}.bias": torch.zeros(sizes[k // 2 + 1]) for k in places}


def variational() -> State:
    """Of linear layers, as they are taught."""
    layers = {"fc1": (400, 784), "fc21": (20, 400), "fc22": (20, 400), "fc3": (400, 20), "fc4": (784, 400)}
    weights = {f"{name}.weight": torch.zeros(*shape) for name, shape in layers.items()}
    return weights | {f"{name}.bias": torch.zeros(shape[0]) for name, shape in layers.items()}


def test_generators_that_are_different_networks_are_of_several_trainings_and_one_is_asked_for(tmp_path: Path) -> None:
    for step in (50, 300):
        torch.save(mlp(64, 256, 256, 784), tmp_path / f"G--{step}.pth")
    torch.save(variational(), tmp_path / "vae_epoch_25.pth")

    with pytest.raises(UsageError, match=r"several trainings.*G--300.pth \(MLP\) and vae_epoch_25.pth") as raised:
        states_of([tmp_path])

    assert "G--*.pth" in str(raised.value.hint)
    assert [state.step for state in states_of([tmp_path / "G--*.pth"])] == [50, 300]
    assert len(states_of([tmp_path / "*.pth"])) == 3  # whoever names them has his reasons


def test_one_network_of_several_runs_or_under_several_names_is_compared(tmp_path: Path) -> None:
    for name in ("a/G-2.pth", "b/G-2.pth", "best_G.pth"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        torch.save(mlp(64, 256, 256, 784), tmp_path / name)

    assert len(states_of([tmp_path])) == 3
