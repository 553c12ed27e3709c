"""What a network's file does not say, and the data do: the range of its images, and its scale."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from ganloss_cli import evaluate
from ganloss_cli.cli import main
from ganloss_cli.errors import InputError
from ganloss_cli.io.networks.pcarn import PCARN

NETS = '''
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first = nn.Conv2d(3, 3, 1)


class Unit(Net):
    """Upscales images on [0, 1], and knows no others."""

    def forward(self, x):
        return nn.functional.interpolate(x.clamp(0, 1), scale_factor=2, mode="bicubic")


class Bytes(Net):
    def forward(self, x):
        return nn.functional.interpolate(x.round().clamp(0, 255), scale_factor=2, mode="bicubic")


class Signed(Net):
    def forward(self, x):
        return x.clamp(-1, 1)


class Same(Net):
    def forward(self, x):
        return x


class Other(Net):
    """Makes images that do not resemble its inputs."""

    def forward(self, x):
        return (-x).clamp(0, 1)
'''


def pictures(folder: Path, scale: int, side: int = 24) -> Path:
    """Two photographs, `scale` times as large as the inputs that were made of them."""
    for k, photograph in enumerate((data.astronaut(), data.coffee())):
        large = Image.fromarray(photograph).resize((side * scale, side * scale), Image.Resampling.BICUBIC)
        for name, image in (("HR", large), ("LR", large.resize((side, side), Image.Resampling.BICUBIC))):
            (folder / name).mkdir(parents=True, exist_ok=True)
            image.save(folder / name / f"{k}.png")
    return folder


@pytest.mark.parametrize(
    ("network", "scale", "range_"),
    [("Unit", 2, (0, 1)), ("Bytes", 2, (0, 255)), ("Signed", 1, None), ("Same", 1, None), ("Other", 1, None)],
)
def test_the_range_of_a_network_is_told_by_what_it_makes_of_its_input(
    network: str, scale: int, range_: tuple[int, int] | None, tmp_path: Path
) -> None:
    (tmp_path / "nets.py").write_text(NETS)
    torch.save({"first.weight": torch.zeros(3, 3, 1, 1), "first.bias": torch.zeros(3)}, tmp_path / "g.pt")
    choices = {"ckpt": tmp_path / "g.pt", "networks": f"generator={tmp_path}/nets.py:{network}", "losses": "psnr",
               "data": pictures(tmp_path / "data", scale)}  # fmt: skip

    report = evaluate(**choices)

    found = {finding.check: finding.evidence for finding in report.findings}
    if range_ is None:
        assert "network_range_assumed" in found
        assert "network_range_told" not in found
    else:
        assert found["network_range_told"]["range"] == list(range_)
        assert "network_range_assumed" not in found
        named = evaluate(**choices, network_range=f"{range_[0]},{range_[1]}")
        assert report.results[0].value == named.results[0].value
        assert report.results[0].value > evaluate(**choices, network_range="-1,1").results[0].value + 6


def test_the_scale_of_a_network_that_has_several_is_that_of_its_data(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = PCARN(width=8, groups=4, scales=[2, 3, 4], scale=3)
    torch.save(network.state_dict(), tmp_path / "g.pt")
    folder = pictures(tmp_path / "data", 3)

    report = evaluate(ckpt=tmp_path / "g.pt", data=folder, losses="psnr")
    named = evaluate(ckpt=tmp_path / "g.pt", data=folder, losses="psnr", arch_args="generator:scale=3")

    assert [finding.evidence for finding in report.findings if finding.check == "scale_of_data"] == [{"scale": 3}]
    assert report.results[0].value == named.results[0].value


def test_an_audit_of_the_checkpoint_takes_scale_and_range_from_the_data_as_well(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "nets.py").write_text(NETS)
    torch.save(PCARN(width=8, groups=4, scales=[2, 3, 4], scale=3).state_dict(), tmp_path / "scales.pt")
    torch.save({"first.weight": torch.zeros(3, 3, 1, 1), "first.bias": torch.zeros(3)}, tmp_path / "bytes.pt")
    named = ("--network", f"generator={tmp_path}/nets.py:Bytes")
    found = {}

    for file, scale, more in (("scales.pt", 3, ()), ("bytes.pt", 2, named)):
        data = pictures(tmp_path / f"data{scale}", scale)
        main(["audit", "checkpoint", str(tmp_path / file), "--data", str(data), "--format", "json", *more])
        findings = json.loads(capsys.readouterr().out)["findings"]
        found |= {finding["check"]: finding["evidence"] for finding in findings}

    assert found["scale_of_data"] == {"scale": 3}
    assert found["network_range_told"]["range"] == [0, 255]


def test_a_scale_that_the_data_do_not_tell_is_asked_for(tmp_path: Path) -> None:
    torch.save(PCARN(width=8, groups=4, scales=[2, 3, 4], scale=3).state_dict(), tmp_path / "g.pt")
    (tmp_path / "real").mkdir()
    Image.fromarray(np.zeros((24, 24, 3), dtype=np.uint8)).save(tmp_path / "real" / "0.png")

    for given in ({"real": tmp_path / "real"}, {"data": pictures(tmp_path / "data", 8)}):
        with pytest.raises(InputError, match="shapes do not tell scale"):
            evaluate(ckpt=tmp_path / "g.pt", losses="psnr", **given)
