"""LMDB databases of BasicSR's form: the package itself writes them, as basicsr/utils/lmdb_util.py does."""

import io
import sys
from pathlib import Path

import lmdb
import pytest
from PIL import Image

from ganloss_cli.api import chosen
from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.datasets import DataSet, open_data


def png(value: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (4, 4), value).save(buffer, "PNG")
    return buffer.getvalue()


def database(path: Path, values: dict[str, bytes], names: list[str] | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with lmdb.open(str(path), map_size=2**24) as opened, opened.begin(write=True) as transaction:
        for key, value in values.items():
            transaction.put(key.encode(), value)
    lines = [f"{name} (4,4,1) 1\n" for name in names or [f"{key}.png" for key in values]]
    (path / "meta_info.txt").write_text("".join(lines))
    return path


def opened(data: Path, **options: object) -> DataSet:
    return open_data(chosen({"data": data, **options}))


def test_a_database_holds_what_its_folder_held(tmp_path: Path) -> None:
    values = {f"{k:03}_s.1": png(k) for k in range(40)}
    made = database(tmp_path / "HR.lmdb", values)
    (tmp_path / "folder").mkdir()
    for key, value in values.items():
        (tmp_path / "folder" / f"{key}.png").write_bytes(value)

    (found,), (wanted,) = opened(made).groups, opened(tmp_path / "folder").groups

    assert found.names == wanted.names
    for index in range(40):
        assert found.read(index).digests == wanted.read(index).digests


def test_databases_are_folders_among_folders(tmp_path: Path) -> None:
    database(tmp_path / "DIV2K_valid_HR.lmdb", {"0801": png(1)})
    database(tmp_path / "DIV2K_valid_LR_bicubic.lmdb", {"0801x4": png(2)})

    (group,) = opened(tmp_path).groups

    assert group.roles == ("real", "input")


def test_reading_leaves_nothing_beside_the_data(tmp_path: Path) -> None:
    made = database(tmp_path / "a.lmdb", {"x": png(1)})
    (made / "lock.mdb").unlink()

    opened(made).groups[0].read(0)

    assert sorted(path.name for path in made.iterdir()) == ["data.mdb", "meta_info.txt"]


def test_without_the_package_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = database(tmp_path / "a.lmdb", {"x": png(1)})
    monkeypatch.setitem(sys.modules, "lmdb", None)

    with pytest.raises(
        UsageError, match=r"a\.lmdb: an LMDB database, and the package lmdb is not installed"
    ) as refused:
        opened(made)

    assert refused.value.hint == "install the extra lmdb: pip install 'ganloss[lmdb]'"


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9, 0.999])
def test_a_truncated_database_is_an_error_and_no_signal(tmp_path: Path, share: float) -> None:
    made = database(tmp_path / "a.lmdb", {f"{k}": png(k) + bytes(5000) for k in range(20)})
    data = (made / "data.mdb").read_bytes()
    (made / "data.mdb").write_bytes(data[: int(share * len(data))])

    with pytest.raises(InputError, match=r"data\.mdb: (truncated: it has \d+ of \d+ bytes|damaged)"):
        opened(made)


def test_a_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    made = database(tmp_path / "a.lmdb", {"x": png(1)})
    (made / "data.mdb").write_bytes(bytes(20_000))

    with pytest.raises(InputError, match=r"data\.mdb: damaged, or no LMDB database"):
        opened(made)


def test_an_image_that_is_listed_and_missing_is_named(tmp_path: Path) -> None:
    made = database(tmp_path / "a.lmdb", {"x": png(1)}, ["x.png", "y.png"])

    with pytest.raises(InputError, match=r"a\.lmdb:y\.png: meta_info\.txt names it, but data\.mdb does not hold it"):
        opened(made)


def test_a_line_of_the_list_that_says_nothing_is_an_error(tmp_path: Path) -> None:
    made = database(tmp_path / "a.lmdb", {"x": png(1)})
    (made / "meta_info.txt").write_text("x.png\n")

    with pytest.raises(InputError, match=r"meta_info\.txt: line 1: expected NAME \(H,W,C\) LEVEL, got 'x\.png'"):
        opened(made)
