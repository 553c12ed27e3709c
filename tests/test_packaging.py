import re
import tomllib
from collections.abc import Callable
from importlib.metadata import entry_points, version
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from packaging.requirements import Requirement

# Folder of the checkout -> where it installs; pyproject's package-dir says the same.
PLACES = {"ganloss_cli": "ganloss_cli", "evaluators": "ganloss_cli.evaluators", "io": "ganloss_cli.io"}


# What the top level may hold: the design's folders and what every repository has. `findings` is for a checkout alone.
TOP_LEVEL = {*PLACES, "tests", "sample_data", "benchmarks", "findings", "docs"}
FILES = {"pyproject.toml", "README.md", "LICENSE", "constraints.txt", ".gitignore"}
LEFT_OVER = {"build", "dist", "__pycache__"}


@pytest.fixture(scope="module")
def pyproject(project: Path) -> dict[str, Any]:
    return tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_folder_with_an_init_file_is_listed_as_a_package(project: Path, pyproject: dict[str, Any]) -> None:
    folders = {init.parent.relative_to(project) for place in PLACES for init in (project / place).rglob("__init__.py")}

    names = {".".join((PLACES[folder.parts[0]], *folder.parts[1:])) for folder in folders}

    assert len(names) > len(PLACES)
    assert sorted(pyproject["tool"]["setuptools"]["packages"]) == sorted(names)


def test_every_folder_with_python_files_has_an_init_file(project: Path) -> None:
    folders = {file.parent for place in PLACES for file in (project / place).rglob("*.py")}

    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_the_three_folders_install_as_one_package(pyproject: dict[str, Any]) -> None:
    assert pyproject["tool"]["setuptools"]["package-dir"] == {name: folder for folder, name in PLACES.items()}


def test_the_top_level_holds_only_what_the_design_names(project: Path) -> None:
    folders = {
        entry.name
        for entry in project.iterdir()
        if entry.is_dir() and not (entry.name in LEFT_OVER or entry.suffix == ".egg-info" or entry.name.startswith("."))
    }
    files = {entry.name for entry in project.iterdir() if entry.is_file()}

    assert set(PLACES) <= folders <= TOP_LEVEL
    assert files - {".git"} <= FILES  # the .git of a worktree is a file


def test_no_finding_gets_into_the_wheel_or_the_sdist(project: Path, pyproject: dict[str, Any]) -> None:
    # setuptools takes a folder in where a package, a manifest or automatic discovery names it.
    assert sorted(pyproject["tool"]["setuptools"]) == ["ext-modules", "package-data", "package-dir", "packages"]
    assert not any("findings" in name for name in pyproject["tool"]["setuptools"]["packages"])
    assert not (project / "MANIFEST.in").exists()


def test_every_data_file_is_declared_and_every_declared_one_exists(project: Path, pyproject: dict[str, Any]) -> None:
    # An editable install finds undeclared files all the same; only the wheel misses them.
    held = {
        file.relative_to(project).as_posix()
        for place in PLACES
        for file in (project / place).rglob("*")
        if file.is_file() and file.suffix not in {".py", ".pyc", ".so", ".pyd"}  # an editable install compiles in place
    }
    compiled = {source for module in pyproject["tool"]["setuptools"]["ext-modules"] for source in module["sources"]}

    declared = {
        f"{pyproject['tool']['setuptools']['package-dir'][package]}/{name}"
        for package, names in pyproject["tool"]["setuptools"]["package-data"].items()
        for name in names
    }

    assert {"ganloss_cli/py.typed", "ganloss_cli/report.schema.json"} <= declared
    assert declared | compiled == held


def test_installing_needs_no_compiler(pyproject: dict[str, Any]) -> None:
    modules = pyproject["tool"]["setuptools"]["ext-modules"]

    assert [module["name"] for module in modules] == ["ganloss_cli.evaluators._ssim"]
    assert all(module["optional"] for module in modules)


def test_the_version_is_written_down_once(project: Path, pyproject: dict[str, Any]) -> None:
    number = pyproject["project"]["version"]

    elsewhere = [
        file
        for place in PLACES
        for file in (project / place).rglob("*.py")
        if re.search(rf"[\"']{re.escape(number)}[\"']|__version__\s*=\s*[\"']", file.read_text(encoding="utf-8"))
    ]

    assert elsewhere == []
    assert version("ganloss") == number


def test_the_command_prints_the_version_of_pyproject(
    run_ganloss: Callable[..., CompletedProcess[str]], pyproject: dict[str, Any]
) -> None:
    done = run_ganloss("--version")

    assert done.returncode == 0, done.stderr
    assert pyproject["project"]["version"] in done.stdout.split()


def test_the_console_script_is_the_command_line_of_the_module() -> None:
    (script,) = entry_points(group="console_scripts", name="ganloss")

    assert script.value == "ganloss_cli.__main__:run"
    assert callable(script.load())


def test_every_dependency_has_a_pinned_version_that_it_allows(project: Path, pyproject: dict[str, Any]) -> None:
    lines = (project / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if line and not line.startswith("#"))
    extras = pyproject["project"]["optional-dependencies"].values()

    wanted = [Requirement(text) for texts in (pyproject["project"]["dependencies"], *extras) for text in texts]

    assert {need.name for need in wanted} <= set(pins)
    assert [need for need in wanted if not need.specifier.contains(pins[need.name])] == []


def test_the_change_log_names_the_version(project: Path, pyproject: dict[str, Any]) -> None:
    log = (project / ".github" / "CHANGELOG.md").read_text(encoding="utf-8")

    assert re.search(rf"^## \[{re.escape(pyproject['project']['version'])}\]", log, re.MULTILINE)
