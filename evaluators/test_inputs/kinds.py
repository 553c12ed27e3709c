"""Probing inputs: what a loss function is called with to find out what it computes, by the kind of loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from ganloss_cli.evaluators.batch import FEATURE_ROLES, LOGIT_ROLES
from ganloss_cli.evaluators.catalogue import Loss

Kind = Literal[
    "logits", "features", "images", "audio", "speech", "separation", "latent", "classes", "domains", "critic", "path",
]  # fmt: skip
Content = Literal[
    "random", "mistaken", "identical", "near", "constant", "black", "silent", "half silent", "tiny", "large", "stereo",
    "linear", "flat", "unequal", "uneven",
]  # fmt: skip
Size = Literal["usual", "odd", "big"]


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One set of inputs.

    Args:
        name: what findings and tables call it.
        content: what the samples hold.
        samples: how many.
        size: of one sample.
        regular: whether a function must agree here to compute a convention; elsewhere it may depart and is told so.
        optional: whether a function may refuse it.
    """

    name: str
    content: Content = "random"
    samples: int = 2
    size: Size = "usual"
    regular: bool = False
    optional: bool = False


@dataclass(frozen=True, kw_only=True)
class Form:
    """How the inputs are handed over.

    Args:
        layout: "batch" with a batch axis, "list" of sub-discriminators, "sample" without batch axis ...
        values: what numbers stand for: "logits" or "probabilities", images on "unit", "symmetric" or "bytes" ...
    """

    layout: str
    values: str

    @property
    def name(self) -> str:
        """Both words, as findings quote them."""
        return f"{self.layout}, {self.values}" if self.values else self.layout


RANDOM = Probe(name="random", samples=4, regular=True)
ONE = Probe(name="one sample", samples=1, regular=True)
MANY = Probe(name="many samples", samples=7, regular=True)
ODD = Probe(name="odd sizes", samples=2, size="odd", regular=True)
IDENTICAL = Probe(name="identical", content="identical")
TINY = Probe(name="tiny", content="tiny")
LARGE = Probe(name="large", content="large")
CONSTANT = Probe(name="constant", content="constant")

PROBES: Mapping[Kind, Sequence[Probe]] = {
    "logits": (
        RANDOM, ONE, MANY, Probe(name="mistaken", content="mistaken", samples=5, regular=True), IDENTICAL,
        Probe(name="undecided", content="constant"), TINY, LARGE,
    ),
    "features": (
        RANDOM, ONE, MANY, ODD, Probe(name="near", content="near", regular=True), IDENTICAL,
        Probe(name="black", content="black"), LARGE,
    ),
    "images": (
        RANDOM, ONE, MANY, ODD, Probe(name="near", content="near", samples=2), IDENTICAL,
        Probe(name="black", content="black"), CONSTANT, TINY,
        Probe(name="large", samples=1, size="big", optional=True),
    ),
    "audio": (
        RANDOM, ONE, MANY, ODD, Probe(name="stereo", content="stereo", samples=2, optional=True), IDENTICAL,
        Probe(name="silent", content="silent"), Probe(name="half silent", content="half silent"), TINY, LARGE,
    ),
    "speech": (replace(RANDOM, samples=2), ONE, ODD, IDENTICAL),
    "separation": (RANDOM, ONE, MANY, ODD, Probe(name="silent", content="silent"), TINY, LARGE),
    "latent": (
        RANDOM, ONE, MANY, ODD, IDENTICAL, Probe(name="narrow", content="tiny"), Probe(name="wide", content="large"),
    ),
    "classes": (RANDOM, ONE, MANY, ODD, IDENTICAL, Probe(name="certain", content="large")),
    "domains": (RANDOM, ONE, MANY, ODD, IDENTICAL, Probe(name="black", content="black"), CONSTANT),
    "critic": (
        RANDOM, ONE, MANY, Probe(name="linear", content="linear", regular=True),
        Probe(name="identical", content="identical", regular=True), Probe(name="flat", content="flat"),
    ),
    "path": (RANDOM, MANY, Probe(name="linear", content="linear", samples=3, regular=True), ONE),
}  # fmt: skip

