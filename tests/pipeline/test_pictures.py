"""The pictures of a page: which samples are drawn, what is on them, and what becomes of a run whose drawing fails."""

import io
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from lxml import html
from PIL import Image

from ganloss_cli.api import chosen
from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus, UsageError
from ganloss_cli.io.writing import OutputFile
from ganloss_cli.pipeline.evaluate import drawing, evaluation, pictures
from ganloss_cli.pipeline.run.roles import Origin
from ganloss_cli.records.report import Report, SamplePicture, SampleValues, SampleView

LEVELS = {"a": 0, "b": 51, "c": 102, "d": 153, "e": 255}


def write(folder: Path, levels: Mapping[str, int], size: tuple[int, int] = (16, 12)) -> Path:
    """Black reals, and fakes of one level of grey each."""
    for name, level in levels.items():
        for role, shade in (("real", 0), ("fake", level)):
            (folder / role).mkdir(parents=True, exist_ok=True)
            Image.new("RGB", size, (shade, shade, shade)).save(folder / role / f"{name}.png")
    return folder


def drawn(data: Path, losses: str = "l1", **others: object) -> Report:
    return evaluation.evaluate_request(chosen({"data": data, "losses": losses, **others}), draw=True)


def pixels(image: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(image)))


def view(one: SamplePicture, called: str) -> SampleView:
    (found,) = [view for view in one.views if view.called == called]
    return found


def test_the_worst_the_best_and_the_median_come_first_and_no_sample_twice(tmp_path: Path) -> None:
    found = drawn(write(tmp_path, LEVELS), worst=2).pictures

    assert found is not None
    ranks = [(one.name, *((rank.which, rank.place) for rank in one.ranks)) for one in found]
    assert ranks == [
        ("e", ("worst", 1)), ("a", ("best", 1)), ("c", ("median", 1)), ("d", ("worst", 2)), ("b", ("best", 2)),
    ]  # fmt: skip
    assert [one.ranks[0].value for one in found] == pytest.approx([1, 0, 0.4, 0.6, 0.2])


def test_a_sample_that_several_losses_choose_is_drawn_once_with_all_its_ranks(tmp_path: Path) -> None:
    found = drawn(write(tmp_path, LEVELS), "l1,mse,psnr", worst=1).pictures

    assert found is not None
    worst = next(iter(found))
    assert (worst.name, [rank.loss for rank in worst.ranks]) == ("e", ["l1", "mse", "psnr"])


def test_thumbnails_show_the_real_the_fake_and_where_they_differ_most(tmp_path: Path) -> None:
    data = write(tmp_path, {"a": 51})
    half = Image.new("RGB", (16, 12))
    half.paste((51, 51, 51), (8, 0, 16, 12))
    half.save(data / "fake" / "a.png")

    (one,) = drawn(data).pictures or ()

    assert pixels(view(one, "real").image).shape == pixels(view(one, "fake").image).shape == (72, 96, 3)  # by six
    assert pixels(view(one, "difference").image).shape == (72, 96)
    assert pixels(view(one, "real").image).max() == 0
    assert np.median(pixels(view(one, "fake").image)[:, 60:]) == 51
    assert (
        np.median(pixels(view(one, "difference").image)[:, :40]),
        np.median(pixels(view(one, "difference").image)[:, 60:]),
    ) == (0, 255)
    apart = view(one, "difference")
    assert (apart.mean, apart.high) == pytest.approx((0.1, 0.2))


@pytest.mark.parametrize(
    ("size", "shown"), [((1, 1), (96, 96)), ((20_000, 1), (1, 192)), ((300, 200), (128, 192)), ((100, 90), (90, 100))]
)
def test_thumbnails_are_never_below_96_pixels_nor_above_192(
    size: tuple[int, int], shown: tuple[int, int], tmp_path: Path
) -> None:
    (one,) = drawn(write(tmp_path, {"a": 51}, size)).pictures or ()

    assert pixels(view(one, "real").image).shape[:2] == shown


def test_what_a_network_in_train_mode_made_is_not_drawn_and_neither_is_what_nothing_compares(
    tmp_path: Path, sample_data: Path
) -> None:
    trained = drawn(sample_data / "imgs", "l1", ckpt=sample_data / "g.pt", mode="train", limit=2)

    assert trained.pictures is None
    assert drawn(sample_data / "tensors" / "losses.safetensors", "g_hinge").pictures is None


def test_fakes_are_what_the_generator_makes(sample_data: Path) -> None:
    report = drawn(sample_data / "imgs", "l1", ckpt=sample_data / "g.pt", limit=2)

    assert report.pictures is not None
    for one in report.pictures:
        assert view(one, "difference").mean == pytest.approx(one.ranks[0].value, rel=1e-5)  # l1 is the mean difference


def test_without_a_page_nothing_is_kept_for_one(tmp_path: Path) -> None:
    report = evaluation.evaluate_request(chosen({"data": write(tmp_path, LEVELS), "losses": "l1"}))

    assert (report.pictures, report.each) == (None, ())


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise RuntimeError("the card went away")

    monkeypatch.setattr(pictures, "drawn", fail)
    return fail


