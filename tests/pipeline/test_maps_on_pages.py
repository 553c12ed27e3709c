"""Where losses come from, as a page shows it: maps over images, spectrograms, scores, and what can be heard."""

import importlib.util
import io
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch
from lxml import html
from PIL import Image
from safetensors.torch import save_file

from ganloss_cli.api import chosen
from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus
from ganloss_cli.pipeline.evaluate.evaluation import evaluate_request
from ganloss_cli.pipeline.evaluate.views import COLOURS
from ganloss_cli.progress import Progress
from ganloss_cli.records.report import SamplePicture, SampleView

coloured = pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="needs matplotlib")

JUDGES = """
from torch import nn

class Flat(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 1, bias=False)
    def forward(self, images):
        return self.conv(images)

class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 1, 1, bias=False)
        self.pool = nn.AvgPool2d(4)
    def forward(self, images):
        scores = self.conv(images)
        return [scores, self.pool(scores)]

class Sound(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv1d(1, 1, 1, bias=False)
    def forward(self, waves):
        return [self.conv(waves)[:, :, ::7], self.conv(waves).mean((1, 2))]
"""


def judge(folder: Path, name: str, weight: torch.Tensor) -> dict[str, object]:
    """The arguments that give a discriminator of one convolution."""
    (folder / "net.py").write_text(JUDGES)
    save_file({"conv.weight": weight}, folder / "d.safetensors")
    return {"disc": folder / "d.safetensors", "networks": f"discriminator={folder / 'net.py'}:{name}"}


def images(
    folder: Path, count: int = 1, size: tuple[int, int] = (32, 24), sides: tuple[str, ...] = ("real", "fake")
) -> Path:
    noise = np.random.default_rng(0)
    for side in sides:
        (folder / side).mkdir(parents=True)
        for k in range(count):
            levels = noise.integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
            Image.fromarray(levels).save(folder / side / f"{k}.png")
    return folder


def sounds(folder: Path, seconds: float = 0.5, rate: int = 22050, level: float = 0.1) -> Path:
    noise = np.random.default_rng(0)
    for side in ("real", "fake"):
        (folder / side).mkdir(parents=True)
        waves = level * noise.standard_normal(int(seconds * rate)).clip(-3, 3)
        soundfile.write(folder / side / "a.wav", waves, rate, subtype="FLOAT")
    return folder


def shown(data: Path, losses: str, progress: Progress | None = None, **others: object) -> list[SamplePicture]:
    request = chosen({"data": data, "losses": losses, **others})
    return list(evaluate_request(request, progress, draw=True).pictures or ())


def view(one: SamplePicture, called: str) -> SampleView:
    (found,) = [view for view in one.views if view.called == called]
    return found


def pixels(image: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(image)))


@coloured
def test_a_map_has_the_mean_that_its_loss_has_for_the_sample(tmp_path: Path) -> None:
    (one,) = shown(images(tmp_path), "ssim,psnr,gmsd")

    values = {rank.loss: rank.value for rank in one.ranks}
    assert [view.called for view in one.views] == [
        "real", "fake", "difference", "similarity of gradients", "local SSIM",
    ]  # fmt: skip
    assert view(one, "local SSIM").mean == pytest.approx(values["ssim"], abs=1e-5)


@coloured
def test_a_map_is_bright_where_the_loss_comes_from(tmp_path: Path) -> None:
    data = images(tmp_path, size=(96, 96))
    real = np.array(Image.open(data / "real" / "0.png"))
    real[:, 48:] = 0
    Image.fromarray(real).save(data / "real" / "0.png")
    fake = real.copy()
    fake[:, :40] = 255 - fake[:, :40]
    Image.fromarray(fake).save(data / "fake" / "0.png")

    (one,) = shown(data, "ssim")

    levels = pixels(view(one, "local SSIM").image).sum(-1)
    assert levels[:, :30].mean() > 3 * levels[:, 60:].mean()


@coloured
def test_conventions_of_one_loss_have_maps_of_their_own_that_say_whose_they_are(tmp_path: Path) -> None:
    (one,) = shown(images(tmp_path), "ssim,ssim:torchmetrics")

    assert [view.called for view in one.views[3:]] == ["local SSIM", "local SSIM, ssim:torchmetrics"]


