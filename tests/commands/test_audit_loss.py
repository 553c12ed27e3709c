import json
import os
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
import torch

from ganloss_cli.cli import main

HEAD = "import torch\n\n\n"
HALF = """
def psnr_loss(pred, target):
    mse = torch.mean((pred - target)**2)
    return 10.0 * torch.log10(1.0 / torch.sqrt(mse))
"""
L1 = """
def l1(pred, target):
    return (pred - target).abs().mean()
"""
SARIF = Path(__file__).parents[1] / "reporters" / "sarif" / "sarif-schema-2.1.0.json"


@pytest.fixture
def losses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """A file losses.py with these functions, in the folder that the command runs in."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "GANLOSS_DEBUG"):
        monkeypatch.delenv(name, raising=False)

    def write(source: str) -> str:
        (tmp_path / "losses.py").write_text(HEAD + textwrap.dedent(source).strip() + "\n")
        return "losses.py"

    return write


def audited(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    status = main(["audit", "loss", *arguments, "--format", "json"])
    return status, json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("losses_in_this_process")
def test_a_known_mistake_is_told_in_every_format_and_fails(
    losses: Callable[[str], str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    losses(HALF)
    outputs = [word for name in ("a.json", "a.md", "a.sarif", "a.xml", "a.txt") for word in ("-o", name)]

    status = main(["audit", "loss", "losses.py:psnr_loss", "--as", "psnr", *outputs])

    table = capsys.readouterr().out
    assert status == 1
    assert "losses.py:psnr_loss computes psnr:half_pooled exactly, a known mistake" in table
    assert "of one sample it is psnr:half as well" in table
    assert (tmp_path / "a.txt").read_text() == table
    report = json.loads((tmp_path / "a.json").read_text())
    assert (report["passed"], report["verdict"], report["convention"]) == (False, "a known mistake", "psnr:half_pooled")
    assert {"theirs": "pred", "ours": "fake", "how": "by name"} in report["parameters"]
    assert "| error | known_mistake |" in (tmp_path / "a.md").read_text()
    assert ElementTree.parse(tmp_path / "a.xml").getroot().get("failures") == "2"
    sarif = json.loads((tmp_path / "a.sarif").read_text())
    jsonschema.Draft4Validator(json.loads(SARIF.read_text(encoding="utf-8"))).validate(sarif)
    (run,) = sarif["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    places = {r["ruleId"]: r["locations"][0]["physicalLocation"] for r in run["results"]}
    assert places["root_inside_decibels"]["artifactLocation"] == {"uri": "losses.py"}
    assert places["root_inside_decibels"]["region"]["startLine"] == 6


@pytest.mark.usefixtures("losses_in_this_process")
def test_annotations_name_the_line_and_junit_has_a_case_for_the_verdict(
    losses: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    losses(HALF + L1)

    wrong = main(["audit", "loss", "losses.py:psnr_loss", "--as", "psnr", "--format", "github"])
    annotations = capsys.readouterr().out.splitlines()
    right = main(["audit", "loss", "losses.py:l1", "--as", "l1", "--format", "junit"])
    suite = ElementTree.fromstring(capsys.readouterr().out)

    assert (wrong, right) == (1, 0)
    assert annotations[0].startswith("::error title=known_mistake,file=losses.py,line=4")
    assert "::it computes psnr:half_pooled" in annotations[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "0")
    assert [case.get("name") for case in suite.iter("testcase")] == ["departs_from_every_convention", "broadcasts"]


def test_a_correct_function_passes_whatever_it_prints(
    losses: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    losses("import os\nprint('hello')\n" + L1.replace("return", "print('x'); os.write(1, b'y'); return"))

    status, report = audited(capsys, "losses.py:l1", "--as", "l1")

    assert status == 0
    assert (report["verdict"], report["convention"], report["factor"]) == ("exact", "l1:mean", 1.0)
    assert [finding["check"] for finding in report["findings"]] == ["prints", "prints", "broadcasts"]


# Each probe of l1 is known by its samples and sizes: 4 random, 1 one, 7 many, 2 odd or near; then identical, black ...
def test_a_function_that_ends_its_process_ends_as_findings_and_the_audit_goes_on(
    losses: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    losses(f"""
        import os, signal, time

        def l1(pred, target):
            assert os.getpid() != {os.getpid()}  # what follows would end the tests
            if len(pred) == 1:
                os._exit(3)
            if len(pred) == 7:
                until = time.monotonic() + 30
                while time.monotonic() < until:
                    time.sleep(0.05)
            if pred.shape[-1] % 2:
                os.kill(os.getpid(), signal.SIGSEGV)
            return (pred - target).abs().mean()
    """)

    status, report = audited(capsys, "losses.py:l1", "--as", "l1", "--timeout", "2")

    found = {finding["check"]: finding["message"] for finding in report["findings"]}
    assert status == 1
    assert report["convention"] == "l1:mean"
    assert found["exits"] == "one sample: the call ended the process with status 3"
    assert found["takes_too_long"] == "many samples: the call did not end within 2 s"
    assert found["crashes"] == "odd sizes: the call ended with SIGSEGV"
    assert {probe["probe"] for probe in report["probes"] if not probe["agrees"]} == {
        "one sample", "many samples", "odd sizes"
    }  # fmt: skip


def test_a_function_that_allocates_exits_or_reads_goes_on(
    losses: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    losses("""
        import sys

        class Enough(BaseException):
            pass

        def l1(pred, target):
            if torch.equal(pred, target):
                torch.ones(2**26) if pred.any() else bytearray(2**28)  # 256 MB
            if len(pred) == 7:
                sys.exit(2)
            if len(pred) == 1:
                input()
            if pred.shape[-1] % 2:
                quit()
            if (pred - target).abs().max() < 1e-3:
                raise Enough("it is enough")
            return (pred - target).abs().mean()
    """)

    status, report = audited(capsys, "losses.py:l1", "--as", "l1", "--memory", "0.2")

    found = {(finding["check"], finding["message"]) for finding in report["findings"]}
    assert status == 1
    assert report["convention"] == "l1:mean"
    assert ("exits", "many samples: it raises SystemExit: 2") in found
    assert ("exits", "odd sizes: it raises SystemExit: None") in found
    assert ("raises", "one sample: it raises EOFError: EOF when reading a line") in found
    assert ("raises", "near, tiny: it raises Enough: it is enough") in found
    allocated = sorted(message for check, message in found if check == "allocates_too_much")
    assert [message.partition(" it raises")[0] for message in allocated] == ["black:", "identical:"]


def test_a_function_that_forks_starts_threads_moves_and_patches_torch_does_not_reach_the_audit(
    losses: Callable[[str], str], capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    losses("""
        import os, threading, time

        forked = False

        def l1(pred, target):
            global forked
            value = (pred - target).abs().mean()
            if len(pred) == 4:
                os.write(1, b"written")
            if len(pred) == 1 and not forked:
                forked = True
                os.fork()
            if len(pred) == 7:
                os.chdir("/")
            if pred.shape[-1] % 2:
                threading.Thread(target=time.sleep, args=(60,)).start()
            if torch.equal(pred, target):
                torch.equal = torch.Tensor.mean = torch.nn.functional.l1_loss = None
            return value
    """)

    status = main(["audit", "loss", "losses.py:l1", "--as", "l1", "--format", "json"])

    report = json.loads(capfd.readouterr().out)
    found = {finding["check"] for finding in report["findings"]}
    agree = [probe["probe"] for probe in report["probes"] if probe["agrees"]]
    assert status == 0  # it is the loss on all regular inputs
    assert Path.cwd() == tmp_path
    assert torch.equal(torch.zeros(1), torch.zeros(1))
    assert agree == ["random", "one sample", "many samples", "odd sizes", "near"]  # until it patches torch
    assert "prints" in found  # though Python's own standard output saw nothing
    assert "raises" in found  # what it patched, its process meets again


def test_a_daemon_that_left_the_session_of_the_audit_ends_with_it(
    losses: Callable[[str], str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    losses("""
        import os, time
        from pathlib import Path

        def l1(pred, target):
            if len(pred) == 1 and not Path("daemon").exists() and os.fork() == 0:
                os.setsid()
                if os.fork() == 0:
                    Path("daemon").write_text(str(os.getpid()))
                    time.sleep(60)  # with the pipes of the audit
                os._exit(0)
            return (pred - target).abs().mean()
    """)
    started = time.monotonic()

    status, report = audited(capsys, "losses.py:l1", "--as", "l1")

    assert (status, report["verdict"]) == (0, "exact")
    assert time.monotonic() - started < 45
    assert _ends(int((tmp_path / "daemon").read_text()))


def _ends(pid: int) -> bool:
    """Whether a process of that number ends soon: long before its sleep does, though not in the moment it is killed."""
    until = time.monotonic() + 15
    while _runs(pid) and time.monotonic() < until:
        time.sleep(0.05)
    return not _runs(pid)


def _runs(pid: int) -> bool:
    """Whether a process of that number is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] not in (b"Z", b"X")
    except OSError:
        return False


