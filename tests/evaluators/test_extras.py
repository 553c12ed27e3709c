"""Optional libraries: what is asked of them, what is said where they are not there or do not work."""

import importlib
import re
import sys
import tomllib
from pathlib import Path

import pytest

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.catalogue import catalogue
from ganloss_cli.evaluators.extras import Extra

ROOT = Path(__file__).resolve().parents[2]
EXTRAS = {
    extra
    for loss in catalogue().values()
    for extra in (loss.extra, *(row.extra for row in loss.conventions))
    if extra is not None
}
DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
DECISIONS = [file.read_text(encoding="utf-8") for file in sorted((ROOT / ".github/decisions").glob("*.md"))]


def named(requirement: str) -> str:
    return re.split(r"[<>=!~ ]", requirement)[0].lower()


def test_every_package_that_a_loss_asks_for_comes_with_its_extra() -> None:
    assert EXTRAS
    for extra in EXTRAS:
        assert {name.lower() for name in extra.packages} <= set(map(named, DECLARED[extra.name]))


def test_what_imports_pkg_resources_brings_a_setuptools_that_has_it() -> None:
    for name in ("speech", "pitch"):  # pysptk, pyworld
        assert "setuptools<81" in DECLARED[name]


def test_every_library_has_a_decision_with_its_size_and_the_time_of_its_import() -> None:
    def is_decided(package: str, record: str) -> bool:
        lines = [line for line in record.splitlines() if re.search(rf"(^|\W){re.escape(package)}\W", line)]
        return (
            any(" MB" in line for line in lines) and re.search(r"import.* \d\.?\d* s\b", record, re.DOTALL) is not None
        )

    packages = {name for extra in EXTRAS for name in extra.packages}

    assert {name for name in packages if not any(is_decided(name, record) for record in DECISIONS)} == set()


@pytest.mark.parametrize(
    ("missing", "hint"),
    [
        ("pkg_resources", "it needs pkg_resources, which setuptools has until 80: pip install 'setuptools<81'"),
        ("decorator", "install the extra speech whole: pip install 'ganloss[speech]'"),
    ],
)
def test_a_library_that_lacks_what_it_imports_is_told_with_what_to_install(
    missing: str, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {missing!r}", name=missing)

    monkeypatch.setattr(Extra, "missing", lambda self: ())
    monkeypatch.setattr(importlib, "import_module", fails)

    with pytest.raises(UsageError, match=f"pysptk cannot be imported: No module named '{missing}'") as caught:
        Extra(name="speech", packages=("pysptk",)).module("pysptk")

    assert caught.value.hint == hint


def test_a_compiler_is_named_for_what_has_no_wheel() -> None:
    without = {name for extra in EXTRAS for name in extra.compiled}

    assert without == {"pesq", "pysptk", "pyworld"}
    (speech,) = (extra for extra in EXTRAS if "pesq" in extra.compiled)
    with pytest.raises(UsageError) as caught:
        Extra(name=speech.name, packages=("no_such_pesq",), compiled=("no_such_pesq",)).require()
    assert "with a compiler of C or C++ for no_such_pesq where there is no wheel" in str(caught.value.hint)


def test_a_file_of_a_package_is_found_without_importing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "some_learned").mkdir()
    (tmp_path / "some_learned" / "__init__.py").write_text("raise RuntimeError")
    monkeypatch.syspath_prepend(str(tmp_path))

    file = Extra(name="perceptual", packages=("some-learned",)).file("weights", "a.pt")

    assert file == tmp_path / "some_learned" / "weights" / "a.pt"
    assert "some_learned" not in sys.modules
