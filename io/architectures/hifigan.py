"""Recognises HiFi-GAN generators: vocoders, the decoder of VITS, and those with pitch of RVC and so-vits-svc."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.audio_task import AudioTask, Mel, all_positive, audio_settings
from ganloss_cli.io.architectures.hifigan_recipes import Kind, Layout, dilations_recipes, mel_of, rates_recipes
from ganloss_cli.io.architectures.recipes import ARCH_ARGS, named, settle
from ganloss_cli.io.architectures.spellings import is_kernel, numbered, plain_shapes
from ganloss_cli.io.architectures.task import Family, Match, Origin, Shapes, matched

VOCODER, DECODER, NSF_DECODER = "HiFi-GAN generator", "VITS decoder", "RVC NSF decoder"
HARMONIC_DECODER = "so-vits-svc decoder"
_SOURCE_RATE = 44100  # of so-vits-svc's sines, whatever sample rate the data of its config have: models.py
_DECODER_PREFIX = "dec."
_OF_MEL: tuple[tuple[Kind, ...], ...] = (("vocoder",), ("bigvgan",))
# the rest of a whole VITS or RVC model, which is not rebuilt: text encoder, posterior, flow, durations, speakers
_SYNTHESIZER = (
    "enc_p.", "enc_q.", "flow.", "dp.", "emb_g.", "pre.", "emb_uv.", "emb_vol.", "f0_decoder.", "ref_enc.",
    "ssl_proj.", "quantizer.", "sv_emb.", "ge_to512.", "prelu.",
)  # fmt: skip


def _detect(wanted: str, shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    return decoder_match(wanted, wanted, shapes, config) if named(config, wanted) else None


def decoder_match(what: str, wanted: str, shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    """The generator among these tensors, whatever else is there.

    Args:
        what: the architecture that it is or is a part of, for errors.
        wanted: which of the four generators.
        shapes: of the state dict.
        config: of the file, and what `--arch-args` says.
    """
    layout = layout_of(plain_shapes(shapes)) if any(key.endswith("ups.0.bias") for key in shapes) else None
    if layout is None or wanted != _name(layout):
        return None
    sizes = sizes_of(what, layout, config)
    task = AudioTask(
        input="mel" if wanted == VOCODER else "latents",
        range=(-1.0, 1.0),
        recipe=sizes.recipe,
        output="waveform",
        hop=sizes.hop,
        mel=sizes.mel,
        loss_settings=sizes.mel.as_in_loss() if wanted == VOCODER and sizes.mel else {},
        takes=_takes(layout),
    )
    return matched(wanted, "generator", sizes.hyperparameters, task, sizes.origins)


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """What is settled of a generator: arguments of its constructor and where they came from, whose recipe, its mel."""

    hyperparameters: dict[str, Any]
    origins: dict[str, Origin]
    recipe: str | None
    mel: Mel | None

    @property
    def hop(self) -> int:
        """Samples a frame."""
        return math.prod(self.hyperparameters["upsample_rates"])


def sizes_of(what: str, layout: Layout, config: Mapping[str, Any]) -> Sizes:
    """What shapes, config, options and known trainings tell together.

    Args:
        what: the architecture that it is or is a part of, for errors.
        layout: of the generator.
        config: of the file, and what `--arch-args` says.

    Raises:
        InputError: they contradict one another, or several trainings fit.
    """
    options = config.get(ARCH_ARGS) or {}
    settings = {**audio_settings(config), ARCH_ARGS: options}
    _require_same_network(what, layout, settings)
    hyperparameters, origins, recipe = _settled(what, layout, settings | _rate_of_source(_name(layout), config))
    mel = mel_of(layout, hyperparameters["upsample_rates"], settings | _numbers(options))
    return Sizes(hyperparameters=hyperparameters, origins=origins, recipe=recipe, mel=mel)


def _rate_of_source(wanted: str, config: Mapping[str, Any]) -> dict[str, Any]:
    model = config.get("model")
    if wanted != HARMONIC_DECODER or not isinstance(model, Mapping):
        return {}
    return {"sampling_rate": model.get("sampling_rate", _SOURCE_RATE)}


def _takes(layout: Layout) -> tuple[str, ...]:
    """What a decoder takes beside its latents: in a whole model, others of its networks make it."""
    pitch = ("pitch", "excitation") if layout.has_pitch else ()
    phases = ("phases",) if layout.n_harmonics > 1 else ()
    return (*pitch, *phases, *(("condition",) if layout.condition_channels else ()))


def _settled(
    what: str, layout: Layout, settings: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Origin], str | None]:
    """Arguments of the network's constructor, where each came from, and whose recipe was used."""
    unknown = ("upsample_rates", "sampling_rate") if layout.has_pitch else ("upsample_rates",)
    speed = settle(what, "generator", unknown, rates_recipes(layout), settings)
    blocks = settle(what, "generator", ("resblock_dilation_sizes",), dilations_recipes(layout), settings)
    rates, dilations = speed.settings["upsample_rates"], blocks.settings["resblock_dilation_sizes"]
    of_blocks = blocks.origins["resblock_dilation_sizes"]
    if isinstance(dilations, list) and all(isinstance(step, int) for step in dilations):
        dilations = [dilations] * len(layout.resblock_kernels)  # an option cannot spell a list of lists
    _require_rates(what, layout, rates)
    _require_dilations(what, layout, dilations)
    hyperparameters = {**_from_shapes(layout), "upsample_rates": rates, "dilations": dilations}
    origins = {"upsample_rates": speed.origins["upsample_rates"], "dilations": of_blocks}
    if layout.has_pitch:
        hyperparameters["sample_rate"] = _sample_rate(what, speed.settings["sampling_rate"])
        origins["sample_rate"] = speed.origins["sampling_rate"]
    if layout.n_harmonics > 1:
        hyperparameters |= {"n_harmonics": layout.n_harmonics, "snake": layout.snake}
        origins |= dict.fromkeys(("n_harmonics", "snake"), "shape")
    return hyperparameters, origins, speed.recipe or blocks.recipe


