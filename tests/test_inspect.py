import argparse
import hashlib
import json
import pickle
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from ganloss_cli.cli import main
from ganloss_cli.io.networks.patchgan import PatchGAN
from ganloss_cli.io.networks.resnet_generator import ResnetGenerator
from ganloss_cli.io.reading import OpenFile

Inspect = Callable[..., dict[str, Any]]
ADAM = {"state": {}, "param_groups": [{"lr": 2e-4, "betas": (0.5, 0.999), "params": [0, 1]}]}


@pytest.fixture
def inspect(capsys: pytest.CaptureFixture[str]) -> Inspect:
    """`ganloss inspect ... --format json` as a document; fails unless it ends with `status`."""

    def run(*arguments: object, status: int = 0) -> dict[str, Any]:
        assert main(["inspect", *map(str, arguments), "--format", "json"]) == status
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        return document

    return run


@pytest.fixture
def weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {
        "conv.weight": torch.randn(4, 3, 3, 3),
        "conv.bias": torch.randn(4),
        "norm.weight": torch.ones(4),
        "norm.running_mean": torch.zeros(4),
        "norm.num_batches_tracked": torch.tensor(7),
    }


def networks(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [network for file in document["files"] for network in file["networks"]]


def checks(document: Mapping[str, Any]) -> list[str]:
    return [finding["check"] for finding in document["findings"]]


def test_a_training_state_is_seen_at_once(tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor]) -> None:
    path = tmp_path / "010000.pt"
    half = {key: value.half() for key, value in weights.items() if value.is_floating_point()}
    settings = argparse.Namespace(size=256, lr={"g": np.float64(0.5)})
    content = {"g": weights, "d": half, "g_ema": {**weights, "conv.bias": torch.zeros(4)}, "g_optim": ADAM}
    torch.save({**content, "args": settings, "ada_aug_p": 0.5, "latent_avg": torch.zeros(8)}, path)

    document = inspect(path)

    [file] = document["files"]
    assert (file["format"], file["holds"], file["step"]) == ("torch zip", "training state", 10000)
    assert file["bytes"] == path.stat().st_size
    assert [(n["role"], n["name_in_file"], n["weights"]) for n in file["networks"]] == [
        ("generator", "g", "raw"), ("discriminator", "d", "raw"), ("generator", "g_ema", "ema"),
    ]  # fmt: skip
    generator, discriminator, _ = file["networks"]
    # 4*3*3*3 + 4 + 4 are trained; 4 means and 1 counter are not
    assert (generator["parameters"], generator["buffers"], generator["tensor_count"]) == (116, 5, 5)
    assert generator["bytes"] == 4 * 120 + 8
    assert generator["dtypes"] == {"float32": 4, "int64": 1}
    assert discriminator["dtypes"] == {"float16": 4}
    assert file["optimizers"] == {"g_optim": {"lr": 2e-4, "betas": [0.5, 0.999]}}
    assert file["config"] == {"args": {"size": 256, "lr": {"g": 0.5}}}
    assert file["left_over"] == ["g_optim", "ada_aug_p", "latent_avg"]
    assert "argparse.Namespace" in file["globals"]
    assert file["refused"] == []
    assert document["findings"] == []
    assert "sha256" not in file


def test_an_architecture_is_recognised_with_where_each_hyperparameter_is_from(tmp_path: Path, inspect: Inspect) -> None:
    path = tmp_path / "latest_net_G_A.pth"
    torch.save(ResnetGenerator(ngf=4, n_blocks=2).state_dict(), path)

    [network] = networks(inspect(path))

    assert network["role"] == "generator_AB"
    assert network["architecture"] is not None
    assert network["hyperparameters"]["ngf"] == 4
    assert network["origins"]["ngf"] == "shape"
    assert set(network["origins"]) == set(network["hyperparameters"])


def test_settings_beside_the_file_are_told_with_their_origin(
    tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor]
) -> None:
    torch.save(weights, tmp_path / "netG.pth")
    (tmp_path / "train_opt.txt").write_text("   no_dropout: True   [default: None]\n")

    [file] = inspect(tmp_path / "netG.pth")["files"]

    assert file["config"] == {"no_dropout": True}
    assert file["config_origins"] == {"no_dropout": "train_opt.txt"}


