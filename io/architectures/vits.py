"""Recognises VITS and RVC: posterior encoder, flow and decoder, an auto-encoder, and the prior that training adds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import hifigan
from ganloss_cli.io.architectures.audio_task import AudioTask, Mel
from ganloss_cli.io.architectures.hifigan_recipes import MEL_LOGS
from ganloss_cli.io.architectures.recipes import ARCH, named
from ganloss_cli.io.architectures.spellings import is_kernel, numbered, plain_shapes
from ganloss_cli.io.architectures.task import Family, Match, Shapes, matched
from ganloss_cli.io.architectures.vits_layers import couplings, posterior, wavenet
from ganloss_cli.io.architectures.vits_prior import PREFIXES, durations_of, prior_of
from ganloss_cli.io.architectures.vits_trainings import add_blank, recipe_of, segment_of, symbols_of

VITS, RVC = "VITS", "RVC"
AUTOENCODER, NSF_AUTOENCODER = "VITS auto-encoder", "RVC NSF auto-encoder"
_DECODERS = {
    VITS: (hifigan.DECODER,), RVC: (hifigan.DECODER, hifigan.NSF_DECODER), AUTOENCODER: (hifigan.DECODER,),
    NSF_AUTOENCODER: (hifigan.NSF_DECODER,),
}  # fmt: skip
_OWN = ("enc_q.", "flow.", "emb_g.")
TaskOf = Callable[[Mapping[str, Any], AudioTask, Mapping[str, Any]], AudioTask]
_DILATION_RATE = 1  # jaywalnut310/vits and RVC write it down in models.py, not in a config
BESIDE = ("z_p", "m_q", "logs_q", "z_mask")
COUNTS = ("n_frames", "n_symbols", "cut")


def _detect(wanted: str, shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, wanted) or not any(key.startswith("enc_q.pre.") for key in shapes):
        return None
    plain = plain_shapes(shapes)
    own = _own(plain)
    added = _prior(wanted, plain, own) if own else None
    if own is None or added is None:
        return None
    return around_decoder(wanted, _DECODERS[wanted], shapes, config, own=own, task=_task, added=added)


def around_decoder(
    wanted: str,
    decoders: Sequence[str],
    shapes: Shapes,
    config: Mapping[str, Any],
    *,
    own: Mapping[str, Any],
    task: TaskOf,
    added: Mapping[str, Any] | None = None,
) -> Match | None:
    """A model of VITS's kind by what lies beside its decoder, or None where the decoder is none or does not fit that.

    Args:
        wanted: what the model is called.
        decoders: what its decoder may be called, the likeliest first.
        shapes: of all its tensors.
        config: what lies beside the checkpoint.
        own: the hyper-parameters beside those of the decoder.
        task: from all hyper-parameters, the decoder's task and the config to the model's.
        added: hyper-parameters that are listed behind the decoder's.

    Raises:
        InputError: the config is that of another network.
    """
    decoded = {key: value for key, value in config.items() if key != ARCH}
    found = (hifigan.decoder_match(wanted, name, shapes, decoded) for name in decoders)
    decoder = next(filter(None, found), None)
    if decoder is None or not isinstance(decoder.task, AudioTask):
        return None
    if any(decoder.hyperparameters[name] != own[name] for name in ("in_channels", "condition_channels")):
        return None
    _require_same_transform(wanted, own["n_bins"], decoder.task)
    hyperparameters = {**own, "dilation_rate": _DILATION_RATE, **decoder.hyperparameters, **(added or {})}
    origins = {"dilation_rate": "recipe", **decoder.origins}
    return matched(wanted, "generator", hyperparameters, task(hyperparameters, decoder.task, config), origins)


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
        takes=("noise", *pitch, *(("label",) if of["n_speakers"] else ()), *told, *COUNTS, *(("durations",) * text)),
        beside=BESIDE,
        prior=told,
        beside_prior=("m_p", "logs_p", *(("l_length", "x_mask") if text else ())) if prior else (),
        n_speakers=of["n_speakers"],
        logs=_logged(mel),
        recipe=recipe,
        segment=segment_of(mel, config),
        symbols=symbols_of(prior["n_symbols"], config) if prior is not None else (),
        blank=add_blank(config),
    )


def own_of(plain: Shapes) -> dict[str, Any] | None:
    """What the shapes tell of the posterior, the speakers and the number of coupling layers; None for other networks.

    Args:
        plain: shapes without weight norm.
    """
    pre, proj, speakers = (plain.get(f"{key}.weight", ()) for key in ("enc_q.pre", "enc_q.proj", "emb_g"))
    mixing = numbered(plain, "enc_q.enc.res_skip_layers.{}.weight", 3)
    first = plain.get("enc_q.enc.in_layers.0.weight") or plain.get("enc_q.enc.in_layers.0.depth_conv.weight", ())
    condition = plain.get("enc_q.enc.cond_layer.weight", ())
    if not all(is_kernel(shape, 3) for shape in (pre, proj, first)) or not mixing or first[2] % 2 == 0:
        return None
    if len(condition) not in (0, 3) or not (not speakers or is_kernel(speakers, 2)):
        return None
    return {
        "n_bins": pre[1],
        "in_channels": proj[0] // 2,
        "n_channels": pre[0],
        "kernel": first[2],
        "posterior_layers": len(mixing),
        "n_flows": _n_flows(plain),
        "n_speakers": speakers[0] if speakers else 0,
        "condition_channels": condition[1] if condition else 0,
    }


def _n_flows(plain: Shapes) -> int:
    """Coupling layers; every second entry of the list is a flip, which has no tensors."""
    return next(k for k in itertools.count() if not is_kernel(plain.get(f"flow.flows.{2 * k}.pre.weight", ()), 3))


def _own(plain: Shapes) -> dict[str, Any] | None:
    """The hyper-parameters beside those of the decoder, or None where some tensor is of another network."""
    found = own_of(plain)
    if found is None or not found["n_flows"] or bool(found["n_speakers"]) != bool(found["condition_channels"]):
        return None  # with a condition that is none of speakers it is another family's
    found["flow_layers"] = len(numbered(plain, "flow.flows.0.enc.in_layers.{}.weight", 3))
    wanted = dict(itertools.chain(posterior(found), couplings(found)))
    for k in range(found["n_flows"]):
        wanted |= dict(wavenet(f"flow.flows.{2 * k}.enc", found, found["flow_layers"]))
    return found if wanted == {key: shape for key, shape in plain.items() if key.startswith(_OWN)} else None


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