@pytest.mark.parametrize("line", ["printed by a library", '{"value": 1.0}'])
def test_foreign_lines_in_the_pipe_of_the_audit_are_a_finding_and_no_answer(
    line: str, losses: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    losses(f"""
        import os

        def l1(pred, target):
            if len(pred) == 7:
                for name in os.listdir("/proc/self/fd"):
                    if int(name) > 2:
                        try:
                            os.write(int(name), {line!r}.encode() + b"\\n")
                        except OSError:
                            pass  # the end that is read
            return (pred - target).abs().mean()
    """)

    status, report = audited(capsys, "losses.py:l1", "--as", "l1")

    found = {finding["check"]: finding["message"] for finding in report["findings"]}
    assert status == 1
    assert found["exits"] == "many samples: the call wrote into the pipe of the audit"
    assert report["convention"] == "l1:mean"


@pytest.mark.usefixtures("losses_in_this_process")
def test_parameters_are_mapped_and_given_values(
    losses: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    losses("""
        class Weighted(torch.nn.Module):
            def __init__(self, weight):
                super().__init__()
                self.weight = weight

            def forward(self, foo, bar, power):
                return self.weight * ((foo - bar).abs() ** power).mean()
    """)
    given = ["--map", "foo=real", "--map", "bar=fake", "--kwargs", "weight=0.5,power=2"]

    status, report = audited(capsys, "losses.py:Weighted", "--as", "mse", *given)

    assert status == 0
    assert report["convention"] == "mse:half"
    assert {"theirs": "foo", "ours": "real", "how": "as told"} in report["parameters"]


@pytest.mark.parametrize(
    ("source", "arguments", "status", "told"),
    [
        (L1, ["losses.py:l1"], 2, "--as is missing"),
        (L1, ["losses.py:l1", "--as", "ssym"], 2, "unknown loss 'ssym'"),
        (L1, ["losses.py:l1", "--as", "l1:nothing"], 2, "unknown convention 'nothing'"),
        (L1, ["losses.py", "--as", "l1"], 2, "losses.py: expected FILE.py:FUNCTION"),
        (L1, ["losses.py:l1", "--as", "l1", "--range", "0,7"], 2, "--range: expected 0,1 or -1,1 or 0,255"),
        (L1, ["losses.py:l1", "--as", "l1", "--kwargs", "nonsense"], 2, "--kwargs: expected K=V"),
        (L1, ["losses.py:l1", "--as", "l1", "-o", "a.csv"], 2, "expected a suffix of .json, .md, .txt, .sarif, .xml"),
        (L1, ["none.py:l1", "--as", "l1"], 3, "none.py: no such file"),
        ("def l1(a, b:\n", ["losses.py:l1", "--as", "l1"], 3, "losses.py:4: does not compile"),
    ],
)
def test_what_is_wrong_with_the_command_line_is_told_before_anything_runs(
    source: str, arguments: list[str], status: int, told: str, losses: Callable[[str], str],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    losses(source)

    ended = main(["audit", "loss", *arguments])

    said = capsys.readouterr()
    assert ended == status
    assert said.out == ""
    assert told in said.err


@pytest.mark.usefixtures("losses_in_this_process")
def test_a_function_that_is_not_there_is_an_error_that_lists_those_that_are(
    losses: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    losses(L1)

    status = main(["audit", "loss", "losses.py:l2", "--as", "l1"])

    assert status == 3
    assert "losses.py: no 'l2' in it; it defines l1" in capsys.readouterr().err


@pytest.mark.usefixtures("losses_in_this_process")
def test_a_parameter_that_nothing_fits_is_an_error_that_names_the_option(
    losses: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    losses("def f(pred, target, frobnication):\n    return pred.mean()")

    status = main(["audit", "loss", "losses.py:f", "--as", "l1"])

    said = capsys.readouterr().err
    assert status == 2
    assert "nothing of l1 fits its parameter frobnication" in said
    assert "--kwargs frobnication=VALUE" in said


@pytest.mark.usefixtures("losses_in_this_process")
@pytest.mark.parametrize(("fail_on", "status"), [("error", 0), ("note", 1)])
def test_the_severity_that_fails_is_chosen(
    fail_on: str, status: int, losses: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    losses("def g_loss(fake_pred):\n    return 0.5 * ((fake_pred - 1) ** 2).mean((1,))")

    ended, report = audited(capsys, "losses.py:g_loss", "--as", "g_lsgan", "--fail-on", fail_on)

    assert [finding["check"] for finding in report["findings"]] == ["unreduced"]
    assert ended == status