def save_as(path: Path, form: str, weights: dict[str, torch.Tensor]) -> None:
    if form == "safetensors":
        save_file(weights, path, metadata={"step": "12"})
    elif form == "npz":
        with path.open("wb") as file:
            np.savez(file, **{key: value.numpy() for key, value in weights.items()})
    elif form == "paddle":
        arrays = {key.replace("running_mean", "_mean"): value.numpy() for key, value in weights.items()}
        path.write_bytes(pickle.dumps(arrays, 4))
    else:
        torch.save(weights, path, _use_new_zipfile_serialization=form == "zip")


@pytest.mark.parametrize(
    ("form", "format_", "holds"),
    [
        ("zip", "torch zip", "state dict"),
        ("legacy", "torch legacy", "state dict"),
        ("safetensors", "safetensors", "state dict"),
        ("npz", "npz", "state dict"),
        ("paddle", "pickle", "Paddle parameters"),
    ],
)
def test_every_format_tells_the_same_tensors(
    tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor], form: str, format_: str, holds: str
) -> None:
    path = tmp_path / "generator"
    save_as(path, form, weights)

    [file] = inspect(path, "--tensors")["files"]

    assert (file["format"], file["holds"]) == (format_, holds)
    [network] = file["networks"]
    found = {tensor["name"]: (tensor["shape"], tensor["dtype"], tensor["bytes"]) for tensor in network["tensors"]}
    assert found == {
        "conv.weight": ([4, 3, 3, 3], "float32", 432),
        "conv.bias": ([4], "float32", 16),
        "norm.weight": ([4], "float32", 16),
        "norm.running_mean": ([4], "float32", 16),
        "norm.num_batches_tracked": ([], "int64", 8),
    }
    assert (network["role"], network["parameters"]) == ("generator", 116)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("form", ["torchscript", "exported program"])
def test_the_weights_of_programs_are_seen_without_loading_them(tmp_path: Path, inspect: Inspect, form: str) -> None:
    path = tmp_path / "generator.pt"
    net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.BatchNorm1d(3)).eval()
    if form == "torchscript":
        torch.jit.save(torch.jit.trace(net, torch.ones(2, 2)), path)
    else:
        torch.export.save(torch.export.export(net, (torch.ones(2, 2),)), path)

    document = inspect(path, "--tensors")

    [network] = networks(document)
    found = {tensor["name"]: tuple(tensor["shape"]) for tensor in network["tensors"]}
    assert found == {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()}
    assert document["files"][0]["format"] == form
    assert checks(document) == ["code_in_program"]


def test_a_lightning_checkpoint_is_called_so(
    tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor]
) -> None:
    path = tmp_path / "last.ckpt"
    state = {f"{role}.{key}": value for role in ("generator", "discriminator") for key, value in weights.items()}
    torch.save({"pytorch-lightning_version": "2.1", "state_dict": state, "global_step": 9, "epoch": 1}, path)

    [file] = inspect(path)["files"]

    assert (file["holds"], file["step"]) == ("Lightning checkpoint", 9)
    assert [network["role"] for network in file["networks"]] == ["generator", "discriminator"]


def test_code_in_a_pickle_is_a_finding_and_no_failure(tmp_path: Path, inspect: Inspect) -> None:
    path = tmp_path / "generator.pt"
    torch.save(torch.nn.Linear(2, 3), path)

    document = inspect(path)

    [finding] = document["findings"]
    assert (finding["check"], finding["severity"]) == ("code_in_pickle", "error")
    assert "torch.nn.modules.linear.Linear" in finding["message"]
    assert "--rescue" in finding["hint"]
    [file] = document["files"]
    assert file["holds"] == "pickled module torch.nn.modules.linear.Linear"
    assert file["refused"] == ["torch.nn.modules.linear.Linear"]
    assert file["networks"] == []


def test_rescue_shows_the_tensors_of_a_pickled_module(tmp_path: Path, inspect: Inspect) -> None:
    path = tmp_path / "generator.pt"
    torch.save(torch.nn.Linear(2, 3), path)

    document = inspect(path, "--rescue")

    [network] = networks(document)
    assert (network["role"], network["parameters"]) == ("generator", 9)
    assert checks(document) == ["code_in_pickle"]


def test_networks_beside_a_forbidden_object_are_seen(
    tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor]
) -> None:
    path = tmp_path / "last.pt"
    torch.save({"generator": weights, "loss": torch.nn.L1Loss()}, path)

    document = inspect(path)

    assert [network["role"] for network in networks(document)] == ["generator"]
    assert checks(document) == ["code_in_pickle"]