@coloured
def test_the_scores_of_patches_lie_over_both_images_with_what_they_change_with(tmp_path: Path) -> None:
    weight = torch.tensor([1.0, 2.0, -3.0]).view(1, 3, 1, 1)
    (one,) = shown(images(tmp_path / "data"), "real_score,fake_score", **judge(tmp_path, "Flat", weight))

    values = {rank.loss: rank.value for rank in one.ranks}
    assert {rank.which for rank in one.ranks} == {"highest"}  # neither side of a score is better
    for side in ("real", "fake"):
        assert view(one, f"scores of {side}").mean == pytest.approx(values[f"{side}_score"], abs=1e-5)
        gradient = view(one, f"gradient of the score of {side}")
        # of a mean over 32 x 24 pixels, the mean of |1|, |2| and |-3|
        assert (gradient.mean, gradient.high) == pytest.approx((2 / (32 * 24), 2 / (32 * 24)), rel=1e-4)


@coloured
def test_every_sub_discriminator_has_a_map_of_its_own(tmp_path: Path) -> None:
    (one,) = shown(images(tmp_path / "data"), "g_hinge", **judge(tmp_path, "Two", torch.ones(1, 3, 1, 1)))

    told = [f"scores of fake, sub-discriminator {k} of 2" for k in (1, 2)]
    first, second = (view(one, each) for each in told)
    assert first.mean == pytest.approx(second.mean, rel=1e-4)
    assert first.high is not None
    assert second.high is not None
    assert first.high > second.high  # which is averaged
    assert [view.called for view in one.views[:2]] == ["real", "fake"]  # also where the loss reads the fake alone


@coloured
def test_fakes_without_reals_beside_them_are_shown_alone(tmp_path: Path) -> None:
    data = images(tmp_path / "data")
    Image.new("RGB", (32, 24)).save(data / "real" / "other.png")

    found = shown(data, "g_hinge", unpaired=True, **judge(tmp_path, "Flat", torch.ones(1, 3, 1, 1)))

    assert [view.called for view in found[0].views] == ["fake", "gradient of the score of fake", "scores of fake"]


@coloured
@pytest.mark.parametrize("size", [(1, 1), (20_000, 12)])
def test_images_of_one_pixel_and_of_twenty_thousand_have_their_maps(size: tuple[int, int], tmp_path: Path) -> None:
    losses = "l1" if size == (1, 1) else "l1,ssim"

    (one,) = shown(images(tmp_path / "data", size=size), losses)

    assert {max(pixels(view.image).shape[:2]) for view in one.views} <= {96, 192}


@coloured
def test_recordings_are_shown_in_the_mel_spectrogram_of_their_loss_and_can_be_heard(tmp_path: Path) -> None:
    (one,) = shown(sounds(tmp_path), "mel,si_sdr")

    assert [view.called for view in one.views] == [
        "real, logarithms of mel bands", "fake, logarithms of mel bands", "difference, logarithms of mel bands",
    ]  # fmt: skip
    mel = next(rank.value for rank in one.ranks if rank.loss == "mel")
    assert one.views[2].mean == pytest.approx(mel, rel=1e-5)
    assert {pixels(view.image).shape for view in one.views} == {(128, 400, 3)}
    for sound in one.sounds:
        waves, rate = soundfile.read(io.BytesIO(sound.ogg))
        assert (rate, len(waves)) == (22050, 11025)
        assert waves.std() == pytest.approx(0.1, rel=0.1)


@coloured
def test_of_several_resolutions_the_finest_is_shown(tmp_path: Path) -> None:
    (one,) = shown(sounds(tmp_path), "mrstft")

    assert [view.called.split(",")[0] for view in one.views] == ["real", "fake", "difference"]


@coloured
def test_a_loss_without_spectra_of_its_own_is_shown_in_plain_ones(tmp_path: Path) -> None:
    (one,) = shown(sounds(tmp_path), "si_sdr")

    assert one.views[0].called == "real, logarithms of powers"


@coloured
def test_a_recording_shorter_than_a_frame_can_be_heard_only(tmp_path: Path) -> None:
    (one,) = shown(sounds(tmp_path, seconds=0.01), "si_sdr")

    assert one.views == ()
    assert [sound.end for sound in one.sounds] == pytest.approx([0.01, 0.01], abs=1e-4)


