"""Every refusal of the contract: the right exit status, one clear line, nothing on stdout, nothing left behind."""

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from collections import OrderedDict

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from ganloss_cli.cli import main


@pytest.fixture
def run(capsys):
    def call(*arguments):
        status = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return call


@pytest.fixture
def case(sample_data, tmp_path):
    """The image case, in a place where it may be spoilt."""
    shutil.copytree(sample_data / "imgs", tmp_path / "imgs")
    shutil.copy(sample_data / "g.pt", tmp_path / "g.pt")
    return tmp_path


def assert_refused(outcome, status, *words):
    code, out, err = outcome
    assert code == status, err
    assert out == ""
    assert "Traceback" not in err
    for word in words:
        assert word in err


@pytest.mark.parametrize("protocol", range(6))
def test_a_foreign_object_in_a_bare_pickle_is_unsafe_and_does_not_run(run, case, protocol, foreign):
    (case / "g.pt").write_bytes(pickle.dumps({"w": foreign}, protocol=protocol))

    outcome = run("eval", "--ckpt", case / "g.pt", "--data", case / "imgs", "--losses", "l1")

    assert_refused(outcome, 4, "g.pt", "foreign.mark")


def test_a_foreign_object_in_a_zip_is_unsafe_and_does_not_run(run, case, foreign):
    torch.save({"generator": OrderedDict(w=torch.zeros(2)), "x": foreign}, case / "g.pt")

    outcome = run("eval", "--ckpt", case / "g.pt", "--data", case / "imgs", "--losses", "l1")

    assert_refused(outcome, 4, "g.pt", "foreign.mark")


def test_a_checkpoint_that_no_loss_needs_is_checked_all_the_same(run, case, foreign):
    (case / "g.pt").write_bytes(pickle.dumps(foreign))
    shutil.copytree(case / "imgs" / "real", case / "pairs" / "real")
    shutil.copytree(case / "imgs" / "real", case / "pairs" / "fake")

    outcome = run("eval", "--disc", case / "g.pt", "--data", case / "pairs", "--losses", "l1")

    assert_refused(outcome, 4, "g.pt")


@pytest.mark.parametrize("kept", [0.0, 0.02, 0.5, 0.97])
def test_a_truncated_checkpoint_cannot_be_read(run, case, kept):
    whole = (case / "g.pt").read_bytes()
    (case / "g.pt").write_bytes(whole[: int(len(whole) * kept)])

    assert_refused(run("eval", "--ckpt", case / "g.pt", "--data", case / "imgs", "--losses", "l1"), 3, "g.pt")


@pytest.mark.parametrize("suffix", ["safetensors", "png", "txt", ""])
def test_a_checkpoint_is_known_by_its_bytes_and_not_by_its_suffix(run, case, suffix):
    (case / "g.pt").rename(case / f"renamed.{suffix}")

    status, _, err = run("eval", "--ckpt", case / f"renamed.{suffix}", "--data", case / "imgs", "--losses", "l1")

    assert status == 0, err


def test_a_truncated_image_cannot_be_read(run, case):
    image = case / "imgs" / "real" / sorted(p.name for p in (case / "imgs" / "real").iterdir())[3]
    image.write_bytes(image.read_bytes()[:900])

    assert_refused(run("eval", "--ckpt", case / "g.pt", "--data", case / "imgs", "--losses", "l1"), 3, image.name)


def test_files_without_a_partner_are_listed(run, case):
    names = sorted(path.stem for path in (case / "imgs" / "real").iterdir())
    (case / "imgs" / "input" / f"{names[2]}.png").unlink()

    assert_refused(run("eval", "--ckpt", case / "g.pt", "--data", case / "imgs", "--losses", "l1"), 3, names[2])


@pytest.mark.parametrize("option", ["--ckpt", "--disc", "--data", "--real"])
def test_a_path_that_does_not_exist_is_an_input_error(run, case, option):
    arguments = ["eval", "--losses", "l1", option, case / "nowhere"]
    if option != "--data":
        arguments += ["--data", case / "imgs"]

    assert_refused(run(*arguments), 3, "nowhere")


