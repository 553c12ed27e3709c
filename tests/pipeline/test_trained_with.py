"""What the options beside a checkpoint say of the pictures it was trained on is used, and said."""

import runpy
import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image

from ganloss_cli import evaluate
from ganloss_cli.io.network_options import read_user_network
from ganloss_cli.io.networks.resnet_generator import ResnetGenerator
from ganloss_cli.pipeline.checkpoint.audit import audit_checkpoints
from ganloss_cli.records.checkpoint import AuditRequest
from ganloss_cli.records.report import Report
from ganloss_cli.records.request import Request


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A generator, and pictures whose left half is dark and whose right half is light noise."""
    torch.manual_seed(0)
    torch.save(ResnetGenerator(ngf=4, n_blocks=1).state_dict(), tmp_path / "latest_net_G.pth")
    (tmp_path / "pictures").mkdir()
    for k in range(2):
        halves = [torch.randint(0, 100, (32, 32, 3)), torch.randint(100, 256, (32, 32, 3))]
        Image.fromarray(torch.cat(halves, 1).to(torch.uint8).numpy()).save(tmp_path / "pictures" / f"{k}.png")
    return tmp_path


def l1(folder: Path, **options: str) -> tuple[float | None, Report]:
    report = evaluate(ckpt=folder / "latest_net_G.pth", data=folder / "pictures", losses="l1", **options)
    return report.results[0].value, report


def test_pictures_of_a_and_b_are_read_as_the_training_read_them(run: Path) -> None:
    said, _ = l1(run, aligned="AB", direction="BtoA")
    (run / "train_opt.txt").write_text("dataset_mode: aligned\ndirection: BtoA  [default: AtoB]\n")

    found, report = l1(run)

    assert found == said
    assert "read_as_trained" in [finding.check for finding in report.findings]


def test_what_the_user_says_wins_over_the_training(run: Path) -> None:
    said, _ = l1(run, aligned="AB", direction="AtoB")
    (run / "train_opt.txt").write_text("dataset_mode: aligned\ndirection: BtoA\n")

    found, _ = l1(run, aligned="AB", direction="AtoB")
    only_the_direction, _ = l1(run, direction="AtoB")

    assert found == only_the_direction == said


def test_pictures_that_are_no_halves_stay_whole(run: Path) -> None:
    for file in (run / "pictures").iterdir():
        Image.open(file).crop((0, 0, 32, 32)).save(file)
    whole, _ = l1(run)
    (run / "train_opt.txt").write_text("dataset_mode: aligned\n")

    found, report = l1(run)

    assert found == whole
    assert "read_as_trained" not in [finding.check for finding in report.findings]


def test_an_audit_of_the_checkpoint_reads_them_as_the_training_did(run: Path) -> None:
    (run / "train_opt.txt").write_text("dataset_mode: aligned\ndirection: BtoA\n")
    request = Request(ckpt=(run / "latest_net_G.pth",), data=run / "pictures", command=())

    report = audit_checkpoints(AuditRequest(request=request))

    assert "read_as_trained" in [finding.check for finding in report.findings]
    assert [(one.role, tuple(one.shape)) for one in report.inputs] == [("real", (3, 32, 32)), ("input", (3, 32, 32))]


CRITIC = """
from torch import nn


class Critic(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.head = nn.Conv2d(3, 4, 4, 2), nn.Linear(4, 1)

    def forward(self, x):
        return self.head(self.body(x).relu().mean((2, 3)))
"""


def test_reals_that_are_held_out_are_read_as_the_training_read_its_own(run: Path) -> None:
    (run / "train_opt.txt").write_text("dataset_mode: aligned\ndirection: BtoA\n")
    (run / "critic.py").write_text(CRITIC)
    torch.save(runpy.run_path(str(run / "critic.py"))["Critic"]().state_dict(), run / "latest_net_D.pth")
    shutil.copytree(run / "pictures", run / "unseen")  # the same pictures: no gap
    request = Request(
        ckpt=(run / "latest_net_G.pth",), disc=(run / "latest_net_D.pth",), data=run / "pictures", scores="logits",
        networks=(read_user_network(f"discriminator={run}/critic.py:Critic"),), command=(),
    )  # fmt: skip

    report = audit_checkpoints(AuditRequest(request=request, holdout=run / "unseen"))

    (gap,) = [one.value for one in report.measurements if one.name == "real minus unseen real"]
    assert gap == pytest.approx(0, abs=1e-6)
