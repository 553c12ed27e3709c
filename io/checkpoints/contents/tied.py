"""Tensors of a network that are one and the same: tied weights, which count once.

Torch-free. A file keeps a tied weight once and names it several times.
"""

from __future__ import annotations

from collections.abc import Mapping

from ganloss_cli.io.checkpoints.pickle.tensor_places import TensorRecord


def tied(tensors: Mapping[str, TensorRecord]) -> dict[str, str]:
    """Names of tensors whose numbers are those of an earlier one -> its name; a transposed view is one too."""
    first: dict[tuple[object, ...], str] = {}
    found = {}
    for name, record in tensors.items():
        # arrays that a pickle itself holds have no key, and equal bytes do not make two of them one
        place = (
            record.storage.key or id(record.storage),
            record.offset,
            record.count,
            record.conjugated,
            record.negated,
        )
        owner = first.setdefault(place, name)
        if owner != name and record.count:
            found[name] = owner
    return found
