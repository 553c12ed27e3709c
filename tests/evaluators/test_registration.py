import ast
import importlib
import sys
from functools import partial
from pathlib import Path

import pytest

from ganloss_cli.evaluators import checks as checks_package
from ganloss_cli.evaluators import losses as losses_package
from ganloss_cli.evaluators.catalogue import FAMILIES, catalogue, loss
from ganloss_cli.evaluators.checks import SUBJECTS, checks
from ganloss_cli.evaluators.registration import import_modules


def decorated(folder: Path, *decorators: str) -> set[str]:
    """The functions of a folder's files that stand under one of these decorators, by reading the files alone."""
    return {
        node.name
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        for above in node.decorator_list
        if isinstance(above, ast.Call) and isinstance(above.func, ast.Name) and above.func.id in decorators
    }


def test_every_file_of_a_package_is_imported_whoever_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "walked"
    package.mkdir()
    for name in ("__init__", "first", "second"):
        (package / f"{name}.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    walked = importlib.import_module("walked")

    import_modules("walked", walked.__path__)

    assert {"walked.first", "walked.second"} <= set(sys.modules)


def test_a_function_under_the_decorator_is_in_the_catalogue(project: Path) -> None:
    # what several losses share is declared once, as distance = partial(loss, paired=True)
    partly = {
        name
        for module in [sys.modules[name] for name in sorted(sys.modules) if name.startswith(losses_package.__name__)]
        for name, value in vars(module).items()
        if isinstance(value, partial) and value.func is loss
    }
    found = decorated(project / "evaluators" / "losses", "loss", *partly)

    assert len(found) > 50
    assert found == set(catalogue())


def test_a_function_under_the_decorator_is_a_check(project: Path) -> None:
    found = decorated(project / "evaluators" / "checks", "check")

    assert len(found) > 40
    assert found == set(checks())


def test_every_loss_is_offered_to_type_checkers() -> None:
    assert sorted(losses_package.__all__) == sorted(catalogue())
    assert {name: getattr(losses_package, name) for name in catalogue()} == {
        name: entry.function for name, entry in catalogue().items()
    }


def test_losses_come_by_family_and_checks_by_what_they_look_at() -> None:
    families = [entry.family for entry in catalogue().values()]
    subjects = [entry.subject for entry in checks().values()]

    assert families == sorted(families, key=FAMILIES.index)
    assert subjects == sorted(subjects, key=SUBJECTS.index)
    assert checks_package.checks is checks