def test_identical_networks_are_told_by_the_checksums_of_the_zip(
    tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor]
) -> None:
    path = tmp_path / "both.pt"
    copies = {key: value.clone() for key, value in weights.items()}
    other = {**copies, "conv.bias": torch.zeros(4)}
    torch.save({"discriminator_A": weights, "discriminator_B": copies, "generator_A": other}, path)

    [finding] = inspect(path)["findings"]

    assert (finding["check"], finding["severity"]) == ("identical_networks", "warning")
    assert finding["evidence"]["networks"] == [f"{path} (discriminator_A)", f"{path} (discriminator_B)"]
    assert "bit by bit" in finding["message"]


def test_networks_that_share_their_tensors_are_told_apart_from_copies(
    tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor]
) -> None:
    path = tmp_path / "both.pt"
    torch.save({"g": weights, "g_ema": weights}, path)

    [finding] = inspect(path)["findings"]

    assert finding["check"] == "identical_networks"
    assert "they share their tensors" in finding["message"]


@pytest.mark.parametrize("form", ["legacy", "safetensors", "paddle", "npz"])
def test_other_formats_need_a_hash_to_tell_identical_networks(
    tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor], form: str
) -> None:
    one, two = tmp_path / "D_AB", tmp_path / "D_BA"
    save_as(one, form, weights)
    shutil.copy(one, two)

    without, hashed = inspect(one, two), inspect(one, two, "--hash")

    assert checks(without) == (["identical_networks"] if form == "npz" else [])
    assert checks(hashed) == ["identical_networks"]
    assert hashed["files"][0]["sha256"] == hashlib.sha256(one.read_bytes()).hexdigest()


def test_the_same_weights_in_two_formats_are_identical(
    tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor]
) -> None:
    save_as(tmp_path / "D_AB", "zip", weights)
    save_as(tmp_path / "D_BA", "legacy", weights)

    assert checks(inspect(tmp_path / "D_AB", tmp_path / "D_BA", "--hash")) == ["identical_networks"]


def test_a_zip_without_checksums_has_no_identical_networks(
    tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor]
) -> None:
    path = tmp_path / "both.pt"
    torch.serialization.set_crc32_options(compute_crc32=False)
    try:
        torch.save({"g": weights, "d": {key: value + 1 for key, value in weights.items()}}, path)
    finally:
        torch.serialization.set_crc32_options(compute_crc32=True)

    assert "identical_networks" not in checks(inspect(path))


def test_different_precisions_in_one_network_are_a_warning(
    tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor]
) -> None:
    path = tmp_path / "netG.pth"
    torch.save({**weights, "conv.bias": weights["conv.bias"].bfloat16()}, path)

    [finding] = inspect(path)["findings"]

    assert (finding["check"], finding["severity"]) == ("mixed_dtypes", "warning")
    assert finding["evidence"] == {"float32": 3, "bfloat16": 1}


def test_a_pair_of_different_steps_is_a_warning_and_a_series_is_none(
    tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor]
) -> None:
    for name in ("G_100.pth", "D_200.pth", "G_300.pth"):
        torch.save({**weights, "conv.bias": torch.randn(4)}, tmp_path / name)

    pair = inspect(tmp_path / "G_100.pth", tmp_path / "D_200.pth")
    series = inspect(tmp_path / "G_100.pth", tmp_path / "G_300.pth")

    assert checks(pair) == ["step_mismatch"]
    assert checks(series) == []


def test_a_folder_tells_what_it_would_open_and_what_else_there_is(
    tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor]
) -> None:
    for name in ("g_00001000", "g_00002000", "do_00002000"):
        torch.save({**weights, "conv.bias": torch.randn(4)}, tmp_path / name)
    (tmp_path / "config.json").write_text("{}")

    document = inspect(tmp_path)

    [folder] = document["folders"]
    assert folder["chosen"] == ["do_00002000", "g_00002000"]
    assert [(other["name"], other["role"], other["step"]) for other in folder["others"]] == [
        ("g_00001000", "generator", 1000)
    ]
    assert [Path(file["path"]).name for file in document["files"]] == folder["chosen"]


def test_a_folder_with_two_of_one_role_shows_them_all(
    tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor]
) -> None:
    for name in ("generator.pt", "best_generator.pt"):
        torch.save({**weights, "conv.bias": torch.randn(4)}, tmp_path / name)

    document = inspect(tmp_path)

    assert [Path(file["path"]).name for file in document["files"]] == ["best_generator.pt", "generator.pt"]
    assert checks(document) == ["ambiguous_folder"]


