import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from ganloss_cli.errors import InputError, NothingEvaluatedError
from ganloss_cli.io.folders import scan, stem_files
from ganloss_cli.io.trees import Folder

Tree = Callable[..., Path]


def image_bytes() -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (2, 2)).save(buffer, "PNG")
    return buffer.getvalue()


def audio_bytes() -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, np.zeros(8), 8000, format="WAV")
    return buffer.getvalue()


IMAGE, AUDIO = image_bytes(), audio_bytes()


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A folder with these files: images, unless the content is given."""

    def make(*images: str, **others: bytes) -> Path:
        for name, content in {**dict.fromkeys(images, IMAGE), **others}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return tmp_path

    return make


def names(folder: Path) -> list[str]:
    return [file.name for file in scan(Folder(folder))]


def test_files_are_found_recursively_and_named_by_relative_path_without_suffix(tree: Tree):
    assert names(tree("b.png", "a/x.png", "a/y/z.jpeg")) == ["a/x", "a/y/z", "b"]


def test_a_file_is_data_by_its_first_bytes_whatever_its_suffix(tree: Tree):
    assert names(tree("a.txt", "b", "c.weird")) == ["a", "b", "c"]


def test_a_number_after_a_dot_is_no_suffix(tree: Tree):
    assert names(tree("frame.0001", "frame.0002")) == ["frame.0001", "frame.0002"]


def test_what_is_no_data_is_passed_over(tree: Tree):
    folder = tree(
        "a.png", ".hidden.png", ".git/b.png", "__MACOSX/a.png", "Thumbs.db",
        **{"LICENSE": b"MIT", "README.md": b"# Data", "meta.json": b"{}", "list.csv": b"a,b\n", "empty.txt": b"",
           ".DS_Store": b"\0\0\0\1Bud1"},
    )  # fmt: skip

    assert names(folder) == ["a"]


@pytest.mark.parametrize("suffix", ["png", "JPG", "wav", "heic", "m4a"])
@pytest.mark.parametrize(("content", "what"), [(b"", "empty"), (b"<html>404</html>", "in no known format")])
def test_a_file_that_should_be_data_and_is_not_is_an_error(tree: Tree, suffix: str, content: bytes, what: str):
    folder = tree("a.png", **{f"b.{suffix}": content})

    with pytest.raises(InputError, match=rf"b\.{suffix}: {what}.*; expected one of PNG"):
        scan(Folder(folder))


def test_images_and_audio_in_one_folder_are_an_error(tree: Tree):
    with pytest.raises(InputError, match=r"holds both 'b\.wav' \(audio\) and 'a\.png' \(image\)"):
        scan(Folder(tree("a.png", **{"b.wav": AUDIO})))


def test_an_empty_folder_is_nothing_to_evaluate(tmp_path: Path):
    with pytest.raises(NothingEvaluatedError, match="no data: it is empty") as nothing:
        scan(Folder(tmp_path))

    assert nothing.value.status == 5


def test_a_folder_without_data_says_what_was_seen(tree: Tree):
    folder = tree(**{f"n{n:02d}.txt": b"text" for n in range(12)})

    with pytest.raises(NothingEvaluatedError, match=r"of its 12 files, 'n00\.txt', .* and 2 more, none is one of PNG"):
        scan(Folder(folder))


def test_a_folder_of_tensor_files_asks_for_one_of_them(tree: Tree):
    folder = tree(**{"t10k-images-idx3-ubyte": bytes([0, 0, 8, 1, 0, 0, 0, 1, 7])})

    with pytest.raises(InputError, match="holds no images or audio, but 't10k-images-idx3-ubyte'") as refused:
        scan(Folder(folder))

    assert "--data FILE" in str(refused.value.hint)


def test_npy_files_are_samples_only_where_there_is_nothing_else(tree: Tree, tmp_path: Path):
    array = io.BytesIO()
    np.save(array, np.zeros(3))

    assert names(tree(**{"a.npy": array.getvalue()})) == ["a"]
    assert names(tree("b.png", **{"a.npy": array.getvalue()})) == ["b"]


def test_links_are_followed_once_round_a_loop(tree: Tree, tmp_path: Path):
    folder = tree("data/a/x.png", "elsewhere/y.png") / "data"
    (folder / "a" / "loop").symlink_to(folder)
    (folder / "b").symlink_to(tmp_path / "elsewhere")
    (folder / "z.png").symlink_to(tmp_path / "elsewhere" / "y.png")

    assert names(folder) == ["a/x", "b/y", "z"]


def test_a_broken_link_that_should_be_data_is_an_error(tree: Tree):
    folder = tree("a.png")
    (folder / "b.png").symlink_to(folder / "missing.png")

    with pytest.raises(InputError, match=r"b\.png: a broken link"):
        scan(Folder(folder))


def test_a_broken_link_that_is_no_data_is_passed_over(tree: Tree):
    folder = tree("a.png")
    (folder / "latest").symlink_to(folder / "missing")

    assert names(folder) == ["a"]


def test_a_pipe_is_not_waited_for(tree: Tree):
    folder = tree("a.png")
    os.mkfifo(folder / "pipe")

    assert names(folder) == ["a"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_folder_is_an_error(tree: Tree):
    folder = tree("a.png", "b/c.png")
    (folder / "b").chmod(0)

    with pytest.raises(InputError, match="b: permission denied"):
        scan(Folder(folder))

    (folder / "b").chmod(0o755)


def test_a_stem_names_its_samples_by_their_folders(tree: Tree):
    folder = tree("one/Vocals.png", "one/drums.png", "two/deep/vocals.png")

    assert [file.name for file in stem_files(scan(Folder(folder)), Folder(folder), "vocals")] == ["one", "two/deep"]


def test_a_stem_right_in_the_folder_is_named_after_it(tree: Tree):
    folder = tree("song/vocals.png") / "song"

    assert [file.name for file in stem_files(scan(Folder(folder)), Folder(folder), "vocals")] == ["song"]
