"""What stands for torch is never there when torch is: command lines run in a process of their own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ganloss_cli.cli import main
from ganloss_cli.records.request import Request
from ganloss_cli.without_torch import Absent, TorchNeededError, without_torch
from ganloss_cli.without_torch.requests import is_of_pixels

RUN = """
import contextlib, io, json, sys
from ganloss_cli.cli import main
for words in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(words)
    torch = [name for name in sys.modules if name.split(".")[0] == "torch"]
    print(json.dumps([status, out.getvalue(), err.getvalue(), bool(torch)]))
"""
PIXELS = (
    "ssim,psnr,ms_ssim,l1,mse,psnr:pooled,psnr:sr,psnr:observed_span,"
    "ssim:sr,ssim:one_minus,ssim:torchmetrics,ssim:pytorch_ssim,mse:root,l1:summed"
)


def pair(folder: Path, name: str, shape: tuple[int, ...], depth: type = np.uint8) -> list[str]:
    random = np.random.default_rng(0)
    real = random.integers(0, np.iinfo(depth).max, shape).astype(depth)
    fake = np.clip(real + random.normal(0, np.iinfo(depth).max / 20, shape), 0, np.iinfo(depth).max).astype(depth)
    *within, name = name.split("/")
    places = {role: folder.joinpath(*within, role, f"{name}.png") for role in ("real", "fake")}
    for place, values in zip(places.values(), (real, fake), strict=True):
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(values).save(place)
    return [word for role, place in places.items() for word in (f"--{role}", str(place))]


def checkpoints(folder: Path) -> dict[str, Path]:
    """Networks of no known architecture: healthy, untrained, and with what every check of files looks for."""
    random = torch.Generator().manual_seed(0)
    layers = {f"first.{k}.weight": torch.randn(64, 32, 3, 3, generator=random) ** 3 for k in range(3)}
    norm = {
        "norm.weight": torch.rand(64, generator=random), "norm.bias": torch.zeros(64),
        "norm.running_mean": torch.randn(64, generator=random), "norm.running_var": torch.rand(64, generator=random),
        "norm.num_batches_tracked": torch.tensor(7),
    }  # fmt: skip
    fresh = torch.nn.Conv2d(64, 64, 5)
    torch.manual_seed(0)
    torch.nn.init.kaiming_uniform_(fresh.weight, a=5**0.5)
    spectral = {
        "odd.weight_orig": torch.randn(40, 90, generator=random), "odd.weight_u": torch.randn(40, generator=random),
        "odd.weight_v": torch.randn(90, generator=random),
    }  # fmt: skip
    ill = {**layers, **norm, "lost.weight": torch.zeros(9, 9), "equal.weight": torch.ones(8, 9)}
    ill["first.1.weight"] = ill["first.1.weight"].index_fill(0, torch.tensor([3, 5]), 0.0)
    ill["first.2.weight"] = torch.where(ill["first.2.weight"] > 3, torch.nan, ill["first.2.weight"])
    ill["norm.running_var"] = torch.zeros(64)
    optimizer = {
        "state": {0: {"exp_avg": torch.tensor([1.0, torch.inf])}},
        "param_groups": [{"lr": 0.1, "params": [0]}],
    }
    contents = {
        "healthy": {**layers, **norm},
        "ill": {"generator": ill, "optimizer": optimizer, "step": 9},
        "untrained": {"deep.weight": fresh.weight.data, **spectral, "large": torch.full((3, 3), 6e4)},
        "bfloat16": {name: value.bfloat16() for name, value in {**layers, **norm}.items()},
        "float16": {"deep.weight": fresh.weight.data.half(), **{name: value.half() for name, value in ill.items()}},
        "float8": {"deep.weight": fresh.weight.data.to(torch.float8_e5m2)},
    }
    for name, content in contents.items():
        torch.save(content, folder / f"{name}.pt")
    torch.save({"network": fresh}, folder / "module.pt")
    return {name: folder / f"{name}.pt" for name in ("module", *contents)}


@pytest.fixture(scope="module")
def command_lines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    folder = tmp_path_factory.mktemp("pairs")
    colours, grey = pair(folder, "colours", (200, 171, 3)), pair(folder, "grey", (161, 163), np.uint16)
    other = pair(folder, "other", (30, 40, 3))
    for name, shape in (("set/a", (180, 171, 3)), ("set/b", (180, 171, 3)), ("set/c", (165, 190, 3))):
        pair(folder, name, shape)
    known = Path(__file__).parents[2] / "sample_data" / "g.pt"  # two networks of known architectures
    files = {"known": known, **checkpoints(folder)}
    text = ["--format", "json", "--per-sample"]
    audits = {
        f"audit of {name}": ["audit", "checkpoint", str(file), "--format", "json"] for name, file in files.items()
    }
    return {
        "colours": ["eval", *colours, "--losses", PIXELS, *text],
        "grey, of 16 bits": ["eval", *grey, "--losses", "ssim,psnr,ms_ssim,psnr:luma", *text],
        "a gate that fails": ["eval", *colours, "--losses", "psnr", "--fail-if", "psnr<99", *text],
        "a folder": ["eval", "--data", str(folder / "set"), "--losses", PIXELS, *text],
        **audits,
        "strides": ["eval", *colours, "--losses", "ssim:ffmpeg,psnr", *text],
        "two shapes": ["eval", *colours[:2], *other[2:], "--losses", "ssim"],
        "too small": ["eval", *other, "--losses", "ms_ssim"],
    }


@pytest.fixture(scope="module")
def in_processes(command_lines: dict[str, list[str]]) -> dict[str, list[Any]]:
    """Status, outputs and whether torch is there, of each in turn."""
    found: dict[str, list[Any]] = {}
    first = list(command_lines).index("strides")  # what needs torch leaves it there
    for names in (list(command_lines)[:first], list(command_lines)[first:]):
        command = [sys.executable, "-c", RUN, json.dumps([command_lines[name] for name in names])]
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
        found |= dict(zip(names, map(json.loads, done.stdout.splitlines()), strict=True))
    return found


def close(one: Any, other: Any) -> bool:
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(close, one, other))
    return one == (pytest.approx(other, rel=1e-6) if isinstance(one, float) else other)


@pytest.mark.parametrize("name", ["colours", "grey, of 16 bits", "a gate that fails", "a folder", "strides"])
def test_without_torch_the_document_is_the_same_to_the_last_digit(
    name: str, command_lines: dict[str, list[str]], in_processes: dict[str, list[Any]], capsys: pytest.CaptureFixture
) -> None:
    status, out, err, torch_is_there = in_processes[name]

    assert main(command_lines[name]) == status

    printed = capsys.readouterr()
    ours, theirs = json.loads(out), json.loads(printed.out)
    assert {**ours, "timing": None} == {**theirs, "timing": None}
    assert err == printed.err
    assert torch_is_there == (name == "strides")


@pytest.mark.parametrize("name", ["known", "healthy", "ill", "untrained", "bfloat16", "float16", "float8"])
def test_an_audit_of_files_is_the_same_without_torch(
    name: str, command_lines: dict[str, list[str]], in_processes: dict[str, list[Any]], capsys: pytest.CaptureFixture
) -> None:
    status, out, err, torch_is_there = in_processes[f"audit of {name}"]

    assert main(command_lines[f"audit of {name}"]) == status

    printed = capsys.readouterr()
    ours, theirs = json.loads(out), json.loads(printed.out)
    assert close({**ours, "timing": None}, {**theirs, "timing": None})
    assert bool(ours["findings"]) == (name in ("ill", "untrained", "float16"))
    assert err == printed.err
    assert torch_is_there == (name == "float8")


def test_a_file_that_would_run_code_is_refused_without_torch(
    command_lines: dict[str, list[str]], in_processes: dict[str, list[Any]], capsys: pytest.CaptureFixture
) -> None:
    status, out, err, torch_is_there = in_processes["audit of module"]

    assert main(command_lines["audit of module"]) == status == 4

    assert (out, err) == tuple(capsys.readouterr())
    assert not torch_is_there


@pytest.mark.parametrize("name", ["two shapes", "too small"])
def test_what_fails_is_told_in_the_words_of_torch(
    name: str, command_lines: dict[str, list[str]], in_processes: dict[str, list[Any]], capsys: pytest.CaptureFixture
) -> None:
    status, out, err, _ = in_processes[name]

    assert main(command_lines[name]) == status != 0

    assert (out, err) == tuple(capsys.readouterr())


def requested(folder: Path, **changes: Any) -> Request:
    files = pair(folder, "small", (12, 12, 3))
    return Request(**{"roles": {"real": files[1], "fake": files[3]}, "losses": ("ssim", "psnr:cap80"), **changes})


def test_two_images_held_against_each_other_are_worth_a_try(tmp_path: Path) -> None:
    assert is_of_pixels(requested(tmp_path))
    assert is_of_pixels(requested(tmp_path, device="cpu", per_sample=True, seed=3))
    assert is_of_pixels(requested(tmp_path, data=tmp_path, roles={}))


@pytest.mark.parametrize(
    "changes",
    [
        {"losses": ()}, {"losses": ("ssim", "fid")}, {"losses": ("all",)}, {"device": "cuda"}, {"dtype": "float64"},
        {"roles": {"real": "a.npy", "fake": "b.npy"}}, {"ckpt": (Path("g.pt"),)}, {"resize": 8}, {"alpha": "white"},
        {"shard": (1, 2)}, {"journal": (Path("j"),)}, {"baseline": Path("r.json")}, {"dry_run": True},
        {"data": Path("folder")}, {"data": Path(__file__).parent, "roles": {}}, {"quantize": True},
    ],
    ids=str,
)  # fmt: skip
def test_everything_else_is_left_to_torch(tmp_path: Path, changes: dict[str, Any]) -> None:
    assert not is_of_pixels(requested(tmp_path, **changes))


def test_files_that_are_no_images_are_left_to_torch(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no image")

    assert not is_of_pixels(requested(tmp_path, roles={"real": str(tmp_path / "text.png"), "fake": str(tmp_path)}))


def test_where_torch_is_there_already_nothing_stands_for_it() -> None:
    assert torch is sys.modules["torch"]
    assert without_torch(lambda: pytest.fail("was done")) is None


def test_what_is_absent_may_be_named_and_not_used() -> None:
    absent = Absent("torch.nn")

    class Derived(absent.Module): ...

    assert not isinstance(3, absent.Module)
    assert {absent.uint8: 1}
    for use in (Derived, absent.relu, lambda: bool(absent.flag)):
        with pytest.raises(TorchNeededError):
            use()
