import os
from pathlib import Path

import pytest

from ganloss_cli.errors import UsageError
from ganloss_cli.io.writing import OutputFile

needs_permissions = pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")


def test_a_committed_file_holds_the_content_and_nothing_lies_beside_it(tmp_path: Path):
    target = tmp_path / "report.json"

    with OutputFile(target) as output:
        output.commit("größe: 1\n")

    assert target.read_text(encoding="utf-8") == "größe: 1\n"
    assert list(tmp_path.iterdir()) == [target]


def test_the_target_does_not_exist_before_the_commit(tmp_path: Path):
    target = tmp_path / "report.json"

    with OutputFile(target):
        before = target.exists()

    assert not before


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit, ValueError])
def test_whatever_ends_the_work_leaves_nothing(tmp_path: Path, end: type[BaseException]):
    with pytest.raises(end, match="stop"), OutputFile(tmp_path / "report.json"):
        raise end("stop")

    assert list(tmp_path.iterdir()) == []


def test_an_old_file_stays_as_it_was_when_the_work_fails(tmp_path: Path):
    target = tmp_path / "report.json"
    target.write_text("old")

    with pytest.raises(KeyboardInterrupt, match="stop"), OutputFile(target):
        raise KeyboardInterrupt("stop")

    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_an_old_file_is_replaced_and_keeps_its_permissions(tmp_path: Path):
    target = tmp_path / "report.json"
    target.write_text("a much longer old text")
    target.chmod(0o640)

    with OutputFile(target) as output:
        output.commit("new")

    assert target.read_text() == "new"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_new_file_has_the_permissions_of_the_umask(tmp_path: Path):
    old = os.umask(0o027)
    try:
        with OutputFile(tmp_path / "report.json") as output:
            output.commit("new")
    finally:
        os.umask(old)

    assert (tmp_path / "report.json").stat().st_mode & 0o777 == 0o640


def test_a_link_stays_a_link_and_its_target_is_written(tmp_path: Path):
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    link.symlink_to(real)

    with OutputFile(link) as output:
        output.commit("new")

    assert link.is_symlink()
    assert real.read_text() == "new"


def test_bytes_are_written_as_they_are(tmp_path: Path):
    with OutputFile(tmp_path / "values.bin") as output:
        output.commit(b"\x00\xff\r\n")

    assert (tmp_path / "values.bin").read_bytes() == b"\x00\xff\r\n"


def test_a_device_is_written_to_and_not_replaced():
    with OutputFile(Path(os.devnull)) as output:
        output.commit("gone")

    assert not Path(os.devnull).is_file()


def test_a_folder_that_does_not_exist_is_refused_before_the_work(tmp_path: Path):
    with pytest.raises(UsageError, match=r"missing/report\.json: cannot be written \(no such file or directory\)"):
        OutputFile(tmp_path / "missing" / "report.json")


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path: Path):
    with pytest.raises(UsageError, match=r"cannot be written \(is a folder\)"):
        OutputFile(tmp_path)


@needs_permissions
def test_a_read_only_file_is_refused(tmp_path: Path):
    target = tmp_path / "report.json"
    target.write_text("old")
    target.chmod(0o444)

    with pytest.raises(UsageError, match="permission denied"):
        OutputFile(target)


@needs_permissions
def test_a_read_only_folder_is_refused(tmp_path: Path):
    tmp_path.chmod(0o555)

    with pytest.raises(UsageError, match="permission denied"):
        OutputFile(tmp_path / "report.json")

    tmp_path.chmod(0o755)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_is_told_as_such():
    with OutputFile(Path("/dev/full")) as output, pytest.raises(UsageError, match="no space left on device"):
        output.commit("too much")


def test_what_another_run_is_writing_stays(tmp_path: Path):
    with OutputFile(tmp_path / "a.json") as first, OutputFile(tmp_path / "b.json") as second:
        assert len(list(tmp_path.glob(".ganloss-*.tmp"))) == 2

        second.commit("b")
        first.commit("a")

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.json": "a", "b.json": "b"}


def test_nobody_waits_for_a_pipe_that_is_not_read(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe.json")

    with pytest.raises(UsageError, match=r"pipe\.json: cannot be written \(a pipe that nobody reads\)"):
        OutputFile(tmp_path / "pipe.json")
