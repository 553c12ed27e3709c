"""Probing inputs as tensors: once as the catalogue takes them, once as a function of the user's may want them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn

from ganloss_cli.evaluators.batch import Batch
from ganloss_cli.evaluators.catalogue import Loss
from ganloss_cli.evaluators.test_inputs.contents import (
    SAMPLE_RATE,
    feature_maps,
    latents,
    logits,
    pictures,
    spectrograms,
    waveforms,
)
from ganloss_cli.evaluators.test_inputs.kinds import RANGES, Form, Probe, kind_of
from ganloss_cli.evaluators.test_inputs.networks import (
    ProbeBackbone,
    ProbeCritic,
    ProbeSynthesis,
    last_layer,
    translation,
)
from ganloss_cli.evaluators.test_inputs.numbers import Draws, normal, uniform


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The inputs of one probe in one form.

    Args:
        batch: for the catalogue, in its vocabulary.
        settings: what a pipeline would know of these inputs.
        given: name -> value for a function of the user's; beside the vocabulary also what such functions ask for
            instead, such as "labels of reals" or "gradients".
        counts: what a sum might have been divided by, or not: "samples", "elements" ...
    """

    batch: Batch
    settings: Mapping[str, Any]
    given: Mapping[str, Any]
    counts: Mapping[str, float]


def scene(loss: Loss, probe: Probe, form: Form, *, reflected: bool = False) -> Scene:
    """Make the inputs, in float64; the same on every machine and in every process.

    Args:
        loss: of the catalogue.
        probe: one of its probes.
        form: one of its forms.
        reflected: let random mixing coefficients u be 1 - u for the catalogue.
    """
    if form.layout in ("sample", "plane", "vector", "array"):
        probe = replace(probe, samples=1)
    with torch.enable_grad():  # functions get scores and gradients with their graph, whoever asks
        made = _MAKERS[kind_of(loss)](loss, probe, form)
    wanted = {name: made.roles[name] for name in (*loss.needs, *loss.optional) if name in made.roles}
    if "random" in loss.needs:
        wanted["random"] = Draws(probe.samples, reflected=reflected)
    settings = {"scores": "logits", "data_range": 1.0, "sample_rate": SAMPLE_RATE, **made.settings}
    known = {name: value for name, value in settings.items() if name in loss.settings}
    counts = {"samples": float(probe.samples), **made.counts}
    return Scene(batch=Batch(**wanted), settings=known, given={**made.roles, **made.given}, counts=counts)


@dataclass(frozen=True)
class _Made:
    roles: Mapping[str, Any]
    given: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)


def _of_logits(loss: Loss, probe: Probe, form: Form) -> _Made:
    real, fake = logits(probe, form.layout)
    if form.values == "probabilities":
        real, fake = ([torch.sigmoid(scores) for scores in side] for side in (real, fake))
    lone = form.layout != "list"

    def handed(values: Sequence[Tensor]) -> Any:
        return values[0] if lone else list(values)

    given = {
        "real_logits": handed(real), "fake_logits": handed(fake),
        **{f"{label} of {side}": handed([torch.full_like(scores, value) for scores in of_side])
           for side, of_side in (("reals", real), ("fakes", fake)) for label, value in (("ones", 1.0), ("zeros", 0.0))},
        "true": True, "false": False,
    }  # fmt: skip
    counts = {"sub-discriminators": float(len(real)), "patches": float(real[0][0].numel()) if lone else 1.0}
    return _Made({"real_logits": real, "fake_logits": fake}, given, counts, {"scores": form.values})


def _of_features(loss: Loss, probe: Probe, form: Form) -> _Made:
    real, fake = feature_maps(probe, form.layout)
    shapes: Mapping[str, Callable[[Any], Any]] = {
        "nested": lambda maps: maps, "maps": lambda maps: maps[0], "map": lambda maps: maps[0][0],
    }  # fmt: skip
    handed = shapes[form.layout]
    counts = {"sub-discriminators": float(len(real)), "maps": float(sum(len(row) for row in real))}
    roles = {"real_features": real, "fake_features": fake}
    # where one map is all there is, it is no logit map
    settings: dict[str, Any] = {"features_have_logits": False} if form.layout == "map" else {}
    return _Made(roles, {name: handed(maps) for name, maps in roles.items()}, counts, settings)


