"""`--format github` and JUnit XML of every command that judges something, on files."""

import json
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from lxml import etree

from ganloss_cli.cli import main

Run = Callable[..., tuple[int, str, ElementTree.Element]]


@pytest.fixture
def run(tmp_path: Path, project: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command; gives its status, its annotations, and its test suite, valid under Jenkins' schema."""
    schema = etree.XMLSchema(etree.parse(project / "tests" / "reporters" / "junit-10.xsd"))

    def call(*arguments: object) -> tuple[int, str, ElementTree.Element]:
        output = tmp_path / "report.xml"
        status = main([*map(str, arguments), "--format", "github", "--output", str(output)])
        schema.assertValid(etree.parse(output))
        (suite,) = ElementTree.parse(output).getroot()
        return status, capsys.readouterr().out, suite

    return call


def failed(suite: ElementTree.Element) -> list[str]:
    return [case.attrib["name"] for case in suite.findall("testcase") if case.find("failure") is not None]


def passed(suite: ElementTree.Element) -> list[str]:
    return [case.attrib["name"] for case in suite.findall("testcase") if len(case.findall("system-out")) == len(case)]


def test_eval_fails_the_gate_and_passes_the_loss(run: Run, sample_data: Path) -> None:
    data = sample_data / "tensors" / "losses.safetensors"

    status, annotations, suite = run("eval", "--data", data, "--losses", "g_hinge", "--fail-if", "g_hinge>1")

    assert status == 1
    assert annotations.startswith("::error title=gate g_hinge>1::g_hinge>1: g_hinge is 1.64081")
    assert (failed(suite), passed(suite)) == (["g_hinge>1"], ["g_hinge"])


def test_compare_has_a_case_a_key(run: Run, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.ones(3), y=np.zeros(3))
    np.savez(tmp_path / "b.npz", x=np.ones(3), y=np.ones(3))

    status, annotations, suite = run("compare", tmp_path / "a.npz", tmp_path / "b.npz")

    assert status == 1
    assert annotations.splitlines()[0].startswith("::error title=key y::y: ")
    assert (failed(suite), passed(suite)) == (["y"], ["x"])


def test_the_audit_of_a_log_has_a_case_a_sum(run: Run, tmp_path: Path) -> None:
    lines = [{"step": k, "loss/d": 3.0 + (k == 2), "loss/d_real": 1.0, "loss/d_fake": 2.0} for k in range(3)]
    (tmp_path / "log.jsonl").write_text("\n".join(map(json.dumps, lines)))

    status, annotations, suite = run("audit", "log", tmp_path / "log.jsonl")

    assert status == 1
    assert annotations.startswith("::error title=sum loss/d::loss/d = loss/d_real + loss/d_fake: off by up to 1")
    assert failed(suite) == ["loss/d"]


def test_the_audit_of_a_number_has_a_case_a_number(run: Run, sample_data: Path) -> None:
    data = sample_data / "tensors" / "losses.safetensors"

    status, annotations, suite = run("audit", "number", "g_hinge=1.64081", "d_bce=17", "--data", data)

    assert status == 1
    assert annotations.startswith("::error title=number d_bce=17::d_bce=17: closest, not reproduced: ")
    assert (failed(suite), passed(suite)) == (["d_bce=17"], ["g_hinge=1.64081"])


def test_the_audit_of_a_checkpoint_has_a_case_a_check(run: Run, sample_data: Path) -> None:
    status, annotations, suite = run("audit", "checkpoint", sample_data / "g.pt")

    assert (status, annotations, failed(suite)) == (0, "", [])
    assert {"identical_networks", "non_finite_weights"} <= set(passed(suite))


@pytest.mark.usefixtures("losses_in_this_process")
def test_the_audit_of_a_loss_has_a_case_a_check_and_names_the_line(run: Run, tmp_path: Path) -> None:
    source = (
        "import torch\n\n\ndef half(real, fake):\n    return 10 * torch.log10(1 / ((real - fake) ** 2).mean().sqrt())\n"
    )
    (tmp_path / "losses.py").write_text(source)

    status, annotations, suite = run("audit", "loss", f"{tmp_path / 'losses.py'}:half", "--as", "psnr")

    assert status == 1
    assert f",file={tmp_path.as_posix()}/losses.py,line=" in annotations
    assert failed(suite)
