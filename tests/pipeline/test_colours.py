"""Blue comes first where a training read files so; tensors are in the order that the network saw."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from ganloss_cli import evaluate
from ganloss_cli.io.networks.discogan import DiscoGANDiscriminator


@pytest.fixture
def discogan(tmp_path: Path) -> tuple[Path, DiscoGANDiscriminator, Tensor]:
    """A discriminator that was trained on pictures of OpenCV, and two pictures, RGB, (2, 3, 64, 64)."""
    torch.manual_seed(0)
    network = DiscoGANDiscriminator(channels=[3, 4, 8, 16, 32, 1]).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    torch.save(network.state_dict(), tmp_path / "d.pth")
    pixels = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    pixels[..., 0] //= 4  # little red
    (tmp_path / "real").mkdir()
    for k in range(2):
        Image.fromarray(pixels[k]).save(tmp_path / "real" / f"{k}.png")
    return tmp_path, network, torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous().float() / 255


def score(network: DiscoGANDiscriminator, seen: Tensor) -> float:
    with torch.no_grad():
        return float(network(seen)[0][0].mean())


def test_files_are_turned_to_blue_first(discogan: tuple[Path, DiscoGANDiscriminator, Tensor]) -> None:
    place, network, pictures = discogan

    report = evaluate(disc=place / "d.pth", real=place / "real", losses="real_score")

    assert report.results[0].value == pytest.approx(score(network, pictures.flip(1)), rel=1e-5)


def test_tensors_are_what_the_network_saw_and_it_is_said(discogan: tuple[Path, DiscoGANDiscriminator, Tensor]) -> None:
    place, network, pictures = discogan
    save_file({"real": pictures}, place / "t.safetensors")

    report = evaluate(disc=place / "d.pth", data=place / "t.safetensors", losses="real_score")
    as_rgb = evaluate(disc=place / "d.pth", data=place / "t.safetensors", losses="real_score", channel_order="BGR")

    assert report.results[0].value == pytest.approx(score(network, pictures), rel=1e-5)
    assert "tensors_in_order_of_network" in [finding.check for finding in report.findings]
    assert as_rgb.results[0].value == pytest.approx(score(network, pictures.flip(1)), rel=1e-5)
    assert "tensors_in_order_of_network" not in [finding.check for finding in as_rgb.findings]


def test_arrays_of_whole_numbers_are_pictures_as_files_hold_them(
    discogan: tuple[Path, DiscoGANDiscriminator, Tensor],
) -> None:
    place, network, pictures = discogan
    np.savez(place / "t.npz", real=(pictures * 255).round().byte().numpy())

    report = evaluate(disc=place / "d.pth", data=place / "t.npz", losses="real_score")

    assert report.results[0].value == pytest.approx(score(network, pictures.flip(1)), rel=1e-5)


def test_a_tensor_beside_files_is_compared_in_one_order(discogan: tuple[Path, DiscoGANDiscriminator, Tensor]) -> None:
    place, _, pictures = discogan
    for k in range(2):
        np.save(place / f"{k}.npy", pictures[k].flip(0).numpy())  # what the network saw of the same pictures
    (place / "rows.csv").write_text("real,fake\nreal/0.png,0.npy\nreal/1.png,1.npy\n")

    report = evaluate(disc=place / "d.pth", data=place / "rows.csv", losses="l1")

    assert report.results[0].value == pytest.approx(0, abs=1e-6)
