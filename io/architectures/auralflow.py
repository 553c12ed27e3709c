"""Recognises auralflow's mask networks; what their shapes leave open, its model.json tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.audio_task import AudioTask, Stft, audio_settings
from ganloss_cli.io.architectures.recipes import ARCH_ARGS, Recipe, named, settle
from ganloss_cli.io.architectures.spellings import is_kernel
from ganloss_cli.io.architectures.task import Family, Match, Origin, Shapes, matched

SIMPLE, LSTM, VAE = "auralflow SpectrogramNetSimple", "auralflow SpectrogramNetLSTM", "auralflow SpectrogramNetVAE"
_SOURCE = "kianzohoury/auralflow"
_MASKS = ("sigmoid", "relu", "hardtanh", "tanh", "softmax", "prelu", "selu", "elu")
_INPUT_NORM, _FIRST_LSTM = "input_norm.layer_norm.layer_norm.weight", "lstm.weight_ih_l0"
_DEEPEST = 16  # the deepest level has 16 times the first one's channels ...
_N_POOLINGS = 5  # ... and a 32nd of its bins and frames
_WORDS = {"mask_act_fn": "mask_activation", "leak_factor": "leak", "dropout_p": "dropout"}  # its words -> ours
_STFT = {"num_fft": 1024, "window_size": 1024, "hop_length": 512, "sample_rate": 44100}


def _detect(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    first, bins = shapes.get("down_1.conv_block.conv.0.conv.weight", ()), shapes.get("output_norm.center", ())
    name = VAE if "mu.weight" in shapes else LSTM if _FIRST_LSTM in shapes else SIMPLE
    if first[2:] != (3, 3) or not is_kernel(bins, 1) or "soft_conv.0.weight" not in shapes or not named(config, name):
        return None
    if not is_kernel(shapes.get(_INPUT_NORM, (1, 1, 1)), 3) or not is_kernel(shapes.get(_FIRST_LSTM, (1, 1)), 2):
        return None
    options = config.get(ARCH_ARGS) or {}
    settings = {**audio_settings(config), ARCH_ARGS: options}
    hyperparameters: dict[str, Any] = {
        "n_bins": bins[0],
        "channels": first[1],
        "hidden_channels": first[0],
        "normalized_shape": shapes.get(_INPUT_NORM),
        **(_recurrent(shapes, first[0], bins[0]) if _FIRST_LSTM in shapes else {}),
    }
    origins: dict[str, Origin] = {}
    recipes = _recipes(hyperparameters, is_prelu="mask_activation.weight" in shapes)
    # one by one: a config may depart from the defaults in one of them and not tell the others
    settled = [settle(name, "generator", (unknown,), recipes, settings) for unknown in recipes[0].settings]
    for choice in settled:
        hyperparameters |= {_WORDS.get(key, key): value for key, value in choice.settings.items()}
        origins |= {_WORDS.get(key, key): origin for key, origin in choice.origins.items()}
    _require_sense(name, hyperparameters)
    stft = _stft(settings, n_fft=2 * (bins[0] - 1))
    task = AudioTask(
        input="spectrogram",
        recipe=_SOURCE if any(choice.recipe for choice in settled) else None,
        output="mask",
        hop=stft.hop if stft else None,
        stft=stft,
        logs={"kl": "auralflow"} if name == VAE else {},
        beside=("mu", "sigma") if name == VAE else (),
    )
    return matched(name, "generator", hyperparameters, task, origins)


def _require_sense(name: str, hyperparameters: Mapping[str, Any]) -> None:
    """Options and model.json may hold anything."""
    mask, axis = hyperparameters["mask_activation"], hyperparameters.get("input_axis", 1)
    numbers = {word: hyperparameters[_WORDS[word]] for word in ("leak_factor", "dropout_p")}
    if mask not in _MASKS:
        wrong, example = f"mask_act_fn is {mask!r}; expected one of {', '.join(_MASKS)}", "mask_act_fn=sigmoid"
    elif axis not in (0, 1):
        wrong, example = f"input_axis is {axis!r}; expected 0 or 1", "input_axis=1"
    elif bad := [word for word, value in numbers.items() if not isinstance(value, int | float) or not 0 <= value <= 1]:
        wrong, example = f"{bad[0]} is {numbers[bad[0]]!r}; expected a number from 0 to 1", f"{bad[0]}=0"
    else:
        return
    raise InputError(f"{name}: {wrong}", hint=f"name it with --arch '{name}' --arch-args generator:{example}")


def _recurrent(shapes: Shapes, hidden_channels: int, n_bins: int) -> dict[str, Any]:
    """Sizes of the LSTM; and which axis its steps hold, unless both would give this size."""
    n_gates, n_features = shapes[_FIRST_LSTM]
    n_layers = next(layer for layer in range(len(shapes)) if f"lstm.weight_ih_l{layer}" not in shapes)
    normalized = shapes.get(_INPUT_NORM)
    of_bins = _DEEPEST * hidden_channels * (n_bins >> _N_POOLINGS) == n_features
    of_frames = not normalized or _DEEPEST * hidden_channels * (normalized[2] >> _N_POOLINGS) == n_features
    axis = {"input_axis": 0 if of_bins else 1} if of_bins != of_frames else {}
    return {"n_features": n_features, "hidden_size": n_gates // 4, "n_layers": n_layers, **axis}


def _recipes(hyperparameters: Mapping[str, Any], *, is_prelu: bool) -> list[Recipe]:
    """The repository's defaults; one for each axis, where the shapes of an LSTM do not tell it."""
    settings = {"mask_act_fn": "prelu" if is_prelu else "sigmoid", "leak_factor": 0.0, "dropout_p": 0.4}
    if "n_features" not in hyperparameters or "input_axis" in hyperparameters:
        return [Recipe(source=_SOURCE, settings=settings)]
    return [
        Recipe(source=f"{_SOURCE} along {axis}", settings={**settings, "input_axis": index})
        for index, axis in enumerate(("frequency", "time"))
    ]


def _stft(settings: Mapping[str, Any], n_fft: int) -> Stft | None:
    """From options and model.json, else the repository's default where the number of bins is that of the default."""
    # audio_settings renames them
    told = {**settings, "hop_length": settings.get("hop_size"), "sample_rate": settings.get("sampling_rate")}
    options = {name: int(text) for name, text in settings[ARCH_ARGS].items() if name in _STFT and str(text).isdecimal()}
    found: dict[str, Any] = {name: options.get(name, told.get(name)) for name in _STFT}
    found = dict(_STFT) if set(found.values()) == {None} else {**found, "num_fft": found["num_fft"] or n_fft}
    if found["num_fft"] != n_fft or not all(isinstance(value, int) for value in found.values()):
        return None
    return Stft(sample_rate=found["sample_rate"], n_fft=n_fft, hop=found["hop_length"], win=found["window_size"])


FAMILIES = (
    Family(name=SIMPLE, detect=_detect, network="auralflow.SpectrogramMaskNet"),
    Family(name=LSTM, detect=_detect, network="auralflow.RecurrentMaskNet"),
    Family(name=VAE, detect=_detect, network="auralflow.VariationalMaskNet"),
)
