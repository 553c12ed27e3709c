"""What the shapes of the prior's encoder and of the duration predictor tell, in whole VITS and RVC models."""

from __future__ import annotations

from typing import Any

from ganloss_cli.io.architectures.spellings import is_kernel, numbered
from ganloss_cli.io.architectures.task import Shapes
from ganloss_cli.io.architectures.vits_layers import Named, layer, norm, transformer

PREFIXES = ("enc_p.", "dp.")
_COARSE = 256  # numbers of RVC's coarse pitch


def prior_of(plain: Shapes, n_latents: int) -> dict[str, Any] | None:
    """Hyper-parameters of the encoder of text or features; None where some tensor is of another network.

    Args:
        plain: shapes without weight norm.
        n_latents: channels of the latents.
    """
    own = _below(plain, "enc_p.")
    feeds = numbered(own, "encoder.ffn_layers.{}.conv_1.weight", 3)
    positions = own.get("encoder.attn_layers.0.emb_rel_k", ())
    symbols, phones = own.get("emb.weight", ()), own.get("emb_phone.weight", ())
    if not feeds or not is_kernel(positions, 3) or not feeds[0][2] % 2 or not positions[1] % 2:
        return None
    n_channels, n_hidden = feeds[0][1], feeds[0][0]
    if n_channels % positions[2] or not (is_kernel(symbols, 2) or is_kernel(phones, 2)):
        return None
    found = {
        "n_symbols": symbols[0] if symbols else 0,
        "n_features": 0 if symbols else phones[1],
        "has_pitch": "emb_pitch.weight" in own,
        "n_channels": n_channels,
        "n_hidden": n_hidden,
        "n_heads": n_channels // positions[2],
        "n_layers": len(feeds),
        "kernel": feeds[0][2],
        "window": positions[1] // 2,
    }
    return found if own == dict(_encoder(found, n_latents)) else None


def durations_of(plain: Shapes, n_channels: int, condition_channels: int) -> dict[str, Any] | None:
    """Hyper-parameters of the duration predictor; None where it is another network.

    Args:
        plain: shapes without weight norm.
        n_channels: of the text's encoder.
        condition_channels: of the speaker's embedding; 0 for none.
    """
    own = _below(plain, "dp.")
    if is_kernel(first := own.get("conv_1.weight", ()), 3):
        found: dict[str, Any] = {"n_hidden": first[0], "kernel": first[2]}
        wanted = dict(_plain(found, n_channels))
    elif is_kernel(first := own.get("convs.convs_sep.0.weight", ()), 3):
        n_layers = len(numbered(own, "convs.convs_sep.{}.weight", 3))
        parameters = own.get("flows.1.proj.weight", (2,))[0]
        n_flows = [sum(f"{name}.{2 * k + 1}.pre.bias" in own for k in range(64)) for name in ("flows", "post_flows")]
        found = {"kernel": first[2], "n_layers": n_layers, "n_flows": n_flows, "n_bins": (parameters + 1) // 3}
        wanted = dict(_stochastic(found, n_channels))
    else:
        return None
    if condition_channels:
        wanted |= dict(layer("cond", n_channels, condition_channels, 1))
    return found if found["kernel"] % 2 and own == wanted else None


def _below(plain: Shapes, prefix: str) -> dict[str, tuple[int, ...]]:
    return {key.removeprefix(prefix): shape for key, shape in plain.items() if key.startswith(prefix)}


def _encoder(of: dict[str, Any], n_latents: int) -> Named:
    width = of["n_channels"]
    if of["n_symbols"]:
        yield "emb.weight", (of["n_symbols"], width)
    else:
        yield from layer("emb_phone", width, of["n_features"])
    if of["has_pitch"]:
        yield "emb_pitch.weight", (_COARSE, width)
    yield from layer("proj", 2 * n_latents, width, 1)
    yield from transformer("encoder", width, of)


def _plain(of: dict[str, Any], n_channels: int) -> Named:
    hidden, kernel = of["n_hidden"], of["kernel"]
    yield from layer("conv_1", hidden, n_channels, kernel)
    yield from layer("conv_2", hidden, hidden, kernel)
    yield from norm("norm_1", hidden)
    yield from norm("norm_2", hidden)
    yield from layer("proj", 1, hidden, 1)


def _stochastic(of: dict[str, Any], width: int) -> Named:
    for name, n_in in (("pre", width), ("proj", width), ("post_pre", 1), ("post_proj", width)):
        yield from layer(name, width, n_in, 1)
    for name in ("convs", "post_convs"):
        yield from _separable(name, of, width)
    for name, count in zip(("flows", "post_flows"), of["n_flows"], strict=True):
        yield f"{name}.0.m", (2, 1)
        yield f"{name}.0.logs", (2, 1)
        for place in (f"{name}.{2 * k + 1}" for k in range(count)):
            yield from layer(f"{place}.pre", width, 1, 1)
            yield from layer(f"{place}.proj", 3 * of["n_bins"] - 1, width, 1)
            yield from _separable(f"{place}.convs", of, width)


def _separable(name: str, of: dict[str, Any], width: int) -> Named:
    for k in range(of["n_layers"]):
        yield from layer(f"{name}.convs_sep.{k}", width, 1, of["kernel"])
        yield from layer(f"{name}.convs_1x1.{k}", width, width, 1)
        yield from norm(f"{name}.norms_1.{k}", width)
        yield from norm(f"{name}.norms_2.{k}", width)
