import importlib
import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from ganloss_cli.cli import main

SAMPLE_DATA = Path(__file__).resolve().parent.parent / "sample_data"
RECORDED = {
    folder: json.loads((SAMPLE_DATA / folder / "expected.json").read_text(encoding="utf-8"))
    for folder in (".", "audio", "tensors")
}
CASES = [(folder, case) for folder, cases in RECORDED.items() for case in cases]
# Networks run in float32 and are held against float64.
TOLERANCES = {".": 1e-5, "audio": 1e-5, "tensors": 1e-6}


def test_every_expected_file_is_tested() -> None:
    found = {file.parent.relative_to(SAMPLE_DATA).as_posix() for file in SAMPLE_DATA.rglob("expected.json")}

    assert found == set(RECORDED)
    assert len(CASES) == 5


@pytest.mark.parametrize(
    ("folder", "case"), CASES, ids=[case["command"].partition("--data ")[2].split()[0] for _, case in CASES]
)
def test_the_command_of_each_case_prints_its_independent_numbers(
    folder: str, case: dict[str, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(SAMPLE_DATA)
    program, *arguments = shlex.split(case["command"])

    status = main([*arguments, "--format", "json"])

    printed = capsys.readouterr()
    assert program == "ganloss"
    assert status == 0, printed.err
    results = json.loads(printed.out)["results"]
    assert [result["loss"] for result in results] == [name.partition(":")[0] for name in case["values"]]
    values = dict(zip(case["values"], (result["value"] for result in results), strict=True))
    assert values == pytest.approx(case["values"], rel=TOLERANCES[folder])


def test_a_flat_folder_says_that_it_is_its_own_input(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(SAMPLE_DATA)

    main(["eval", "--ckpt", "g.pt", "--data", "imgs/real", "--losses", "l1", "--format", "json"])

    findings = json.loads(capsys.readouterr().out)["findings"]
    assert [(finding["check"], finding["severity"]) for finding in findings] == [("input_is_real", "note")]


def test_the_expected_files_are_what_their_script_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(SAMPLE_DATA))
    script = importlib.import_module("expected")

    computed = script.contents()

    assert computed.keys() == RECORDED.keys()
    for folder, cases in RECORDED.items():
        for case, again in zip(cases, computed[folder], strict=True):
            assert (again["command"], again["source"]) == (case["command"], case["source"])
            assert again["values"] == pytest.approx(case["values"], rel=1e-9)


def test_the_script_of_expected_numbers_imports_nothing_of_ganloss() -> None:
    text = "".join((SAMPLE_DATA / name).read_text(encoding="utf-8") for name in ("expected.py", "independent.py"))

    assert "import ganloss" not in text
    assert "from ganloss" not in text


def test_the_sample_data_stay_under_two_megabytes() -> None:
    sizes = [
        file.stat().st_size
        for file in SAMPLE_DATA.rglob("*")
        if file.is_file() and not any(part.startswith((".", "__")) for part in file.relative_to(SAMPLE_DATA).parts)
    ]

    assert len(sizes) > 30
    assert sum(sizes) < 2_000_000


def test_the_pictures_are_eight_pairs_and_the_sounds_six() -> None:
    stems = {
        folder: sorted(file.stem for file in (SAMPLE_DATA / folder).iterdir())
        for folder in ("imgs/input", "imgs/real", "audio/real", "audio/fake")
    }

    assert len(stems["imgs/real"]) == 8
    assert len(stems["audio/real"]) == 6
    assert stems["imgs/input"] == stems["imgs/real"]
    assert stems["audio/fake"] == stems["audio/real"]
