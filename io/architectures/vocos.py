"""Recognises Vocos' generator (gemelo-ai/vocos): ConvNeXt blocks and an inverse Fourier transform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.audio_task import AudioTask, Mel, all_positive
from ganloss_cli.io.architectures.recipes import ARCH_ARGS, Recipe, named, settle
from ganloss_cli.io.architectures.spellings import is_kernel, numbered
from ganloss_cli.io.architectures.task import Family, Match, Shapes, matched

GENERATOR, SOURCE = "Vocos generator", "gemelo-ai/vocos"
_OWN = ("backbone.", "head.")
_CHOICES = ("hop_length", "padding")
# bands or channels, n_fft -> the published config with them
_CONFIGS = {
    (100, 1024): Recipe(source=f"{SOURCE} configs/vocos.yaml", settings={"hop_length": 256, "padding": "center"}),
    (128, 1280): Recipe(source=f"{SOURCE} configs/vocos-encodec.yaml", settings={"hop_length": 320, "padding": "same"}),
}


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, GENERATOR) or "backbone.embed.weight" not in shapes:
        return None
    embed, window = shapes["backbone.embed.weight"], shapes.get("head.istft.window", ())
    hidden = shapes.get("backbone.convnext.0.pwconv1.weight", ())
    blocks = numbered(shapes, "backbone.convnext.{}.dwconv.weight", 3)
    if not is_kernel(embed, 3) or embed[2] != 7 or not is_kernel(window, 1) or not blocks or not is_kernel(hidden, 2):
        return None
    labels = shapes.get("backbone.norm.scale.weight", ())
    n_labels = labels[0] if is_kernel(labels, 2) else 0
    head = {**_part(config, "head"), ARCH_ARGS: config.get(ARCH_ARGS) or {}}
    if head.get("n_fft", window[0]) != window[0]:
        raise InputError(
            f"{GENERATOR}: the config says n_fft {head['n_fft']}, but the weights have {window[0]}",
            hint="put the config.yaml of this very checkpoint beside it",
        )
    known = _CONFIGS.get((embed[1], window[0]))
    settled = settle(GENERATOR, "generator", _CHOICES, [known] if known else [], head)
    hop, padding = (settled.settings[name] for name in _CHOICES)
    if not all_positive([hop]) or padding not in ("center", "same"):
        raise InputError(f"{GENERATOR}: hop_length {hop!r} and padding {padding!r} are none of its code")
    hyperparameters = {
        "in_channels": embed[1], "n_channels": embed[0], "n_hidden": hidden[0], "n_blocks": len(blocks),
        "n_fft": window[0], "hop": hop, "padding": padding, "n_labels": n_labels,
        "scaled": "backbone.convnext.0.gamma" in shapes,
    }  # fmt: skip
    mel = None if n_labels else _mel(embed[1], config, known)
    task = AudioTask(
        input="mel",
        range=(-1.0, 1.0),
        recipe=SOURCE,
        output="waveform",
        hop=hop,
        mel=mel,
        loss_settings={"mel": {"configured_rate": mel.sample_rate}}
        if mel
        else {},  # whose frames and bands are always the same
        n_classes=n_labels or None,
    )
    origins = {"hop": settled.origins["hop_length"], "padding": settled.origins["padding"]}
    return matched(GENERATOR, "generator", hyperparameters, task, origins)


def _mel(n_bands: int, config: Mapping[str, Any], known: Recipe | None) -> Mel | None:
    """The mel spectrogram that it takes: as the config has it, else as the published one with these shapes."""
    told = _part(config, "feature_extractor")
    usual = {"sample_rate": 24000, "n_fft": 1024, "hop_length": 256, "n_mels": 100, "padding": "center"}
    of_all = {**usual, **{name: _part(config, "model").get(name, usual[name]) for name in ("sample_rate",)}}
    settings = {**of_all, **{name: told[name] for name in usual if name in told}}
    if not told and (known is None or n_bands != usual["n_mels"]):
        return None
    numbers = [settings[name] for name in ("sample_rate", "n_fft", "hop_length", "n_mels")]
    if not all_positive(numbers) or settings["n_mels"] != n_bands:
        return None
    rate, n_fft, hop, n_mels = numbers
    return Mel(
        sample_rate=rate, n_fft=n_fft, hop=hop, win=n_fft, n_mels=n_mels, fmin=0.0, fmax=None, fmax_for_loss=None,
        centred=settings["padding"] == "center", convention="vocos",
    )  # fmt: skip


def _part(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What a class of the config was made with; of "model", the training itself. Lightning's CLI nests the others."""
    model = _arguments(config.get("model"))
    return (
        {**_arguments(config.get("hyper_parameters")), **model}
        if name == "model"
        else (_arguments(config.get(name)) or _arguments(model.get(name)))
    )


def _arguments(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        return {}
    inner = value.get("init_args", value)
    return inner if isinstance(inner, Mapping) else {}


def _is_other(_match: Match, key: str) -> bool:
    """The filters of its features and of its loss, and the codec that makes some of them."""
    return not key.startswith(_OWN)


FAMILIES = (Family(name=GENERATOR, detect=_detect, network="vocos.VocosGenerator", ignores=_is_other),)
