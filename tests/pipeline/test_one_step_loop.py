"""`eval` and `audit checkpoint` share one loop, which halves batches and keeps groups whole, and read files once."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from ganloss_cli.errors import InputError, UsageError
from ganloss_cli.io.checkpoints import opening
from ganloss_cli.io.checkpoints.formats import tensors
from ganloss_cli.io.network_options import read_user_network
from ganloss_cli.pipeline.checkpoint.audit import audit_checkpoints
from ganloss_cli.pipeline.checkpoint.precision import DTYPES, losses_in_dtypes
from ganloss_cli.pipeline.data.cache import Kept
from ganloss_cli.pipeline.evaluate.evaluation import evaluate_request
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
        networks=(
            read_user_network(f"generator=nets.py:{generator}"),
            read_user_network(f"discriminator=nets.py:{discriminator}"),
        ),
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


GROUPED = """
import torch
from torch import nn


class OfFour(nn.Module):
    mixes_samples = 4

    def forward(self, x):
        return x.view(-1, 4, *x.shape[1:]).std(1, correction=0).repeat_interleave(4, 0)


class Grouped(nn.Module):
    most = 10**9

    def __init__(self):
        super().__init__()
        self.layer = OfFour()
        self.bias = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        if len(x) > self.most:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return self.layer(x.flatten(1).mean(1, keepdim=True))[:, 0] + self.bias


class LeastGrouped(Grouped):
    most = 3
"""


@pytest.fixture
def grouped(world: Path) -> Any:
    """Audits a discriminator that compares samples in groups of four; what holds out are as many other samples."""
    (world / "grouped.py").write_text(GROUPED)
    torch.save({"bias": torch.zeros(())}, "grouped.pt")

    def audit(name: str = "Grouped", **choices: Any) -> AuditReport:
        network = (read_user_network(f"discriminator=grouped.py:{name}"),)
        request = Request(disc=(Path("grouped.pt"),), networks=network, data=Path("imgs"), scores="logits", **choices)
        return audit_checkpoints(AuditRequest(request=request, holdout=Path("unseen")))

    return audit


def test_reals_held_out_are_compared_in_whole_groups_at_any_batch_size(grouped: Any) -> None:
    by_size = [grouped(batch_size=size).measurements for size in (4, 6, 40)]

    gaps = [one.value for measurements in by_size for one in measurements if one.name == "real minus unseen real"]
    assert gaps[1:] == [pytest.approx(gaps[0], rel=1e-5, abs=1e-9)] * 2


def test_a_remainder_of_a_group_names_limit_as_eval_does(grouped: Any) -> None:
    with pytest.raises(UsageError, match="39 samples for a network that compares them in groups of 4") as refused:
        grouped(limit=39)

    assert refused.value.hint == "--limit 36 leaves no remainder"


def test_a_group_that_is_too_much_for_the_memory_is_not_taken_apart(grouped: Any) -> None:
    with pytest.raises(InputError, match="out of memory with 4 samples, which it compares"):
        grouped("LeastGrouped")


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

    reader = tensors.read_records

    def counts(path: Path, *more: Any, **named: Any) -> Any:
        reads[path.name] += 1
        return reader(path, *more, **named)

    monkeypatch.setattr(tensors, "read_records", counts)
    sys.addaudithook(watch)
    yield reads, opens
    counting.clear()


@pytest.mark.parametrize("choices", READ, ids=["files", "data", "losses", "holdout", "all of them"])
def test_an_audit_reads_each_checkpoint_once(
    world: Path, monkeypatch: pytest.MonkeyPatch, choices: dict[str, Any]
) -> None:
    request = {"ckpt": (Path("G.pt"),), "disc": (Path("D.pt"),), "scores": "logits"}
    request["networks"] = tuple(map(read_user_network, ("generator=nets.py:G", "discriminator=nets.py:D")))
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


@pytest.mark.parametrize("scripted", [False, True], ids=["weights", "program"])
def test_losses_in_three_dtypes_are_those_of_three_evaluations(world: Path, scripted: bool) -> None:
    network = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(SIDE**2, 1, dtype=torch.float64))
    if scripted:
        torch.jit.save(torch.jit.script(network), "program.pt")
        request = Request(disc=(Path("program.pt"),), allow_code=True, data=Path("imgs"), scores="logits")
    else:
        named = tuple(map(read_user_network, ("generator=nets.py:G", "discriminator=nets.py:D")))
        request = Request(ckpt=(Path("G.pt"), Path("D.pt")), networks=named, data=Path("imgs"), scores="logits")
    request = replace(request, losses=("real_score",))

    (of_audit,) = losses_in_dtypes(request, Kept())

    alone = {dtype: evaluate_request(replace(request, dtype=dtype)).results[0].value for dtype in DTYPES}
    assert of_audit.values == alone
    assert len(set(alone.values())) == 3
