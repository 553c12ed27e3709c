"""The ResNets of GAN_stability, with the key names of its four models."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu, normalize

from ganloss_cli.io.networks.labels import check_labels
from ganloss_cli.io.networks.placing import place

_SLOPE = 0.2
_SHARE = 0.1  # of a block's convolutions in its sum


class _Block(nn.Module):
    """Two convolutions whose tenth is added to the shortcut."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        inside = min(before, after)
        self.conv_0 = nn.Conv2d(before, inside, 3, padding=1)
        self.conv_1 = nn.Conv2d(inside, after, 3, padding=1)
        self.conv_s = nn.Conv2d(before, after, 1, bias=False) if before != after else nn.Identity()

    def forward(self, hidden: Tensor) -> Tensor:
        inner = self.conv_1(leaky_relu(self.conv_0(leaky_relu(hidden, _SLOPE)), _SLOPE))
        return self.conv_s(hidden) + _SHARE * inner  # type: ignore[no-any-return]


class _Stages(nn.Module):
    """Blocks under the names of the file, some to a stage."""

    def __init__(self, keys: Sequence[Sequence[str]], channels: Sequence[int]) -> None:
        super().__init__()
        widths = pairwise(channels)
        self._stages = [[place(self, key, _Block(*next(widths))) for key in stage] for stage in keys]

    def _through(self, stage: int, hidden: Tensor) -> Tensor:
        for block in self._stages[stage]:
            hidden = block(hidden)
        return hidden


class GanStabilityGenerator(_Stages):
    """Latents and labels to images.

    Mescheder et al. 2018 (arXiv 1801.04406). Keys: `embedding.weight`, `fc.weight`, `resnet.0.conv_0.weight` or
    `resnet_0_0.conv_0.weight`, `conv_img.weight`.

    Args:
        keys: of the blocks, stage by stage; the size doubles between stages.
        channels: before the first block and after every one.
        n_classes: of the labels.
        embedding: values that stand for a label.
        latent: values of a latent.
        bottom: pixels of the first map.
        kernel: of the last convolution.
        unit: whether what stands for a label is brought to length one.
        doubles_last: whether the size doubles behind the last stage too.
    """

    def __init__(
        self,
        *,
        keys: Sequence[Sequence[str]],
        channels: Sequence[int],
        n_classes: int,
        embedding: int,
        latent: int,
        bottom: int,
        kernel: int,
        unit: bool,
        doubles_last: bool,
    ) -> None:
        super().__init__(keys, channels)
        self.n_classes, self.bottom, self.unit, self.doubles_last = n_classes, bottom, unit, doubles_last
        self.embedding = nn.Embedding(n_classes, embedding)
        self.fc = nn.Linear(latent + embedding, channels[0] * bottom**2)
        self.conv_img = nn.Conv2d(channels[-1], 3, kernel, padding=kernel // 2)

    def forward(self, latents: Tensor, label: Tensor | None = None) -> Tensor:
        """Images in [-1, 1].

        Args:
            latents: normal, (N, latent).
            label: of the images, (N,).

        Raises:
            ValueError: a label that is none of the classes.
        """
        told = self.embedding(check_labels(label, self.n_classes))
        told = normalize(told, eps=0.0) if self.unit else told
        hidden = self.fc(torch.cat([latents, told], 1)).unflatten(1, (-1, self.bottom, self.bottom))
        for stage in range(len(self._stages)):
            hidden = interpolate(hidden, scale_factor=2) if stage else hidden
            hidden = self._through(stage, hidden)
        hidden = interpolate(hidden, scale_factor=2) if self.doubles_last else hidden
        return self.conv_img(leaky_relu(hidden, _SLOPE)).tanh()  # type: ignore[no-any-return]


class GanStabilityDiscriminator(_Stages):
    """Images and labels to one score each, that of the label among those of all classes.

    Mescheder et al. 2018 (arXiv 1801.04406). Keys as of the generator, without `embedding`.

    Args:
        keys: of the blocks, stage by stage; the size halves between stages.
        channels: before the first block and after every one.
        n_classes: of the labels.
        bottom: pixels of the last map.
        kernel: of the first convolution.
        halves_first: whether the size halves before the first stage too.
    """

    def __init__(
        self,
        *,
        keys: Sequence[Sequence[str]],
        channels: Sequence[int],
        n_classes: int,
        bottom: int,
        kernel: int,
        halves_first: bool,
    ) -> None:
        super().__init__(keys, channels)
        self.n_classes, self.bottom, self.halves_first = n_classes, bottom, halves_first
        self.conv_img = nn.Conv2d(3, channels[0], kernel, padding=kernel // 2)
        self.fc = nn.Linear(channels[-1] * bottom**2, n_classes)

    def forward(self, image: Tensor, label: Tensor | None = None) -> tuple[list[Tensor], list[list[Tensor]]]:
        """Logits and features.

        Args:
            image: in [-1, 1]; (N, 3, S, S).
            label: of the images, (N,).

        Returns:
            [logits], (N,); and [[features]], the map after every stage and the logits last, (N, 1).

        Raises:
            ValueError: a label that is none of the classes, or an image of another size.
        """
        label = check_labels(label, self.n_classes)
        hidden = self.conv_img(image)
        maps: list[Tensor] = []
        for stage in range(len(self._stages)):
            hidden = avg_pool2d(hidden, 3, 2, 1) if stage or self.halves_first else hidden
            hidden = self._through(stage, hidden)
            maps.append(hidden)
        if tuple(hidden.shape[2:]) != (self.bottom, self.bottom):
            side = self.bottom * 2 ** (len(self._stages) - (not self.halves_first))
            raise ValueError(f"images must be {side}x{side}, and these are {image.shape[2]}x{image.shape[3]}")
        logits = self.fc(leaky_relu(hidden.flatten(1), _SLOPE)).gather(1, label[:, None])
        return [logits.flatten()], [[*maps, logits]]
