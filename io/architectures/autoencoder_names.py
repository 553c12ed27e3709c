"""The key names of convolutional auto-encoders: diffusers' and LlamaGen's as those of taming-transformers."""

from __future__ import annotations

import re

_STAGES = re.compile(r"^(encoder|decoder)\.(?:down_blocks|up_blocks|conv_blocks)\.(\d+)\.")
_MIDDLE = re.compile(r"\.mid(?:_block\.(resnets|attentions))?\.(\d)\.")
_LAYERS = {
    "resnets": "block", "res": "block", "attentions": "attn", "conv_norm_out": "norm_out",
    "conv_shortcut": "nin_shortcut",
}  # fmt: skip
# of attention; before diffusers 0.18 it had words of its own
_OF_ATTENTION = {
    "group_norm": "norm", "spatial_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "query": "q", "key": "k",
    "value": "v", "proj_attn": "proj_out",
}  # fmt: skip


def taming_name(key: str, n_ups: int) -> str:
    """A key of any dialect as taming-transformers writes it.

    diffusers and LlamaGen count the decoder's stages from the smallest pictures, taming from the largest.

    Args:
        key: of a state dict.
        n_ups: stages of its decoder.
    """
    key = _STAGES.sub(lambda match: _stage(match[1], int(match[2]), n_ups), key)
    key = _MIDDLE.sub(lambda match: _middle(match[1], int(match[2])), key)
    key = re.sub(r"\.(down|up)samplers\.0\.", r".\1sample.", key).replace(".to_out.0.", ".proj_out.")
    return ".".join(_LAYERS.get(part) or _OF_ATTENTION.get(part, part) for part in key.split("."))


def _stage(half: str, number: int, n_ups: int) -> str:
    return f"encoder.down.{number}." if half == "encoder" else f"decoder.up.{n_ups - 1 - number}."


def _middle(kind: str | None, number: int) -> str:
    if kind == "attentions" or (kind is None and number == 1):
        return ".mid.attn_1."
    return f".mid.block_{1 + (number if kind else number // 2)}."
