"""Recognises the models of RVC-Boss/GPT-SoVITS, v1, v2, v2Pro: VITS's auto-encoder with a prior of codes and phones."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ganloss_cli.io.architectures import hifigan
from ganloss_cli.io.architectures.audio_task import AudioTask, KeptInExperiment
from ganloss_cli.io.architectures.phones import phones_of
from ganloss_cli.io.architectures.recipes import named
from ganloss_cli.io.architectures.spellings import is_kernel, numbered, plain_shapes
from ganloss_cli.io.architectures.task import Family, Match, Shapes
from ganloss_cli.io.architectures.vits import BESIDE, COUNTS, around_decoder, own_of
from ganloss_cli.io.architectures.vits_layers import Named, couplings, layer, posterior, transformer, wavenet
from ganloss_cli.io.architectures.vits_trainings import segment_of

NAME = "GPT-SoVITS"
_STYLE = 512  # the width of its reader of phones, whatever that of its style
_ENCODERS = ("encoder_ssl", "encoder_text", "encoder2")
_RECIPE = "RVC-Boss/GPT-SoVITS gpt_sovits"


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, NAME) or "enc_p.mrte.c_pre.weight" not in shapes:
        return None
    own = _own(plain_shapes(shapes))
    return around_decoder(NAME, (hifigan.DECODER,), shapes, config, own=own, task=_task) if own else None


def _own(plain: Shapes) -> dict[str, Any] | None:
    """The hyper-parameters beside those of the decoder, or None where some tensor is of another network."""
    found, prior = own_of(plain), _prior(plain)
    spectral, temporal = (plain.get(f"ref_enc.{key}.weight", ()) for key in ("spectral.0.fc", "temporal.0.conv1.conv"))
    voice = plain.get("sv_emb.weight", ())
    if found is None or prior is None or not found["n_flows"] or len(voice) not in (0, 2):
        return None
    if not is_kernel(spectral, 2) or not is_kernel(temporal, 3) or temporal[2] % 2 == 0:
        return None
    found |= {
        "flow_layers": len(numbered(plain, "flow.flows.0.enc.res_skip_layers.{}.weight", 3)),
        "style": {"n_bins": spectral[1], "n_hidden": spectral[0], "kernel": temporal[2]},
        "prior": prior,
        "voice": voice[1] if voice else 0,
    }
    wanted = dict(itertools.chain(posterior(found), couplings(found), _encoder(found), _style(found)))
    for k in range(found["n_flows"]):
        wanted |= dict(wavenet(f"flow.flows.{2 * k}.enc", found, found["flow_layers"]))
    return found if wanted == {key: shape for key, shape in plain.items() if not key.startswith("dec.")} else None


def _prior(plain: Shapes) -> dict[str, Any] | None:
    feeds = numbered(plain, "enc_p.encoder_text.ffn_layers.{}.conv_1.weight", 3)
    positions = plain.get("enc_p.encoder_text.attn_layers.0.emb_rel_k", ())
    symbols, projected = plain.get("enc_p.text_embedding.weight", ()), plain.get("ssl_proj.weight", ())
    codes = plain.get("quantizer.vq.layers.0._codebook.embed", ())
    known = is_kernel(positions, 3) and is_kernel(symbols, 2) and is_kernel(projected, 3) and is_kernel(codes, 2)
    if not feeds or not known or symbols[1] % positions[2] or not feeds[0][2] % 2 or not positions[1] % 2:
        return None
    return {
        "n_features": projected[0],
        "n_symbols": symbols[0],
        "n_codes": codes[0],
        "stride": projected[2],
        "n_layers": tuple(len(numbered(plain, f"enc_p.{name}.ffn_layers.{{}}.conv_1.weight", 3)) for name in _ENCODERS),
        "n_hidden": feeds[0][0],
        "n_heads": symbols[1] // positions[2],
        "kernel": feeds[0][2],
        "window": positions[1] // 2,
    }


def _encoder(of: Mapping[str, Any]) -> Named:
    """What sees codes and phones, and the codebook."""
    width, prior = of["n_channels"], of["prior"]
    features = prior["n_features"]
    yield from layer("enc_p.ssl_proj", width, features, 1)
    for name, count in zip(_ENCODERS, prior["n_layers"], strict=True):
        yield from transformer(f"enc_p.{name}", width, {**prior, "n_layers": count})
    yield "enc_p.text_embedding.weight", (prior["n_symbols"], width)
    for name in ("conv_q", "conv_k", "conv_v", "conv_o"):
        yield from layer(f"enc_p.mrte.cross_attention.{name}", _STYLE, _STYLE, 1)
    yield from layer("enc_p.mrte.c_pre", _STYLE, width, 1)
    yield from layer("enc_p.mrte.text_pre", _STYLE, width, 1)
    yield from layer("enc_p.mrte.c_post", width, _STYLE, 1)
    yield from layer("enc_p.proj", 2 * of["in_channels"], width, 1)
    yield from layer("ssl_proj", features, features, prior["stride"])
    book = "quantizer.vq.layers.0._codebook"
    yield f"{book}.inited", (1,)
    yield f"{book}.cluster_size", (prior["n_codes"],)
    yield f"{book}.embed", (prior["n_codes"], features)
    yield f"{book}.embed_avg", (prior["n_codes"], features)


def _style(of: Mapping[str, Any]) -> Named:
    """What makes the style of a recording, and of v2Pro what adds that of its speaker."""
    hidden, kernel, n_out = of["style"]["n_hidden"], of["style"]["kernel"], of["condition_channels"]
    yield from layer("ref_enc.spectral.0.fc", hidden, of["style"]["n_bins"])
    yield from layer("ref_enc.spectral.3.fc", hidden, hidden)
    for k in range(2):
        yield from layer(f"ref_enc.temporal.{k}.conv1.conv", 2 * hidden, hidden, kernel)
    for name in ("w_qs", "w_ks", "w_vs", "fc"):
        yield from layer(f"ref_enc.slf_attn.{name}", hidden, hidden)
    yield from layer("ref_enc.fc.fc", n_out, hidden)
    if of["voice"]:
        yield from layer("sv_emb", n_out, of["voice"])
        yield from layer("ge_to512", _STYLE, n_out)
        yield "prelu.weight", (n_out,)


def _task(of: Mapping[str, Any], decoder: AudioTask, config: Mapping[str, Any]) -> AudioTask:
    voice = ("voice",) if of["voice"] else ()
    return replace(
        decoder,
        input="spectrogram",
        stft=decoder.mel,
        takes=("noise", *voice, "phones", "text", *COUNTS),
        beside=BESIDE,
        prior=("phones", "text"),
        beside_prior=("m_p", "logs_p", *(("latents", "z_q") if _frozen(config) else ())),
        recipe=_RECIPE,
        segment=segment_of(decoder.mel, config),
        symbols=phones_of(of["prior"]["n_symbols"]),
        blank=False,
        kept=KeptInExperiment(voice=of["voice"]),
    )


def _frozen(config: Mapping[str, Any]) -> bool:
    """Whether the codebook is not trained, as in all its configs; of one that is, the loss is not known here."""
    model = config.get("model")
    return bool(model.get("freeze_quantizer", True)) if isinstance(model, Mapping) else True


FAMILY = Family(name=NAME, detect=_detect, network="gpt_sovits.gpt_sovits")
