import dataclasses
import inspect
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from ganloss_cli.cli import main
from ganloss_cli.commands.checkpoint import checkpoint_command
from ganloss_cli.commands.eval import eval_command
from ganloss_cli.commands.log import log_command
from ganloss_cli.commands.number import number_command
from ganloss_cli.commands.option_rows import CHOICES
from ganloss_cli.commands.options import DATA
from ganloss_cli.errors import ExitStatus
from ganloss_cli.io.roles import DATA_ROLES
from ganloss_cli.records.request import (
    Backbone,
    GateCondition,
    Request,
    SettingChange,
    StatedPlace,
    UserNetwork,
    WorseCondition,
)


def evaluate(*arguments: str) -> int:
    return main(["eval", "--data", "imgs", *arguments])


NET = UserNetwork(text="G=net.py:Net(ngf=64)", role="generator", file=Path("net.py"), name="Net", keywords={"ngf": 64})
SCALE = SettingChange(text="fm.scale=1", target="fm", setting="scale", value="1")
PLACE = StatedPlace(text="D=last.th:adversary.0", role="discriminator", ckpt=Path("last.th"), place="adversary.0")
SSIM = GateCondition(expression="ssim<0.9", loss="ssim", comparison="<", bound=0.9)
PSNR = GateCondition(expression="psnr<20", loss="psnr", comparison="<", bound=20.0)
WORSE_SSIM = WorseCondition(expression="ssim by 1%", loss="ssim", allowed=0.01, relative=True)
WORSE_FM = WorseCondition(expression="fm", loss="fm")
TAKEN: list[tuple[list[str], dict[str, Any]]] = [
    (["-c", "g.pt", "--ckpt", "imgs"], {"ckpt": (Path("g.pt"), Path("imgs"))}),
    (["-d", "g.pt"], {"disc": (Path("g.pt"),)}),
    (["--network", "G=net.py:Net(ngf=64)"], {"networks": (NET,)}),
    (["--state", "D=last.th:adversary.0"], {"state": (PLACE,)}),
    ([], {"data": Path("imgs")}),
    (["--real", "a.npz:x"], {"roles": {"real": "a.npz:x"}}),
    (["-l", "ssim, psnr:half", "--losses", "fm"], {"losses": ("ssim", "psnr:half", "fm")}),
    (["--recipe", "hifigan"], {"recipe": "hifigan"}),
    (["--set", "fm.scale=1"], {"settings": (SCALE,)}),
    (["--map", "fmap_r=real_features"], {"rename": {"fmap_r": "real_features"}}),
    (["--range", "-1,1"], {"range": (-1.0, 1.0)}),
    (["--range=-1,1"], {"range": (-1.0, 1.0)}),
    (
        ["--network-range", "-1,1", "--network-range=D=0,1"],
        {"network_range": {None: (-1.0, 1.0), "discriminator": (0.0, 1.0)}},
    ),
    (["--channel-order", "BGR"], {"channel_order": "BGR"}),
    (["--scores", "probabilities"], {"scores": "probabilities"}),
    (["--naming", "discogan"], {"naming": "discogan"}),
    (["--features", "layer*"], {"features": ("layer*",)}),
    (["--save-statistics", "real.npz"], {"save_statistics": Path("real.npz")}),
    (["--backbone", "vgg19=g.pt"], {"backbone": (Backbone(name="vgg19", file=Path("g.pt")),)}),
    (["--arch", "MLP", "--arch", "G=DCGAN"], {"arch": {None: "MLP", "generator": "DCGAN"}}),
    (
        ["--arch-args", "discriminator:slope=0.1,end=sigmoid"],
        {"arch_args": {"discriminator": {"slope": "0.1", "end": "sigmoid"}}},
    ),
    (["--rescue"], {"rescue": True}),
    (["--allow-code"], {"allow_code": True}),
    (["--alpha", "white"], {"alpha": "white"}),
    (["--channels", "mono"], {"channels": "mono"}),
    (["--sample-rate", "22050"], {"sample_rate": 22050}),
    (["--segment", "1.5"], {"segment": 1.5}),
    (["--resize", "64x48"], {"resize": (64, 48)}),
    (["--tile", "512"], {"tile": 512}),
    (["--max-pixels", "400000000"], {"max_pixels": 400_000_000}),
    (["--modcrop", "4"], {"modcrop": 4}),
    (["--quantize"], {"quantize": True}),
    (["--pair-by", r"(\d+)"], {"pair_by": re.compile(r"(\d+)")}),
    (["--unpaired"], {"unpaired": True}),
    (["--split", "test"], {"split": "test"}),
    (["--direction", "BtoA"], {"direction": "BtoA"}),
    (["--aligned", "AB"], {"aligned": "AB"}),
    (["--stem", "vocals"], {"stem": "vocals"}),
    (["--mode", "train"], {"mode": "train"}),
    (["--weights", "both"], {"weights": "both"}),
    (["--samples", "5000"], {"samples": 5000}),
    (["--latent-shape", "128x1x1"], {"latent_shape": (128, 1, 1)}),
    (["--latent-shape", "512"], {"latent_shape": (512,)}),
    (["--limit", "3"], {"limit": 3}),
    (["--over", "batch"], {"over": "batch"}),
    (["-b", "8"], {"batch_size": 8}),
    (["--num-workers", "0"], {"workers": 0}),
    (["--device", "cuda:1"], {"device": "cuda:1"}),
    (["--dtype", "float64"], {"dtype": "float64"}),
    (["--seed", "7"], {"seed": 7}),
    (["--per-sample"], {"per_sample": True}),
    (["--worst", "3"], {"worst": 3}),
    (["--fail-if", "ssim<0.9", "--fail-if", "psnr<20"], {"fail_if": (SSIM, PSNR)}),
    (["--baseline", "g.pt"], {"baseline": Path("g.pt")}),
    (["--fail-if-worse", "ssim by 1%", "--fail-if-worse", "fm"], {"fail_if_worse": (WORSE_SSIM, WORSE_FM)}),
    (["--level", "0.01"], {"level": 0.01}),
    (["--allow-missing"], {"allow_missing": True}),
    (["--waivers", "g.pt"], {"waivers": Path("g.pt")}),
    (["--dry-run"], {"dry_run": True}),
    (["--shard", "2/3", "--format", "json"], {"shard": (2, 3)}),
    (["--each"], {"each": True}),
    (["--journal", "a.jsonl", "--journal", "b.jsonl"], {"journal": (Path("a.jsonl"), Path("b.jsonl"))}),
    (["-q"], {"command": ("ganloss", "eval", "--data", "imgs", "-q")}),
]


