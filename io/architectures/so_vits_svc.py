"""Recognises the models of svc-develop-team/so-vits-svc, 4.0 and 4.1: VITS's auto-encoder with a prior of features."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ganloss_cli.io.architectures import hifigan
from ganloss_cli.io.architectures.audio_task import AudioTask, Kept
from ganloss_cli.io.architectures.recipes import named
from ganloss_cli.io.architectures.spellings import is_kernel, numbered, plain_shapes
from ganloss_cli.io.architectures.task import Family, Match, Shapes
from ganloss_cli.io.architectures.vits import BESIDE, COUNTS, around_decoder, own_of
from ganloss_cli.io.architectures.vits_layers import Named, couplings, layer, posterior, transformer, wavenet
from ganloss_cli.io.architectures.vits_trainings import segment_of

NAME = "so-vits-svc"
_COARSE = 256  # numbers of the coarse pitch
_RECIPE = "svc-develop-team/so-vits-svc so_vits_svc"


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, NAME) or "enc_p.f0_emb.weight" not in shapes:
        return None
    own = _own(plain_shapes(shapes))
    return around_decoder(NAME, (hifigan.HARMONIC_DECODER,), shapes, config, own=own, task=_task) if own else None


def _own(plain: Shapes) -> dict[str, Any] | None:
    """The hyper-parameters beside those of the decoder, or None where some tensor is of another network."""
    found = own_of(plain)
    prior = _prior(plain, found["n_channels"]) if found else None
    if found is None or prior is None or not (found["n_flows"] and found["n_speakers"]):
        return None
    first = "flow.flows.0.enc"
    feeds = numbered(plain, f"{first}.ffn_layers.{{}}.conv_1.weight", 3)
    shape = {"n_hidden": feeds[0][0], "kernel": feeds[0][2]} if feeds else {}
    found |= {
        "separable": "enc_q.enc.in_layers.0.depth_conv.weight" in plain,
        "flow_layers": len(feeds) or len(numbered(plain, f"{first}.res_skip_layers.{{}}.weight", 3)),
        "flow": {
            "shared": any(key.startswith("flow.wn.") for key in plain),
            "transformer": {**shape, "n_layers": len(feeds), "n_heads": prior["n_heads"]} if feeds else None,
        },
        "prior": prior,
    }
    wanted = dict(itertools.chain(posterior(found), couplings(found), _flow(found), _encoder(found)))
    return found if wanted == {key: shape for key, shape in plain.items() if not key.startswith("dec.")} else None


def _prior(plain: Shapes, n_channels: int) -> dict[str, Any] | None:
    feeds = numbered(plain, "enc_p.enc_.ffn_layers.{}.conv_1.weight", 3)
    positions, features = plain.get("enc_p.enc_.attn_layers.0.emb_rel_k", ()), plain.get("pre.weight", ())
    if not feeds or not is_kernel(positions, 3) or not is_kernel(features, 3) or n_channels % positions[2]:
        return None
    if not feeds[0][2] % 2 or not positions[1] % 2:
        return None
    return {
        "n_features": features[1],
        "n_hidden": feeds[0][0],
        "n_heads": n_channels // positions[2],
        "n_layers": len(feeds),
        "kernel": feeds[0][2],
        "window": positions[1] // 2,
        "has_volume": "emb_vol.weight" in plain,
        "predicts_pitch": "f0_decoder.proj.weight" in plain,
    }


def _flow(of: Mapping[str, Any]) -> Named:
    """What the coupling layers hold inside; a shared network has a name in each, and one of its own."""
    width, flow = of["n_channels"], of["flow"]
    places = [f"flow.flows.{2 * k}.enc" for k in range(of["n_flows"])] + ["flow.wn"] * flow["shared"]
    for place in places:
        if flow["transformer"] is None:
            yield from wavenet(place, of, of["flow_layers"])
            continue
        yield from layer(f"{place}.cond_layer", 2 * width * of["flow_layers"], of["condition_channels"], 1)
        yield from layer(f"{place}.cond_pre", 2 * width, width, 1)
        yield from transformer(place, width, flow["transformer"], causal=True)


def _encoder(of: Mapping[str, Any]) -> Named:
    """What sees the features, and what predicts the pitch."""
    width, prior = of["n_channels"], of["prior"]
    yield from layer("pre", width, prior["n_features"], 5)
    yield "emb_uv.weight", (2, width)
    if prior["has_volume"]:
        yield from layer("emb_vol", width, 1)
    yield "enc_p.f0_emb.weight", (_COARSE, width)
    yield from transformer("enc_p.enc_", width, prior)
    yield from layer("enc_p.proj", 2 * of["in_channels"], width, 1)
    if prior["predicts_pitch"]:
        yield from layer("f0_decoder.prenet", width, width, 3)
        yield from layer("f0_decoder.f0_prenet", width, 1, 3)
        yield from layer("f0_decoder.cond", width, of["condition_channels"], 1)
        yield from transformer("f0_decoder.decoder", width, prior, causal=True)
        yield from layer("f0_decoder.proj", 1, width, 1)


def _task(of: Mapping[str, Any], decoder: AudioTask, config: Mapping[str, Any]) -> AudioTask:
    volume = ("volume",) if of["prior"]["has_volume"] else ()
    told = ("phones", "voiced", *volume)
    return replace(
        decoder,
        input="spectrogram",
        stft=decoder.mel,
        takes=("noise", "pitch", "excitation", "phases", "scale", "label", *told, *COUNTS),
        beside=BESIDE,
        prior=told,
        beside_prior=("m_p", "logs_p", "log_f0", "pred_log_f0", "x_mask"),
        n_speakers=of["n_speakers"],
        recipe=_RECIPE,
        segment=segment_of(decoder.mel, config),
        kept=Kept(speakers=_speakers(config), stretched=_stretched(config), volume=bool(volume)),
    )


def _speakers(config: Mapping[str, Any]) -> dict[str, int]:
    told = config.get("spk")
    return {str(k): v for k, v in told.items() if isinstance(v, int)} if isinstance(told, Mapping) else {}


def _stretched(config: Mapping[str, Any]) -> str:
    """4.0 knows one way, which no config names; 4.1's template says nearest."""
    data = config.get("data")
    return str(data.get("unit_interpolate_mode", "left")) if isinstance(data, Mapping) else "nearest"


FAMILY = Family(name=NAME, detect=_detect, network="so_vits_svc.so_vits_svc")
