"""What a report says of itself: versions, fingerprint of the data, the inputs."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ganloss_cli.records.report import Input

if TYPE_CHECKING:  # an audit of files alone says of itself what these hold, and reads none
    from ganloss_cli.io.datasets import Group
    from ganloss_cli.pipeline.data.batching import Chunk
    from ganloss_cli.records.request import Request


def environment(device: torch.device) -> dict[str, Any]:
    """What the numbers were computed with."""
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "platform": platform.platform(),
        "processor": torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine(),
        "threads": torch.get_num_threads(),
        "tf32": torch.backends.cuda.matmul.allow_tf32,
    }


def fingerprint(digests: Mapping[str, bytes | bytearray]) -> str | None:
    """One hash for all data that were read, the same in whatever order and under whatever names they lay.

    It is that of sorted lines "ROLE:SHA256", made without all of them in memory.

    Args:
        digests: role -> sha256 of the bytes of every sample, one behind the other.
    """
    whole, between = hashlib.sha256(), ""
    for role in sorted(digests, key=lambda role: f"{role}:"):
        ordered = np.sort(np.frombuffer(digests[role], "S32")).view(np.uint8).data  # bytes sort as their digits do
        for start in range(0, len(ordered), 32):
            whole.update(f"{between}{role}:{ordered[start : start + 32].hex()}".encode())
            between = "\n"
    return whole.hexdigest() if between else None


def inputs(
    groups: tuple[Group, ...], shapes: Mapping[str, set[tuple[int, ...]]], request: Request
) -> tuple[Input, ...]:
    """What each role of the data holds.

    Args:
        groups: the data.
        shapes: role -> the shapes of its samples, of all that were read.
        request: for the range of tensor files.
    """
    return tuple(
        Input(
            role=role,
            path=group.paths[role],
            count=len(group.names),
            kind=group.kinds[role],
            shape=next(iter(shapes[role])) if len(shapes.get(role, ())) == 1 else None,
            sample_rate=group.sample_rates.get(role),
            range=group.ranges.get(role, request.range),
        )
        for group in groups
        for role in group.roles
    )


def sample_shapes(chunks: Iterable[Chunk]) -> dict[str, set[tuple[int, ...]]]:
    """Role -> the shape of a sample, of every role that is one tensor."""
    return {
        role: {tuple(value.shape[1:])}
        for chunk in chunks
        for role, value in chunk.values.items()
        if isinstance(value, torch.Tensor)
    }


def settings_as_json(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings in types that JSON has."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in settings.items()}