@pytest.mark.parametrize(("arguments", "expected"), TAKEN, ids=lambda value: " ".join(value))
def test_an_option_changes_its_field_of_the_request_and_no_other(
    arguments: list[str], expected: dict[str, Any], pipeline: Any
) -> None:
    evaluate(*arguments)

    (request,) = pipeline.requests
    default = Request(data=Path("imgs"), command=request.command)
    changed = {f.name for f in dataclasses.fields(Request) if getattr(request, f.name) != getattr(default, f.name)}
    assert {name: getattr(request, name) for name in expected} == expected
    assert changed <= set(expected)


SAID = [
    (["--arch", "generator:DCGAN"], "arch", {"generator": "DCGAN"}),
    (["--arch", "G=DCGAN"], "arch", {"generator": "DCGAN"}),
    (["--arch", "MLP"], "arch", {None: "MLP"}),
    (["--arch-args", "D:slope=0.1"], "arch_args", {"discriminator": {"slope": "0.1"}}),
    (["--arch-args", "netD=slope=0.1,end=none"], "arch_args", {"discriminator": {"slope": "0.1", "end": "none"}}),
    (["--arch-args", "slope=0.1,end=none"], "arch_args", {None: {"slope": "0.1", "end": "none"}}),
    (
        ["--arch-args", "slope=0.1", "--arch-args", "D:slope=0.2", "--arch-args", "end=none"],
        "arch_args",
        {None: {"slope": "0.1", "end": "none"}, "discriminator": {"slope": "0.2"}},
    ),
]


@pytest.mark.parametrize(("arguments", "field", "expected"), SAID, ids=lambda value: " ".join(map(str, value)))
def test_a_role_in_any_spelling_stands_before_an_architecture_and_its_arguments(
    arguments: list[str], field: str, expected: Any, pipeline: Any
) -> None:
    evaluate(*arguments)

    assert getattr(pipeline.requests[0], field) == expected