def test_a_failure_while_drawing_leaves_every_other_output_and_no_page(
    failing: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, page, plain = write(tmp_path / "data", LEVELS), tmp_path / "r.html", tmp_path / "r.json"

    status = main(["eval", "--data", str(data), "--losses", "l1", "-o", str(page), "-o", str(plain), "-f", "csv"])

    out, err = capsys.readouterr()
    assert status == ExitStatus.USAGE
    assert out.startswith("loss,convention,value")
    assert plain.exists()
    assert not page.exists()
    assert "the picture of e cannot be drawn: the card went away; written: " in err


def test_a_sample_that_went_away_is_named(tmp_path: Path) -> None:
    found = drawn(write(tmp_path, {"a": 51})).pictures
    (tmp_path / "fake" / "a.png").unlink()

    with pytest.raises(UsageError, match=r"the picture of a cannot be drawn: .*a\.png"):
        list(found or ())


def test_the_page_tells_each_picture_in_words_and_the_json_stays_as_it_is(tmp_path: Path) -> None:
    data, page, plain = write(tmp_path / "data", {'"><b': 51}), tmp_path / "r.html", tmp_path / "r.json"

    main(["eval", "--data", str(data), "--losses", "l1", "-o", str(page), "-o", str(plain), "-q"])

    root = html.parse(page).getroot()
    assert root.xpath("//img/@alt") == [
        'real of "><b', 'fake of "><b', 'difference of "><b: mean 0.2000, largest 0.2000',
    ]  # fmt: skip
    assert '"pictures"' not in plain.read_text()


def test_pictures_without_room_are_left_out_and_counted(tmp_path: Path) -> None:
    noise = np.random.default_rng(0)
    for name in map(str, range(40)):
        for role in ("real", "fake"):
            (tmp_path / role).mkdir(exist_ok=True)
            Image.fromarray(noise.integers(0, 256, (192, 192, 3), dtype=np.uint8)).save(tmp_path / role / f"{name}.png")

    main(["eval", "--data", str(tmp_path), "--losses", "l1", "--worst", "40", "-o", str(tmp_path / "r.html"), "-q"])

    text = (tmp_path / "r.html").read_text("utf-8")
    n_shown = len(html.document_fromstring(text).xpath("//img")) // 3
    assert 1 < n_shown < 40
    assert f"{40 - n_shown} more samples left out for want of room" in text
    assert len(text) < 2_000_000


def test_every_other_output_is_complete_before_anything_is_drawn(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, page, plain = write(tmp_path / "data", LEVELS), tmp_path / "r.html", tmp_path / "r.json"
    found: list[tuple[str, str]] = []

    def look(shown: drawing.Shown) -> object:
        found.append((capsys.readouterr().out, plain.read_text()))
        return drawing.drawn(shown)

    monkeypatch.setattr(pictures, "drawn", look)

    main(["eval", "--data", str(data), "--losses", "l1", "-o", str(page), "-o", str(plain), "-f", "csv"])

    assert found[0][0].startswith("loss,convention,value")
    assert json.loads(found[0][1])["results"]
    assert page.exists()


def test_data_that_vanish_after_the_run_leave_the_other_outputs_and_no_page(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, page, plain = write(tmp_path / "data", LEVELS), tmp_path / "r.html", tmp_path / "r.json"
    commit = OutputFile.commit

    def commit_and_lose(file: OutputFile, content: str | bytes) -> None:
        commit(file, content)
        (data / "fake" / "e.png").unlink()

    monkeypatch.setattr(OutputFile, "commit", commit_and_lose)

    status = main(["eval", "--data", str(data), "--losses", "l1", "-o", str(page), "-o", str(plain), "-f", "csv"])

    assert status == ExitStatus.USAGE
    assert (plain.exists(), page.exists()) == (True, False)
    told = r"the picture of e cannot be drawn: .*e\.png.*; written: .*r\.json, standard output"
    assert re.search(told, capsys.readouterr().err)


def test_a_disk_that_has_no_room_for_the_page_has_the_other_outputs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, page, plain = write(tmp_path / "data", LEVELS), tmp_path / "r.html", tmp_path / "r.json"
    page.symlink_to("/dev/full")

    status = main(["eval", "--data", str(data), "--losses", "l1", "-o", str(page), "-o", str(plain), "-q", "-f", "csv"])

    assert status == ExitStatus.USAGE
    assert plain.exists()
    assert "r.html: cannot be written (no space left on device); written: " in capsys.readouterr().err


def test_samples_of_two_domains_keep_the_values_of_their_own_pictures(tmp_path: Path) -> None:
    for domain, level in (("A", 10), ("B", 100)):
        for side, shade in (("real", 0), ("fake", level)):
            (tmp_path / f"{side}_{domain}").mkdir(parents=True)
            Image.new("RGB", (16, 12), (shade, shade, shade)).save(tmp_path / f"{side}_{domain}" / "a.png")

    of_a, of_b = drawn(tmp_path).pictures or ()

    assert [rank.loss for one in (of_a, of_b) for rank in one.ranks] == ["l1 of A", "l1 of B"]
    for one in (of_a, of_b):
        assert view(one, "difference").mean == pytest.approx(one.ranks[0].value)
    assert of_b.ranks[0].value == pytest.approx(100 / 255)


def test_samples_of_one_name_in_two_groups_are_told_apart() -> None:
    forward = SimpleNamespace(groups=[SimpleNamespace(names=("a", "b")), SimpleNamespace(names=("a", "b"))])
    values = [
        SampleValues(name=name, values={"g_hinge": value}, group=group)
        for group, name, value in ((0, "a", 1.0), (0, "b", 2.0), (1, "a", 4.0), (1, "b", 3.0))
    ]
    losses = [
        pictures.Ranked(label="g_hinge", higher_is_better=None, sides={"fake": Origin(role="fake", space=space)})
        for space in (0, 1)
    ]

    found = pictures.pictures_of(losses, forward, values, 1)  # type: ignore[arg-type]  # no more of it is read

    assert found is not None
    highest = [
        (sample.space, sample.place, rank.value)
        for sample, chosen in found.chosen.items()
        for rank in chosen.ranks
        if rank.which == "highest"
    ]
    assert highest == [(0, 1, 2.0), (1, 0, 4.0)]
