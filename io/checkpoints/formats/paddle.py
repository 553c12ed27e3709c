"""Paddle's parameters in torch's words: names of batch-norm statistics, and linear weights the other way round.

Torch-free. paddle.save pickles a state dict as names with numpy arrays, or with pairs of the tensor's own name and its
array.
"""

from __future__ import annotations

from typing import Any

from ganloss_cli.io.checkpoints.pickle.objects import tensor_record
from ganloss_cli.io.checkpoints.pickle.tensor_places import TensorRecord

_NAMES = "StructuredToParameterName@@"
_STATISTICS = {"_mean": "running_mean", "_variance": "running_var"}
_DEPTH = 4


def is_paddle(root: object, depth: int = _DEPTH) -> bool:
    """Whether a pickle holds what paddle.save writes."""
    if not isinstance(root, dict) or depth == 0:
        return False
    return _NAMES in root or any(
        _pair(value) is not None
        or (isinstance(key, str) and key.rpartition(".")[2] in _STATISTICS and tensor_record(value) is not None)
        or is_paddle(value, depth - 1)
        for key, value in dict.items(root)
    )


def in_torch_words(root: Any, depth: int = _DEPTH) -> Any:
    """The same tree with torch's names and torch's orientation.

    Paddle's Linear keeps its weight as (inputs, outputs); a matrix whose bias is as long as its second axis is one.
    """
    if not isinstance(root, dict) or depth == 0:
        return root
    entries = {key: _pair(value) or tensor_record(value) or value for key, value in dict.items(root) if key != _NAMES}
    renamed: dict[Any, Any] = {}
    for key, value in entries.items():
        if not isinstance(value, TensorRecord) or not isinstance(key, str):
            renamed[key] = in_torch_words(value, depth - 1)
            continue
        owner, dot, name = key.rpartition(".")
        bias = entries.get(f"{owner}{dot}bias")
        is_linear = name == "weight" and isinstance(bias, TensorRecord) and value.shape[1:] == bias.shape
        renamed[f"{owner}{dot}{_STATISTICS.get(name, name)}"] = _transposed(value) if is_linear else value
    return renamed


def _pair(value: object) -> TensorRecord | None:
    """The array of a pair of name and array."""
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str):
        return tensor_record(value[1])
    return None


def _transposed(weight: TensorRecord) -> TensorRecord:
    return TensorRecord(
        storage=weight.storage,
        dtype=weight.dtype,
        offset=weight.offset,
        shape=weight.shape[::-1],
        stride=weight.stride[::-1],
    )
