"""What a type checker says of calls of `evaluate`: one run of mypy over a file for each call."""

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

TAKEN = """
from pathlib import Path

from ganloss_cli import Report, evaluate

report: Report = evaluate(ckpt="sample_data/g.pt", data="sample_data/imgs", losses="ssim,psnr,fm")
for result in report.results:
    print(result.loss, result.value, result.standard_error)
evaluate(ckpt=Path("g.pt"), disc=[Path("a.pt"), "b.pt"], losses=["ssim", "fm"], batch_size=8, data=None)
evaluate(real="photos/", fake=Path("made/"), range=(-1, 1), latent_shape=[100, 1, 1], resize=64, segment=1.5)
evaluate(mode="train", unpaired=True, fail_if=("ssim<0.9",), settings="fm.scale=1", seed=7, range="0,255")
"""
REFUSED = {
    "evaluate(ckpt='g.pt', losess='ssim')": 'Unexpected keyword argument "losess"',
    "evaluate(ckpt='g.pt', batch_size='8')": 'Argument "batch_size" to "evaluate" has incompatible type "str"',
    "evaluate(mode='training')": 'Argument "mode" to "evaluate" has incompatible type',
    "evaluate(unpaired='yes')": 'Argument "unpaired" to "evaluate" has incompatible type "str"',
    "evaluate(losses=[1])": "List item 0 has incompatible type",
    "evaluate(device=None)": 'Argument "device" to "evaluate" has incompatible type "None"',
    "evaluate('g.pt')": "Too many positional arguments",
}


@pytest.fixture(scope="module")
def said(project: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """File -> what `mypy --strict` says of it, with the package as it lies where it is installed."""
    folder = tmp_path_factory.mktemp("typed")
    package = folder / "site" / "ganloss_cli"
    package.mkdir(parents=True)
    for place in [*(project / "ganloss_cli").iterdir(), project / "io", project / "evaluators"]:
        (package / place.name).symlink_to(place)
    files = {"taken.py": TAKEN} | {
        f"refused_{k}.py": f"from ganloss_cli import evaluate\n\n{call}\n" for k, call in enumerate(REFUSED)
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    # what evaluate calls is checked elsewhere, and takes ten seconds; its arguments and its report are checked here
    called = ",".join(f"ganloss_cli.{name}.*" for name in ("commands", "evaluators", "io", "pipeline", "reporters"))
    (folder / "mypy.ini").write_text(f"[mypy]\nstrict = True\n[mypy-{called}]\nfollow_imports = skip\n")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", folder / "cache", *files],
        cwd=folder, env={**os.environ, "MYPYPATH": "site"}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.stderr == ""
    return {name: "\n".join(line for line in done.stdout.splitlines() if line.startswith(name)) for name in files}


def test_mypy_takes_what_the_readme_shows_paths_and_lists(said: dict[str, str]) -> None:
    assert said["taken.py"] == ""


@pytest.mark.parametrize("call", REFUSED)
def test_mypy_refuses_a_call_that_evaluate_would_refuse(call: str, said: dict[str, str]) -> None:
    assert REFUSED[call] in said[f"refused_{list(REFUSED).index(call)}.py"]


def test_the_arguments_for_type_checkers_are_those_of_the_table_of_options(project: Path) -> None:
    made = runpy.run_path(str(project / "tests" / "make_evaluate_arguments.py"))

    assert made["PLACE"].read_text("utf-8") == made["module"](), "run python tests/make_evaluate_arguments.py"
