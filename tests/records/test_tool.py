import zipfile
from importlib import metadata
from pathlib import Path

import pytest

from ganloss_cli.records.tool import tool, version


def installed(folder: Path, name: str, file: str, number: str) -> str:
    path = folder / name / file
    path.parent.mkdir(parents=True)
    path.write_text(f"Metadata-Version: 2.1\nName: ganloss\nVersion: {number}\n\nVersion: of a description\n")
    return str(folder)


def test_the_version_is_what_the_standard_library_reads() -> None:
    assert version() == metadata.version("ganloss")


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("ganloss-7.1.dist-info", "METADATA"),
        ("ganloss.egg-info", "PKG-INFO"),
        ("ganloss-7.1-py3.11.egg-info", "PKG-INFO"),
    ],
)
def test_the_first_metadata_on_the_path_say_the_version(
    name: str, file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = installed(tmp_path / "a", "ganloss_extras-3.0.dist-info", "METADATA", "3.0")
    first = installed(tmp_path / "b", name, file, "7.1")
    second = installed(tmp_path / "c", "ganloss-8.0.dist-info", "METADATA", "8.0")
    monkeypatch.setattr("sys.path", [str(tmp_path / "missing"), others, first, second])

    assert version() == metadata.version("ganloss") == "7.1"


def test_the_version_in_a_zip_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as packed:
        packed.writestr("ganloss-9.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: ganloss\nVersion: 9.0\n")
    monkeypatch.setattr("sys.path", [str(tmp_path / "all.zip")])

    assert version() == "9.0"


def test_what_is_not_installed_has_no_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.path", [str(tmp_path)])

    assert tool() == {"name": "ganloss", "version": None}