def test_an_empty_folder_is_nothing_to_evaluate(run, case):
    (case / "empty").mkdir()

    assert_refused(run("eval", "--ckpt", case / "g.pt", "--data", case / "empty"), 5, "empty")


def test_nan_in_the_data_makes_the_value_unknown_and_names_the_sample(run, tmp_path):
    real = torch.rand(3, 1, 16, 16)
    fake = real.clone()
    fake[1, 0, 2, 3] = float("nan")
    save_file({"real": real, "fake": fake}, tmp_path / "t.safetensors")

    status, out, _ = run("eval", "--data", tmp_path / "t.safetensors", "--losses", "l1,ssim", "--format", "json")

    assert status == 6
    for result in json.loads(out)["results"]:
        assert (result["value"], result["reason"], result["non_finite"]) == (None, "nan", 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--btach-size", "4"], ["--batch-size"]),
        (["--losses", "ssmi"], ["ssmi", "ssim"]),
        (["--losses", "ssim:wnag"], ["wang2004"]),
        (["--losses", "l1", "--set", "l1.colour=red"], ["colour"]),
        (["--losses", "l1", "--format", "yaml"], ["table", "json", "csv", "markdown"]),
        (["--losses", "l1", "--device", "tpu"], ["auto, cpu, cuda"]),
        (["--losses", "l1", "--batch-size", "0"], ["--batch-size"]),
        (["--losses", "l1", "--range", "1,0"], ["--range"]),
        (["--losses", "l1", "--fail-if", "ssim<0.9"], ["ssim"]),
        (["--losses", "l1", "--fail-if", "l1<nan"], ["finite"]),
        (["--losses", "l1", "--network", "generator"], ["FILE.py:Class"]),
        (["--losses", "fm", "--disc"], ["--disc"]),
    ],
)
def test_a_wrong_option_is_a_usage_error(run, case, arguments, words):
    outcome = run("eval", "--ckpt", case / "g.pt", "--data", case / "imgs", *arguments)

    assert_refused(outcome, 2, *words)


def test_feature_matching_without_a_discriminator_points_to_the_option(run, case):
    networks = torch.load(case / "g.pt", weights_only=True)
    torch.save({"generator": networks["generator"]}, case / "only_g.pt")

    outcome = run("eval", "--ckpt", case / "only_g.pt", "--data", case / "imgs", "--losses", "fm")

    assert_refused(outcome, 2, "fm", "--disc")


def test_a_comparison_without_fakes_points_to_both_ways_to_give_them(run, case):
    outcome = run("eval", "--real", case / "imgs" / "real", "--losses", "ssim")

    assert_refused(outcome, 2, "ssim needs a generator", "hint: give one with --ckpt, or what one has made with --fake")


def test_feature_matching_without_pairs_points_to_fm_moment(run, case):
    shutil.move(case / "imgs" / "input", case / "imgs" / "fake")

    outcome = run("eval", "--disc", case / "g.pt", "--data", case / "imgs", "--unpaired", "--losses", "fm")

    assert_refused(outcome, 2, "fm_moment")


def test_an_output_that_cannot_be_written_is_refused_before_any_work(run, case):
    (case / "empty").mkdir()  # would end with 5, were it looked at

    outcome = run("eval", "--ckpt", case / "g.pt", "--data", case / "empty", "--output", case / "no" / "where.json")

    assert_refused(outcome, 2, "where.json")


def test_a_read_only_output_keeps_its_old_content(run, case):
    if os.geteuid() == 0:
        target = "/proc/version"
    else:
        target = case / "old.json"
        target.write_text("old")
        target.chmod(0o400)

    assert_refused(run("eval", "--ckpt", case / "g.pt", "--data", case / "imgs", "-o", f"{target}"), 2)


def test_an_output_is_whole_or_not_there(run, case):
    (case / "old.json").write_text("old")

    status, _, _ = run("eval", "--ckpt", case / "g.pt", "--data", case / "nowhere", "-o", case / "old.json")

    assert status == 3
    assert (case / "old.json").read_text() == "old"
    assert [path.name for path in case.iterdir() if "old" in path.name] == ["old.json"]


