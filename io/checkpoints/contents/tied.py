"""Tensors of a network that are one and the same: tied weights, which count once.

Torch-free. A file keeps a tied weight once and names it several times.
"""

from __future__ import annotations

from collections.abc import Mapping

from ganloss_cli.io.checkpoints.pickle.tensor_places import TensorRecord


def tied(tensors: Mapping[str, TensorRecord], files: Mapping[int, object] | None = None) -> dict[str, str]:
    """Names of tensors whose numbers are those of an earlier one -> its name; a transposed view is one too.

    Args:
        tensors: of a network.
        files: by the identity of a tensor, the file that it lies in, where they lie in several: two files count their
            storages alike.
    """
    first: dict[tuple[object, ...], str] = {}
    found = {}
    for name, record in tensors.items():
        # arrays that a pickle itself holds have no key, and equal bytes do not make two of them one
        place = (
            (files or {}).get(id(record)),
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