def _of_images(loss: Loss, probe: Probe, form: Form) -> _Made:
    real, fake = pictures(probe, large=loss.multi_scale)
    if form.layout == "plane":
        real, fake = real[:, :1], fake[:, :1]
    if form.layout == "vector":
        real, fake = real[:, :, 0, 0], fake[:, :, 0, 0]
    if form.layout == "rows":
        real, fake = real[:, :, 0].flatten(1), fake[:, :, 0].flatten(1)
    low, high = RANGES[form.values]
    spans = {name: low + (high - low) * images for name, images in (("real", real), ("fake", fake))}
    layouts: Mapping[str, Callable[[Tensor], Any]] = {
        "batch": lambda images: images, "rows": lambda rows: rows, "sample": lambda images: images[0],
        "plane": lambda images: images[0, 0],
        "vector": lambda vectors: vectors[0], "array": lambda images: images[0].permute(1, 2, 0).numpy().copy(),
    }  # fmt: skip
    given = {name: layouts[form.layout](images) for name, images in spans.items()}
    counts = {"elements": float(real[0].numel()), "pixels": float(real[0, 0].numel()), "channels": float(real.shape[1])}
    backbone = ProbeBackbone()
    given |= {"data_range": high - low, "channels": int(real.shape[1]), "backbone": backbone}
    return _Made({"real": real, "fake": fake, "backbone": backbone}, given, counts)


def _of_audio(loss: Loss, probe: Probe, form: Form) -> _Made:
    real, fake = waveforms(probe, seconds=1.2 if loss.family == "speech" else None)
    layouts: Mapping[str, Callable[[Tensor], Tensor]] = {
        "batch": lambda waves: waves, "no channels": lambda waves: waves[:, 0], "sample": lambda waves: waves[0, 0],
    }  # fmt: skip
    if form.layout != "batch":
        real, fake = real[:, :1], fake[:, :1]
    roles = {"real": real, "fake": fake}
    given = {name: layouts[form.layout](waves) for name, waves in roles.items()}
    return _Made(roles, given | {"sample_rate": SAMPLE_RATE}, {"elements": float(real[0].numel())})


def _of_separation(loss: Loss, probe: Probe, form: Form) -> _Made:
    roles = spectrograms(probe)
    return _Made(roles, {}, {"elements": float(roles["mask"][0].numel())})


def _of_latents(loss: Loss, probe: Probe, form: Form) -> _Made:
    roles = latents(probe, frames=form.layout == "frames")
    shape = roles["mu"].shape
    counts = {"elements": float(roles["mu"][0].numel()), "channels": float(shape[1])}
    return _Made({**roles, "latents": roles["m_p"], "code_logits": roles["m_p"]}, {}, counts)


def _of_classes(loss: Loss, probe: Probe, form: Form) -> _Made:
    n_classes = 6 if probe.size == "odd" else 10
    scale = 30.0 if probe.content == "large" else 1.0
    target, estimate = (scale * normal(f"{name} {probe.name}", probe.samples, n_classes) for name in ("p", "q"))
    if probe.content == "identical":
        estimate = target.clone()
    log_p, log_q = target.log_softmax(1), estimate.log_softmax(1)
    pairs: Mapping[str, tuple[Tensor, Tensor]] = {
        "scores": (target, estimate), "torch": (log_p.exp(), log_q),
        "probabilities": (log_p.exp(), log_q.exp()), "log_probabilities": (log_p, log_q),
    }  # fmt: skip
    first, second = pairs[form.values]
    given = {"target": first, "estimate": second}
    return _Made({"target": target, "estimate": estimate}, given, {"classes": float(n_classes)})


