"""Pictures as Inception sees them: which library resizes them, and how, decides what it makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, overload

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.batch import Features
from ganloss_cli.evaluators.extras import DISTRIBUTION

Resize = Literal["tensorflow", "pytorch", "pillow"]
Layer = Literal["64", "192", "768", "2048", "logits_unbiased", "logits"]
WIDTHS: Mapping[Layer, int] = {"64": 64, "192": 192, "768": 768, "2048": 2048, "logits_unbiased": 1008, "logits": 1008}
SIDE = 299


@dataclass(frozen=True, kw_only=True)
class Preparation:
    """What is done to pictures of 8 bits before Inception sees them.

    Args:
        resize: "tensorflow" is TensorFlow 1's bilinear, as in Inception's own graph (torch-fidelity, torchmetrics);
            "pytorch" torch's, not filtered (pytorch-fid); "pillow" Pillow's bicubic, filtered (clean-fid).
        quantized: whether the resized pictures are 8 bits again.
    """

    resize: Resize = "tensorflow"
    quantized: bool = False

    def __call__(self, pictures: Tensor) -> Tensor:
        """(N, 3, H, W) on [0, 1] to (N, 3, 299, 299) on about [-1, 1]."""
        levels = (pictures.clamp(0, 1) * 255).round()
        if self.quantized:
            levels = levels.float()  # as libraries: what is cut then depends on the last bit
        if self.resize == "pillow":
            return (_by_pillow(levels, self.quantized).to(pictures) - 128) / 128
        if self.resize == "tensorflow":
            module = DISTRIBUTION.module("torch_fidelity.interpolate_compat_tensorflow")
            sized: Tensor = module.interpolate_bilinear_2d_like_tensorflow1x(levels, (SIDE, SIDE), align_corners=False)
            return ((sized.floor() if self.quantized else sized).to(pictures) - 128) / 128
        # in the order of pytorch-fid, and where they are cut to 8 bits of clean-fid: rounding shows in the last digits
        taken = levels if self.quantized else levels / 255
        sized = functional.interpolate(taken, (SIDE, SIDE), mode="bilinear", align_corners=False)
        return 2 * (sized.clamp(0, 255).floor().to(pictures) / 255 if self.quantized else sized) - 1


def _by_pillow(levels: Tensor, quantized: bool) -> Tensor:
    planes = levels.detach().cpu().float().numpy().reshape(-1, *levels.shape[-2:])
    kept = np.uint8 if quantized else np.float32  # an image of 8 bits is rounded and clipped by Pillow itself
    sized = [
        np.asarray(Image.fromarray(plane.astype(kept)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)).clip(0, 255)
        for plane in planes
    ]
    return torch.from_numpy(np.stack(sized)).view(*levels.shape[:2], SIDE, SIDE)


class SeenPictures(Sequence[Sequence[Tensor]]):
    """Features that are made when a loss says how pictures are prepared, and which layer it takes; each once.

    Args:
        pictures: on [0, 1]; (N, 3, H, W), or (N, 1, H, W) for grey ones.
        look: from prepared pictures to features by layer.
    """

    def __init__(self, pictures: Tensor, look: Callable[[Tensor], Mapping[str, Tensor]]) -> None:
        self._pictures, self._look = pictures, look
        self._seen: dict[Preparation, Mapping[str, Tensor]] = {}

    def rows(self, preparation: Preparation, layer: Layer) -> Tensor:
        """The features of a layer; (N, D).

        Raises:
            InputError: these are no pictures, or the network at hand does not give that layer.
        """
        if self._pictures.dim() != 4 or self._pictures.shape[1] not in (1, 3):
            shape = tuple(self._pictures.shape)
            raise InputError(f"Inception sees RGB or grey pictures (N, 3, H, W), but these have shape {shape}")
        if len(self._pictures) == 0:
            return self._pictures.new_empty((0, WIDTHS[layer]))
        if preparation not in self._seen:
            with torch.no_grad():
                pictures = self._pictures.expand(-1, 3, -1, -1)
                self._seen[preparation] = self._look(preparation(pictures))
        if layer not in self._seen[preparation]:
            raise InputError(
                f"this Inception gives no layer {layer}, only {', '.join(self._seen[preparation])}",
                hint="give its weights as a state dict",
            )
        return self._seen[preparation][layer]

    def __len__(self) -> int:
        return 1

    @overload
    def __getitem__(self, k: int) -> Sequence[Tensor]: ...
    @overload
    def __getitem__(self, k: slice) -> Sequence[Sequence[Tensor]]: ...
    def __getitem__(self, k: int | slice) -> Sequence[Tensor] | Sequence[Sequence[Tensor]]:
        """What a loss sees that prepares nothing: the last layer of the default preparation."""
        return [[self.rows(Preparation(), "2048")]][k]


def rows_of(features: Features, preparation: Preparation, layer: Layer) -> Tensor:
    """Features of a set, a row a sample.

    Args:
        features: of Inception, or any network's: [sub-discriminator][map].
        preparation: of pictures that Inception sees.
        layer: of Inception.

    Returns:
        (N, D): a layer of Inception, else the last hidden maps, averaged over positions.
    """
    return features.rows(preparation, layer) if isinstance(features, SeenPictures) else last_maps(features)


def last_maps(features: Features) -> Tensor:
    """The last hidden map of each sub-discriminator, averaged over positions, side by side; (N, channels)."""
    maps = [features[k][-2 if len(features[k]) > 1 else -1] for k in range(len(features))]
    return torch.cat([one.flatten(2).mean(2) if one.dim() > 2 else one for one in maps], dim=1)
