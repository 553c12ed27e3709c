"""The keyword arguments of `evaluate`, for type checkers and editors.

Made by tests/make_evaluate_arguments.py from the options of `ganloss eval`, whose --help explains each.
"""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import Literal, TypedDict

Text = str | PathLike[str]
Texts = Text | Sequence[Text]


class EvaluateArguments(TypedDict, total=False):
    """What `evaluate` takes: the fields of `Request`, and a place for each role of the data."""

    ckpt: Texts | None
    disc: Texts | None
    networks: Texts | None
    state: Texts | None
    network_range: Texts | None
    channel_order: Literal["RGB", "BGR"] | None
    scores: Literal["logits", "probabilities"] | None
    naming: Literal["cyclegan", "discogan"] | None
    features: Texts | None
    backbone: Texts | None
    arch: Texts | None
    arch_args: Texts | None
    weights: Literal["raw", "ema", "both"] | None
    mode: Literal["eval", "train"]
    latent_shape: int | Sequence[int] | str | None
    samples: int | None
    allow_code: bool
    rescue: bool
    data: Text | None
    real: Text | None
    fake: Text | None
    input: Text | None
    latents: Text | None
    label: Text | None
    pitch: Text | None
    mixture: Text | None
    target: Text | None
    estimate: Text | None
    residual: Text | None
    mask: Text | None
    real_A: Text | None
    real_B: Text | None
    fake_A: Text | None
    fake_B: Text | None
    rename: Texts | None
    range: tuple[float, float] | str | None
    pair_by: str | None
    unpaired: bool
    split: Literal["train", "test"] | None
    direction: Literal["AtoB", "BtoA"] | None
    aligned: Literal["AB", "BA"] | None
    stem: Text | None
    limit: int | None
    alpha: Literal["drop", "white", "black", "keep"] | None
    resize: int | tuple[int, int] | str | None
    max_pixels: int | None
    modcrop: int | None
    channels: Literal["mono", "keep"]
    sample_rate: int | None
    segment: float | None
    losses: Texts | None
    recipe: Text | None
    settings: Texts | None
    over: Literal["all", "batch"]
    quantize: bool
    batch_size: int | None
    workers: int
    device: str
    dtype: Literal["float32", "float64", "bfloat16", "float16"]
    seed: int
    tile: int | None
    dry_run: bool
    shard: str | None
    journal: Texts | None
    per_sample: bool
    save_statistics: Text | None
    worst: int | None
    fail_if: Texts | None
    baseline: Text | None
    fail_if_worse: Texts | None
    level: float
    allow_missing: bool
    waivers: Text | None
    rec_A: Text | None
    rec_B: Text | None
    idt_A: Text | None
    idt_B: Text | None
    command: Texts | None
