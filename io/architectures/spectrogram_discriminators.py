"""Recognises waveform discriminators that judge spectrograms: BigVGAN's and Vocos'."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures.audio_task import AudioTask, all_positive
from ganloss_cli.io.architectures.recipes import Recipe, Settled, named, settle
from ganloss_cli.io.architectures.spellings import is_kernel, numbered, plain_shapes, spectral_layers
from ganloss_cli.io.architectures.task import Family, Match, Shapes, matched

MAGNITUDES, BANDS, CQT = "UnivNet MRD", "Vocos MRD", "BigVGAN MS-SB-CQTD"
_BIGVGAN, _VOCOS = "NVIDIA/BigVGAN", "gemelo-ai/vocos"
_EDGES = [0.0, 0.1, 0.25, 0.5, 0.75, 1.0]
_RESOLUTIONS = [[1024, 120, 600], [2048, 240, 1200], [512, 50, 240]]
_KERNELS = [(3, 9)] * 4 + [(3, 3)]
_OF_CQT = ("cqt_kernels_real", "cqt_kernels_imag", "lowpass_filter", "lenghts")


def _detect_magnitudes(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, MAGNITUDES) or "discriminators.0.convs.0.bias" not in shapes:
        return None
    plain, spectral = plain_shapes(shapes), spectral_layers(shapes)
    subs = _subs(plain)
    n = _width(plain)
    wanted = {f"convs.{k}": (n, n if k else 1, *kernel) for k, kernel in enumerate(_KERNELS)}
    wanted["conv_post"] = (1, n, 3, 3)
    if not n or not subs or len(spectral) not in (0, 6 * len(subs)) or any(sub != _biased(wanted) for sub in subs):
        return None
    known = [Recipe(source=_BIGVGAN, settings={"resolutions": _RESOLUTIONS})] if len(subs) == 3 else []
    settled = settle(MAGNITUDES, "discriminator", ("resolutions",), known, config)
    resolutions = settled.settings["resolutions"]
    rows = resolutions if isinstance(resolutions, list) else []
    if len(rows) != len(subs) or not all(isinstance(row, list) and len(row) == 3 and all_positive(row) for row in rows):
        raise InputError(
            f"{MAGNITUDES}: resolutions {resolutions} do not fit the weights of {len(subs)} sub-discriminators",
            hint="put the config.json of this very checkpoint beside it",
        )
    sizes = {"n_channels": n, "spectral": bool(spectral), "resolutions": rows}
    return _match(MAGNITUDES, sizes, settled, settled.recipe or _BIGVGAN)


def _detect_bands(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, BANDS) or "discriminators.0.spec_fn.window" not in shapes:
        return None
    plain = plain_shapes(shapes)
    subs = _subs(plain)
    n = _width(plain)
    wanted = {
        f"band_convs.{band}.{k}": (n, n if k else 2, *kernel)
        for band in range(len(_EDGES) - 1)
        for k, kernel in enumerate(_KERNELS)
    } | {"conv_post": (1, n, 3, 3)}
    labels = plain.get("discriminators.0.emb.weight", ())
    n_labels = labels[0] if is_kernel(labels, 2) else 0
    labelled = {"emb.weight": (n_labels, n)} if n_labels else {}
    windows = [sub.get("spec_fn.window", ()) for sub in subs]
    if not n or not subs or not all(is_kernel(window, 1) for window in windows):
        return None
    own = {**_biased(wanted), **labelled}
    if any(sub != {**own, "spec_fn.window": window} for sub, window in zip(subs, windows, strict=True)):
        return None
    sizes = {"n_channels": n, "n_ffts": [window[0] for window in windows], "n_labels": n_labels}
    known = [Recipe(source=_VOCOS, settings={"edges": _EDGES})]
    return _match(BANDS, sizes, settle(BANDS, "discriminator", ("edges",), known, {}), _VOCOS, n_labels)


def _detect_cqt(shapes: Shapes, config: Mapping[str, Any]) -> Match | None:
    if not named(config, CQT) or "discriminators.0.cqt_transform.lenghts" not in shapes:
        return None
    subs = _subs(plain_shapes(shapes))
    found = [_cqt(sub) for sub in subs]
    if not found or any(each is None or each["channels"] != found[0]["channels"] for each in found):  # type: ignore[index]
        return None
    sizes: dict[str, Any] = {
        name: [each[name] for each in found if each] for name in ("n_octaves", "n_bins", "taps")
    } | {"channels": found[0]["channels"]}  # type: ignore[index]
    # the names of its config, its code's own choices where that says nothing
    known = Recipe(
        source=_BIGVGAN,
        settings={"cqtd_hop_lengths": [512, 256, 256], "cqtd_dilations": [1, 2, 4], "cqtd_normalize_volume": False},
    )
    fits = len(subs) == 3
    settled = settle(CQT, "discriminator", tuple(known.settings), [known] if fits else [], {
        **({"cqtd_normalize_volume": False} if "cqtd_hop_lengths" in config else {}), **config,
    })  # fmt: skip
    told = {"hops": "cqtd_hop_lengths", "dilations": "cqtd_dilations", "normalised": "cqtd_normalize_volume"}
    settings = {ours: settled.settings[theirs] for ours, theirs in told.items()}
    lengths = {"hops": len(subs), "dilations": len(sizes["channels"]) - 4}
    for name, length in lengths.items():
        value = settings[name]
        if not isinstance(value, list) or len(value) != length or not all_positive(value):
            raise InputError(
                f"{CQT}: {told[name]} {value} do not fit the weights, which have {length} of them",
                hint=f"name them with --arch '{CQT}' --arch-args discriminator:{told[name]}=512x256x256",
            )
    origins = {ours: settled.origins[theirs] for ours, theirs in told.items()}
    named_ = Settled(settings=settings, origins=origins, recipe=settled.recipe)
    return _match(CQT, {**sizes, **settings}, named_, settled.recipe or _BIGVGAN)


def _cqt(sub: Shapes) -> dict[str, Any] | None:
    """What the shapes of one discriminator of constant-Q transforms tell, or None."""
    kernels, pres = numbered(sub, "convs.{}.weight", 4), numbered(sub, "conv_pres.{}.weight", 4)
    transform = [sub.get(f"cqt_transform.{name}", ()) for name in _OF_CQT]
    doubling, post = sub.get("resample.kernel", ()), sub.get("conv_post.weight", ())
    if len(kernels) < 3 or not pres or not is_kernel(transform[0], 3) or not is_kernel(post, 4) or len(doubling) != 3:
        return None
    n_bins, first = transform[0][0], pres[0][0]
    channels = [first, *(kernel[0] for kernel in kernels), post[0]]
    sizes = [(first, first, 3, 9)] * len(pres)
    pairs = list(pairwise(channels))
    rows = [(after, before, 3, 9) for before, after in pairs[:-2]] + [(*pairs[-2][::-1], 3, 3)]
    kernel, low_pass = (n_bins, 1, transform[0][2]), (1, 1, transform[2][-1] if transform[2] else 0)
    whole = [kernel, kernel, low_pass, (n_bins * len(pres),)]
    fits = pres == sizes and kernels == rows and post == (post[0], channels[-2], 3, 3) and transform == whole
    n_tensors = 2 * (len(pres) + len(kernels) + 1) + len(_OF_CQT) + 1
    if not fits or doubling[:2] != (2, 1) or not doubling[2] % 2 or len(sub) != n_tensors:
        return None
    taps = [transform[0][2], transform[2][2], doubling[2]]
    return {"n_octaves": len(pres), "n_bins": n_bins, "taps": taps, "channels": channels}


def _width(plain: Shapes) -> int:
    """Channels before the last convolution of the first sub-discriminator; 0 where it is none."""
    post = plain.get("discriminators.0.conv_post.weight", ())
    return post[1] if is_kernel(post, 4) else 0


def _subs(plain: Shapes) -> list[dict[str, tuple[int, ...]]]:
    """The tensors of each sub-discriminator, by their names in it; none where some belong to no one."""
    subs: list[dict[str, tuple[int, ...]]] = []
    while own := _below(plain, f"discriminators.{len(subs)}."):
        subs.append(own)
    return subs if sum(map(len, subs)) == len(plain) else []


def _below(plain: Shapes, prefix: str) -> dict[str, tuple[int, ...]]:
    return {key.removeprefix(prefix): shape for key, shape in plain.items() if key.startswith(prefix)}


def _biased(kernels: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    return {
        **{f"{layer}.weight": kernel for layer, kernel in kernels.items()},
        **{f"{layer}.bias": kernel[:1] for layer, kernel in kernels.items()},
    }


def _match(name: str, sizes: Mapping[str, Any], settled: Settled, recipe: str, n_labels: int = 0) -> Match:
    task = AudioTask(
        input="waveform", range=(-1.0, 1.0), scores="logits", features=True, recipe=recipe, n_classes=n_labels or None
    )
    return matched(name, "discriminator", {**sizes, **settled.settings}, task, settled.origins)


FAMILIES: Sequence[Family] = tuple(
    Family(name=name, detect=detect, network=f"spectrogram_discriminators.{network}")
    for name, detect, network in (
        (MAGNITUDES, _detect_magnitudes, "MultiResolutionDiscriminator"),
        (BANDS, _detect_bands, "MultiBandDiscriminator"),
        (CQT, _detect_cqt, "MultiScaleCqtDiscriminator"),
    )
)
