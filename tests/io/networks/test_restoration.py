"""Networks of spandrel's own classes come back through the optional extra; without it the error says how to get it."""

import importlib.util

import numpy as np
import pytest
import torch
from optional import imported
from PIL import Image

from ganloss_cli import evaluate
from ganloss_cli.errors import InputError
from ganloss_cli.io.networks.restoration import hint_for_restoration, restoration_network

spandrel, needs_spandrel = imported("spandrel")

pytestmark = pytest.mark.filterwarnings("ignore:torch.meshgrid")  # in its SwinIR
if spandrel:
    from spandrel.architectures import SPAN, NAFNet, SwinIR


def swinir():
    return SwinIR.SwinIR(
        img_size=16, embed_dim=12, depths=[2, 2], num_heads=[2, 2], window_size=4, mlp_ratio=2, upscale=2,
        upsampler="pixelshuffle", resi_connection="1conv",
    )  # fmt: skip


def span():
    return SPAN.SPAN(num_in_ch=3, num_out_ch=3, feature_channels=8, upscale=4)


def nafnet():
    return NAFNet.NAFNet(img_channel=3, width=8, middle_blk_num=1, enc_blk_nums=[1, 1], dec_blk_nums=[1, 1])


def weights(make):
    torch.manual_seed(0)
    return make().eval().state_dict()


@needs_spandrel
@pytest.mark.parametrize(
    ("make", "name", "scale"), [("swinir", "SwinIR", 2), ("span", "SPAN", 4), ("nafnet", "NAFNet", 1)]
)
def test_a_network_of_spandrel_computes_what_it_does_there(make, name, scale):
    state = weights(globals()[make])
    images = torch.rand(2, 3, 16, 16)

    found = restoration_network(state, "net.pth")

    there = spandrel.ModelLoader(device="cpu").load_from_state_dict(dict(state))
    with torch.no_grad():
        made = found.module(images)
        wanted = torch.cat([there(image[None]) for image in images])
    assert found.match.architecture == f"{name} (spandrel)"
    assert found.match.hyperparameters == {"scale": scale, "in_channels": 3, "out_channels": 3}
    assert found.match.task.range == (0.0, 1.0)
    torch.testing.assert_close(made.clamp(0, 1), wanted, rtol=0, atol=1e-5)


@needs_spandrel
def test_images_of_any_size_are_padded_and_cut_back():
    found = restoration_network(weights(swinir), "net.pth")

    with torch.no_grad():
        made = found.module(torch.rand(1, 3, 13, 18))

    assert tuple(made.shape) == (1, 3, 26, 36)


@needs_spandrel
def test_what_it_does_not_know_stays_unknown():
    assert restoration_network({"nobody.weight": torch.zeros(3, 3)}, "net.pth") is None


@needs_spandrel
def test_the_command_takes_such_a_file_as_it_is(tmp_path):
    generator = np.random.default_rng(0)
    for folder, side in (("LR", 8), ("HR", 32)):
        (tmp_path / folder).mkdir()
        for k in range(2):
            image = generator.integers(0, 256, (side, side, 3), dtype=np.uint8)
            Image.fromarray(image).save(tmp_path / folder / f"{k}.png")
    torch.save({"params_ema": weights(span)}, tmp_path / "span.pth")

    report = evaluate(ckpt=tmp_path / "span.pth", input=tmp_path / "LR", real=tmp_path / "HR", losses="psnr:sr,mse")

    assert report.checkpoints[0].architecture == "SPAN (spandrel)"
    assert [result.count for result in report.results] == [2, 2]
    assert all(result.value is not None for result in report.results)


UNKNOWN = {"intro.conv.weight": torch.zeros(8, 3, 3, 3), "tail.conv.weight": torch.zeros(12, 8, 3, 3)}


def without_spandrel(monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *rest: None if name == "spandrel" else found(name, *rest)
    )


def test_without_it_an_unknown_restoration_network_is_told_of_the_extra(tmp_path, monkeypatch):
    without_spandrel(monkeypatch)
    torch.save(UNKNOWN, tmp_path / "g.pth")

    with pytest.raises(InputError, match="unknown architecture") as refused:
        evaluate(ckpt=tmp_path / "g.pth", samples=2, losses="tv")

    assert "pip install 'ganloss[restoration]'" in refused.value.hint


@pytest.mark.parametrize("state", [{"fc.weight": torch.zeros(3, 3)}, {"a.weight": torch.zeros(64, 3, 4, 4)}])
def test_other_unknown_networks_are_not(state, monkeypatch):
    without_spandrel(monkeypatch)

    assert hint_for_restoration(state) is None


def test_without_it_nothing_is_recognised(monkeypatch):
    without_spandrel(monkeypatch)

    assert restoration_network(UNKNOWN, "net.pth") is None


def test_a_spandrel_that_does_not_work_is_told_with_what_is_known_of_the_network(tmp_path, monkeypatch):
    def fails(name, *rest):
        raise RuntimeError("operator torchvision::nms does not exist\n...")

    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: object())
    monkeypatch.setattr(importlib, "import_module", fails)
    torch.save(UNKNOWN, tmp_path / "g.pth")

    with pytest.raises(
        InputError, match=r"unknown architecture; its 2 tensors begin with intro.conv.weight"
    ) as refused:
        evaluate(ckpt=tmp_path / "g.pth", samples=2, losses="tv")

    assert "cannot be imported here: operator torchvision::nms does not exist" in refused.value.hint
