"""Labels that lie beside pictures reach networks that take them, and nothing else."""

import io
import json
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from PIL import Image

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError
from ganloss_cli.records.report import Report

BY_LABEL = """
import torch

class D(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.scores = torch.nn.Embedding(10, 1)

    def forward(self, x, y):
        return self.scores(y)
"""
NAMES = ("dog/x", "cat/y", "dog/z")


def png(value: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (4, 4), value).save(buffer, "PNG")
    return buffer.getvalue()


def in_folders(path: Path) -> Path:
    for k, name in enumerate(NAMES):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / f"{name}.png").write_bytes(png(k))
    return path


def as_dataset_tool(path: Path, labels: object = (4, 2, 9)) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for k in range(3):
            archive.writestr(f"00000/img{k:08}.png", png(k))
        listed = [[f"00000/img{k:08}.png", label] for k, label in enumerate(labels)] if labels else None  # type: ignore[arg-type,var-annotated]
        archive.writestr("dataset.json", json.dumps({"labels": listed}))
    return path


def as_shard(path: Path, field: str = "cls", form: str = "{}") -> Path:
    with tarfile.open(path, "w") as archive:
        for k, label in enumerate((4, 2, 9)):
            for name, content in ((f"{k}.png", png(k)), (f"{k}.{field}", form.replace("{}", str(label)).encode())):
                member = tarfile.TarInfo(name)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return path


def of_the_real_side(tmp_path: Path, data: Path) -> tuple[float, Report]:
    """The mean score of the reals, which is the mean of their labels; and the report."""
    (tmp_path / "net.py").write_text(BY_LABEL)
    torch.save({"scores.weight": torch.arange(10.0)[:, None]}, tmp_path / "d.pt")
    report = evaluate(
        data=data,
        fake=data,
        networks=f"discriminator={tmp_path / 'net.py'}:D",
        disc=tmp_path / "d.pt",
        losses="d_wgan",
        network_range="0,1",
    )
    return -(report.results[0].terms["real.0"].value or 0.0), report


def notes(report: Report) -> dict[str, str]:
    return {finding.check: finding.message for finding in report.findings}


def test_class_folders_are_numbered_in_alphabetical_order(tmp_path: Path) -> None:
    mean, report = of_the_real_side(tmp_path, in_folders(tmp_path / "data"))

    assert mean == pytest.approx(2 / 3)
    assert notes(report)["labels_from_folders"].endswith("in alphabetical order: 0 'cat', 1 'dog'")


def test_an_empty_class_folder_counts(tmp_path: Path) -> None:
    (in_folders(tmp_path / "data") / "cow").mkdir()

    assert of_the_real_side(tmp_path, tmp_path / "data")[0] == pytest.approx(4 / 3)


def test_pictures_outside_of_the_class_folders_have_no_class(tmp_path: Path) -> None:
    (in_folders(tmp_path / "data") / "x.png").write_bytes(png(9))

    with pytest.raises(InputError, match="this network takes labels"):
        of_the_real_side(tmp_path, tmp_path / "data")


@pytest.mark.parametrize(
    "made",
    [
        lambda folder: as_dataset_tool(folder / "data.zip"),
        lambda folder: as_shard(folder / "data.tar"),
        lambda folder: as_shard(folder / "data.tar", "json", '{"label": {}, "caption": "x"}'),
    ],
)
def test_labels_that_an_archive_holds_are_used(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    mean, report = of_the_real_side(tmp_path, made(tmp_path))

    assert mean == pytest.approx((4 + 2 + 9) / 3)
    assert "labels_beside_data" in notes(report)


def test_a_vector_with_one_1_is_the_class_at_its_place(tmp_path: Path) -> None:
    one_hot = tuple([float(place == label) for place in range(10)] for label in (4, 2, 9))

    mean, report = of_the_real_side(tmp_path, as_dataset_tool(tmp_path / "data.zip", one_hot))

    assert mean == pytest.approx((4 + 2 + 9) / 3)
    assert "labels_beside_data" in notes(report)


def test_vectors_of_attributes_are_named_and_not_used(tmp_path: Path) -> None:
    data = as_dataset_tool(tmp_path / "data.zip", ([1, 1, 0], [0, 0, 0], [0.5, 0, 1]))

    report = evaluate(real=data, fake=data, losses="psnr")

    assert "its labels are vectors of 3 numbers, and no class" in notes(report)["labels_not_used"]


def test_labels_are_no_part_of_the_data_where_no_network_takes_them(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    for k in range(3):
        (plain / f"{k}.png").write_bytes(png(k))

    reports = [evaluate(real=data, fake=data, losses="psnr") for data in (plain, as_shard(tmp_path / "data.tar"))]

    assert reports[0].fingerprint == reports[1].fingerprint
    assert "labels_not_used" in notes(reports[1])


def test_no_labels_of_the_dataset_tool_are_not_those_of_its_folders(tmp_path: Path) -> None:
    with zipfile.ZipFile(as_dataset_tool(tmp_path / "data.zip", None), "a") as archive:
        archive.writestr("00001/img00000003.png", png(3))

    with pytest.raises(InputError, match="this network takes labels"):
        of_the_real_side(tmp_path, tmp_path / "data.zip")


@pytest.mark.parametrize(
    ("label", "said"),
    [
        (2**63, "a label that takes more than 64 bits"),
        (-(2**63), "a label that takes more than 64 bits"),
        ("cat", "a label of 'cat'; expected a whole number"),
        (1.5, "a label of '1.5'; expected a whole number"),
        (True, "a label of 'True'; expected a whole number"),
    ],
)
def test_a_label_that_is_none_is_an_error_with_its_place(tmp_path: Path, label: object, said: str) -> None:
    data = as_dataset_tool(tmp_path / "data.zip", (4, 2, label))

    with pytest.raises(InputError, match=rf"data\.zip:dataset\.json: '00000/img00000002\.png': {said}"):
        evaluate(real=data, fake=data, losses="psnr")


def test_a_picture_without_a_label_among_labelled_ones_is_an_error(tmp_path: Path) -> None:
    data = as_dataset_tool(tmp_path / "data.zip", (4, 2))

    with pytest.raises(InputError, match=r"img00000002\.png: has no label, but others in .*data\.zip have one"):
        evaluate(real=data, fake=data, losses="psnr")


@pytest.mark.parametrize(
    "labels", ["[[1, 2]]", '[["a.png"]]', "5", '"text"', '[[["a.png"], 2]]', '{"a.png": 1, "b": 2}x']
)
def test_a_list_of_labels_that_is_none_is_an_error(tmp_path: Path, labels: str) -> None:
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("a.png", png(1))
        archive.writestr("dataset.json", f'{{"labels": {labels}}}')

    with pytest.raises(
        InputError, match=r"data\.zip:dataset\.json: (its labels are no list|truncated or damaged JSON)"
    ):
        evaluate(real=tmp_path / "data.zip", fake=tmp_path / "data.zip", losses="psnr")
