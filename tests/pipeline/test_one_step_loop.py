"""`eval` and `audit checkpoint` run networks through one loop: it halves batches, keeps groups whole, reads files once."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ganloss_cli.errors import InputError
from ganloss_cli.io.checkpoints import opening
from ganloss_cli.io.checkpoints.formats import tensors
from ganloss_cli.io.networks.stylegan2_discriminator import StyleGAN2Discriminator
from ganloss_cli.pipeline.checkpoint.audit import audit_checkpoints
from ganloss_cli.records.checkpoint import AuditReport, AuditRequest
from ganloss_cli.records.request import Request

N, SIDE = 40, 8
NETS = """
import torch
from torch import nn


class G(nn.Sequential):
    most = 10**9

    def __init__(self):
        super().__init__(nn.Linear(4, 64), nn.Tanh(), nn.Unflatten(1, (1, 8, 8)))

    def forward(self, z):
        if len(z) > self.most:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return super().forward(z)


class D(nn.Sequential):
    most = 10**9

    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(64, 16), nn.LeakyReLU(0.2), nn.BatchNorm1d(16), nn.Linear(16, 1))

    def forward(self, x):
        if len(x) > self.most:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return super().forward(x)


class SmallG(G):
    most = 2


class SmallD(D):
    most = 2


class NoneFitsD(D):
    most = 0
"""


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """G.pt and D.pt, the latter with its optimizer, their classes, and two folders of images."""
    (tmp_path / "nets.py").write_text(NETS)
    torch.manual_seed(0)
    classes: dict[str, Any] = {}
    exec(NETS, classes)
    generator, discriminator = classes["G"](), classes["D"]()
    optimizer = torch.optim.Adam(discriminator.parameters(), 2e-4)
    torch.save(generator.state_dict(), tmp_path / "G.pt")
    torch.save({"netD": discriminator.state_dict(), "optimizer": optimizer.state_dict()}, tmp_path / "D.pt")
    random = np.random.default_rng(0)
    for name in ("imgs", "unseen"):
        (tmp_path / name).mkdir()
        for k in range(N):
            picture = random.integers(0, 256, (SIDE, SIDE), dtype=np.uint8)
            Image.fromarray(picture).save(tmp_path / name / f"{k:02d}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def audited(generator: str = "G", discriminator: str = "D", holdout: bool = False, **choices: Any) -> AuditReport:
    request = Request(
        ckpt=(Path("G.pt"),),
        disc=(Path("D.pt"),),
        networks=(f"generator=nets.py:{generator}", f"discriminator=nets.py:{discriminator}"),
        data=Path("imgs"),
        scores="logits",
        **choices,
    )
    return audit_checkpoints(AuditRequest(request=request, holdout=Path("unseen") if holdout else None))


def measured(report: AuditReport) -> dict[str, Any]:
    return {f"{one.subject}: {one.name}": pytest.approx(one.value, rel=1e-4, abs=1e-6) for one in report.measurements}


@pytest.mark.parametrize("batch_size", [None, 2, 5])
def test_an_audit_of_networks_that_take_two_samples_finds_what_it_finds_of_those_that_take_all(
    world: Path, batch_size: int | None
) -> None:
    choices: dict[str, Any] = {"losses": ("d_bce",), "holdout": True}

    small = audited("SmallG", "SmallD", batch_size=batch_size, **choices)
    large = audited("G", "D", batch_size=None, **choices)

    # batches in train mode are smaller where memory is short, and their statistics with them
    by_batch = "discriminator: AUC in train mode"
    assert {name: value for name, value in measured(small).items() if name != by_batch} == {
        one: value for one, value in measured(large).items() if one != by_batch
    }
    assert by_batch in measured(small)
    assert [(run.check, run.subjects, run.not_run) for run in small.checks] == [
        (run.check, run.subjects, run.not_run) for run in large.checks
    ]
    assert {finding.check for finding in small.findings} == {finding.check for finding in large.findings}


def test_an_audit_without_memory_for_one_sample_names_tile_as_eval_does(world: Path) -> None:
    with pytest.raises(InputError, match="out of memory with a single sample") as refused:
        audited(discriminator="NoneFitsD")

    assert "--tile" in refused.value.hint


@pytest.fixture
def groups_of_four(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A discriminator that compares samples in groups of four, and ten images."""
    torch.manual_seed(0)
    torch.save(StyleGAN2Discriminator(size=32, channels=dict.fromkeys((4, 8, 16, 32), 4)).state_dict(), "d.pt")
    return tmp_path


READ = (
    {},
    {"data": Path("imgs")},
    {"data": Path("imgs"), "losses": ("d_bce", "g_bce")},
    {"data": Path("imgs"), "holdout": True},
    {"data": Path("imgs"), "losses": ("d_bce", "g_bce"), "holdout": True},
)


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Counter[str], Counter[str]]]:
    """How often tensors of a file are read within this block, and how often Python opens it."""
    reads: Counter[str] = Counter()
    opens: Counter[str] = Counter()
    counting = [True]

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if counting and event == "open" and str(arguments[0]).endswith(".pt"):
            opens[Path(str(arguments[0])).name] += 1

    for name in ("read_torch", "read_records", "read_safetensors"):
        reader = getattr(tensors, name)

        def counts(path: Path, *more: Any, reader: Any = reader) -> Any:
            reads[path.name] += 1
            return reader(path, *more)

        monkeypatch.setattr(tensors, name, counts)
    sys.addaudithook(watch)
    yield reads, opens
    counting.clear()


@pytest.mark.parametrize("choices", READ, ids=["files", "data", "losses", "holdout", "all of them"])
def test_an_audit_reads_each_checkpoint_once(
    world: Path, monkeypatch: pytest.MonkeyPatch, choices: dict[str, Any]
) -> None:
    request = {"ckpt": (Path("G.pt"),), "disc": (Path("D.pt"),), "scores": "logits"}
    request["networks"] = ("generator=nets.py:G", "discriminator=nets.py:D")
    of_request = {key: value for key, value in choices.items() if key != "holdout"}
    holdout = Path("unseen") if "holdout" in choices else None
    with counted(monkeypatch) as (_, opens_of_one):
        for path in ("G.pt", "D.pt"):
            opening.open_checkpoint(Path(path))
    once = dict(opens_of_one)

    with counted(monkeypatch) as (reads, opens):
        report = audit_checkpoints(AuditRequest(request=Request(**request, **of_request), holdout=holdout))

    assert reads == {"G.pt": 1, "D.pt": 1}
    assert dict(opens) == once
    by_check = {run.check: run.not_run for run in report.checks}
    assert by_check["empty_optimizer_state"] is None
    assert (by_check["loss_breaks_in_bfloat16"] is None) == ("losses" in choices)