@coloured
def test_silence_has_spectrograms_of_one_colour(tmp_path: Path) -> None:
    (one,) = shown(sounds(tmp_path, level=0.0), "mel")

    spreads = [int(np.ptp(pixels(view.image), axis=(0, 1)).max()) for view in one.views]
    assert len(spreads) == 3
    assert max(spreads) <= 8  # of 256 levels: what WebP makes of one
    assert soundfile.read(io.BytesIO(one.sounds[0].ogg))[0].max() == pytest.approx(0, abs=1e-4)


def test_of_a_long_recording_the_five_seconds_are_heard_in_which_the_sides_differ_most(tmp_path: Path) -> None:
    data = sounds(tmp_path, seconds=20, rate=8000, level=0.0)
    waves = np.zeros(20 * 8000)
    waves[12 * 8000 : 13 * 8000] = 0.5
    soundfile.write(data / "fake" / "a.wav", waves, 8000, subtype="FLOAT")

    (one,) = shown(data, "lsd")

    (real, fake) = one.sounds
    assert (real.start, real.end, real.length) == (fake.start, fake.end, fake.length)
    assert real.end - real.start == 5
    assert real.start < 12
    assert real.end > 13


@coloured
def test_the_scores_of_a_recording_are_a_strip_and_a_single_score_none(tmp_path: Path) -> None:
    (one,) = shown(sounds(tmp_path / "data"), "g_hinge", **judge(tmp_path, "Sound", torch.ones(1, 1, 1)))

    strips = [view for view in one.views if "scores" in view.called]
    assert [strip.called for strip in strips] == ["scores of fake, sub-discriminator 1 of 2"]
    assert pixels(strips[0].image).shape == (24, 400, 3)


def test_without_matplotlib_the_page_says_what_is_missing_and_the_run_has_succeeded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(COLOURS), "missing", lambda _: ("matplotlib",))
    data, page = images(tmp_path / "data"), tmp_path / "r.html"

    status = main(["eval", "--data", str(data), "--losses", "ssim", "-o", str(page), "-q"])

    root = html.parse(page).getroot()
    assert status == ExitStatus.DONE
    assert len(root.xpath("//img")) == 3
    assert "no maps and no spectrograms: they need matplotlib, not installed" in root.text_content()
    assert "ganloss[report]" in root.text_content()


def test_drawing_is_shown_by_a_bar_of_its_own_after_the_run(tmp_path: Path) -> None:
    class Noted(Progress):
        def __init__(self) -> None:
            self.told: list[object] = []

        def start(self, total: int | None, what: str) -> None:
            self.told.append((what, total))

        def advance(self, n: int) -> None:
            self.told.append(n)

        def stop(self) -> None:
            self.told.append("stopped")

    noted = Noted()

    shown(images(tmp_path, count=3), "l1", noted)

    assert noted.told[-5:] == [("drawing", 3), 1, 1, 1, "stopped"]
    assert noted.told[0] == ("evaluating", 3)


@coloured
def test_the_page_has_every_map_and_sound_in_words(tmp_path: Path) -> None:
    data, page = sounds(tmp_path / "data"), tmp_path / "r.html"

    main(["eval", "--data", str(data), "--losses", "mel", "-o", str(page), "-q"])

    root = html.parse(page).getroot()
    alts = root.xpath("//img/@alt")
    assert alts[0].startswith("real, logarithms of mel bands of a: mean -")
    assert alts[2].startswith("difference, logarithms of mel bands of a: mean ")
    assert root.xpath("//audio/@aria-label") == ["real of a: 0.50 s", "fake of a: 0.50 s"]
    assert all(source.startswith("data:audio/ogg;base64,") for source in root.xpath("//audio/@src"))


@coloured
def test_a_loss_of_waveforms_that_has_no_spectrogram_leaves_a_page_of_sounds_whole(tmp_path: Path) -> None:
    folder = sounds(tmp_path / "pairs")

    status = main(["eval", "--data", str(folder), "--losses", "l1", "-o", str(tmp_path / "page.html"), "-q"])

    assert status == ExitStatus.DONE
    assert (tmp_path / "page.html").stat().st_size > 0
