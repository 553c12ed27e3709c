"""What it costs to replace codes by the nearest entries of a codebook."""

from __future__ import annotations

from torch import Tensor

from ganloss_cli.evaluators.catalogue import Convention, loss, scaled
from ganloss_cli.evaluators.shapes import check_shapes, per_sample

REFERENCE = "van den Oord et al. 2017, Neural Discrete Representation Learning, arXiv:1711.00937"
RAW = Convention("dac", "descriptinc/descript-audio-codec@c7cfc5d dac/nn/quantize.py")
RESIDUAL = Convention(
    "dac_residual", "descriptinc/descript-audio-codec@c7cfc5d dac/nn/quantize.py, ResidualVectorQuantize",
    settings={"residual": True}, relation="summed over codebooks, each of what the one before it left",
)  # fmt: skip
BOTH = scaled(
    "taming", "CompVis/taming-transformers@3ba01b2 taming/modules/vqvae/quantize.py", 1.25,
    "with the codebook's equal term: 1 + beta at beta = 0.25",
)  # fmt: skip


@loss(
    family="latent",
    reference=REFERENCE,
    paired=True,
    equilibrium=0.0,
    interpretation="0: every code is an entry of the codebook; it grows where the encoder runs away from the codebook",
    conventions=(
        RAW,
        RESIDUAL,
        RAW.alias("encodec", "facebookresearch/encodec@0e2d0ae encodec/quantization/core_vq.py"),
        scaled(
            "sonnet_ema", "google-deepmind/sonnet@26b0518 sonnet/src/nets/vqvae.py, VectorQuantizerEMA", 0.25,
            "times beta = 0.25",
        ),
        BOTH,
        BOTH.alias("sonnet", "google-deepmind/sonnet@26b0518 sonnet/src/nets/vqvae.py, VectorQuantizer"),
        Convention(
            "oord2017", f"{REFERENCE}, equation 3", settings={"scale": 0.25, "squared_norm": True},
            relation="times beta = 0.25, of the squared norm instead of its mean over elements",
        ),
    ),
)  # fmt: skip
def vq_commit(
    latents: Tensor, z_q: Tensor, *, residual: bool = False, squared_norm: bool = False, scale: float = 1.0
) -> Tensor:
    """Commitment loss of vector quantisation: distance of the codes from their codebook entries.

        mean (latents - z_q)^2

    Args:
        latents: what the encoder gave, before quantisation; (N, ...).
        z_q: the codebook entries that replace it; (N, ...).
        residual: axis 1 counts codebooks, over which the means are summed.
        squared_norm: sum a sample's elements instead of averaging them.
        scale: what the loss is multiplied by.

    Returns:
        (N,); none is negative.

    Convention: raw, without beta; mean over elements as in all code, where the paper's equation has a norm. The
    codebook's loss has the same value and another gradient, so sums of both are 1 + beta times this, whichever of the
    two beta stands before.

    Reference: arXiv:1711.00937, equation 3.
    """
    check_shapes(latents=latents, z_q=z_q)
    squares = (latents - z_q) ** 2
    if residual:
        scale = scale * squares.shape[1]
    return scale * (squares.flatten(1).sum(1) if squared_norm else per_sample(squares))
