"""What a state dict is by what it holds: a network of the training, a known network that only measures, or no network.

Torch-free: anything with a shape counts as a tensor.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import recognise
from ganloss_cli.io.checkpoints.contents.measures import LPIPS_MARK
from ganloss_cli.io.checkpoints.pickle.objects import tensor_record

Kind = Literal["network", "auxiliary", "statistics"]

# what a state dict holds beside what is trained: statistics, counters, vectors of spectral norm, filters, fixed noise
_BUFFER = re.compile(
    r"(?:.*\.)?(?:running_mean|running_var|num_batches_tracked|weight_u|_u|_v|u\d+|sv\d+|stored_mean|stored_var|accumulation_counter|noise_\d+|w_avg|latent_avg|resample_filter"
    r"|(?:blur|upsample|downsample|up|down)\.kernel|(?:lowpass|upsample|downsample)\.filter|inv_freq|pos_enc"
    r"|(?:\w+_)?window|mel_basis|mel_scale\.fb|prefilter\.fir\.weight|losses\.\d+\.weight)"
)
# the convolutions of VGG-16 and VGG-19 up to the third pooling; a critic of super-resolution stops at two of 256
_VGG = (
    (64, 3, 3, 3), (64, 64, 3, 3), (128, 64, 3, 3), (128, 128, 3, 3), (256, 128, 3, 3), (256, 256, 3, 3),
    (256, 256, 3, 3),
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class _Auxiliary:
    """A pretrained network that trainings measure with and never train: some tensor's name ends with each mark."""

    what: str
    marks: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class _Exchange:
    """Two sets of weights of a file whose keys say the opposite of what they are.

    Args:
        writer: who writes them so.
        averaged: the key of the average.
        raw: the key of the raw weights.
        counter: a tensor of one number that lies among the raw weights, and tells such a file from others.
    """

    writer: str
    averaged: str
    raw: str
    counter: str


# while it validates a network, and saves it, the hook has exchanged its weights with their average
_EXCHANGES = (_Exchange(writer="EMAHook (MMEngine)", averaged="state_dict", raw="ema_state_dict", counter="steps"),)
_AUXILIARIES = (
    _Auxiliary(what="LPIPS (richzhang/PerceptualSimilarity)", marks=(LPIPS_MARK,)),
    _Auxiliary(what="Inception v3 (torchvision)", marks=("Conv2d_1a_3x3.conv.weight",)),
    _Auxiliary(what="CLIP (openai/CLIP)", marks=("visual.proj", "token_embedding.weight")),
    _Auxiliary(what="a text encoder (transformers)", marks=("text_model.embeddings.token_embedding.weight",)),
    _Auxiliary(what="T5 (transformers)", marks=("encoder.block.0.layer.0.SelfAttention.q.weight",)),
    _Auxiliary(what="BERT (transformers)", marks=("encoder.layer.0.attention.self.query.weight",)),
    _Auxiliary(what="WavLM, HuBERT or wav2vec 2.0", marks=("feature_extractor.conv_layers.0.conv.weight",)),
    _Auxiliary(what="WavLM, HuBERT or wav2vec 2.0 (fairseq)", marks=("feature_extractor.conv_layers.0.0.weight",)),
)


def is_buffer(name: str) -> bool:
    """Whether a tensor of this name is kept beside what is trained."""
    return _BUFFER.fullmatch(name) is not None


def kind_of_state(tensors: Mapping[str, Any]) -> Kind:
    """What a state dict is.

    Args:
        tensors: by name.
    """
    if all(map(is_buffer, tensors)):
        return "statistics"
    return "auxiliary" if auxiliary(tensors) else "network"


def exchanged(root: Mapping[Any, Any]) -> dict[str, bool]:
    """Keys of a file that say the opposite of what they are -> whether an average lies there.

    Args:
        root: what the file holds.
    """
    for known in _EXCHANGES:
        raw = root.get(known.raw)
        count = raw.get(known.counter) if isinstance(raw, dict) else None
        if known.averaged in root and hasattr(tensor_record(count) or count, "shape"):
            return {known.averaged: True, known.raw: False}
    return {}


def auxiliary(tensors: Mapping[str, Any]) -> str | None:
    """Which pretrained network that only measures these tensors are of.

    Args:
        tensors: by name.
    """
    shapes = [tuple(tensor.shape) for tensor in tensors.values()]
    kernels = [shape for shape in shapes if len(shape) > 1]
    if tuple(kernels[: len(_VGG)]) == _VGG:
        return "VGG (torchvision)"
    endings = {ending for name in tensors for ending in _endings(name)}
    return next((known.what for known in _AUXILIARIES if all(mark in endings for mark in known.marks)), None)


def is_recognised(tensors: Mapping[str, Any]) -> bool:
    """Whether some architecture fits these names and shapes.

    Args:
        tensors: by name.
    """
    try:
        return recognise({name: tuple(tensor.shape) for name, tensor in tensors.items()}, {}) is not None
    except InputError:  # several recipes fit
        return True


def _endings(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[k:]) for k in range(max(len(parts) - 8, 0), len(parts))]
