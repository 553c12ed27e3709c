"""The key names of BigGAN's ResNets as one set: ajbrock's BigGAN-PyTorch, StudioGAN's, and christiancosgrove's SNGAN.

ours                        BigGAN-PyTorch       StudioGAN                      SNGAN
linear                      linear               linear0 (G), linear1 (D)       dense (G), fc.module (D)
blocks.3.conv1              blocks.3.0.conv1     blocks.4.0.conv2d1, counting   model.3.conv1
blocks.3.conv_sc            blocks.3.0.conv_sc   blocks.4.0.conv2d0             model.3.bypass_conv
blocks.3.bn1.norm           blocks.3.0.bn1       blocks.4.0.bn1.bn              (blocks.3.bn1) model.3.model.0
attention.3.theta           blocks.3.1.theta     blocks.5.0.conv1x1_theta
output_norm, output_conv    output_layer.0, .2   bn4, conv2d5                   model.3, final
embed                       embed                embedding
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

Names = Literal["BigGAN-PyTorch", "StudioGAN", "SNGAN"]

_BLOCK = re.compile(r"blocks\.(\d+)\.(\d+)\.(.+)")
_STATISTIC = re.compile(r"\.(?:bn\.)?(?:stored|running)_(mean|var)$")
# only for logs: singular values, and the vectors of all but the first
_LOGGED = re.compile(r"(?:.*\.)?(?:sv\d+|u[1-9]\d*)")
# SNGAN's right singular vectors, which it makes anew at every call
_MADE_ANEW = re.compile(r"model\.\d+\.[\w.]+\.weight_v|fc\.module\.weight_v")
# heads of a StudioGAN discriminator that classify, and are no part of its score
_CLASSIFIES = ("linear2.", "linear_mi.", "embedding_mi.", "info_discrete_linear.", "info_conti_")
_BIGGAN_TOP = {"output_layer.0": "output_norm", "output_layer.2": "output_conv"}
_STUDIOGAN_TOP = {
    "linear0": "linear",
    "linear1": "linear",
    "bn4": "output_norm",
    "conv2d5": "output_conv",
    "embedding": "embed",
}
# its layers lie in a file twice, as attributes and in a Sequential; as in torch, the later ones are taken
_SNGAN_BLOCK = re.compile(r"model\.(\d+)\.(conv1|conv2|bypass_conv|(?:model|bypass)\.\d+(?:\.module)?)\.(\w+)")
_SNGAN_TOP = {
    "dense": "linear", "fc.module": "linear", "final": "output_conv", "model.5": "output_conv",
    "model.3": "output_norm",
}  # fmt: skip
_SNGAN_LAYERS = {
    "bypass_conv": "conv_sc", "bypass.0.module": "conv_sc", "bypass.1.module": "conv_sc",
    "model.0": "bn1", "model.3": "conv1", "model.4": "bn2", "model.6": "conv2",
    "model.0.module": "conv1", "model.2.module": "conv2",  # the first block of a discriminator
    "model.1.module": "conv1", "model.3.module": "conv2",
}  # fmt: skip
_SNGAN_PARTS = {"weight_bar": "weight", "weight_u": "u0"}
_STUDIOGAN_PARTS = {
    "conv2d0": "conv_sc",
    "bn0": "bn_sc",
    "conv1x1_theta": "theta",
    "conv1x1_phi": "phi",
    "conv1x1_g": "g",
    "conv1x1_attn": "o",
    "sigma": "gamma",
}


def dialect(keys: Iterable[str]) -> Names | None:
    """Whose names these are; None for nobody's."""
    keys = frozenset(key.partition(".parametrizations.weight")[0].partition(".weight")[0] for key in keys)
    if "blocks.0.0.conv1" in keys and "linear" in keys:
        return "BigGAN-PyTorch"
    if "model.0.conv1" in keys and {"dense", "fc.module"} & keys:
        return "SNGAN"
    return "StudioGAN" if "blocks.0.0.conv2d1" in keys and {"linear0", "linear1"} & keys else None


def our_names(keys: Iterable[str]) -> dict[str, str]:
    """Key of any dialect -> ours; keys that are ours already stay.

    Args:
        keys: of a whole state dict.
    """
    keys = list(keys)
    names = dialect(keys)
    if names is None:
        return {key: key for key in keys}
    if names == "SNGAN":
        return {key: _of_sngan(key) for key in keys}
    places = _places(keys)
    return {key: _of_biggan(key, places) if names == "BigGAN-PyTorch" else _of_studiogan(key, places) for key in keys}


def is_without_effect(key: str) -> bool:
    """Whether a key belongs to nothing that a score or an image depends on."""
    useless = _LOGGED.fullmatch(key) or _MADE_ANEW.fullmatch(key)
    return bool(useless) or key.endswith("accumulation_counter") or key.startswith(_CLASSIFIES)


def _places(keys: Iterable[str]) -> dict[tuple[int, int], str]:
    """Place in the nested list of blocks -> our name for what is there: blocks are counted, attention is not."""
    matches = [match for key in keys if (match := _BLOCK.fullmatch(key))]
    attention = {(int(match[1]), int(match[2])) for match in matches if "theta." in match[3]}
    places: dict[tuple[int, int], str] = {}
    n_blocks = 0
    for place in sorted({(int(match[1]), int(match[2])) for match in matches}):
        places[place] = f"attention.{n_blocks - 1}" if place in attention else f"blocks.{n_blocks}"
        n_blocks += place not in attention
    return places


def _of_biggan(key: str, places: Mapping[tuple[int, int], str]) -> str:
    match = _BLOCK.fullmatch(key)
    if match is None:
        layer = next((layer for layer in _BIGGAN_TOP if key.startswith(f"{layer}.")), None)
        if layer is None:
            return key
        rest = _STATISTIC.sub(r".running_\1", key.removeprefix(layer))
        return _BIGGAN_TOP[layer] + (".weight" if rest == ".gain" else rest.replace(".bn.", "."))
    rest = _STATISTIC.sub(r".norm.running_\1", match[3]) if match[3].startswith("bn") else match[3]
    return f"{places[int(match[1]), int(match[2])]}.{rest.replace('.bn.', '.norm.')}"


def _of_sngan(key: str) -> str:
    match = _SNGAN_BLOCK.fullmatch(key)
    if match:
        return f"blocks.{match[1]}.{_SNGAN_LAYERS.get(match[2], match[2])}.{_SNGAN_PARTS.get(match[3], match[3])}"
    layer, _, part = key.rpartition(".")
    return f"{_SNGAN_TOP.get(layer, layer)}.{_SNGAN_PARTS.get(part, part)}"


def _of_studiogan(key: str, places: Mapping[tuple[int, int], str]) -> str:
    match = _BLOCK.fullmatch(key)
    if match is None:
        layer, dot, rest = key.partition(".")
        return _STUDIOGAN_TOP.get(layer, layer) + dot + rest
    part, dot, rest = match[3].partition(".")
    part = _STUDIOGAN_PARTS.get(part, part.replace("conv2d", "conv"))
    rest = f"norm.{rest.removeprefix('bn.')}" if rest.startswith("bn.") else rest
    return f"{places[int(match[1]), int(match[2])]}.{part}{dot}{rest}"
