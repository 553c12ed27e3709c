"""Recognises VITS and RVC: posterior encoder, flow and decoder, an auto-encoder, and the prior that training adds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import hifigan
from ganloss_cli.io.architectures.audio_task import AudioTask, Mel
from ganloss_cli.io.architectures.hifigan_recipes import MEL_LOGS
from ganloss_cli.io.architectures.recipes import ARCH, named
from ganloss_cli.io.architectures.spellings import numbered, plain_shapes
from ganloss_cli.io.architectures.task import Family, Match, Shapes, matched
from ganloss_cli.io.architectures.vits_prior import PREFIXES, durations_of, prior_of
from ganloss_cli.io.architectures.vits_trainings import add_blank, recipe_of, segment_of, symbols_of

VITS, RVC = "VITS", "RVC"
AUTOENCODER, NSF_AUTOENCODER = "VITS auto-encoder", "RVC NSF auto-encoder"
_DECODERS = {
    VITS: (hifigan.DECODER,), RVC: (hifigan.DECODER, hifigan.NSF_DECODER), AUTOENCODER: (hifigan.DECODER,),
    NSF_AUTOENCODER: (hifigan.NSF_DECODER,),
}  # fmt: skip
_OWN = ("enc_q.", "flow.", "emb_g.")
_DILATION_RATE = 1  # jaywalnut310/vits and RVC write it down in models.py, not in a config
_BESIDE = ("z_p", "m_q", "logs_q", "z_mask")
_COUNTS = ("n_frames", "n_symbols", "cut")


@dataclass(frozen=True, kw_only=True)
class _Layers:
    """What the shapes of a stack of gated convolutions tell."""

    width: int
    kernel: int
    n_layers: int
    condition: int


def _detect(wanted: str, shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, wanted) or not any(key.startswith("enc_q.pre.") for key in shapes):
        return None
    plain = plain_shapes(shapes)
    own = _own(plain)
    added = _prior(wanted, plain, own) if own else None
    decoded = {key: value for key, value in config.items() if key != ARCH}
    found = (hifigan.decoder_match(wanted, name, shapes, decoded) for name in _DECODERS[wanted])
    decoder = next(filter(None, found), None) if added is not None else None
    if own is None or added is None or decoder is None or not isinstance(decoder.task, AudioTask):
        return None
    if any(decoder.hyperparameters[name] != own[name] for name in ("in_channels", "condition_channels")):
        return None
    _require_same_transform(wanted, own["n_bins"], decoder.task)
    hyperparameters = {**own, "dilation_rate": _DILATION_RATE, **decoder.hyperparameters, **added}
    origins = {"dilation_rate": "recipe", **decoder.origins}
    return matched(wanted, "generator", hyperparameters, _task(hyperparameters, decoder.task, config), origins)


def _prior(wanted: str, plain: Shapes, own: Mapping[str, Any]) -> dict[str, Any] | None:
    """The hyper-parameters of the prior where this architecture has one, else none; None where they do not fit."""
    if wanted in (AUTOENCODER, NSF_AUTOENCODER):
        return {}
    prior = prior_of(plain, own["in_channels"])
    if prior is None or bool(prior["n_symbols"]) != (wanted == VITS):
        return None
    durations = durations_of(plain, prior["n_channels"], own["condition_channels"])
    if (durations is None) == (wanted == VITS) or (wanted == RVC and any(key.startswith("dp.") for key in plain)):
        return None
    return {"prior": prior, "durations": durations}


def _task(of: Mapping[str, Any], decoder: AudioTask, config: Mapping[str, Any]) -> AudioTask:
    prior = of.get("prior")
    pitch = ("pitch", "excitation") if "sample_rate" in of else ()
    told: tuple[str, ...] = ()
    if prior is not None:
        told = ("text",) if prior["n_symbols"] else ("phones", *(("coarse_pitch",) if prior["has_pitch"] else ()))
    text = bool(told and prior and prior["n_symbols"])
    recipe, mel = recipe_of(decoder, config, text=text) if prior else (decoder.recipe, decoder.mel)
    return replace(
        decoder,
        input="spectrogram",
        mel=mel,
        stft=mel,
        takes=("noise", *pitch, *(("label",) if of["n_speakers"] else ()), *told, *_COUNTS, *(("durations",) * text)),
        beside=_BESIDE,
        prior=told,
        beside_prior=("m_p", "logs_p", *(("l_length", "x_mask") if text else ())) if prior else (),
        n_speakers=of["n_speakers"],
        logs=_logged(mel),
        recipe=recipe,
        segment=segment_of(mel, config),
        symbols=symbols_of(prior["n_symbols"], config) if prior is not None else (),
        blank=add_blank(config),
    )


def _own(plain: Shapes) -> dict[str, Any] | None:
    """The hyper-parameters beside those of the decoder, or None where some tensor is of another network."""
    pre, proj, speakers = (plain.get(f"{key}.weight", ()) for key in ("enc_q.pre", "enc_q.proj", "emb_g"))
    posterior, flows = _layers(plain, "enc_q.enc"), _flows(plain)
    if posterior is None or not flows or len(pre) != 3 or len(proj) != 3 or len(speakers) not in (0, 2):
        return None
    coupling, n_latents = flows[0], proj[0] // 2
    pairs = [("enc_q.pre", (posterior.width, pre[1], 1)), ("enc_q.proj", (2 * n_latents, posterior.width, 1))]
    for k in range(len(flows)):
        half = n_latents // 2
        pairs += [
            (f"flow.flows.{2 * k}.pre", (coupling.width, half, 1)),
            (f"flow.flows.{2 * k}.post", (half, coupling.width, 1)),
        ]
    same = (posterior.width, posterior.kernel, posterior.condition) == (
        coupling.width, coupling.kernel, coupling.condition
    )  # fmt: skip
    if not same or any(flow != coupling for flow in flows) or any(plain.get(f"{k}.weight") != s for k, s in pairs):
        return None
    n_layers = sum(2 * stack.n_layers + bool(stack.condition) for stack in (posterior, *flows))
    n_tensors = 2 * (len(pairs) + n_layers) + bool(speakers)
    if sum(key.startswith(_OWN) for key in plain) != n_tensors or (speakers and speakers[1] != posterior.condition):
        return None
    return {
        "n_bins": pre[1],
        "in_channels": n_latents,
        "n_channels": posterior.width,
        "kernel": posterior.kernel,
        "posterior_layers": posterior.n_layers,
        "flow_layers": coupling.n_layers,
        "n_flows": len(flows),
        "n_speakers": speakers[0] if speakers else 0,
        "condition_channels": posterior.condition,
    }


def _flows(plain: Shapes) -> list[_Layers]:
    """The coupling layers; every second entry of the list is a flip, which has no tensors."""
    flows: list[_Layers] = []
    while (layers := _layers(plain, f"flow.flows.{2 * len(flows)}.enc")) is not None:
        flows.append(layers)
    return flows


def _layers(plain: Shapes, prefix: str) -> _Layers | None:
    gated = numbered(plain, f"{prefix}.in_layers.{{}}.weight", 3)
    mixing = numbered(plain, f"{prefix}.res_skip_layers.{{}}.weight", 3)
    if not gated or len(mixing) != len(gated):
        return None
    width, kernel = gated[0][1:]
    outs = [2 * width] * (len(gated) - 1) + [width]
    if any(shape != (2 * width, width, kernel) for shape in gated) or kernel % 2 == 0:
        return None
    if mixing != [(out, width, 1) for out in outs]:
        return None
    condition = plain.get(f"{prefix}.cond_layer.weight")
    if condition is not None and (len(condition) != 3 or condition[::2] != (2 * width * len(gated), 1)):
        return None
    return _Layers(width=width, kernel=kernel, n_layers=len(gated), condition=condition[1] if condition else 0)


def _require_same_transform(what: str, n_bins: int, task: AudioTask) -> None:
    """A config of other frames belongs to another network."""
    mel = task.mel
    if mel is not None and (mel.n_fft // 2 + 1, mel.hop) != (n_bins, task.hop):
        raise InputError(
            f"{what}: the config says frames of {mel.n_fft} and a hop of {mel.hop}, but the weights take frames of "
            f"{2 * (n_bins - 1)} ({n_bins} bins) and make {task.hop} samples of each",
            hint="put the config.json of this very checkpoint beside it",
        )


def _logged(mel: Mel | None) -> dict[str, str]:
    """What the training's log calls its mel loss, where it is a known one."""
    convention = MEL_LOGS.get(mel) if mel is not None else None
    return {"mel": convention} if convention else {}


def _is_of_prior(_match: Match, key: str) -> bool:
    return key.startswith(PREFIXES)


FAMILIES = (
    Family(name=VITS, detect=partial(_detect, VITS), network="vits.with_prior"),
    Family(name=RVC, detect=partial(_detect, RVC), network="vits.with_prior"),
    *(
        Family(name=name, detect=partial(_detect, name), network=network, ignores=_is_of_prior)
        for name, network in ((AUTOENCODER, "vits.autoencoder"), (NSF_AUTOENCODER, "vits.nsf_autoencoder"))
    ),
)