def _name(layout: Layout) -> str:
    if layout.has_pitch:
        return NSF_DECODER if layout.n_harmonics == 1 else HARMONIC_DECODER
    return VOCODER if layout.kind == ("vocoder",) else DECODER


def layout_of(plain: Shapes) -> Layout | None:
    """The generator's layout, or None where names or shapes are of another network."""
    prefix = _DECODER_PREFIX if f"{_DECODER_PREFIX}conv_pre.weight" in plain else ""
    own = {key.removeprefix(prefix): shape for key, shape in plain.items() if key.startswith(prefix)}
    pre, post = own.get("conv_pre.weight", ()), own.get("conv_post.weight", ())
    convs = "convs1" if "resblocks.0.convs1.0.weight" in own else "convs"
    ups, blocks = numbered(own, "ups.{}.weight", 3), numbered(own, f"resblocks.{{}}.{convs}.0.weight", 3)
    n_ups, n_blocks = len(ups), len(blocks)
    if not is_kernel(pre, 3) or not ups or not blocks or n_blocks % n_ups:
        return None
    widths = [pre[0] // 2**stage for stage in range(n_ups + 1)]
    if [up[:2] for up in ups] != list(pairwise(widths)) or post != (1, widths[-1], 7):
        return None
    post_bias, source = "conv_post.bias" in own, own.get("m_source.l_linear.weight", (1, 1))
    rates, condition = _rates_of_noise(own, n_ups), _in_channels(own, "cond.weight") or 0
    harmonic = is_kernel(source, 2) and source[1] > 1
    # vocoders with overtones (NSF-HiFiGAN) have no speakers
    if not is_kernel(source, 2) or source[0] != 1 or (harmonic and not (post_bias and rates and condition)):
        return None
    return Layout(
        kind=("so_vits_svc",) if harmonic else _kind(plain, prefix, post_bias),
        has_pitch="m_source.l_linear.weight" in own,
        n_harmonics=source[1],
        snake="snake_post.act.alpha" in own,
        in_channels=pre[1],
        initial_channels=pre[0],
        kernels=[up[2] for up in ups],
        resblock=1 if convs == "convs1" else 2,
        resblock_kernels=[block[2] for block in blocks[: n_blocks // n_ups]],
        n_dilations=len(numbered(own, f"resblocks.0.{convs}.{{}}.weight", 3)),
        post_bias=post_bias,
        condition_channels=condition,
        rates_after_first=rates,
        spec_channels=_in_channels(plain, "enc_q.pre.weight"),
    )


def _in_channels(shapes: Shapes, key: str) -> int | None:
    shape = shapes.get(key, ())
    return shape[1] if is_kernel(shape, 3) else None


def _kind(plain: Shapes, prefix: str, post_bias: bool) -> tuple[Kind, ...]:
    if "enc_p.emb_phone.weight" in plain or any(key.endswith("m_source.l_linear.weight") for key in plain):
        return ("rvc",)
    if "enc_p.emb.weight" in plain:
        return ("vits",)
    if "ref_enc.fc.fc.weight" in plain:
        return ("gpt_sovits",)
    return ("vocoder",) if post_bias and not prefix else ("vits", "rvc")


def _rates_of_noise(own: Shapes, n_ups: int) -> list[int] | None:
    """The kernel of noise_convs.i is twice the product of the rates after stage i; the last is 1."""
    kernels = [own.get(f"noise_convs.{stage}.weight", ()) for stage in range(n_ups)]
    if any(len(kernel) != 3 or (kernel[2] < 2 and kernel is not kernels[-1]) for kernel in kernels):
        return None
    products = [*(kernel[2] // 2 for kernel in kernels[:-1]), 1]
    return [before // after for before, after in pairwise(products)]


def _require_same_network(what: str, layout: Layout, settings: Mapping[str, Any]) -> None:
    """A config that contradicts the shapes belongs to another network, and its rates must not be believed."""
    found: dict[str, Any] = {
        "upsample_kernel_sizes": layout.kernels,
        "resblock_kernel_sizes": layout.resblock_kernels,
        **({"num_mels": layout.in_channels} if layout.kind in _OF_MEL else {}),
    }
    for name, value in found.items():
        told = settings.get(name, value)
        if (list(told) if isinstance(told, tuple) else told) != value:
            raise InputError(
                f"{what}: the config says {name} {told}, but the weights have {value}",
                hint="put the config.json of this very checkpoint beside it",
            )


def _require_rates(what: str, layout: Layout, rates: Any) -> None:
    """As many rates as kernels, each fitting its kernel, and those that an NSF decoder shows."""
    fits = (
        isinstance(rates, list)
        and len(rates) == len(layout.kernels)
        and all_positive(rates)
        and all(r <= k and (k - r) % 2 == 0 for r, k in zip(rates, layout.kernels, strict=True))
        and layout.rates_after_first in (None, rates[1:])
    )
    if not fits:
        shown = f" and rates after the first of {layout.rates_after_first}" if layout.rates_after_first else ""
        raise InputError(
            f"{what}: upsample_rates {rates} do not fit the weights, which have kernels {layout.kernels}{shown}",
            hint=f"name them with --arch '{what}' --arch-args generator:upsample_rates=8x8x2x2, one a kernel",
        )


def _require_dilations(what: str, layout: Layout, dilations: Any) -> None:
    """A list for each kernel of the residual blocks, with as many dilations as they have convolutions."""
    rows = dilations if isinstance(dilations, list) else []
    lengths = [len(steps) if isinstance(steps, list | tuple) and all_positive(steps) else 0 for steps in rows]
    if lengths != [layout.n_dilations] * len(layout.resblock_kernels):
        raise InputError(
            f"{what}: resblock_dilation_sizes {dilations} do not fit the weights, which have {layout.n_dilations} "
            f"for each kernel of {layout.resblock_kernels}",
            hint=f"name them with --arch '{what}' --arch-args generator:resblock_dilation_sizes=1x3x5, equal for all",
        )


def _from_shapes(layout: Layout) -> dict[str, Any]:
    return {
        "in_channels": layout.in_channels,
        "initial_channels": layout.initial_channels,
        "upsample_kernels": layout.kernels,
        "resblock": layout.resblock,
        "resblock_kernels": layout.resblock_kernels,
        "post_bias": layout.post_bias,
        "condition_channels": layout.condition_channels,
    }


def _sample_rate(what: str, value: Any) -> int:
    if all_positive([value]):
        return int(value)
    raise InputError(
        f"{what}: sampling_rate is {value!r}; expected a number of Hz",
        hint=f"name it with --arch '{what}' --arch-args generator:sampling_rate=40000",
    )


def _numbers(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: int(value) if isinstance(value, str) and value.isdigit() else value for key, value in options.items()}


def _is_of_synthesizer(_match: Match, key: str) -> bool:
    return key.startswith(_SYNTHESIZER)


FAMILIES = (
    Family(name=VOCODER, detect=partial(_detect, VOCODER), network="hifigan.HifiganGenerator"),
    Family(
        name=DECODER, detect=partial(_detect, DECODER), network="hifigan.HifiganGenerator", ignores=_is_of_synthesizer
    ),
    Family(
        name=NSF_DECODER, detect=partial(_detect, NSF_DECODER), network="nsf.NsfGenerator", ignores=_is_of_synthesizer
    ),
    Family(
        name=HARMONIC_DECODER,
        detect=partial(_detect, HARMONIC_DECODER),
        network="snake.harmonic_generator",
        ignores=_is_of_synthesizer,
    ),
)