def test_a_failed_gate_is_1_and_still_prints_the_report(run, case):
    status, out, _ = run(
        "eval",
        "--ckpt",
        case / "g.pt",
        "--data",
        case / "imgs",
        "--losses",
        "l1",
        "--fail-if",
        "l1>0",
        "--format",
        "json",
    )

    assert status == 1
    assert json.loads(out)["gates"][0]["failed"] is True


def test_an_unknown_architecture_says_how_to_name_it(run, case):
    torch.save({"body.weight": torch.zeros(3, 3)}, case / "mine.pt")

    outcome = run("eval", "--ckpt", case / "mine.pt", "--data", case / "imgs", "--losses", "l1")

    assert_refused(outcome, 3, "mine.pt", "--network")


def test_missing_keys_are_named(run, case):
    networks = torch.load(case / "g.pt", weights_only=True)
    missing = [name for name in networks["generator"] if name.endswith(".weight")][5]
    del networks["generator"][missing]
    torch.save(networks, case / "g.pt")

    outcome = run("eval", "--ckpt", case / "g.pt", "--data", case / "imgs", "--losses", "l1")

    assert_refused(outcome, 3, "g.pt", missing)


def test_an_image_of_more_pixels_than_pillow_allows_is_refused(run, case, monkeypatch):
    first = min(path.name for path in (case / "imgs" / "real").iterdir())
    Image.new("L", (130, 130)).save(case / "imgs" / "real" / first)
    monkeypatch.setattr("ganloss_cli.io.images.MAX_PIXELS", 128 * 128)

    outcome = run("eval", "--ckpt", case / "g.pt", "--data", case / "imgs", "--losses", "l1")

    assert_refused(outcome, 3, first, "has more than 16384 pixels")


def test_wrong_sample_rates_are_both_named(run, tmp_path):
    import soundfile

    for folder, rate in (("real", 16_000), ("fake", 22_050)):
        (tmp_path / folder).mkdir()
        soundfile.write(tmp_path / folder / "a.wav", np.zeros(rate // 10), rate)

    assert_refused(run("eval", "--data", tmp_path, "--losses", "l1"), 3, "16000", "22050", "--sample-rate")


def test_a_file_of_zero_samples_is_nothing(run, tmp_path):
    save_file({"real": torch.zeros(0, 1, 16, 16), "fake": torch.zeros(0, 1, 16, 16)}, tmp_path / "t.safetensors")

    assert_refused(run("eval", "--data", tmp_path / "t.safetensors", "--losses", "l1"), 5)


def test_images_of_unknown_range_ask_for_it(run, tmp_path):
    save_file({"real": torch.randn(2, 3, 16, 16), "fake": torch.randn(2, 3, 16, 16)}, tmp_path / "t.safetensors")

    assert_refused(run("eval", "--data", tmp_path / "t.safetensors", "--losses", "psnr"), 2, "--range")


def test_one_sample_has_no_standard_error(run, tmp_path):
    save_file({"real": torch.rand(1, 1, 16, 16), "fake": torch.rand(1, 1, 16, 16)}, tmp_path / "t.safetensors")

    status, out, _ = run("eval", "--data", tmp_path / "t.safetensors", "--losses", "l1", "--format", "json")

    assert status == 0
    assert json.loads(out)["results"][0]["standard_error"] is None


SLOW = """
import pathlib, time
from torch import nn

class Slow(nn.Conv2d):
    def forward(self, images):
        pathlib.Path("begun").touch()
        time.sleep(0.2)
        return super().forward(images)
"""


def test_an_interrupt_leaves_neither_file_nor_process(tmp_path):
    for folder in ("real", "input"):
        (tmp_path / folder).mkdir()
        for k in range(300):  # a minute for the network, with decoders at work beside it
            Image.fromarray(np.full((64, 64, 3), k % 251, np.uint8)).save(tmp_path / folder / f"{k}.png")
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    torch.save(torch.nn.Conv2d(3, 3, 1).state_dict(), tmp_path / "g.pt")
    before = {path.name for path in tmp_path.iterdir()}
    process = subprocess.Popen(
        [sys.executable, "-m", "ganloss_cli", "eval", "--ckpt", "g.pt", "--network", "G=slow.py:Slow(3, 3, 1)",
         "--real", "real", "--input", "input", "--losses", "ssim", "--batch-size", "1", "--output", "report.json"],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    while not (tmp_path / "begun").exists() and process.poll() is None:
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)

    assert process.returncode == 130, err
    assert out == ""
    assert "Traceback" not in err
    assert {path.name for path in tmp_path.iterdir()} - {"begun", "__pycache__"} == before
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["eval", "--ckpt", "pipe", "--data", "imgs", "--losses", "l1"],
        ["eval", "--disc", "pipe", "--data", "imgs", "--losses", "l1"],
        ["eval", "--data", "pipe", "--losses", "l1"],
        ["eval", "--real", "pipe", "--fake", "pipe", "--losses", "l1"],
        ["eval", "--data", "rows.csv", "--losses", "l1"],
        ["eval", "--ckpt", "g.pt", "--network", "generator=pipe.py:G", "--data", "imgs", "--losses", "l1"],
        ["inspect", "pipe"],
        ["compare", "pipe", "pipe"],
        ["audit", "checkpoint", "pipe"],
        ["audit", "log", "pipe"],
        ["audit", "loss", "pipe.py:f", "--as", "l1"],
    ],
    ids=lambda arguments: " ".join(arguments[:3]),
)
def test_a_pipe_is_refused_and_not_waited_for(run, case, monkeypatch, arguments):
    monkeypatch.chdir(case)
    for name in ("pipe", "pipe.py"):
        os.mkfifo(name)
    (case / "rows.csv").write_text("real,fake\npipe,pipe\n")
    signal.alarm(60)  # ends this test, and all others with it, where it waits

    outcome = run(*arguments)

    signal.alarm(0)
    assert_refused(outcome, 3, "pipe")


