"""What `ganloss convert` writes holds what its source held, whatever that was."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_model, save_file
from torch import Tensor, nn
from training_folders import LAYOUTS, weights

from ganloss_cli.errors import InputError, NothingEvaluatedError, UnsafeCheckpointError, UsageError
from ganloss_cli.io.checkpoints import Checkpoint, choose_files, open_checkpoint, with_concluded_roles
from ganloss_cli.io.checkpoints.converting import planned, write
from ganloss_cli.io.checkpoints.inspect_all import survey
from ganloss_cli.io.writing import OutputFolder
from ganloss_cli.records.conversion import ConvertedNetwork


def convert(*paths: Path, to: Path, **how: Any) -> list[ConvertedNetwork]:
    to.mkdir()
    return list(write(planned(paths, **how), to))


def opened(path: Path) -> tuple[Checkpoint, ...]:
    return with_concluded_roles([open_checkpoint(file) for file in choose_files(path).files])[0]


def networks(checkpoints: tuple[Checkpoint, ...]) -> dict[tuple[str, str, str], Mapping[str, Tensor]]:
    return {
        (one.role, one.weights, one.part if one.part in ("mpd", "msd") else ""): one.state_dict
        for file in checkpoints
        for one in file.networks
    }


def bits(tensor: Tensor) -> bytes:
    flat = tensor.resolve_conj().resolve_neg().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b""


def assert_same(found: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    assert found.keys() == wanted.keys()
    assert {key: (value.shape, value.dtype, bits(value)) for key, value in found.items()} == {
        key: (value.shape, value.dtype, bits(value)) for key, value in wanted.items()
    }


def read(file: Path) -> dict[str, Tensor]:
    with safe_open(file, "pt") as held:
        return {key: held.get_tensor(key) for key in held.keys()}  # noqa: SIM118  it is no mapping


def header(file: Path) -> dict[str, str]:
    with safe_open(file, "pt") as held:
        return dict(held.metadata())


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_a_training_left_is_the_same_after_conversion(tmp_path: Path, name: str) -> None:
    """And the next run passes the conversion over, though it lies within its source."""
    LAYOUTS[name].make(tmp_path, weights())
    checkpoints = opened(tmp_path)

    written = convert(tmp_path, to=tmp_path / "plain")

    source, result = networks(checkpoints), networks(opened(tmp_path / "plain"))
    assert result.keys() == source.keys()
    for key, state in source.items():
        assert_same(result[key], state)
    steps = {file.step for file in checkpoints} - {None}
    assert {one.step for one in written} - {None} == steps
    for one in written:
        file = tmp_path / "plain" / one.file
        assert len(read(file).keys() | one.tied.keys()) == one.tensors
        assert header(file).get("step") == (None if one.step is None else str(one.step))
    assert choose_files(tmp_path).files == tuple(file.path for file in checkpoints)


KINDS = {
    "bfloat16": torch.tensor([1.0, -0.0, float("nan"), 3e38], dtype=torch.bfloat16),
    "float8": torch.tensor([0.5, -1.75, 448.0]).to(torch.float8_e4m3fn),
    "complex": torch.tensor([1 + 2j, -0.5j]),
    "conjugated": torch.tensor([1 + 2j, -0.5j]).conj(),
    "negated": torch.tensor([1 + 2j, -0.5j]).conj().imag,
    "transposed": torch.arange(6.0).reshape(2, 3).t(),
    "expanded": torch.tensor([[1.0], [2.0]]).expand(2, 5),
    "sliced": torch.arange(10)[3:7],
    "empty": torch.empty(0, 4),
    "scalar": torch.tensor(7, dtype=torch.uint8),
    "truth": torch.tensor([True, False]),
}


@pytest.mark.parametrize("old", [False, True])
def test_dtypes_shapes_and_bits_are_those_of_the_source(tmp_path: Path, old: bool) -> None:
    """A NaN's payload and the sign of a zero included, however a tensor lies in its file."""
    state = {f"layer.{name}": value for name, value in KINDS.items()}
    torch.save({"generator": state}, tmp_path / "g.pt", _use_new_zipfile_serialization=not old)

    convert(tmp_path / "g.pt", to=tmp_path / "plain")

    assert_same(read(tmp_path / "plain" / "generator.safetensors"), state)


