"""Names and shapes of the layers that VITS and its children are made of, without weight norm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Named = Iterator[tuple[str, tuple[int, ...]]]


def layer(name: str, *shape: int) -> Named:
    """A convolution or a linear layer with a bias."""
    yield f"{name}.weight", shape
    yield f"{name}.bias", shape[:1]


def norm(name: str, n_channels: int) -> Named:
    """A norm over channels."""
    yield f"{name}.gamma", (n_channels,)
    yield f"{name}.beta", (n_channels,)


def transformer(name: str, width: int, of: Mapping[str, Any], *, causal: bool = False) -> Named:
    """Layers of attention and convolutions.

    Args:
        name: before its keys.
        width: in channels.
        of: `n_hidden`, `n_layers`, `kernel`; `n_heads` and `window` where distances count.
        causal: whether it looks back alone, without distances, under so-vits-svc's names.
    """
    hidden, kernel = of["n_hidden"], of["kernel"]
    attention, first, second = (
        ("self_attn_layers", "norm_layers_0", "norm_layers_1") if causal
        else ("attn_layers", "norm_layers_1", "norm_layers_2")
    )  # fmt: skip
    for k in range(of["n_layers"]):
        for relative in () if causal else ("emb_rel_k", "emb_rel_v"):
            yield f"{name}.{attention}.{k}.{relative}", (1, 2 * of["window"] + 1, width // of["n_heads"])
        for projection in ("conv_q", "conv_k", "conv_v", "conv_o"):
            yield from layer(f"{name}.{attention}.{k}.{projection}", width, width, 1)
        yield from layer(f"{name}.ffn_layers.{k}.conv_1", hidden, width, kernel)
        yield from layer(f"{name}.ffn_layers.{k}.conv_2", width, hidden, kernel)
        yield from norm(f"{name}.{first}.{k}", width)
        yield from norm(f"{name}.{second}.{k}", width)


def wavenet(name: str, of: Mapping[str, Any], n_layers: int) -> Named:
    """Gated convolutions.

    Args:
        name: before its keys.
        of: `n_channels`, `kernel`, `condition_channels`, and `separable` where they may be.
        n_layers: of each kind.
    """
    width, kernel = of["n_channels"], of["kernel"]
    for k in range(n_layers):
        if of.get("separable"):
            yield from layer(f"{name}.in_layers.{k}.depth_conv", width, 1, kernel)
            yield from layer(f"{name}.in_layers.{k}.point_conv", 2 * width, width, 1)
        else:
            yield from layer(f"{name}.in_layers.{k}", 2 * width, width, kernel)
        yield from layer(f"{name}.res_skip_layers.{k}", width if k == n_layers - 1 else 2 * width, width, 1)
    if of["condition_channels"]:
        yield from layer(f"{name}.cond_layer", 2 * width * n_layers, of["condition_channels"], 1)


def posterior(of: Mapping[str, Any]) -> Named:
    """The encoder of the posterior, and the speakers.

    Args:
        of: `n_bins`, `in_channels`, `posterior_layers`, `n_speakers`, and what `wavenet` takes.
    """
    yield from layer("enc_q.pre", of["n_channels"], of["n_bins"], 1)
    yield from wavenet("enc_q.enc", of, of["posterior_layers"])
    yield from layer("enc_q.proj", 2 * of["in_channels"], of["n_channels"], 1)
    if of["n_speakers"]:
        yield "emb_g.weight", (of["n_speakers"], of["condition_channels"])


def couplings(of: Mapping[str, Any]) -> Named:
    """What every coupling layer has of its own; every second entry of the flow is a flip, which has no tensors.

    Args:
        of: `n_channels`, `in_channels`, `n_flows`.
    """
    width, half = of["n_channels"], of["in_channels"] // 2
    for k in range(of["n_flows"]):
        yield from layer(f"flow.flows.{2 * k}.pre", width, half, 1)
        yield from layer(f"flow.flows.{2 * k}.post", half, width, 1)