def test_names_that_mean_two_things_are_a_note_until_the_naming_is_given(
    tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor]
) -> None:
    path = tmp_path / "both.pt"
    torch.save({"G_A": weights, "D_A": {**weights, "conv.bias": torch.zeros(4)}}, path)

    unknown, known = inspect(path), inspect(path, "--naming", "cyclegan")

    assert [network["role"] for network in networks(unknown)] == ["generator", "discriminator"]
    assert checks(unknown) == ["ambiguous_names"]
    assert [network["role"] for network in networks(known)] == ["generator_AB", "discriminator_B"]


def test_the_tree_counts_the_parameters_of_every_module(tmp_path: Path, inspect: Inspect) -> None:
    path = tmp_path / "D.pth"
    net = PatchGAN(ndf=4)
    torch.save(net.state_dict(), path)

    [network] = networks(inspect(path, "--tree"))

    tree = network["tree"]
    assert tree["parameters"] == sum(parameter.numel() for parameter in net.parameters())
    [model] = tree["modules"]
    first = model["modules"][0]
    assert (model["name"], first["name"]) == ("model", "0")
    assert first["parameters"] == sum(parameter.numel() for parameter in net.model[0].parameters())


@pytest.mark.parametrize("form", ["zip", "legacy"])
def test_tied_weights_count_once(tmp_path: Path, inspect: Inspect, form: str) -> None:
    path = tmp_path / "generator"
    matrix, bias = torch.randn(4, 6), torch.randn(6)
    tensors = {"a.0.weight": matrix, "a.0.bias": bias, "a.1.weight": matrix, "b.weight": matrix.T, "b.bias": bias[:4]}
    save_as(path, form, tensors)

    [network] = networks(inspect(path, "--tensors", "--tree"))

    assert (network["parameters"], network["bytes"], network["shared_count"]) == (24 + 6 + 4, 4 * (24 + 6 + 4), 2)
    tied = {tensor["name"]: tensor["shared_with"] for tensor in network["tensors"]}
    assert tied == {name: "a.0.weight" if name in ("a.1.weight", "b.weight") else None for name in tensors}
    a, b = network["tree"]["modules"]
    assert (network["tree"]["parameters"], a["parameters"], b["parameters"]) == (34, 30, 28)
    assert [inner["parameters"] for inner in a["modules"]] == [30, 24]


def test_equal_weights_that_are_not_tied_count_each(tmp_path: Path, inspect: Inspect) -> None:
    path = tmp_path / "generator.pkl"
    path.write_bytes(pickle.dumps({"a.weight": np.zeros(3, "f4"), "b.weight": np.zeros(3, "f4")}, 4))

    [network] = networks(inspect(path))

    assert (network["parameters"], network["shared_count"]) == (6, 0)


def test_the_table_tells_which_tensors_are_tied(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weight = torch.ones(2, 3)
    torch.save({"a.weight": weight, "b.weight": weight}, tmp_path / "g.pt")

    assert main(["inspect", str(tmp_path / "g.pt"), "--tensors"]) == 0

    out = capsys.readouterr().out
    assert "1 of 2 tensors; counted once" in out
    assert "b.weight = a.weight" in out


def test_a_missing_file_is_status_3(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(tmp_path / "absent.pt")]) == 3

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err == f"error: {tmp_path / 'absent.pt'}: no such file\n"


def test_one_unreadable_file_among_others_is_a_finding_and_status_3(
    tmp_path: Path, inspect: Inspect, weights: dict[str, torch.Tensor]
) -> None:
    good, bad = tmp_path / "netG.pth", tmp_path / "netD.pth"
    torch.save(weights, good)
    bad.write_bytes(good.read_bytes()[:500])

    document = inspect(tmp_path, status=3)

    assert [Path(file["path"]).name for file in document["files"]] == ["netG.pth"]
    assert checks(document) == ["unreadable_checkpoint"]
    assert "netD.pth: the file is truncated" in document["findings"][0]["message"]


def test_a_file_without_a_network_says_what_it_holds(tmp_path: Path, inspect: Inspect) -> None:
    path = tmp_path / "log.pt"
    torch.save({"losses": torch.zeros(3), "epoch": 3}, path)

    [finding] = inspect(path)["findings"]

    assert finding["check"] == "no_network"
    assert finding["message"].endswith("no network in it; found losses")


