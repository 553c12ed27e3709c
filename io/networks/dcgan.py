"""DCGAN and its relatives: one stack of convolutions, or of transposed convolutions, with batch norm between."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from ganloss_cli.io.networks.placing import Activation, End, activation_layer, end_layer, place


class ConvolutionStack(nn.Module):
    """Convolutions with one activation between them, under the key names of the file.

    Radford et al. 2015 (arXiv 1511.06434) in the form of pytorch/examples and its forks.

    Args:
        transposed: whether the convolutions are transposed ones, as in a generator.
        keys: prefixes of the convolutions.
        channels: before the first convolution and after every one.
        kernels: sizes of the kernels.
        strides: of the convolutions.
        paddings: of the convolutions.
        biased: whether each convolution has a bias.
        norm_keys: prefix of the batch norm behind every convolution, None for none.
        activation: between the convolutions, behind the norm.
        slope: of a leaky activation.
        end: behind the last convolution.
        judges: whether it is a discriminator.
        last: the strides and paddings that the last convolution of a discriminator may have; the one that makes one
            score of an image is taken. Empty for `strides[-1]`, `paddings[-1]`.
    """

    def __init__(
        self,
        *,
        transposed: bool,
        keys: Sequence[str],
        channels: Sequence[int],
        kernels: Sequence[int],
        strides: Sequence[int],
        paddings: Sequence[int],
        biased: Sequence[bool],
        norm_keys: Sequence[str | None],
        activation: Activation,
        slope: float,
        end: End,
        judges: bool = False,
        last: Sequence[Sequence[int]] = (),
    ) -> None:
        super().__init__()
        self.judges = judges
        self.last = [(stride, padding) for stride, padding in last] or [(strides[-1], paddings[-1])]
        kind = nn.ConvTranspose2d if transposed else nn.Conv2d
        self._steps: list[nn.Sequential] = []
        for k, key in enumerate(keys):
            conv = kind(channels[k], channels[k + 1], kernels[k], strides[k], paddings[k], bias=biased[k])
            layers = [place(self, key, conv)]
            norm_key = norm_keys[k]
            if norm_key is not None:
                layers.append(place(self, norm_key, nn.BatchNorm2d(channels[k + 1])))
            layers.append(activation_layer(activation, slope) if k < len(keys) - 1 else end_layer(end))
            self._steps.append(nn.Sequential(*layers))

    def forward(self, sample: Tensor) -> Tensor | tuple[list[Tensor], list[list[Tensor]]]:
        """An image of a generator, or what a discriminator says of one.

        Args:
            sample: latents, (N, latent, 1, 1) or (N, latent); or an image, (N, C, H, W).

        Returns:
            A generator: (N, C, H, W). A discriminator: [scores], (N,), probabilities where it ends in a sigmoid; and
            [[features]], one after every activation and the scores last, (N, 1, 1, 1).

        Raises:
            ValueError: an image of a size that does not end in one score.
        """
        hidden = sample if sample.dim() > 2 else sample[:, :, None, None]
        outputs: list[Tensor] = []
        for step in self._steps:
            last = self.judges and len(outputs) == len(self._steps) - 1
            hidden = self._scored(step, hidden, sample) if last else step(hidden)
            outputs.append(hidden)
        return ([hidden.flatten()], [outputs]) if self.judges else hidden

    def _scored(self, step: nn.Sequential, hidden: Tensor, image: Tensor) -> Tensor:
        """The last convolution, with the stride and padding that make one score of this map, and what is behind it."""
        conv = step[0]
        if not isinstance(conv, nn.Conv2d):
            raise AssertionError("a discriminator's steps begin with a convolution")
        for stride, padding in self.last:
            sides = [(side + 2 * padding - conv.kernel_size[0]) // stride + 1 for side in hidden.shape[2:]]
            if sides == [1, 1]:
                # of the layer itself, not of a copy of its weights: whoever watches layers sees it called
                conv.stride, conv.padding = (stride, stride), (padding, padding)
                return step(hidden)  # type: ignore[no-any-return]
        size = "x".join(map(str, image.shape[2:]))
        raise ValueError(f"images of {size} pixels do not end in one score; it was trained on another size")
