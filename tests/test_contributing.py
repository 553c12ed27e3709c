"""What CONTRIBUTING shows as a first change is one: its files are laid where they say, and work."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

FILE = re.compile(r"```python\n# (?P<path>[\w/]+\.py)\n(?P<code>.*?)```", re.DOTALL)
GOLDEN = re.compile(r'"loss": "log_cosh".*"expected": (?P<value>[\d.]+)')
USE = """
import sys
sys.path[:0] = [sys.argv[1]]
import torch
from ganloss_cli.evaluators.catalogue import find_loss, total
from ganloss_cli.evaluators.checks import find_check
from ganloss_cli.reporters.formats import tsv
real = torch.tensor([[1.0, 2.0], [0.5, 1.0]], dtype=torch.float64)
fake = torch.tensor([[2.0, 0.0], [1.0, 1.05]], dtype=torch.float64)
print(total(find_loss("log_cosh").function(real, fake)))
print(find_check("huge_network").severity, tsv.render.__doc__[:6])
"""


def shown(project: Path) -> str:
    return (project / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_files_shown_work_where_they_are_laid(project: Path, tmp_path: Path) -> None:
    files = {match["path"]: match["code"] for match in FILE.finditer(shown(project))}
    new = {path: code for path, code in files.items() if not (project / path).exists()}
    for folder in ("ganloss_cli", "evaluators", "io"):
        shutil.copytree(project / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path, code in new.items():
        (tmp_path / path).write_text(code, encoding="utf-8")
    packages = [place for place in sys.path if place.endswith("site-packages")]
    code = f"import sys\nsys.path += {packages!r}\n{USE}"

    done = subprocess.run(
        [sys.executable, "-S", "-c", code, str(tmp_path)], capture_output=True, text=True, timeout=120
    )

    assert len(new) == 3
    assert done.returncode == 0, done.stderr
    value, said = done.stdout.splitlines()
    golden = GOLDEN.search(shown(project))
    assert golden is not None
    assert float(value) == pytest.approx(float(golden["value"]), rel=1e-12)
    assert said == "note A line"
