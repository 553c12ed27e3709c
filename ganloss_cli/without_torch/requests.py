"""Which requests are worth a try without torch.

Two image files that are held against each other pixel by pixel, and an audit of checkpoints alone, none of which is of
an architecture that is known: those are built to see whether the names of their tensors fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import recognise
from ganloss_cli.io.checkpoints.pickle.tensor_places import TensorRecord
from ganloss_cli.io.checkpoints.unread import format_to_read, look_into
from ganloss_cli.io.formats import sniff
from ganloss_cli.records.checkpoint import AuditRequest
from ganloss_cli.records.request import Request

# losses that are sums over pixels; which of their conventions need torch all the same turns out as they are computed
_LOSSES = frozenset({"ssim", "ms_ssim", "psnr", "l1", "mse"})
# whatever these say: all others choose networks, read other files, or change samples
_FREE_OF_AUDITS = ("command", "ckpt", "disc", "naming", "seed", "workers", "batch_size")
_FREE = (
    "command", "roles", "losses", "settings", "seed", "per_sample", "worst", "fail_if", "limit", "over", "batch_size",
    "workers", "max_pixels",
)  # fmt: skip


def is_of_pixels(request: Request) -> bool:
    """Whether everything that is asked for is about the pixels of two files.

    Args:
        request: every choice.
    """
    plain = replace(Request(), **{name: getattr(request, name) for name in _FREE})
    losses = {typed.partition(":")[0] for typed in request.losses}
    return (
        request == replace(plain, device=request.device)
        and request.device in ("auto", "cpu")
        and request.roles.keys() == {"real", "fake"}
        and bool(losses)
        and losses <= _LOSSES
        and all(map(_is_image, request.roles.values()))
    )


def is_of_files(audit: AuditRequest) -> bool:
    """Whether checkpoints are audited without running anything, and none of them is to be built.

    Args:
        audit: every choice.
    """
    request = audit.request
    plain = replace(Request(), **{name: getattr(request, name) for name in _FREE_OF_AUDITS})
    return (
        request == replace(plain, device=request.device)
        and request.device in ("auto", "cpu")
        and audit.holdout is None
        and all(map(_is_unknown, (*request.ckpt, *request.disc)))
    )


def _is_unknown(path: Path) -> bool:
    try:
        unread = look_into(path, format_to_read(path), stubs=False, rescue=False, verify=False)
        parts = unread.contents.parts
    except InputError:
        return False
    return path.is_file() and not any(_is_recognised(part.tensors, unread.config) for part in parts)


def _is_recognised(tensors: Mapping[str, TensorRecord], config: Mapping[str, Any]) -> bool:
    try:
        return recognise({name: record.shape for name, record in tensors.items()}, config) is not None
    except InputError:  # several recipes fit, and an audit chooses none
        return False


def _is_image(name: str) -> bool:
    try:
        found = sniff(Path(name)) if Path(name).is_file() else None
    except (InputError, OSError, ValueError):
        return False
    return found is not None and found.kind == "image"
