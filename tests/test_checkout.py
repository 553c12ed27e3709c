"""A checkout works where the package is installed from it, not linked to it: Python finds the checkout first."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

README = re.compile(r"```python\n(?P<code>.*?)```", re.DOTALL)


@pytest.fixture
def python(project: Path):
    """Run Python in the checkout as if nothing linked to it: no .pth file of an editable install is read."""
    packages = [place for place in sys.path if place.endswith(("site-packages", "dist-packages"))]
    places = "\n".join(f"sys.path.append({place!r})" for place in packages)

    def python(code: str, *, inside: Path = project) -> subprocess.CompletedProcess[str]:
        before = f"import sys\nsys.path.insert(0, {str(inside)!r})\n{places}\n"
        return subprocess.run(
            [sys.executable, "-S", "-c", before + code], capture_output=True, text=True, cwd=inside, timeout=120
        )

    return python


def test_nothing_links_to_the_checkout_here(python, tmp_path: Path) -> None:
    found = python("import ganloss_cli.io", inside=tmp_path)

    assert found.returncode == 1
    assert "No module named 'ganloss_cli" in found.stderr


@pytest.mark.parametrize("module", ["ganloss_cli.io.roles", "ganloss_cli.evaluators.catalogue", "ganloss_cli.cli"])
def test_every_folder_is_found_in_the_checkout(python, project: Path, module: str) -> None:
    found = python(f"import {module} as module; print(module.__file__)")

    assert found.returncode == 0, found.stderr
    assert Path(found.stdout.strip()).is_relative_to(project)


def test_the_program_runs_in_the_checkout(python) -> None:
    found = python("import runpy\nsys.argv[1:] = ['--version']\nrunpy.run_module('ganloss_cli', run_name='__main__')")

    assert found.returncode == 0, found.stderr
    assert re.fullmatch(r"ganloss \d+\.\d+\.\d+\nssim and ms_ssim on a CPU: (compiled|torch)\n", found.stdout)


@pytest.mark.parametrize("code", [code for code in README.findall(
    (Path(__file__).resolve().parent.parent / "README.md").read_text(encoding="utf-8")) if "ganloss_cli" in code
])  # fmt: skip
def test_the_python_of_the_readme_runs_in_the_checkout(python, code: str) -> None:
    found = python(code)

    assert found.returncode == 0, found.stderr
