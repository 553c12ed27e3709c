"""Which requests are worth a try without torch: what is about the pixels of image files, or about checkpoints alone."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

from ganloss_cli.errors import InputError
from ganloss_cli.io.formats import sniff
from ganloss_cli.records.checkpoint import AuditRequest
from ganloss_cli.records.request import Request

_GRAPHICS = tuple(map(Path, ("/dev/nvidiactl", "/dev/nvidia0", "/dev/kfd", "/dev/dxg")))
# losses that are sums over pixels; which of their conventions need torch all the same turns out as they are computed
_LOSSES = frozenset({"ssim", "ms_ssim", "psnr", "l1", "mse"})
# whatever these say: all others choose networks, read other files, or change samples
_FREE_OF_AUDITS = ("command", "ckpt", "disc", "naming", "seed", "workers", "batch_size")
_FREE = (
    "command", "data", "roles", "losses", "settings", "seed", "per_sample", "worst", "fail_if", "limit", "over",
    "batch_size", "workers", "max_pixels",
)  # fmt: skip


def is_of_pixels(request: Request) -> bool:
    """Whether everything that is asked for is about the pixels of pairs of files.

    Args:
        request: every choice.
    """
    plain = replace(Request(), **{name: getattr(request, name) for name in _FREE})
    losses = {typed.partition(":")[0] for typed in request.losses}
    return (
        request == replace(plain, device=request.device)
        and _on_a_processor(request)
        and (request.roles.keys() == {"real", "fake"} if request.data is None else not request.roles)
        and bool(losses)
        and losses <= _LOSSES
        and all(map(_holds_images, request.roles.values() if request.data is None else [str(request.data)]))
    )


def is_of_files(audit: AuditRequest) -> bool:
    """Whether checkpoints are audited without running anything.

    Args:
        audit: every choice.
    """
    request = audit.request
    plain = replace(Request(), **{name: getattr(request, name) for name in _FREE_OF_AUDITS})
    return request == replace(plain, device=request.device) and _on_a_processor(request) and audit.holdout is None


def _on_a_processor(request: Request) -> bool:
    """Whether there is no other device for it, which no driver has to be asked."""
    alone = sys.platform == "linux" and not any(place.exists() for place in _GRAPHICS)
    return request.device == "cpu" or (request.device == "auto" and alone)


def _holds_images(name: str) -> bool:
    """Whether this is an image, or whatever comes first in a folder is; others in it turn out as they are read."""
    try:
        place = Path(name)
        while place.is_dir():
            with os.scandir(place) as entries:
                place = Path(next(entries))
        found = sniff(place) if place.is_file() else None
    except (InputError, OSError, ValueError, StopIteration):
        return False
    return found is not None and found.kind == "image"