@pytest.mark.parametrize("option", ["--arch=encoder:MLP", "--arch-args=encoder:slope=1", "--network-range=encoder=0,1"])
def test_a_word_that_is_no_role_of_a_network_is_refused_and_not_passed_over(
    option: str, pipeline: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(option) == ExitStatus.USAGE

    assert "'encoder' is no role; expected one of generator, discriminator" in capsys.readouterr().err
    assert pipeline.requests == []


def test_a_name_that_holds_an_equals_sign_is_renamed_whole(pipeline: Any) -> None:
    evaluate("--map", "loss=g=real_logits", "--map", "a=fake_logits")

    assert pipeline.requests[0].rename == {"loss=g": "real_logits", "a": "fake_logits"}


def test_every_field_of_a_request_has_an_option() -> None:
    assert {name for _, expected in TAKEN for name in expected} == {f.name for f in dataclasses.fields(Request)}


def test_every_role_of_the_data_has_an_option(pipeline: Any) -> None:
    roles = [option.key for option in DATA if option.key in DATA_ROLES]

    status = main(["eval", *(word for role in roles for word in (f"--{role.replace('_', '-')}", f"{role}/"))])

    assert status == ExitStatus.DONE
    assert pipeline.requests[0].roles == {role: f"{role}/" for role in roles}
    assert {"input", "mixture", "real_A", "fake_B"} <= set(roles)


@pytest.mark.parametrize("field", CHOICES)
def test_a_word_outside_a_closed_set_is_answered_with_the_whole_set(
    field: str, pipeline: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    status = evaluate(f"--{field.replace('_', '-')}", "other")

    assert status == ExitStatus.USAGE
    assert f"expected one of {', '.join(CHOICES[field])}; got 'other'" in capsys.readouterr().err
    assert pipeline.requests == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--range", "1,-1"], "--range: expected LOW,HIGH with LOW below HIGH, got '1,-1'"),
        (["--range", "0,1,2"], "--range: expected LOW,HIGH with LOW below HIGH, got '0,1,2'"),
        (["--range", "0,inf"], "--range: expected LOW,HIGH with LOW below HIGH, got '0,inf'"),
        (["--network-range", "=0,1"], "--network-range: no role before the = of '=0,1'"),
        (["--network-range", "D=1"], "--network-range: expected LOW,HIGH with LOW below HIGH, got '1'"),
        (["--limit", "0"], "--limit: expected a whole number of at least 1, got '0'"),
        (["--batch-size", "many"], "--batch-size: expected a whole number of at least 1, got 'many'"),
        (["--num-workers", "20000"], "--num-workers: expected a whole number of at most 256, got 20000"),
        (["--num-workers", "-1"], "--num-workers: expected a whole number of at least 0, got '-1'"),
        (["--seed", "1.5"], "--seed: expected a whole number of at least 0, got '1.5'"),
        (["--segment", "nan"], "--segment: expected a number above 0, got 'nan'"),
        (["--resize", "64x"], "--resize: expected a side like 64 or WIDTHxHEIGHT like 64x48, got '64x'"),
        (["--latent-shape", "0"], "--latent-shape: expected a shape like 128 or 128x1x1, got '0'"),
        (
            ["--backbone", "g.pt"],
            "--backbone: expected vgg16=FILE or vgg19=FILE or alexnet=FILE or squeezenet=FILE or inception=FILE or",
        ),
        (["--device", "gpu"], "--device: expected one of auto, cpu, cuda, cuda:N, mps; got 'gpu'"),
        (["--pair-by", "("], "--pair-by: '(' is not a regular expression"),
        (["--losses", ""], "--losses: expected at least one name, got ''"),
        (["--format", "yaml"], "--format: expected one of table, json, csv, markdown, github, junit, html; got 'yaml'"),
        (
            ["--output", "r.yaml"],
            "--output r.yaml: expected a suffix of .json, .csv, .md, .txt, .xml, .html; got '.yaml'",
        ),
        (["--fail-if", "ssim"], "--fail-if 'ssim': expected LOSS, one of <= >= == != < >, and a number"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_value_that_an_option_cannot_take_is_a_usage_error_before_any_work(
    arguments: list[str], message: str, pipeline: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    status = evaluate(*arguments)

    out, err = capsys.readouterr()
    assert status == ExitStatus.USAGE
    assert err.startswith(f"error: {message}")
    assert out == ""
    assert pipeline.requests == []


@pytest.mark.parametrize("option", ["--ckpt", "--disc", "--data"])
def test_a_path_that_does_not_exist_is_an_input_error(
    option: str, pipeline: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["eval", option, "nowhere"])

    assert status == ExitStatus.INPUT
    assert capsys.readouterr().err == f"error: nowhere: no such file or folder ({option})\n"
    assert pipeline.requests == []


# what a command has another word for, or no use of: `audit log` maps tags; `audit checkpoint` looks at both modes, both
# kinds of weights, and losses in every dtype
OWN = {
    log_command: {"rename", "losses"},
    number_command: {"losses", "recipe"},
    checkpoint_command: {"weights", "mode", "recipe", "over", "quantize", "dtype"},
}
OF_A_DOCUMENT = {
    *("paths", "per_sample", "save_statistics", "worst", "pictures", "print_schema", "fail_if", "dry_run", "each"),
    *("baseline", "fail_if_worse", "level", "allow_missing", "waivers"),
}
DIVIDED = {"shard", "journal", "join_timeout", "no_distributed"}


@pytest.mark.parametrize("command", OWN, ids=lambda command: command.__name__)
def test_a_command_that_recomputes_takes_the_options_of_eval(command: Any) -> None:
    theirs = set(inspect.signature(eval_command).parameters) - OF_A_DOCUMENT - DIVIDED

    assert theirs - set(inspect.signature(command).parameters) == OWN[command]


@pytest.mark.parametrize("command", [["inspect"], ["audit", "checkpoint"]])
def test_a_checkpoint_is_an_argument_or_an_option_alike(command, sample_data, tmp_path, capsys):
    file = str(sample_data / "g.pt")
    main([*command, file])
    named = capsys.readouterr()

    for option in ("--ckpt", "-c"):
        main([*command, option, file])
        assert capsys.readouterr() == named

    main([*command, file, "--ckpt", str(tmp_path / "missing.pt")])
    assert "missing.pt: no such file" in capsys.readouterr().err


def test_paths_of_eval_are_checkpoints_like_those_behind_the_option(pipeline: Any) -> None:
    for arguments in (["g.pt", "imgs"], ["-c", "g.pt", "imgs"], ["g.pt", "--ckpt", "imgs"]):
        main(["eval", *arguments])

    assert {frozenset(request.ckpt) for request in pipeline.requests} == {frozenset({Path("g.pt"), Path("imgs")})}
    assert all(request.data is None for request in pipeline.requests)


@pytest.mark.parametrize("place", ["imgs", "imgs/real", "audio/real", "tensors/losses.safetensors", "tensors"])
def test_data_in_the_place_of_a_checkpoint_are_a_usage_error_that_names_their_option(
    place: str, sample_data: Path, pipeline: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    status = main(["eval", str(sample_data / place)])

    assert status == ExitStatus.USAGE
    assert capsys.readouterr().err == (
        f"error: {sample_data / place}: holds data; expected a checkpoint\n"
        f"hint: data are given with --data, as in ganloss eval --data {sample_data / place}\n"
    )
    assert pipeline.requests == []


def test_a_manifest_is_no_checkpoint_and_a_run_with_pictures_is_one(
    sample_data: Path, pipeline: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("rows.csv").write_text("real,fake\na.png,b.png\n")
    shutil.copy(sample_data / "g.pt", "imgs")
    (picture, *_) = sorted((sample_data / "imgs" / "real").iterdir())
    shutil.copy(picture, "imgs")

    assert main(["eval", "rows.csv"]) == ExitStatus.USAGE
    assert "--data rows.csv" in capsys.readouterr().err
    assert main(["eval", "imgs"]) == ExitStatus.DONE
    assert pipeline.requests[0].ckpt == (Path("imgs"),)


def test_a_folder_of_images_behind_the_option_has_the_same_hint(
    sample_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in ("imgs", "imgs/real/astronaut_0.png"):
        status = main(["eval", "--ckpt", str(sample_data / place), "--data", str(sample_data / "imgs")])

        assert status == ExitStatus.INPUT
        assert f"hint: data are given with --data, as in ganloss eval --data {sample_data / place}\n" in (
            capsys.readouterr().err
        )


@pytest.mark.parametrize("command", [["inspect"], ["audit", "checkpoint"]])
def test_no_checkpoint_at_all_is_a_mistake(command, capsys):
    assert main(command) == ExitStatus.USAGE

    assert "error: missing argument 'PATH'" in capsys.readouterr().err
