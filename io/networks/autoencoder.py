"""The convolutional auto-encoder of taming-transformers, latent-diffusion, diffusers and LlamaGen, in their keys."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal

from torch import Tensor, nn
from torch.nn import functional

from ganloss_cli.io.architectures.autoencoder_names import taming_name
from ganloss_cli.io.networks.codebooks import Codebook, GumbelCodebook
from ganloss_cli.io.networks.spellings import respelling
from ganloss_cli.io.networks.vae import noise_of

_EPSILON = 1e-6
_SPATIAL_GROUPS = 32  # whatever its configuration says of others
_LOG_VARIANCES = (-30.0, 20.0)  # latent-diffusion clamps to them
_OF_ATTENTION = ("q.weight", "k.weight", "v.weight", "proj_out.weight")  # linear layers in diffusers


class _Norm(nn.GroupNorm):
    """Group norm."""

    def forward(self, hidden: Tensor, _codes: Tensor | None = None) -> Tensor:
        """(N, C, H, W) to the same shape."""
        return super().forward(hidden)


class _SpatialNorm(nn.Module):
    """Group norm whose scale and shift are convolutions of the codes (Zheng et al. 2022, MoVQ, arXiv:2209.09002)."""

    def __init__(self, width: int, code_width: int) -> None:
        super().__init__()
        self.norm_layer = nn.GroupNorm(_SPATIAL_GROUPS, width, eps=_EPSILON)
        self.conv_y = nn.Conv2d(code_width, width, 1)
        self.conv_b = nn.Conv2d(code_width, width, 1)

    def forward(self, hidden: Tensor, codes: Tensor) -> Tensor:
        """(N, C, H, W) to the same shape."""
        codes = functional.interpolate(codes, size=hidden.shape[2:])
        return self.norm_layer(hidden) * self.conv_y(codes) + self.conv_b(codes)  # type: ignore[no-any-return]


class _Norms:
    """Makes the norms of one half: plain ones, or spatial ones where it is told the width of the codes."""

    def __init__(self, groups: int, code_width: int | None = None) -> None:
        self._groups, self._code_width = groups, code_width

    def __call__(self, width: int) -> nn.Module:
        if self._code_width is None:
            return _Norm(self._groups, width, eps=_EPSILON)
        return _SpatialNorm(width, self._code_width)


class _Block(nn.Module):
    """Two convolutions, each behind norm and SiLU, and a skip connection."""

    def __init__(self, before: int, after: int, norms: _Norms) -> None:
        super().__init__()
        self.norm1, self.conv1 = norms(before), nn.Conv2d(before, after, 3, padding=1)
        self.norm2, self.conv2 = norms(after), nn.Conv2d(after, after, 3, padding=1)
        if before != after:
            self.nin_shortcut = nn.Conv2d(before, after, 1)

    def forward(self, hidden: Tensor, codes: Tensor | None = None) -> Tensor:
        """(N, before, H, W) to (N, after, H, W)."""
        inner = self.conv1(functional.silu(self.norm1(hidden, codes)))
        inner = self.conv2(functional.silu(self.norm2(inner, codes)))
        return inner + (self.nin_shortcut(hidden) if hasattr(self, "nin_shortcut") else hidden)  # type: ignore[no-any-return]


class _Attention(nn.Module):
    """Every position sees every other, with one head."""

    def __init__(self, width: int, norms: _Norms) -> None:
        super().__init__()
        self.norm = norms(width)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(width, width, 1) for _ in range(4))

    def forward(self, hidden: Tensor, codes: Tensor | None = None) -> Tensor:
        """(N, C, H, W) to the same shape."""
        normed = self.norm(hidden, codes)
        query, key, value = (layer(normed).flatten(2).mT[:, None] for layer in (self.q, self.k, self.v))
        seen = functional.scaled_dot_product_attention(query, key, value)[:, 0].mT
        return hidden + self.proj_out(seen.reshape(hidden.shape))  # type: ignore[no-any-return]


class _Resample(nn.Module):
    """Half or twice the size; with a convolution, or without one."""

    def __init__(self, width: int, *, up: bool, convolved: bool) -> None:
        super().__init__()
        self._up, self._convolved = up, convolved
        if convolved:
            self.conv = nn.Conv2d(width, width, 3, 1 if up else 2, 1 if up else 0)

    def forward(self, hidden: Tensor) -> Tensor:
        """(N, C, H, W) to half or twice H and W."""
        if self._up:
            hidden = functional.interpolate(hidden, scale_factor=2.0)
        elif not self._convolved:
            return functional.avg_pool2d(hidden, 2)
        else:
            hidden = functional.pad(hidden, (0, 1, 0, 1))
        return self.conv(hidden) if self._convolved else hidden


class _Stage(nn.Module):
    """The blocks of one size, each with attention behind it where the stage has any."""

    def __init__(self, before: int, after: int, n_blocks: int, attends: bool, norms: _Norms) -> None:
        super().__init__()
        widths = [before, *[after] * n_blocks]
        self.block = nn.ModuleList(_Block(*pair, norms) for pair in pairwise(widths))
        self.attn = nn.ModuleList(_Attention(after, norms) for _ in range(n_blocks if attends else 0))

    def forward(self, hidden: Tensor, codes: Tensor | None = None) -> Tensor:
        """(N, before, H, W) to (N, after, H, W)."""
        for k, block in enumerate(self.block):
            hidden = block(hidden, codes)
            hidden = self.attn[k](hidden, codes) if len(self.attn) else hidden
        return hidden


class _Middle(nn.Module):
    def __init__(self, width: int, attends: bool, norms: _Norms) -> None:
        super().__init__()
        self.block_1 = _Block(width, width, norms)
        self.attn_1 = _Attention(width, norms) if attends else None
        self.block_2 = _Block(width, width, norms)

    def forward(self, hidden: Tensor, codes: Tensor | None = None) -> Tensor:
        hidden = self.block_1(hidden, codes)
        hidden = hidden if self.attn_1 is None else self.attn_1(hidden, codes)
        return self.block_2(hidden, codes)  # type: ignore[no-any-return]


class _Half(nn.Module):
    """An encoder or a decoder, each of whose stages but the last ends with a change of size.

    Args:
        in_channels: of what it takes.
        out_channels: of what it gives.
        stem: channels behind the first convolution.
        widths: channels of each stage, the largest pictures first.
        n_blocks: of each stage.
        attention: whether each stage has attention.
        middle: whether the middle has attention.
        convolved: whether a change of size has a convolution.
        up: whether it is a decoder.
        norms: makes its norms.
    """

    def __init__(
        self, *, in_channels: int, out_channels: int, stem: int, widths: Sequence[int], n_blocks: int,
        attention: Sequence[bool], middle: bool, convolved: bool, up: bool, norms: _Norms,
    ) -> None:  # fmt: skip
        super().__init__()
        self._up = up
        self.conv_in = nn.Conv2d(in_channels, stem, 3, padding=1)
        numbers = range(len(widths))
        order = [*reversed(numbers)] if up else [*numbers]
        stages: dict[int, _Stage] = {}
        before = stem
        for level in order:
            stages[level] = stage = _Stage(before, widths[level], n_blocks, attention[level], norms)
            before = widths[level]
            if level != order[-1]:
                stage.add_module(
                    "upsample" if up else "downsample", _Resample(widths[level], up=up, convolved=convolved)
                )
        self.add_module("up" if up else "down", nn.ModuleList(stages[level] for level in numbers))
        self.mid = _Middle(stem if up else before, middle, norms)
        self.norm_out, self.conv_out = norms(before), nn.Conv2d(before, out_channels, 3, padding=1)

    def forward(self, hidden: Tensor, codes: Tensor | None = None) -> Tensor:
        """(N, in_channels, H, W) to (N, out_channels, ...)."""
        hidden = self.conv_in(hidden)
        if self._up:
            hidden = self.mid(hidden, codes)
        stages: list[Any] = list(self.get_submodule("up" if self._up else "down"))  # type: ignore[call-overload]
        for stage in reversed(stages) if self._up else stages:
            hidden = stage(hidden, codes)
            resample = getattr(stage, "upsample" if self._up else "downsample", None)
            hidden = hidden if resample is None else resample(hidden)
        if not self._up:
            hidden = self.mid(hidden, codes)
        return self.conv_out(functional.silu(self.norm_out(hidden, codes)))  # type: ignore[no-any-return]


class ConvolutionalAutoencoder(nn.Module):
    """An image to its latent and back: residual blocks with attention, and one of three bottlenecks.

    Esser, Rombach and Ommer 2021 (VQGAN, arXiv:2012.09841); with a Gaussian posterior Rombach et al. 2022
    (arXiv:2112.10752). Keys: `encoder.conv_in.weight`, `encoder.down.0.block.0.conv1.weight`, `encoder.mid.attn_1.q`,
    `decoder.up.0.block.0.conv1.weight`, `quant_conv`, `post_quant_conv`, `quantize.embedding.weight`; those of
    diffusers and LlamaGen are read as these.

    Args:
        in_channels: of the image.
        out_channels: of the reconstruction.
        latent_channels: behind the encoder, and before the decoder.
        code_width: of a latent; between quant_conv and post_quant_conv.
        n_codes: entries of the codebook; 0 for a Gaussian posterior.
        bottleneck: "vq" for the nearest entry, "spherical" for that of directions, "gumbel" for a drawn one, "gaussian"
            for a posterior.
        stem: channels of the first convolution.
        widths: channels of the encoder's stages, the largest pictures first.
        decoder_widths: the same of the decoder.
        n_blocks: of each stage of the encoder; the decoder's have one more.
        attention: whether each stage of the encoder has attention.
        decoder_attention: the same of the decoder.
        middle: whether the middles have attention.
        convolved: whether changes of size have convolutions.
        quant_conv: whether there is a convolution before the bottleneck and behind it.
        spatial: whether the norms of the decoder see the codes.
        groups: of group norm.
    """

    def __init__(
        self, *, in_channels: int, out_channels: int, latent_channels: int, code_width: int, n_codes: int,
        bottleneck: Literal["vq", "spherical", "gumbel", "gaussian"], stem: int, widths: Sequence[int],
        decoder_widths: Sequence[int], n_blocks: int, attention: Sequence[bool], decoder_attention: Sequence[bool],
        middle: bool, convolved: bool, quant_conv: bool, spatial: bool, groups: int,
    ) -> None:  # fmt: skip
        super().__init__()
        twice = 2 if bottleneck == "gaussian" else 1
        self.encoder = _Half(
            in_channels=in_channels, out_channels=twice * latent_channels, stem=stem, widths=widths, n_blocks=n_blocks,
            attention=attention, middle=middle, convolved=convolved, up=False, norms=_Norms(groups),
        )  # fmt: skip
        self.decoder = _Half(
            in_channels=latent_channels, out_channels=out_channels, stem=decoder_widths[-1], widths=decoder_widths,
            n_blocks=n_blocks + 1, attention=decoder_attention, middle=middle, convolved=convolved, up=True,
            norms=_Norms(groups, code_width if spatial else None),
        )  # fmt: skip
        before = latent_channels if bottleneck == "gumbel" else code_width
        if quant_conv:
            self.quant_conv = nn.Conv2d(twice * latent_channels, twice * before, 1)
            self.post_quant_conv = nn.Conv2d(code_width, latent_channels, 1)
        if bottleneck in ("vq", "spherical"):
            self.quantize: nn.Module = Codebook(n_codes, code_width, spherical=bottleneck == "spherical")
        elif bottleneck == "gumbel":
            self.quantize = GumbelCodebook(n_codes, code_width, before)
        self._bottleneck, self._n_ups = bottleneck, len(decoder_widths)
        respelling(self, self._respell)

    @property
    def last_layer(self) -> nn.Module:
        """The decoder's last convolution, at which trainings weigh their losses against each other."""
        return self.decoder.conv_out

    def forward(self, image: Tensor, noise: Tensor | None = None) -> tuple[Tensor, ...]:
        """The reconstruction, and what the bottleneck saw.

        Args:
            image: in the range of its training; (N, C, H, W) whose sides every change of size halves.
            noise: normal; for a Gaussian posterior in the latent's shape, for drawn entries in that of their scores.
                None: noise that depends on the sample only.

        Returns:
            the image; for "gaussian" mean and log variance; for "gumbel" the scores of all entries; else the latents
            and the entries that replace them.
        """
        hidden = self.encoder(image)
        hidden = self.quant_conv(hidden) if hasattr(self, "quant_conv") else hidden
        if self._bottleneck == "gaussian":
            mean, log_variance = hidden.chunk(2, dim=1)
            log_variance = log_variance.clamp(*_LOG_VARIANCES)
            drawn = noise_of(image, mean) if noise is None else noise
            return self.decode(mean + (log_variance / 2).exp() * drawn), mean, log_variance
        if self._bottleneck == "gumbel":
            scores, codes = self.quantize(hidden, image, noise)
            return self.decode(codes), scores
        latents, codes = self.quantize(hidden)
        return self.decode(codes), latents, codes

    def decode(self, codes: Tensor) -> Tensor:
        """The image of codes or of a latent, (N, code_width, h, w)."""
        given = self.post_quant_conv(codes) if hasattr(self, "post_quant_conv") else codes
        return self.decoder(given, codes)  # type: ignore[no-any-return]

    def _respell(self, _module: nn.Module, state_dict: dict[str, Any], prefix: str, *_rest: object) -> None:
        for key in [key for key in state_dict if key.startswith(prefix)]:
            value = state_dict.pop(key)
            name = taming_name(key.removeprefix(prefix), self._n_ups)
            linear = name.endswith(_OF_ATTENTION) and value.dim() == 2
            state_dict[prefix + name] = value[..., None, None] if linear else value
