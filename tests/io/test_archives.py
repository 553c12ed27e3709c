"""ZIP and tar archives give what the folder gives that was packed, and refuse what no archive of data holds."""

import io
import itertools
import stat
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import soundfile
from PIL import Image

from ganloss_cli.api import chosen
from ganloss_cli.errors import GanlossError, InputError, NothingEvaluatedError
from ganloss_cli.io.archives import tars, zips
from ganloss_cli.io.datasets import DataSet, Group, Reading, open_data
from ganloss_cli.io.images import of_levels


def png(value: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (4, 4), value).save(buffer, "PNG")
    return buffer.getvalue()


def wav(value: float = 0.5, n: int = 4000) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.linspace(0, value, n), 8000, format="WAV", subtype="FLOAT")
    return buffer.getvalue()


IMAGES = {f"{role}/{k}.png": png(16 * k + 100 * (role == "fake")) for k in range(3) for role in ("real", "fake")}


def zipped(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(path: Path, files: dict[str, bytes], **options: Any) -> Path:
    with tarfile.open(path, "w", **options) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def loose(path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


PACKERS: dict[str, Callable[[Path, dict[str, bytes]], Path]] = {
    "deflated": zipped,
    "stored": lambda path, files: zipped(path, files, zipfile.ZIP_STORED),
    "ustar": lambda path, files: tarred(path, files, format=tarfile.USTAR_FORMAT),
    "gnu": lambda path, files: tarred(path, files, format=tarfile.GNU_FORMAT),
    "pax": lambda path, files: tarred(path, files, format=tarfile.PAX_FORMAT),
}


def opened(data: Path, **options: Any) -> DataSet:
    return open_data(chosen({"data": data, **options}))


def only(data: DataSet) -> Group:
    assert len(data.groups) == 1
    return data.groups[0]


def contents(data: DataSet) -> list[Any]:
    return [(group.roles, group.names, [content(group.read(k)) for k in range(len(group.names))])
            for group in data.groups]  # fmt: skip


def content(reading: Reading) -> Any:
    return reading.digests, {role: value.tolist() for role, value in reading.values.items()}  # type: ignore[union-attr]


@pytest.mark.parametrize("packed", PACKERS)
@pytest.mark.parametrize(
    "files",
    [
        IMAGES,
        {f"deep/{'long' * 20}/{'name' * 20}/{k}.png": png(k) for k in range(2)},
        {f"ä ö/{k}.png": png(k) for k in range(2)},
        {f"s/{k}/{stem}.wav": wav(0.1 * k) for k in range(1, 3) for stem in ("mixture", "vocals")},
    ],
    ids=["roles", "long names", "umlauts", "stems"],
)
def test_an_archive_holds_what_its_folder_holds(tmp_path: Path, packed: str, files: dict[str, bytes]) -> None:
    folder, archive = loose(tmp_path / "folder", files), PACKERS[packed](tmp_path / "archive", files)

    assert contents(opened(archive)) == contents(opened(folder))


@pytest.mark.parametrize("packed", ["deflated", "stored", "ustar"])
def test_a_segment_of_a_recording_in_an_archive_is_that_of_the_loose_file(tmp_path: Path, packed: str) -> None:
    files = {"a.wav": wav(0.3), "b.wav": wav(0.7)}
    folder, archive = loose(tmp_path / "folder", files), PACKERS[packed](tmp_path / "archive", files)

    one, other = (only(opened(data, segment="0.1")).read(1).values["real"] for data in (folder, archive))

    assert one.shape == (1, 800)  # type: ignore[union-attr]
    assert one.equal(other)  # type: ignore[union-attr]


def test_members_are_not_written_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    archive = zipped(tmp_path / "a.zip", {"/etc/a.png": png(1), "C:\\b.png": png(2)})

    assert only(opened(archive)).names == ("C:\\b", "etc/a")
    assert list((tmp_path / "here").iterdir()) == []


@pytest.mark.parametrize("packed", ["stored", "ustar"])
def test_a_name_that_leads_out_of_the_archive_is_refused(tmp_path: Path, packed: str) -> None:
    archive = PACKERS[packed](tmp_path / "archive", {"a.png": png(), "../x.png": png()})

    with pytest.raises(InputError, match=r"archive:\.\./x\.png: a name that leads out of the archive"):
        opened(archive)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (tarfile.SYMTYPE, "a link"), (tarfile.LNKTYPE, "a link"), (tarfile.CHRTYPE, "a device"),
        (tarfile.BLKTYPE, "a device"), (tarfile.FIFOTYPE, "a pipe"), (tarfile.GNUTYPE_SPARSE, "a sparse file"),
    ],
)  # fmt: skip
def test_what_is_no_file_in_a_tar_archive_is_refused_by_name(tmp_path: Path, kind: bytes, said: str) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        member = tarfile.TarInfo("x.png")
        member.type, member.linkname = kind, "/etc/passwd"
        archive.addfile(member)

    with pytest.raises(InputError, match=rf"a\.tar:x\.png: {said}$"):
        opened(tmp_path / "a.tar")


