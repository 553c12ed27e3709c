"""Real files, from the folder that GANLOSS_REAL_DATA names."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ganloss_cli.errors import GanlossError, UnsafeCheckpointError
from ganloss_cli.io.datasets import Group, open_data
from ganloss_cli.io.images import of_levels
from ganloss_cli.records.request import Request


def only(data: Path | None = None, **options: Any) -> Group:
    (group,) = open_data(Request(data=data, **options)).groups
    return group


def link(folder: Path, files: list[Path]) -> Path:
    folder.mkdir(parents=True)
    assert files
    for file in files:
        (folder / file.name).symlink_to(file)
    return folder


def test_set5_pairs_one_to_one_in_two_folders_and_in_one(real_data: Path, tmp_path: Path):
    set5 = real_data / "images" / "set5-x4"
    for role in ("LR", "HR"):
        link(tmp_path / role, sorted(set5.glob(f"*_{role}.png")))

    for data in (tmp_path, set5):
        group = only(data)
        assert group.names == tuple(f"img_00{n}_SRF_4" for n in range(1, 6))
        for n in range(5):
            values = group.read(n).values
            assert values["real"].shape[1] == 4 * values["input"].shape[1]  # type: ignore[union-attr]


def test_speech_triples_are_one_group(real_data: Path):
    folder = real_data / "audio" / "vctk-demand"

    group = only(folder, roles={"fake": str(folder / "CMGAN")})

    assert (group.roles, len(group.names)) == (("real", "fake", "input"), 6)
    assert set(group.sample_rates.values()) == {16000}
    lengths = {value.shape for value in group.read(0).values.values()}  # type: ignore[union-attr]
    assert len(lengths) == 1


def test_mnist_s_own_files_are_read(real_data: Path):
    folder = real_data / "images" / "mnist"

    group = only(folder / "t10k-images-idx3-ubyte.gz", roles={"label": str(folder / "t10k-labels-idx1-ubyte.gz")})

    assert len(group.names) == 10_000
    labels = [group.read(n).values["label"].item() for n in range(5)]  # type: ignore[union-attr]
    assert labels == [7, 2, 1, 0, 4]
    pixels = torch.stack([group.read(n).values["real"] for n in range(1000)])  # type: ignore[arg-type]
    assert pixels.shape == (1000, 1, 28, 28)
    assert 0.12 < pixels.mean() < 0.14  # 0.1307 over the training set


def test_an_npz_of_images_is_read_by_its_key(real_data: Path):
    path = real_data / "images" / "mnist" / "train-first-20000.npz"

    group = only(roles={"real": f"{path}:images"})

    with np.load(path) as archive:
        assert np.array_equal((group.read(5).values["real"][0] * 255).round().numpy(), archive["images"][5])  # type: ignore[index]


@pytest.mark.parametrize(("real", "fake"), [("goldhill.gif", "goldhill_jpeg.gif"), ("I01.BMP", "i01_01_5.bmp")])
def test_the_vectors_pair_by_being_named(real_data: Path, real: str, fake: str):
    folder = real_data / "images" / "vectors"

    group = only(roles={"real": str(folder / real), "fake": str(folder / fake)})

    with Image.open(folder / real) as image:
        pixels = np.array(image, dtype=np.float32)
    value = of_levels(group.read(0).values["real"])  # type: ignore[arg-type]
    assert torch.equal(value.permute(1, 2, 0).squeeze(2), torch.from_numpy(pixels) / 255)


def test_separated_sources_pair_with_their_references(real_data: Path):
    folder = real_data / "audio" / "separation"

    group = only(roles={"target": str(folder / "ref05"), "estimate": str(folder / "est05")})

    assert (group.roles, group.names) == (("target", "estimate"), ("0", "1", "2"))


def test_a_checkpoint_that_is_pointed_at_as_data_is_a_clear_error(real_data: Path):
    files = [path for path in sorted((real_data / "checkpoints").rglob("*")) if path.suffix in (".pth", ".pt", ".tar")]

    assert len(files) > 10
    for path in files:
        with pytest.raises(GanlossError, match=r"none of which is a role|unpickling it would import"):
            open_data(Request(data=path))


def test_whole_modules_are_refused_as_unsafe(real_data: Path):
    with pytest.raises(UnsafeCheckpointError, match=r"__main__\.Generator"):
        open_data(Request(data=real_data / "checkpoints" / "mnist-whole-module" / "generator.pth"))
