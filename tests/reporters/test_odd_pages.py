"""Pages of what nobody tries first: hostile and endless names, odd shapes, no values, and fifty thousand samples."""

import csv
import json
import random
import runpy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from lxml import html
from PIL import Image

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus
from ganloss_cli.records.report import Report, SamplePicture, SampleRank, SampleSound, SampleValues, SampleView
from ganloss_cli.reporters.document import Document
from ganloss_cli.reporters.eval.document import EvalDocument
from ganloss_cli.reporters.log.document import LogDocument
from ganloss_cli.reporters.registry import render

DOCUMENTS: tuple[Document, ...] = runpy.run_path(str(Path(__file__).with_name("documents.py")))["DOCUMENTS"]
MARKUP = "\"'><script>alert(1)<_script><img src=x onerror=alert(1)>&amp;"
LONGEST = 255 - len(".png")  # bytes of a file's name, but for its suffix
NAMES = {
    "markup": MARKUP + "m" * (LONGEST - len(MARKUP)),
    "from the right": "\u05d0" * (LONGEST // 2),
    "turned": "a\u202eb",
}
Page = Callable[..., html.HtmlElement]


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """The page of an evaluation that ends with 0, below 2 MB."""

    def made(*words: object) -> html.HtmlElement:
        path = tmp_path / "report.html"
        status = main(["eval", *map(str, words), "-o", str(path), "-q", "-f", "csv"])
        assert status == ExitStatus.DONE
        assert path.stat().st_size < 2_000_000
        return html.parse(path).getroot()

    return made


def write(folder: Path, name: str, size: tuple[int, int] = (16, 12)) -> None:
    for side, shade in (("real", 0), ("fake", 51)):
        (folder / side).mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, (shade, shade, shade)).save(folder / side / f"{name}.png")


def test_names_of_files_are_words_of_a_page_and_never_its_markup(page: Page, tmp_path: Path) -> None:
    for name in NAMES.values():
        write(tmp_path / "data", name)

    root = page("--data", tmp_path / "data", "--losses", "l1")

    assert len(root.xpath("//script")) == 1
    assert not root.xpath("//img[not(starts-with(@src, 'data:image/'))] | //@onerror")
    told = "".join(root.xpath("//figcaption//text()"))
    assert NAMES["markup"] in told
    assert NAMES["from the right"] in root.xpath("//figcaption//bdi/text()")
    assert "a\\u202eb" in told
    assert {alt.partition(" of ")[2].partition(": mean")[0] for alt in root.xpath("//img/@alt")} == {
        NAMES["markup"], NAMES["from the right"], "a\\u202eb",
    }  # fmt: skip


def test_names_of_four_thousand_characters_are_cut_with_their_length_told(page: Page, tmp_path: Path) -> None:
    write(tmp_path, "a")
    name = MARKUP + "n" * (4000 - len(MARKUP))
    with (tmp_path / "list.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["name", "real", "fake"], [name, "real/a.png", "fake/a.png"]])

    root = page("--data", tmp_path / "list.csv", "--losses", "l1", "--per-sample")

    (told,) = root.xpath("//figcaption//text()[normalize-space()]")
    assert told.startswith(f"{MARKUP}nnn")
    assert "(3400 characters)" in told
    assert all("(3400 characters)" in alt for alt in root.xpath("//img/@alt"))
    assert len(root.xpath("//script")) == 1


@pytest.mark.parametrize("size", [(1, 1), (20_000, 3)])
def test_images_of_one_pixel_and_twenty_thousand_wide_have_pages(
    size: tuple[int, int], page: Page, tmp_path: Path
) -> None:
    write(tmp_path / "data", "a", size)

    assert len(page("--data", tmp_path / "data", "--losses", "l1").xpath("//img")) == 3


def test_a_run_without_any_value_of_a_sample_has_a_page_without_pictures(page: Page, tmp_path: Path) -> None:
    for k in range(4):
        write(tmp_path / "data", str(k), (12 + k, 12))

    root = page("--data", tmp_path / "data", "--losses", "psnr:pooled")

    assert not root.xpath("//img")
    assert "the values of" not in root.xpath("string(//footer)")
    assert json.loads(root.xpath("string(//script)"))["results"][0]["value"] is not None


@pytest.mark.parametrize(
    ("name", "have_room"),
    [("{k}", True), ("{k}" + "\u5b57" * 80, True), (MARKUP * 16 + "{k}", False), ("{drawn}", False)],
    ids=["short", "wide", "endless", "drawn"],
)
def test_fifty_thousand_samples_with_pictures_and_sounds_stay_below_two_megabytes(
    name: str, have_room: bool, image_report: Report
) -> None:
    drawn, losses = random.Random(0), ("ssim", "psnr", "d_lsgan")
    values = tuple(
        SampleValues(
            name=name.format(k=k, drawn=drawn.randbytes(8).hex()), values={loss: drawn.random() for loss in losses}
        )
        for k in range(50_000)
    )
    rank = SampleRank(loss="ssim", which="worst", place=1, value=0.5)
    noise = drawn.randbytes(12_000)
    seen = tuple(
        SampleView(called=called, image=noise, mean=0.5, high=1.0) for called in ("real", "fake", "difference")
    )
    heard = (SampleSound(side="real", ogg=noise, start=0, end=5, length=9),)
    pictures = [SamplePicture(name=each.name, ranks=(rank,) * 20, views=seen, sounds=heard) for each in values[:100]]
    document = EvalDocument(replace(image_report, samples=values, each=values, pictures=pictures))

    text = render(document, "html")

    root = html.document_fromstring(text)
    assert len(text.encode()) < 2_000_000
    shown = len(root.xpath("//img")) // 3
    assert 5 < shown < 100
    assert f"{100 - shown} more samples left out for want of room" in root.text_content()
    held = "the values of 50000 samples as numbers of 32 bits" in root.xpath("string(//footer)")
    assert held == have_room  # three columns of noise alone are 650 kB
    assert ("the values of 50000 samples had no room" in root.xpath("string(//footer)")) == (not have_room)


def test_fifty_thousand_values_of_one_loss_have_room(image_report: Report) -> None:
    drawn = np.random.default_rng(0)
    values = tuple(
        SampleValues(name=f"img_{k:05d}", values={"ssim": float(value)}) for k, value in enumerate(drawn.random(50_000))
    )

    text = render(EvalDocument(replace(image_report, each=values)), "html")

    assert "the values of 50000 samples as numbers of 32 bits" in text
    assert len(text.encode()) < 400_000


def test_of_two_hundred_curves_as_many_are_drawn_as_texts_and_curves_have_room_for_together() -> None:
    drawn, steps = random.Random(0), tuple(range(0, 50_000, 10))
    names = [f"{MARKUP}{k}" for k in range(200)]
    log = next(document.record for document in DOCUMENTS if isinstance(document, LogDocument))
    curves = tuple(
        replace(
            log.curves[0], tag=name, places=steps, values=[drawn.random() for _ in steps], sessions=[0] * len(steps)
        )
        for name in names
    )
    tags = tuple(replace(log.tags[0], tag=name) for name in names)

    text = render(LogDocument(replace(log, tags=tags, curves=curves, numbers=())), "html")

    root = html.document_fromstring(text)
    n_curves = len(root.xpath("//svg[.//path[@class='curve']]"))
    assert 10 < n_curves < 200
    assert f"{200 - n_curves} more charts left out" in root.text_content()
    (script,) = root.xpath("//script")
    (style,) = root.xpath("//style")
    assert len(text.encode()) - len(script.text) - len(style.text) < 310_000