# What a function must agree on as well wherever it takes it, before it is said to compute a convention.
BINDING: Mapping[Kind, Sequence[Probe]] = {
    "logits": (Probe(name="unequal counts", content="unequal", samples=4),),
    "images": (Probe(name="uneven channels", content="uneven", samples=3),),
    "audio": (Probe(name="uneven channels", content="uneven", samples=3),),
}

# In the order in which they are tried.
FORMS: Mapping[Kind, Sequence[Form]] = {
    "logits": tuple(
        Form(layout=layout, values=values)
        for values in ("logits", "probabilities")
        for layout in ("list", "batch", "patches", "flat")  # what takes a list tells more of itself on one
    ),
    "features": tuple(Form(layout=layout, values="") for layout in ("nested", "maps", "map")),
    "images": (
        *(Form(layout=layout, values="unit") for layout in ("batch", "sample", "plane", "vector")),
        Form(layout="array", values="bytes"),
    ),
    "audio": tuple(Form(layout=layout, values="") for layout in ("batch", "no channels", "sample")),
    "speech": (Form(layout="batch", values=""), Form(layout="sample", values="")),
    "separation": (Form(layout="batch", values=""),),
    "latent": tuple(Form(layout=layout, values="") for layout in ("vectors", "frames")),
    "classes": tuple(
        Form(layout="batch", values=values) for values in ("torch", "scores", "probabilities", "log_probabilities")
    ),
    "domains": (Form(layout="batch", values=""),),
    "critic": (Form(layout="batch", values=""), Form(layout="list", values="")),
    "path": (Form(layout="batch", values=""),),
}
RANGES: Mapping[str, tuple[float, float]] = {"unit": (0.0, 1.0), "symmetric": (-1.0, 1.0), "bytes": (0.0, 255.0)}


def kind_of(loss: Loss) -> Kind:
    """Which kind of inputs a loss takes.

    Args:
        loss: of the catalogue; what it needs decides.
    """
    needs = set(loss.needs) | set(loss.optional)
    if needs & set(LOGIT_ROLES):
        return "logits"
    if set(loss.needs) & set(FEATURE_ROLES):
        return "features"
    telling: Mapping[str, Kind] = {
        "discriminator": "critic", "generator": "path", "estimate": "classes", "mask": "separation",
    }  # fmt: skip
    if (found := next((kind for name, kind in telling.items() if name in needs), None)) is not None:
        return found
    families: Mapping[str, Kind] = {
        "spectral": "audio", "separation": "audio", "speech": "speech", "latent": "latent", "cycle": "domains",
    }  # fmt: skip
    return families.get(loss.family, "images")


def probes_for(loss: Loss) -> Sequence[Probe]:
    """The probes of a loss, the regular ones first among equals.

    Args:
        loss: of the catalogue.
    """
    kind = kind_of(loss)
    probes = PROBES[kind]
    # a neighbour takes two samples, and so does what compares sets of features
    if "k" in loss.settings or (loss.any_features and "real_features" in loss.needs):
        probes = tuple(probe for probe in probes if probe.samples > 1)
    # only what halves large pictures is told from the rest by one
    probes = tuple(probe for probe in probes if probe.size != "big" or "shrink" in loss.settings)
    if loss.multi_scale:  # pictures of five scales are large
        fewer = {4: 2, 7: 3}
        probes = tuple(replace(probe, samples=fewer.get(probe.samples, 1)) for probe in probes)
    return probes


def forms_for(loss: Loss, span: tuple[float, float] | None = None) -> Sequence[Form]:
    """The forms in which a loss may be handed its inputs, the likeliest first.

    Args:
        loss: of the catalogue.
        span: what image tensors hold, where that is known.
    """
    kind = kind_of(loss)
    forms = FORMS[kind]
    if kind == "logits" and "scores" not in loss.settings:
        forms = tuple(form for form in forms if form.values == "logits")
    if {"z_mask", "x_mask"} & {*loss.needs}:
        forms = tuple(form for form in forms if form.layout == "frames")
    if "vectors" in loss.settings:  # of embeddings, mostly
        forms = (*forms[:1], Form(layout="rows", values="unit"), *forms[1:])
    if kind == "images" and span is not None:
        values = next(name for name, known in RANGES.items() if known == span)
        forms = tuple(Form(layout=form.layout, values=values) for form in forms)
    return forms
