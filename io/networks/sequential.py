"""Stacks of linear layers: the generators and discriminators of the first GAN tutorials."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from ganloss_cli.io.networks.placing import Activation, End, activation_layer, end_layer, place


class LinearStack(nn.Module):
    """Linear layers with one activation between them, under the key names of the file.

    Goodfellow et al. 2014 (arXiv 1406.2661) in the form of yunjey/pytorch-tutorial, PyTorch-GAN and others.

    Args:
        keys: prefixes of the linear layers.
        widths: values of a sample before the first layer and after every layer.
        norm_keys: prefix of the batch norm behind every layer, None for none.
        activation: between the layers, behind the norm.
        slope: of a leaky activation.
        norm_eps: of batch norm; PyTorch-GAN's is 0.8.
        end: behind the last layer.
        image_shape: (C, H, W) of what a generator makes; None leaves it flat.
        judges: whether it is a discriminator.
    """

    def __init__(
        self,
        *,
        keys: Sequence[str],
        widths: Sequence[int],
        norm_keys: Sequence[str | None],
        activation: Activation,
        slope: float,
        norm_eps: float,
        end: End,
        image_shape: Sequence[int] | None = None,
        judges: bool = False,
    ) -> None:
        super().__init__()
        self.judges = judges
        self.image_shape = tuple(image_shape) if image_shape else None
        self._steps: list[nn.Sequential] = []
        for key, before, after, norm_key in zip(keys, widths, widths[1:], norm_keys, strict=False):
            layers = [place(self, key, nn.Linear(before, after))]
            if norm_key is not None:
                layers.append(place(self, norm_key, nn.BatchNorm1d(after, norm_eps)))
            layers.append(activation_layer(activation, slope) if key != keys[-1] else end_layer(end))
            self._steps.append(nn.Sequential(*layers))

    def forward(self, sample: Tensor) -> Tensor | tuple[list[Tensor], list[list[Tensor]]]:
        """An image of a generator, or what a discriminator says of one.

        Args:
            sample: latents, (N, latent); or an image of any shape with as many values as the first layer takes.

        Returns:
            A generator: (N, C, H, W), or (N, values). A discriminator: [scores], (N, 1), probabilities where it ends
            in a sigmoid; and [[features]], one after every activation and the scores last.
        """
        hidden = sample.flatten(1)
        outputs: list[Tensor] = []
        for step in self._steps:
            hidden = step(hidden)
            outputs.append(hidden)
        if self.judges:
            return [hidden], [outputs]
        return hidden if self.image_shape is None else hidden.view(-1, *self.image_shape)
