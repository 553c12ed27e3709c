"""`ganloss report A.json -o page.html --data`: the pictures that the run would have drawn, of the same data only."""

import json
import shutil
from pathlib import Path

import pytest
from lxml import html

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus

LOSSES = "d_lsgan,ssim,psnr"


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory, sample_data: Path) -> Path:
    """A report and a page of the same run, with what they were made of."""
    folder = tmp_path_factory.mktemp("pictures")
    shutil.copytree(sample_data / "imgs", folder / "imgs")
    shutil.copy(sample_data / "g.pt", folder / "g.pt")
    words = ["--ckpt", str(folder / "g.pt"), "--data", str(folder / "imgs"), "--losses", LOSSES, "--resize", "64"]
    outputs = ["-o", str(folder / "run.json"), "-o", str(folder / "run.html")]
    assert main(["eval", *words, "--limit", "4", "--per-sample", "-q", "-f", "csv", *outputs]) == ExitStatus.DONE
    return folder


def report(work: Path, *words: object, of: str = "run.json") -> int:
    return main(["report", str(work / of), *map(str, words), "-q", "-f", "github"])


def alts(page: Path) -> list[str]:
    found: list[str] = html.parse(page).getroot().xpath("//img/@alt")
    return found


@pytest.mark.parametrize("of", ["run.json", "run.html"])
def test_the_pictures_are_those_that_the_run_itself_drew_by_its_own_options(of: str, work: Path) -> None:
    later = work / f"later of {of}.html"

    status = report(work, "--data", work / "imgs", "--ckpt", work / "g.pt", "-o", later, of=of)

    assert status == ExitStatus.DONE
    assert len(alts(later)) > 8
    assert alts(later) == alts(work / "run.html")


def test_without_the_generator_the_reals_are_shown_alone_and_this_is_said(work: Path) -> None:
    later = work / "reals.html"

    assert report(work, "--data", work / "imgs", "-o", later) == ExitStatus.DONE

    assert {alt.partition(" of ")[0] for alt in alts(later)} == {"real"}
    assert "the fakes need the generator (--ckpt)" in later.read_text()


def test_as_many_are_shown_as_are_asked_for(work: Path) -> None:
    later = work / "one.html"

    assert "place 2" in (work / "run.html").read_text()
    report(work, "--data", work / "imgs", "--worst", 1, "-o", later)

    assert "worst" in later.read_text()
    assert "place 2" not in later.read_text()


def test_other_data_are_refused_by_the_name_of_what_changed(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = work / "other"
    shutil.copytree(work / "imgs", other)
    names = sorted(path.name for path in (other / "real").iterdir())
    shutil.copy(other / "real" / names[0], other / "real" / names[1])

    assert report(work, "--data", other, "-o", work / "no.html") == ExitStatus.INPUT

    assert f"real of {Path(names[1]).stem} has changed" in capsys.readouterr().err
    assert not (work / "no.html").exists()


def test_of_a_page_whose_samples_have_no_checksums_the_fingerprint_tells(work: Path) -> None:
    other = work / "another"
    shutil.copytree(work / "imgs", other)
    names = sorted(path.name for path in (other / "input").iterdir())
    shutil.copy(other / "input" / names[0], other / "input" / names[1])

    assert report(work, "--data", other, "-o", work / "no.html", of="run.html") == ExitStatus.INPUT


def test_another_generator_is_refused(work: Path, sample_data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = work / "changed.pt"
    changed.write_bytes((sample_data / "g.pt").read_bytes() + b"\0")

    status = report(work, "--data", work / "imgs", "--ckpt", changed, "-o", work / "no.html")

    assert status in (ExitStatus.INPUT, ExitStatus.UNSAFE)
    assert "changed.pt" in capsys.readouterr().err


def test_what_the_command_line_of_a_report_names_is_neither_run_nor_read(work: Path) -> None:
    code = work / "evil.py"
    code.write_text(f"open({str(work / 'ran')!r}, 'w').close()\nclass Net: pass\n")
    document = json.loads((work / "run.json").read_text())
    document["command"] += ["--network", f"generator={code}:Net", "--allow-code", "--journal", str(work / "j.jsonl")]
    (work / "evil.json").write_text(json.dumps(document))

    assert report(work, "--data", work / "imgs", "-o", work / "evil.html", of="evil.json") == ExitStatus.DONE

    assert not (work / "ran").exists()
    assert not (work / "j.jsonl").exists()


def test_a_command_line_that_no_ganloss_takes_is_a_usage_error(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads((work / "run.json").read_text())
    document["command"] += ["--resize", "many"]
    (work / "odd.json").write_text(json.dumps(document))

    assert report(work, "--data", work / "imgs", "-o", work / "odd.html", of="odd.json") == ExitStatus.USAGE
    assert "--resize" in capsys.readouterr().err


def test_pictures_need_a_page_one_report_and_values_of_samples(work: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads((work / "run.json").read_text())
    document.pop("samples")
    (work / "means.json").write_text(json.dumps(document))
    data, page = ("--data", work / "imgs"), ("-o", work / "no.html")

    assert report(work, *data) == ExitStatus.USAGE
    assert report(work, work / "run.json", *data, *page) == ExitStatus.USAGE
    assert report(work, *data, *page, of="means.json") == ExitStatus.USAGE

    err = capsys.readouterr().err
    for told in ("only a page has pictures", "takes the report of one run", "without values of single samples"):
        assert told in err


def test_a_checkpoint_alone_does_for_a_generator_that_takes_no_data_only(
    work: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert report(work, "--ckpt", work / "g.pt", "-o", work / "no.html") == ExitStatus.USAGE

    assert "give --data PATH" in capsys.readouterr().err