def test_a_link_in_a_zip_archive_is_refused_by_name(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        member = zipfile.ZipInfo("x.png")
        member.create_system, member.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, "/etc/passwd")

    with pytest.raises(InputError, match=r"a\.zip:x\.png: a link$"):
        opened(tmp_path / "a.zip")


def patched(path: Path, signature: bytes, offset: int, change: Callable[[bytearray, int], None]) -> Path:
    """A ZIP archive with something changed at an offset of every record of a kind."""
    data, place = bytearray(path.read_bytes()), -1
    while (place := data.find(signature, place + 1)) >= 0:
        change(data, place + offset)
    path.write_bytes(data)
    return path


def test_an_encrypted_member_is_refused_by_name(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"x.png": png()})
    patched(archive, b"PK\x01\x02", 8, lambda data, place: data.__setitem__(place, data[place] | 1))

    with pytest.raises(InputError, match=r"a\.zip:x\.png: encrypted$"):
        opened(archive)


def test_another_method_than_deflate_is_named(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"x.png": png()}, zipfile.ZIP_LZMA)

    with pytest.raises(InputError, match=r"a\.zip:x\.png: packed by method 14; expected deflate, or stored"):
        opened(archive)


def test_members_that_overlap_are_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"x.png": png(1), "y.png": png(2)})
    patched(archive, b"PK\x01\x02", 42, lambda data, place: data.__setitem__(slice(place, place + 4), bytes(4)))

    with pytest.raises(InputError, match=r"a\.zip.*overlaps"):
        opened(archive)


def test_a_member_is_not_unpacked_that_grows_out_of_all_proportion(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zipped(tmp_path / "a.zip", {"x.png": png() + bytes(200_000)})
    monkeypatch.setattr(zips, "LARGE", 100_000)

    with pytest.raises(InputError, match=r"a\.zip:x\.png: \d+ bytes that unpack to 200\d+, more than is unpacked"):
        only(opened(archive)).read(0)


def test_no_more_is_unpacked_than_the_directory_says(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"x.png": png() + bytes(100_000)})
    patched(archive, b"PK\x01\x02", 24, lambda data, place: struct.pack_into("<L", data, place, 1000))

    with pytest.raises(InputError, match=r"a\.zip:x\.png: truncated or damaged: it does not have 1000 bytes"):
        only(opened(archive)).read(0)


def test_a_name_that_is_there_twice_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"x.png": png(1), "./x.png": png(2)})

    with pytest.raises(InputError, match=r"a\.zip: holds 'x\.png' twice"):
        opened(archive)


