"""What a run of `ganloss eval` is asked for: the options of the command and the arguments of `evaluate`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class StatedNumber:
    """A number that a log, a paper or a person states for a loss.

    Args:
        name: what it is called there.
        text: its digits as they stand there.
        value: the number.
        tolerance: half a unit of its last digit.
    """

    name: str
    text: str
    value: float
    tolerance: float


@dataclass(frozen=True, kw_only=True)
class Request:
    """Every choice that changes what is evaluated; how it is printed is not part of it.

    Args:
        ckpt: checkpoint files or folders; the parts make one model.
        disc: the same, for discriminators.
        networks: "ROLE=FILE.py:Class(ngf=64)".
        data: what `--data` points at.
        roles: role -> path, for roles named directly; they win over `data`.
        losses: "ssim", "ssim:piq", "ssim:all", or "all"; empty for all that apply.
        recipe: a published training total instead of losses: "hifigan".
        settings: "fm.features_have_logits=false", "discogan.rate=0.01".
        rename: "THEIRS=OURS" for names in tensor files.
        range: what image tensors in files hold.
        network_range: "LOW,HIGH" or "ROLE=LOW,HIGH".
        channel_order: the order of colour channels that networks eat and make; None for the recipe's, else RGB.
        scores: whether a discriminator returns logits or probabilities.
        naming: whose names G_A, D_A ... are, with two domains.
        features: a pattern of module names whose outputs are the features.
        backbone: "vgg19=FILE" or "vgg16=FILE", whose feature maps perceptual losses compare.
        arch: "NAME" or "ROLE=NAME", where the weights leave several architectures open.
        arch_args: "K=V,K=V" or "ROLE:K=V", hyper-parameters that shapes do not tell.
        allow_code: TorchScript and exported programs may run.
        rescue: recover the tensors of pickled modules, importing and running nothing.
        alpha: what to do with an alpha channel; None refuses it.
        channels: "mono" averages the channels of audio.
        sample_rate: resample audio to this many Hz.
        segment: cut the middle of audio, in seconds.
        resize: "64" (short side, then centre crop) or "64x48" (width x height).
        tile: side of tiles in pixels, for images too large for one forward pass.
        max_pixels: that an image may have; by default Pillow's limit against decompression bombs.
        modcrop: crop images to a multiple of this many pixels.
        quantize: clamp the generator's images and round them to 8 bits.
        pair_by: a regular expression; its first group, or the whole match, is the name that pairs.
        unpaired: never pair.
        split: "train" or "test", where both lie in one folder.
        direction: "AtoB" or "BtoA", for one generator between two domains.
        aligned: "AB" or "BA": each image holds both, side by side.
        stem: which source of a separation folder is the target.
        mode: "eval", or "train" with buffers copied back.
        weights: "raw", "ema", "both"; None chooses by loss.
        samples: how many fakes to draw from latents; None for as many as reals, at most 10 000.
        latent_shape: shape of one latent, where the generator does not tell.
        limit: use the first N samples only.
        over: "all" evaluates losses over sets on the whole data, "batch" on each batch, as training does.
        batch_size: None chooses by the size of a sample.
        workers: threads that decode.
        device: "auto", "cpu", "cuda", "cuda:1", "mps".
        dtype: the dtype of networks and losses.
        seed: of latents, noise and mixing coefficients.
        per_sample: report each sample's values.
        worst: report the K worst samples of each loss.
        fail_if: "ssim<0.9".
        dry_run: plan, evaluate nothing.
    """

    ckpt: tuple[Path, ...] = ()
    disc: tuple[Path, ...] = ()
    networks: tuple[str, ...] = ()
    data: Path | None = None
    roles: Mapping[str, str] = field(default_factory=dict)
    losses: tuple[str, ...] = ()
    recipe: str | None = None
    settings: tuple[str, ...] = ()
    rename: tuple[str, ...] = ()
    range: tuple[float, float] | None = None
    network_range: tuple[str, ...] = ()
    channel_order: Literal["RGB", "BGR"] | None = None
    scores: Literal["logits", "probabilities"] | None = None
    naming: Literal["cyclegan", "discogan"] | None = None
    features: tuple[str, ...] = ()
    backbone: str | None = None
    arch: tuple[str, ...] = ()
    arch_args: tuple[str, ...] = ()
    allow_code: bool = False
    rescue: bool = False
    alpha: Literal["drop", "white", "black"] | None = None
    channels: Literal["mono", "keep"] = "keep"
    sample_rate: int | None = None
    segment: float | None = None
    resize: str | None = None
    tile: int | None = None
    max_pixels: int | None = None
    modcrop: int | None = None
    quantize: bool = False
    pair_by: str | None = None
    unpaired: bool = False
    split: Literal["train", "test"] | None = None
    direction: Literal["AtoB", "BtoA"] | None = None
    aligned: Literal["AB", "BA"] | None = None
    stem: str | None = None
    mode: Literal["eval", "train"] = "eval"
    weights: Literal["raw", "ema", "both"] | None = None
    samples: int | None = None
    latent_shape: tuple[int, ...] | None = None
    limit: int | None = None
    over: Literal["all", "batch"] = "all"
    batch_size: int | None = None
    workers: int = 2
    device: str = "auto"
    dtype: Literal["float32", "float64", "bfloat16", "float16"] = "float32"
    seed: int = 0
    per_sample: bool = False
    worst: int | None = None
    fail_if: tuple[str, ...] = ()
    dry_run: bool = False
    command: tuple[str, ...] = ()