def test_a_network_that_nobody_knows_keeps_its_own_name(tmp_path: Path) -> None:
    content = {"vae": {"a.weight": torch.ones(2)}, "net": {"text encoder": {"b.weight": torch.zeros(3)}}, "step": 12}
    torch.save(content, tmp_path / "state.pt")

    convert(tmp_path / "state.pt", to=tmp_path / "plain")

    assert sorted(file.name for file in (tmp_path / "plain").iterdir()) == [
        "text_encoder.json", "text_encoder.safetensors", "vae.json", "vae.safetensors",
    ]  # fmt: skip
    assert header(tmp_path / "plain" / "vae.safetensors")["role"] == "network"
    assert open_checkpoint(tmp_path / "plain" / "vae.safetensors").step == 12


def test_unknown_networks_of_a_folder_are_all_converted(tmp_path: Path) -> None:
    for name in ("unet", "vae"):
        (tmp_path / "run" / name).mkdir(parents=True)
        save_file({f"{name}.weight": torch.ones(2)}, tmp_path / "run" / name / "diffusion_pytorch_model.safetensors")

    written = convert(tmp_path / "run", to=tmp_path / "plain")

    assert {one.file for one in written} == {
        "unet_diffusion_pytorch_model.safetensors", "vae_diffusion_pytorch_model.safetensors",
    }  # fmt: skip


def test_parts_of_one_discriminator_are_one_file_that_gives_them_again(tmp_path: Path) -> None:
    state = {"mpd": {"convs.0.weight": torch.ones(2)}, "msd": {"convs.0.weight": torch.zeros(3)}, "optim_d": {"a": 1}}
    torch.save(state, tmp_path / "do_00000100")

    plan = planned([tmp_path / "do_00000100"])
    convert(tmp_path / "do_00000100", to=tmp_path / "plain")

    assert plan.left_out[0].names == ("optim_d",)
    [checkpoint] = opened(tmp_path / "plain")
    assert [(one.role, one.part) for one in checkpoint.networks] == [("discriminator", "mpd"), ("discriminator", "msd")]
    assert_same(checkpoint.networks[1].state_dict, state["msd"])
    assert checkpoint.step == 100


def test_letters_of_domains_are_read_as_they_were_written(tmp_path: Path) -> None:
    """CycleGAN's D_A judges B; in the file's own name A would be ambiguous."""
    torch.save({"a.weight": torch.ones(2)}, tmp_path / "latest_net_D_A.pth")

    [one] = convert(tmp_path / "latest_net_D_A.pth", to=tmp_path / "plain")

    assert one.file == "discriminator_B.safetensors"
    assert [network.role for network in open_checkpoint(tmp_path / "plain" / one.file).networks] == ["discriminator_B"]


