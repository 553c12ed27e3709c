"""The keys of evidence that reporters read: declared once, and written by the finding that they are read of."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from ganloss_cli import evaluate
from ganloss_cli.cli import main
from ganloss_cli.evaluators.checks.loss_source import source_findings
from ganloss_cli.records import evidence
from ganloss_cli.records.report import Finding
from ganloss_cli.reporters.eval.document import EvalDocument
from ganloss_cli.reporters.registry import render

DECLARED = {name for name in vars(evidence) if name.isupper()}
EPSILON_IN_A_LOGARITHM = """\
import torch

def f(real_pred, fake_pred):
    p, q = torch.sigmoid(real_pred), torch.sigmoid(fake_pred)
    return -(torch.log(p.clamp_min(1e-9)) + torch.log((1 - q).clamp_min(1e-9))).mean()
"""


@pytest.fixture
def identical(tmp_path: Path) -> Path:
    """Two images, the first of them equal to what it is compared with."""
    real = np.linspace(0, 1, 2 * 3 * 16 * 16, dtype=np.float32).reshape(2, 3, 16, 16)
    np.savez(tmp_path / "pairs.npz", real=real, fake=real * np.float32([1, 0.5]).reshape(2, 1, 1, 1))
    return tmp_path / "pairs.npz"


def keys_read(project: Path) -> Iterator[ast.expr]:
    """What reporters ask the evidence of a finding for: finding.evidence.get(KEY), finding.evidence[KEY]."""
    for file in sorted((project / "ganloss_cli" / "reporters").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "get"
                and node.args
            ):
                held, key = node.func.value, node.args[0]
            elif isinstance(node, ast.Subscript):
                held, key = node.value, node.slice
            else:
                continue
            if ast.unparse(held).endswith(".evidence"):
                yield key


def test_reporters_read_no_key_that_is_not_declared(project: Path) -> None:
    read = {ast.unparse(key).removeprefix("evidence.") for key in keys_read(project)}

    assert read == DECLARED


def test_what_is_found_in_source_has_a_file_a_line_and_a_column() -> None:
    source = "import torch\n\ndef f(real_pred):\n    return -torch.log(torch.sigmoid(real_pred)).mean()\n"

    found, *_ = source_findings(source, "losses.py", "f")

    assert found.evidence[evidence.FILE] == "losses.py"
    assert found.evidence[evidence.LINE] == 4
    assert found.evidence[evidence.COLUMN] >= 12


@pytest.mark.usefixtures("losses_in_this_process")
def test_a_departure_at_the_edge_names_its_probe(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "losses.py"
    file.write_text(EPSILON_IN_A_LOGARITHM)

    main(["audit", "loss", f"{file}:f", "--as", "d_bce", "-f", "json"])

    audit = json.loads(capsys.readouterr().out)
    departing = [found["evidence"] for found in audit["findings"] if found["check"] == "departs_at_the_edge"]
    assert departing
    assert {found[evidence.PROBE] for found in departing} <= {probe["probe"] for probe in audit["probes"]}


def test_a_loss_that_is_not_finite_is_named_as_it_was_typed(identical: Path) -> None:
    (found,) = _not_finite(evaluate(data=identical, losses="psnr:half").findings)

    assert found.evidence[evidence.LOSS] == "psnr:half"


def test_the_junit_case_of_an_identical_pair_says_what_to_do(identical: Path) -> None:
    report = evaluate(data=identical, losses="psnr,psnr:cap80")

    suite = ElementTree.fromstring(render(EvalDocument(report), "junit"))

    (failed,) = suite.iterfind(".//failure")
    (found,) = _not_finite(report.findings)
    assert found.hint is not None
    assert (failed.text or "").splitlines()[1] == found.hint


def _not_finite(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.check == "non_finite_loss"]
