import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ganloss_cli.errors import InputError
from ganloss_cli.io import idx as idx_files
from ganloss_cli.io.idx import open_idx

CODES = {"u1": 8, "i1": 9, ">i2": 0x0B, ">i4": 0x0C, ">f4": 0x0D, ">f8": 0x0E}


def idx(array: np.ndarray, dtype: str = "u1") -> bytes:
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, CODES[dtype], array.ndim, *array.shape)
    return header + array.astype(dtype).tobytes()


@given(
    hnp.arrays(np.int8, hnp.array_shapes(max_dims=4, max_side=5)), st.sampled_from(sorted(set(CODES) - {"u1"})),
    st.booleans(),
)  # fmt: skip
def test_what_goes_in_comes_out(tmp_path_factory: pytest.TempPathFactory, array: np.ndarray, dtype: str, packed: bool):
    path = tmp_path_factory.mktemp("idx") / "images"
    data = idx(array, dtype)
    path.write_bytes(gzip.compress(data) if packed else data)

    assert np.array_equal(open_idx(path), array)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("cut", "message"), [(3, "truncated"), (-2, "longer than its header says")])
def test_a_size_that_is_not_the_header_s_is_refused(tmp_path: Path, packed: bool, cut: int, message: str):
    data = idx(np.zeros((2, 3, 3)))
    data = data[:-cut] if cut > 0 else data + bytes(-cut)
    (tmp_path / "images").write_bytes(gzip.compress(data) if packed else data)

    with pytest.raises(InputError, match=f"images: {message}; its header says 2 x 3 x 3"):
        open_idx(tmp_path / "images")


def test_a_truncated_gzip_file_is_refused(tmp_path: Path):
    packed = gzip.compress(idx(np.arange(3000).reshape(30, 10, 10) % 251))
    (tmp_path / "images.gz").write_bytes(packed[: len(packed) // 2])

    with pytest.raises(InputError, match=r"images\.gz: truncated or damaged gzip file"):
        open_idx(tmp_path / "images.gz")


def test_a_gzip_file_that_cannot_hold_what_its_header_says_is_refused_before_it_is_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "images.gz").write_bytes(gzip.compress(idx(np.zeros((30, 10, 10)))))
    assert open_idx(tmp_path / "images.gz").shape == (30, 10, 10)
    monkeypatch.setattr(idx_files, "MOST_PACKED", 10)

    with pytest.raises(InputError, match=r"images\.gz: .*gzip file \(its header says 30 x 10 x 10\)"):
        open_idx(tmp_path / "images.gz")


def test_an_array_without_samples_is_an_empty_array(tmp_path: Path):
    (tmp_path / "images").write_bytes(idx(np.zeros((0, 28, 28))))

    assert open_idx(tmp_path / "images").shape == (0, 28, 28)