class _Tied(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.head = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
        self.head.weight = self.stem.weight


def test_tied_names_lie_in_the_header_and_load_into_a_tied_module(tmp_path: Path) -> None:
    module = _Tied()
    torch.save(module.state_dict(), tmp_path / "generator.pt")

    convert(tmp_path / "generator.pt", to=tmp_path / "plain")

    file = tmp_path / "plain" / "generator.safetensors"
    assert header(file)["head.weight"] == "stem.weight"
    assert_same(open_checkpoint(file).networks[0].state_dict, module.state_dict())
    assert survey([file]).files[0].networks[0].shared_count == 1
    fresh = _Tied()
    load_model(fresh, file)  # type: ignore[no-untyped-call]
    assert torch.equal(fresh.head.weight, module.head.weight)


def test_what_shares_numbers_in_another_shape_is_written_itself(tmp_path: Path) -> None:
    weight = torch.arange(6.0).reshape(2, 3)
    torch.save({"a.weight": weight, "b.weight": weight.t(), "c.weight": weight.view(6)}, tmp_path / "generator.pt")

    [one] = convert(tmp_path / "generator.pt", to=tmp_path / "plain")

    assert one.tied == {}
    assert read(tmp_path / "plain" / one.file).keys() == {"a.weight", "b.weight", "c.weight"}


def test_the_header_and_the_settings_say_where_a_network_comes_from(tmp_path: Path) -> None:
    w = weights()
    torch.save({"generator": w.g, "args": {"lr": 0.1}, "iters": 70, "mean_path_length": torch.tensor(0.25)},
               tmp_path / "last.pt")  # fmt: skip
    (tmp_path / "config.json").write_text('{"batch": 4}')

    convert(tmp_path / "last.pt", to=tmp_path / "plain")

    file = tmp_path / "plain" / "generator.safetensors"
    checkpoint = open_checkpoint(tmp_path / "last.pt")
    told = header(file)
    assert (told["step"], told["role"], told["source_sha256"]) == ("70", "generator", checkpoint.sha256)
    assert json.loads(file.with_suffix(".json").read_text()) == {"batch": 4, "args": {"lr": 0.1}}
    result = open_checkpoint(file)
    assert {"batch": 4, "args": {"lr": 0.1}}.items() <= result.config.items()
    assert (result.step, result.running) == (70, {"mean_path_length": 0.25})
    [before], [after] = (survey([path]).files[0].networks for path in (tmp_path / "last.pt", file))
    assert (after.architecture, after.hyperparameters, after.origins) == (
        before.architecture, before.hyperparameters, before.origins,
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_programs_give_their_weights_without_being_run(tmp_path: Path) -> None:
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).eval()
    example = (torch.zeros(1, 3, 8, 8),)
    torch.jit.trace(module, example).save(str(tmp_path / "generator.pt"))  # type: ignore[no-untyped-call]
    torch.export.save(torch.export.export(module, example), tmp_path / "generator.pt2")

    for name in ("generator.pt", "generator.pt2"):
        convert(tmp_path / name, to=tmp_path / f"plain {name}")

        found = read(tmp_path / f"plain {name}" / "generator.safetensors")
        wanted = {key: value for key, value in module.state_dict().items() if key in found}
        assert_same(found, wanted)
        assert found.keys() >= {key for key, _ in module.named_parameters()}


def test_what_would_run_code_is_refused_and_rescued_on_request(tmp_path: Path) -> None:
    torch.save({"generator": nn.Linear(2, 3)}, tmp_path / "whole.pt")

    with pytest.raises(UnsafeCheckpointError, match="refused"):
        planned([tmp_path / "whole.pt"])
    convert(tmp_path / "whole.pt", to=tmp_path / "plain", rescue=True)

    assert read(tmp_path / "plain" / "generator.safetensors").keys() == {"weight", "bias"}


def test_a_file_without_a_network_is_nothing_to_convert(tmp_path: Path) -> None:
    optimizer = torch.optim.SGD(nn.Linear(2, 2).parameters(), 0.1)
    torch.save({"optimizer": optimizer.state_dict()}, tmp_path / "optimizer.pt")

    for path in (tmp_path / "optimizer.pt", tmp_path):
        with pytest.raises(NothingEvaluatedError, match=r"no (network|checkpoint)"):
            planned([path])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: torch.eye(3).to_sparse(), "sparse"),
        (lambda: torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8), "qint8"),
        (lambda: torch.zeros(2, dtype=torch.complex128), "complex128"),
    ],
)
@pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor", "ignore:.*TypedStorage")
def test_what_safetensors_has_no_type_for_is_named_before_anything_is_written(
    tmp_path: Path, make: Callable[[], Tensor], told: str
) -> None:
    torch.save({"a.weight": torch.ones(1), "b.weight": make()}, tmp_path / "generator.pt")

    with pytest.raises(InputError, match=f"b.weight is {told}"):
        planned([tmp_path / "generator.pt"])


def test_a_folder_appears_only_when_it_is_complete(tmp_path: Path) -> None:
    with OutputFolder(tmp_path / "plain") as output:
        (output.filling / "half").write_text("x")
        assert not (tmp_path / "plain").exists()
    assert list(tmp_path.iterdir()) == []

    (tmp_path / "plain").mkdir()  # an empty one will do
    with OutputFolder(tmp_path / "plain") as output:
        (output.filling / "whole").write_text("x")
        output.commit()
    assert [file.name for file in (tmp_path / "plain").iterdir()] == ["whole"]
    with pytest.raises(UsageError, match="not empty"):
        OutputFolder(tmp_path / "plain")


def test_what_a_killed_run_left_is_removed_by_the_next_and_a_living_run_is_left_alone(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from ganloss_cli.io.writing import OutputFolder\n"
        "with OutputFolder(Path(sys.argv[1])) as output:\n"
        "    (output.filling / 'half').write_text('x'); print('filling', flush=True); time.sleep(60)"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "plain")], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "filling\n"
    [left] = tmp_path.iterdir()

    with OutputFolder(tmp_path / "plain"):
        assert left.exists()
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()
    assert left.exists()
    with OutputFolder(tmp_path / "plain"):
        assert not left.exists()