def test_table_and_markdown_tell_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], weights: dict[str, torch.Tensor]
) -> None:
    path = tmp_path / "netG_epoch_24.pth"
    torch.save({"module." + key: value for key, value in weights.items()}, path)

    assert main(["inspect", str(path), "--tree", "--tensors", "--output", str(tmp_path / "seen.md")]) == 0

    table = capsys.readouterr().out
    assert "torch zip, state dict" in table
    assert "step 24" in table
    row = next(line for line in table.splitlines() if line.lstrip().startswith("generator  —"))
    assert row.split() == ["generator", "—", "—", "116", "5", "float32", "×4,", "int64", "×1", "488", "B"]
    assert "4×3×3×3  float32  432 B  conv.weight" in table
    markdown = (tmp_path / "seen.md").read_text()
    assert "| generator | — | — | 116 | 5 | float32 ×4, int64 ×1 | 488 B |" in markdown
    assert "| conv.weight | 4×3×3×3 | float32 | 432 B |" in markdown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--format", "csv"], "--format: expected one of table, json, markdown, html; got 'csv'"),
        (["--output", "seen.yaml"], "--output seen.yaml: expected a suffix of .json, .md, .txt, .html; got '.yaml'"),
        (["--naming", "mine"], "--naming: expected one of cyclegan, discogan; got 'mine'"),
    ],
)
def test_an_option_that_cannot_be_is_status_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["inspect", "g.pt", *arguments]) == 2

    assert capsys.readouterr().err.startswith(f"error: {message}")


@pytest.mark.parametrize("form", ["zip", "legacy", "safetensors", "npz", "paddle"])
def test_inspect_imports_neither_torch_nor_numpy(tmp_path: Path, weights: dict[str, torch.Tensor], form: str) -> None:
    path = tmp_path / "generator"
    save_as(path, form, weights)
    code = "import sys; from ganloss_cli.cli import main; status = main(sys.argv[1:]); print(status, *sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code, "inspect", path, "--rescue", "--tree", "--tensors", "--hash"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    status, *modules = done.stdout.splitlines()[-1].split()
    assert status == "0"
    assert "ganloss_cli.io.checkpoints.inspect_all" in modules
    assert not {"torch", "numpy", "safetensors"} & set(modules)


def test_weights_are_not_read(tmp_path: Path, inspect: Inspect, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "generator.safetensors"
    n = 2**18
    header = json.dumps({"a.weight": {"dtype": "F32", "shape": [n], "data_offsets": [0, 4 * n]}}).encode()
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + 4 * n)
    read = OpenFile.__getitem__

    def reading(data: OpenFile, part: slice) -> bytes:
        assert not isinstance(part, slice) or len(range(*part.indices(len(data)))) < 1000
        return read(data, part)

    monkeypatch.setattr(OpenFile, "__getitem__", reading)

    [network] = networks(inspect(path))

    assert (network["parameters"], network["bytes"]) == (n, 4 * n)


def test_every_real_checkpoint_is_seen(real_data: Path, inspect: Inspect) -> None:
    files = sorted(
        path for path in (real_data / "checkpoints").rglob("*") if path.suffix in (".pt", ".pth", ".ckpt", ".tar")
    )

    document = inspect(*files, "--rescue")

    assert len(document["files"]) == len(files) == 31
    assert all(file["networks"] for file in document["files"])
    code = [finding for finding in document["findings"] if finding["check"] == "code_in_pickle"]
    assert len(code) == 6


@pytest.mark.parametrize(
    ("columns", "left_out"),
    [("200", set()), ("95", {"tensors"}), ("80", {"tensors", "dtype"}), ("30", {"tensors", "dtype"})],
)
def test_a_narrow_screen_leaves_columns_out_and_cuts_no_figure(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    columns: str,
    left_out: set[str],
) -> None:
    state = {"conv.weight": torch.zeros(16, 3, 4, 4), "norm.num_batches_tracked": torch.tensor(0)}
    torch.save({"netG": state, "netD": state, "netG_ema": state}, tmp_path / "g.pt")
    monkeypatch.setenv("COLUMNS", columns)

    assert main(["inspect", str(tmp_path / "g.pt")]) == 0

    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    heads = {"role", "in the file", "architecture", "parameters", "tensors", "dtype", "size"}
    assert set(re.split(r"  +", next(line for line in lines if line.startswith("role")))) == heads - left_out
    averaged = re.split(r"  +", next(line for line in lines if line.startswith("generator (ema)")))
    assert averaged[:4] == ["generator (ema)", "netG_ema", "—", "768"]
    assert averaged[-1] == "3.08 kB"  # 768 x 4 bytes and a counter of 8