@pytest.mark.parametrize("packed", PACKERS)
def test_an_archive_that_is_cut_off_anywhere_is_an_error(tmp_path: Path, packed: str) -> None:
    whole = PACKERS[packed](tmp_path / "whole", {"a.png": png(1), "b.png": png(2)}).read_bytes()
    end = len(whole.rstrip(b"\0")) if packed not in ("deflated", "stored") else len(whole)
    if packed not in ("deflated", "stored"):
        end = -(-end // 512) * 512

    for length in itertools.chain(range(40, end, 97), [end - 1]):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(GanlossError):
            contents(opened(tmp_path / "cut"))


@pytest.mark.parametrize("packed", ["deflated", "stored"])
def test_a_zip_member_whose_bytes_changed_is_an_error_that_names_both(tmp_path: Path, packed: str) -> None:
    archive = PACKERS[packed](tmp_path / "a.zip", {"x.png": png() + bytes(range(256))})
    data = bytearray(archive.read_bytes())
    data[data.index(b"x.png") + 5 + 100] ^= 0xFF
    archive.write_bytes(data)

    with pytest.raises(InputError, match=r"a\.zip:x\.png: truncated or damaged"):
        only(opened(archive)).read(0)


def test_a_damaged_header_of_a_tar_archive_is_an_error(tmp_path: Path) -> None:
    archive = tarred(tmp_path / "a.tar", {"a.png": png(), "b.png": png()})
    data = bytearray(archive.read_bytes())
    data[data.index(b"b.png")] = ord("c")
    archive.write_bytes(data)

    with pytest.raises(InputError, match=r"a\.tar: damaged: no header at byte 1024"):
        opened(archive)


def test_a_long_name_of_a_tar_archive_is_not_read_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    archive = tarred(tmp_path / "a.tar", {f"{'x' * 200}.png": png()}, format=tarfile.GNU_FORMAT)
    monkeypatch.setattr(tars, "MOST_RECORD", 100)

    with pytest.raises(InputError, match=r"a\.tar: a name of 205 bytes; at most 100 are read"):
        opened(archive)


def test_tar_archives_one_after_the_other_in_one_file_are_not_read_by_half(tmp_path: Path) -> None:
    first, second = (tarred(tmp_path / name, {f"{name}.png": png()}).read_bytes() for name in "ab")
    (tmp_path / "both.tar").write_bytes(first + second)

    with pytest.raises(InputError, match=r"both\.tar: goes on behind its end"):
        opened(tmp_path / "both.tar")


def test_an_archive_without_data_says_what_it_holds(tmp_path: Path) -> None:
    with pytest.raises(NothingEvaluatedError, match=r"a\.zip: no data: of its 1 files, 'readme\.txt', none is"):
        opened(zipped(tmp_path / "a.zip", {"readme.txt": b"text"}))


@pytest.mark.parametrize(("mode", "kind"), [("gz", "a gzip"), ("xz", "an xz"), ("bz2", "a bzip2")])
def test_a_packed_archive_is_named_with_what_to_do(tmp_path: Path, mode: Literal["gz", "xz", "bz2"], kind: str) -> None:
    path = tmp_path / f"a.tar.{mode}"
    with tarfile.open(path, f"w:{mode}") as archive:
        archive.addfile(tarfile.TarInfo("a"))

    for named in (path, tmp_path):
        with pytest.raises(GanlossError) as refused:
            opened(named)
        assert f"unpack it with tar -xf {path}" in str(refused.value.hint)
    with pytest.raises(InputError, match=rf"a\.tar\.{mode}: {kind} archive"):
        opened(path)


def test_a_role_may_be_an_archive(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {"1.png": png(1)})
    request = chosen({"real": str(archive), "fake": str(tarred(tmp_path / "b.tar", {"1.png": png(2)}))})

    assert only(open_data(request)).names == ("1",)


def test_a_role_may_be_a_folder_within_an_archive(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a.zip", {f"imgs/{name}": content for name, content in IMAGES.items()})
    group = only(open_data(chosen({"real": f"{archive}:imgs/real", "fake": f"{archive}:imgs/fake"})))

    assert group.names == ("0", "1", "2")
    with pytest.raises(InputError, match=r"a\.zip:imgs: holds no folder 'reals'"):
        open_data(chosen({"real": f"{archive}:imgs/reals"}))


def test_members_of_one_key_are_one_sample(tmp_path: Path) -> None:
    for shard in range(2):
        keys = range(2 * shard, 2 * shard + 2)
        tarred(
            tmp_path / f"val-{shard:04}.tar",
            {f"{k:03}.{field}.png": png(k + 100 * (field == "hr")) for k in keys for field in ("lr", "hr")},
        )

    group = only(opened(tmp_path / "val-{0000..0001}.tar"))

    assert (group.roles, group.names) == (("real", "input"), ("000", "001", "002", "003"))
    assert [round(float(of_levels(group.read(3).values[role]).max() * 255)) for role in group.roles] == [103, 3]  # type: ignore[arg-type]


def test_keys_that_every_shard_counts_anew_are_told_apart(tmp_path: Path) -> None:
    for shard in range(2):
        tarred(tmp_path / f"val-{shard}.tar", {"000.png": png(shard)})

    assert only(opened(tmp_path / "val-*.tar")).names == ("val-0/000", "val-1/000")


def test_a_sample_of_two_pictures_needs_to_be_told_which_is_which(tmp_path: Path) -> None:
    archive = tarred(tmp_path / "a.tar", {"1.left.png": png(1), "1.right.png": png(2)})

    with pytest.raises(InputError, match=r"sample '1' holds both 'left\.png' and 'right\.png'") as refused:
        opened(archive)

    assert "--map left=real" in str(refused.value.hint)
    group = only(opened(archive, rename=["left=input", "right=real"]))
    assert group.roles == ("real", "input")


def test_shards_of_different_formats_are_an_error(tmp_path: Path) -> None:
    tarred(tmp_path / "a-1.bin", {"1.png": png()})
    zipped(tmp_path / "a-2.bin", {"1.png": png()})

    with pytest.raises(InputError, match=r"holds both .*a-2\.bin' \(ZIP\) and .*a-1\.bin' \(tar\)"):
        opened(tmp_path / "a-*.bin")


def test_a_folder_of_archives_is_answered_with_the_pattern_that_names_them(tmp_path: Path) -> None:
    for shard in range(2):
        tarred(tmp_path / f"val-{shard}.tar", {f"{shard}.png": png(shard)})

    with pytest.raises(InputError, match=r"holds no images or audio, but 'val-0\.tar', 'val-1\.tar'") as refused:
        opened(tmp_path)

    assert refused.value.hint == f"name them: --data '{tmp_path}/*.tar'"