def _of_domains(loss: Loss, probe: Probe, form: Form) -> _Made:
    real_a, real_b = pictures(probe)
    if probe.content == "random":  # two domains are no pairs
        real_b = real_b.flip(-1)
    to_a, to_b = translation("to A"), translation("to B")
    if probe.content == "identical":
        to_a, to_b = (lambda images: images), (lambda images: images)
    fake_b, fake_a = to_b(real_a), to_a(real_b)
    roles = {
        "real_A": real_a, "real_B": real_b, "fake_A": fake_a, "fake_B": fake_b, "rec_A": to_a(fake_b),
        "rec_B": to_b(fake_a), "idt_A": to_a(real_a), "idt_B": to_b(real_b),
    }  # fmt: skip
    given = {"generator_AB": to_b, "generator_BA": to_a, "criterion": nn.L1Loss()}
    return _Made(roles, given, {"elements": float(real_a[0].numel())})


def _of_critic(loss: Loss, probe: Probe, form: Form) -> _Made:
    shape = (3, 6, 5)
    real, fake = (normal(f"{name} {probe.name}", probe.samples, *shape) for name in ("real", "fake"))
    if probe.content == "identical":
        fake = real.clone()
    if probe.content == "linear":  # and without spread, so that nothing is disturbed
        real = torch.full_like(real, 0.3)
    critic = ProbeCritic(
        90, linear=probe.content == "linear", flat=probe.content == "flat", listed=form.layout == "list"
    )
    real, fake = real.requires_grad_(), fake.requires_grad_()
    share = uniform(f"uniform {probe.samples} 0", probe.samples).view(-1, 1, 1, 1)
    mixed = (share * real + (1 - share) * fake).detach().requires_grad_()
    at = mixed if {"real", "fake"} <= {*loss.needs} else real if "real" in loss.needs else fake
    scores = critic(at)
    total = sum((part.sum() for part in scores), start=at.new_zeros(())) if isinstance(scores, list) else scores.sum()
    (gradients,) = torch.autograd.grad(total, at, create_graph=True)
    given = {
        "real_logits": critic(real), "fake_logits": critic(fake), "mixed": mixed, "mixed_logits": critic(mixed),
        "gradients": gradients, "share": share.requires_grad_(), "discriminator": critic, "real": real, "fake": fake,
    }  # fmt: skip
    roles = {
        "real": real.detach(), "fake": fake.detach(), "discriminator": critic, "backbone": ProbeBackbone(),
        "last_layer": last_layer,
    }  # fmt: skip
    return _Made(roles, given, {"elements": 90.0, "channels": 3.0, "pixels": 30.0})


def _of_path(loss: Loss, probe: Probe, form: Form) -> _Made:
    styles = normal(f"styles {probe.name}", probe.samples, 3, 5)
    generator = ProbeSynthesis(15, linear=probe.content == "linear")
    leaf = styles.clone().requires_grad_()
    lengths = _mean_length(styles, generator)
    given = {"latents": leaf, "fake": generator(leaf), "generator": generator, "mean_path_length": lengths}
    return _Made({"latents": styles, "generator": generator}, given, {"styles": 3.0, "pixels": 16.0})


def _mean_length(styles: Tensor, generator: nn.Module) -> float:
    """The running mean of a training that has come to rest: the mean of the batch itself."""
    leaf = styles.clone().requires_grad_()
    images = generator(leaf)
    noise = Draws(len(styles)).draw(tuple(images.shape), "normal")
    (gradients,) = torch.autograd.grad((images * noise).sum() / 4, leaf)
    return float(gradients.square().sum(-1).mean(1).sqrt().mean())


_MAKERS: Mapping[str, Callable[[Loss, Probe, Form], _Made]] = {
    "logits": _of_logits, "features": _of_features, "images": _of_images, "audio": _of_audio, "speech": _of_audio,
    "separation": _of_separation, "latent": _of_latents, "classes": _of_classes, "domains": _of_domains,
    "critic": _of_critic, "path": _of_path,
}  # fmt: skip
