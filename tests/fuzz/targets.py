"""What is driven with a mutant, and which outcomes are allowed."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import torch
from guard import watched

from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus, GanlossError
from ganloss_cli.io.audio import decode_audio
from ganloss_cli.io.checkpoints import open_checkpoint
from ganloss_cli.io.checkpoints.contents.beside import config_beside
from ganloss_cli.io.checkpoints.inspect_all import survey
from ganloss_cli.io.comparables import open_comparable
from ganloss_cli.io.datasets import open_data
from ganloss_cli.io.images import decode_image
from ganloss_cli.io.logs.opening import open_logs
from ganloss_cli.io.manifests import read_manifest
from ganloss_cli.io.stored import open_stored
from ganloss_cli.pipeline.networks.loading import load_model
from ganloss_cli.records.request import Request

Target = Callable[[Path, Random], None]
# 2: G_A and its like ask for --naming, and so do hyper-parameters; 5 and 6: what was read holds nothing, or NaN
REFUSALS = (ExitStatus.USAGE, ExitStatus.INPUT, ExitStatus.UNSAFE, ExitStatus.NOTHING, ExitStatus.NON_FINITE)
MOST_MESSAGE = 20_000


class NotAllowedError(Exception):
    """An outcome that no file may have."""


def checkpoint_target(path: Path, chance: Random) -> None:
    """Look at it, open it, recover it, build its networks; now and then through the command line."""
    _refusing(path, lambda: survey([path], rescue=chance.random() < 0.5, with_hash=chance.random() < 0.7,
                                   with_tensors=True, with_tree=True))  # fmt: skip
    _refusing(path, lambda: open_checkpoint(path))
    _refusing(path, lambda: open_checkpoint(path, rescue=True))
    _refusing(path, lambda: load_model(Request(ckpt=(path,), rescue=True), torch.device("cpu"), torch.float32), also=2)
    if chance.random() < 0.05:
        format_ = chance.choice(("table", "json", "markdown"))
        _command(["inspect", str(path), "--tensors", "--tree", "--hash", "--format", format_], (0, 3))
    if chance.random() < 0.02:
        np.save(path.with_name("real.npy"), np.zeros((2, 1, 16, 16), np.float32))
        options = ["--real", str(path.with_name("real.npy")), "--range", "0,1", "--losses", "l1,g_bce", "--no-progress"]
        _command(["eval", "--ckpt", str(path), "--rescue", *options], (0, 2, 3, 4, 5, 6))
        path.with_name("real.npy").unlink()


def data_target(kind: str) -> Target:
    """The readers of one kind of file."""
    return {
        "image": _image,
        "sound": _sound,
        "tensors": _tensors,
        "archive": _archive,
        "manifest": _manifest,
        "log": _log,
        "beside": _beside,
    }[kind]


def _image(path: Path, chance: Random) -> None:
    alpha = chance.choice((None, "drop", "white"))
    _refusing(path, lambda: decode_image(path.read_bytes(), str(path), alpha))
    _now_and_then(path, chance)


def _sound(path: Path, chance: Random) -> None:
    rate = chance.choice((None, None, 8_000))
    _refusing(path, lambda: decode_audio(path.read_bytes(), str(path), sample_rate=rate))
    _now_and_then(path, chance)


def _tensors(path: Path, chance: Random) -> None:
    _refusing(path, lambda: [stored.whole() for stored in open_stored(path).values()])
    _refusing(path, lambda: [stored.sample(0) for stored in open_stored(path).values() if stored.shape[:1] > (0,)])
    _refusing(path, lambda: open_comparable(path))
    _now_and_then(path, chance)


def _archive(path: Path, chance: Random) -> None:
    def read() -> None:
        for group in open_data(Request(data=path)).groups:
            for index in range(len(group.names)):
                group.read(index)

    _refusing(path, read)
    _now_and_then(path, chance)


def _manifest(path: Path, _chance: Random) -> None:
    _refusing(path, lambda: read_manifest(path, {}))
    _command(["eval", "--data", str(path), "--losses", "l1", "--no-progress"], (2, 3, 5))


def _log(path: Path, chance: Random) -> None:
    _refusing(path, lambda: open_logs(path))
    if chance.random() < 0.05:
        _command(["audit", "log", str(path), "--ckpt", str(path)], (1, 2, 3, 4, 5))


def _beside(path: Path, chance: Random) -> None:
    name = chance.choice(("config.json", "opt.txt", "args.yml", "train_opt.txt", "hparams.yaml", "config.toml"))
    beside = path.with_name(name)
    beside.write_bytes(path.read_bytes())
    network = path.with_name("generator.pt")
    torch.save({"0.weight": torch.ones(3, 4), "0.bias": torch.ones(3)}, network)
    _refusing(network, lambda: config_beside(network))
    _refusing(network, lambda: survey([network]))
    _refusing(network, lambda: load_model(Request(ckpt=(network,)), torch.device("cpu"), torch.float32), also=2)
    beside.unlink()
    network.unlink()


def _now_and_then(path: Path, chance: Random) -> None:
    if chance.random() < 0.05:
        options = ["--losses", "l1,ssim", "--no-progress", "--range", "0,1", "--alpha", "drop", "--format", "json"]
        _command(["eval", "--real", str(path), "--fake", str(path), *options], (0, 2, 3, 4, 5, 6))


def _refusing(path: Path, call: Callable[[], object], *, also: int = 3) -> None:
    """Call it; it may refuse the file in words, and nothing else."""
    try:
        with watched(path.stat().st_size if path.is_file() else 0):
            call()
    except GanlossError as error:
        if error.status not in REFUSALS:
            raise NotAllowedError(f"status {error.status}: {error.message}") from error
        if not error.message.startswith(str(path)) and error.status != also:
            raise NotAllowedError(f"does not begin with the file: {error.message}") from error
        if len(error.message) > MOST_MESSAGE:
            raise NotAllowedError(f"{len(error.message)} characters: {error.message[:300]!r}") from error


def _command(arguments: list[str], statuses: tuple[int, ...]) -> None:
    """Run a command line; its status must be one of these, and nothing of it unprintable."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), watched():
        status = main(arguments)
    written = out.getvalue() + err.getvalue()
    if status not in statuses or "Traceback" in err.getvalue():
        raise NotAllowedError(f"{arguments[0]} ended with {status}: {err.getvalue()[:2000]}")
    steering = next((c for c in written if not c.isprintable() and c != "\n"), None)
    if steering is not None:
        raise NotAllowedError(f"{arguments[0]} wrote {steering!r}")
