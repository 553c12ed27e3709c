"""What the README shows is what happens.

With GANLOSS_UPDATE_README=1 the outputs and the catalogue in the README are written anew instead of compared.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ganloss_cli.cli import main
from ganloss_cli.evaluators.catalogue import catalogue

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
# a command goes on behind a backslash at the end of its line
CONSOLE = re.compile(r"```console\n\$ (?P<command>(?:[^\n]*\\\n)*[^\n]+)\n(?P<output>.*?)```", re.DOTALL)
PYTHON = re.compile(r"```python\n(?P<code>.*?)```", re.DOTALL)
CATALOGUE = re.compile(r"(?<=\| family \| losses \|\n\|---\|---\|\n)(?:\|[^\n]*\n)*")
NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")
WIDTH = 120


def text() -> str:
    return README.read_text(encoding="utf-8")


def shown() -> list[tuple[str, str]]:
    return [(match["command"], match["output"]) for match in CONSOLE.finditer(text())]


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", str(WIDTH))


def catalogue_rows() -> str:
    families: dict[str, list[str]] = {}
    for name, loss in catalogue().items():
        families.setdefault(loss.family, []).append(name)
    return "".join(f"| {family} | {' '.join(f'`{name}`' for name in names)} |\n" for family, names in families.items())


def outcome(command, capsys):
    status, words = 0, shlex.split(command.replace("\\\n", " "))
    while words and status == 0:
        end = words.index("&&") if "&&" in words else len(words)
        (program, *arguments), words = words[:end], words[end + 1 :]
        if program == "sh":
            # a free port, since tests run at once, and torchrun of this environment
            torchrun = Path("torchrun")
            torchrun.write_text(f'#!/bin/sh\nexec {sys.executable} -m torch.distributed.run --standalone "$@"\n')
            torchrun.chmod(0o755)
            path = {**os.environ, "PATH": f"{Path.cwd()}:{os.environ['PATH']}"}
            script, *given = arguments
            run = ["sh", str(ROOT / script), *given]
            found = subprocess.run(run, env=path, capture_output=True, text=True, timeout=120, check=True)
            sys.stdout.write(found.stdout)
            continue
        if program == "python":
            subprocess.run([sys.executable, *arguments], check=True)
            continue
        assert program == "ganloss"
        arguments, sent = (arguments[:-2], arguments[-1]) if ">" in arguments else (arguments, None)
        status = main(arguments)
        if sent is not None:
            Path(sent).write_text(capsys.readouterr().out, encoding="utf-8")
    return status, capsys.readouterr()


@pytest.mark.usefixtures("losses_in_this_process")
@pytest.mark.parametrize("place", range(len(shown())))
def test_a_command_prints_what_the_readme_shows(place, elsewhere, capsys):
    command, output = shown()[place]
    extras = [loss.extra for name, loss in catalogue().items() if loss.extra and name in re.split(r"[ ,:]", command)]
    if missing := [package for extra in extras for package in extra.missing()]:
        pytest.skip(f"needs {', '.join(missing)}")

    status, printed = outcome(command, capsys)

    # 1 is an answer too: of a number alone nothing is recomputed, so nothing is reproduced; a mistake is one, and so is
    # a loss that became worse
    answers = ("ganloss audit number", "ganloss audit loss")
    may_fail = command.startswith(answers) or "--fail-if-worse" in command
    assert status in ((0, 1) if may_fail else (0,)), printed.err
    found = "\n".join(line.rstrip() for line in printed.out.splitlines()) + "\n"
    if os.environ.get("GANLOSS_UPDATE_README"):
        README.write_text(text().replace(f"$ {command}\n{output}```", f"$ {command}\n{found}```"), encoding="utf-8")
        return
    # numbers are held to a thousandth: another processor rounds otherwise
    assert NUMBER.sub("#", found) == NUMBER.sub("#", output)
    for mine, theirs in zip(NUMBER.findall(found), NUMBER.findall(output), strict=True):
        assert float(mine) == pytest.approx(float(theirs), rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("place", range(len(PYTHON.findall(text()))))
def test_a_python_example_runs(place, elsewhere):
    import torch

    code = PYTHON.findall(text())[place]
    logits = {f"{side}_logits": [torch.randn(4, 1, 5), torch.randn(4, 1, 3)] for side in ("real", "fake")}
    maps = {f"{side}_features": [[torch.randn(4, 8, 5)], [torch.randn(4, 8, 3)]] for side in ("real", "fake")}

    exec(compile(code, "README.md", "exec"), {**logits, **maps})

    if "batch.safetensors" in code:
        assert main(["eval", "--data", "batch.safetensors", "--losses", "d_lsgan,g_lsgan,fm"]) == 0


def test_no_line_of_an_example_is_wider_than_a_page():
    lines = [line for match in CONSOLE.finditer(text()) for line in match[0].splitlines()]

    assert len(lines) > 100
    assert [line for line in lines if len(line) > WIDTH] == []


def test_the_catalogue_of_the_readme_is_the_catalogue():
    if os.environ.get("GANLOSS_UPDATE_README"):
        README.write_text(CATALOGUE.sub(lambda _: catalogue_rows(), text()), encoding="utf-8")

    match = CATALOGUE.search(text())

    assert match is not None
    assert match[0] == catalogue_rows()


def test_every_command_is_in_the_readme_and_in_the_help(capsys):
    main(["--help"])
    listed = set(re.findall(r"│ (\w+) {2,}", capsys.readouterr().out))

    in_readme = set(re.findall(r"^\| `ganloss (\w+)", text(), re.MULTILINE))

    assert listed
    assert listed == in_readme


def test_the_table_of_exit_statuses_is_the_enumeration():
    from ganloss_cli.errors import ExitStatus

    rows = [int(number) for number in re.findall(r"^\| (\d+) \|", text(), re.MULTILINE)]

    assert rows == [int(status) for status in ExitStatus]


def test_the_picture_of_a_page_is_small_and_of_the_example_that_stands_above_it():
    (name,) = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text())
    words = (ROOT / "sample_data" / "page.py").read_text(encoding="utf-8")

    assert (ROOT / name).stat().st_size < 150_000
    before = text().partition(f"]({name})")[0]
    command = CONSOLE.findall(before)[-1][0]
    assert f'"{command.removeprefix("ganloss ").removesuffix(" --output report.html")}"' in words