@pytest.mark.parametrize("name", ["a\nwarning: b.pt", "\x1b[31mred.pt", "\udcff\udcfe.pt"])
def test_a_name_cannot_steer_the_terminal_or_begin_a_line(run, case, name):
    status, out, err = run("inspect", case / name)

    assert status == 3
    assert out == ""
    assert err.count("\n") == 1
    assert err.rstrip("\n").isprintable()


@pytest.mark.parametrize("form", ["zip", "legacy", "safetensors"])
def test_a_checkpoint_whose_name_is_no_text_is_read(run, case, form):
    path = case / "\udcff\udcfe.pt"
    content = torch.load(case / "g.pt", weights_only=True)["generator"]
    if form == "safetensors":
        save_file(content, case / "safe")
        (case / "safe").rename(path)
    else:
        with path.open("wb") as file:
            torch.save({"generator": content}, file, _use_new_zipfile_serialization=form == "zip")

    status, out, err = run("eval", "--ckpt", path, "--data", case / "imgs", "--losses", "l1", "--format", "json")

    assert status == 0, err
    assert json.loads(out)["results"][0]["value"] is not None


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGHUP])
def test_being_told_to_end_leaves_neither_file_nor_process(tmp_path, ending):
    (tmp_path / "wait.py").write_text(
        "import os, sys, signal, time\n"
        "from ganloss_cli.cli import main\n"
        "import ganloss_cli.io.checkpoints.inspect_all as surveying\n"
        "def forever(*_, **__):\n    print('ready', file=sys.stderr, flush=True)\n    time.sleep(60)\n"
        "surveying.survey = forever\n"
        "sys.exit(main(['inspect', 'g.pt', '--output', 'report.json']))\n"
    )
    process = subprocess.Popen(
        [sys.executable, "wait.py"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    )  # fmt: skip
    assert process.stderr.readline() == "ready\n"
    assert len(list(tmp_path.iterdir())) == 2

    process.send_signal(ending)
    out, err = process.communicate(timeout=60)

    assert (process.returncode, out, err) == (130, "", "error: interrupted\n")
    assert [path.name for path in tmp_path.iterdir()] == ["wait.py"]
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)
