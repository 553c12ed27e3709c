"""The catalogue: every loss, what it needs, and the conventions under which its name is published."""

from __future__ import annotations

import difflib
import inspect
import itertools
import textwrap
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field, replace
from functools import partial
from typing import Any, Literal, TypeVar

import torch

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.batch import FIELDS, LOGIT_ROLES, Batch
from ganloss_cli.evaluators.extras import Extra
from ganloss_cli.evaluators.setting_values import setting_value
from ganloss_cli.evaluators.statistics import SetStatistic, Unreduced, Weighted
from ganloss_cli.records.report import Finding, Weights
from ganloss_cli.records.request import SettingChange

Family = Literal[
    "adversarial",
    "penalties",
    "features",
    "reconstruction",
    "cycle",
    "structural",
    "spectral",
    "separation",
    "speech",
    "latent",
]
FAMILIES: tuple[Family, ...] = typing.get_args(Family)
Span = tuple[float | None, float | None]
Side = Literal["generator", "discriminator"]

# A constant, or what the settings make of it: the target of a gradient penalty decides whether it has one.
Equilibrium = float | Callable[[Mapping[str, Any]], float | None] | None

_SECTIONS = ("Args:", "Returns:", "Convention:", "Raises:")
LossFunction = TypeVar("LossFunction", bound=Callable[..., Unreduced])
_CATALOGUE: dict[str, Loss] = {}


@dataclass(frozen=True)
class Convention:
    """A named set of settings: what one public source computes under a loss's name. Pure data.

    Args:
        name: what a person types after the colon.
        source: where it is from: "owner/repository@commit file", a library with its version, or a paper.
        settings: what differs from the function's defaults.
        relation: how its value relates to the default's, in words ("twice wang2004", "another window").
        factor: value / default value, where that is exact for every input; else None.
        mistake: what is wrong with it, where it is a mistake that people make; else None.
        alias_of: the convention with the same value, where it is a mere alias; else None.
        needs: optional fields of the loss that it cannot do without.
        inverted: whether lower is better where the loss's own higher is, or the other way round: 1 - SSIM, -SI-SDR.
        layers: of the backbone whose maps it compares, shallowest first; empty for the backbone's own choice.
        backbone: the network that it looks through, where it is no other: "alexnet", or of features "discriminator".
        leaves_span: whether it may pass the span of its loss, being of another sign or form.
        extra: the libraries that compute it, where they are others than its loss's.
    """

    name: str
    source: str
    _: KW_ONLY
    settings: Mapping[str, Any] = field(default_factory=dict)
    relation: str = "the default"
    factor: float | None = None
    mistake: str | None = None
    alias_of: str | None = None
    needs: tuple[str, ...] = ()
    inverted: bool = False
    layers: tuple[str, ...] = ()
    backbone: str | None = None
    leaves_span: bool = False
    extra: Extra | None = None

    def alias(self, name: str, source: str) -> Convention:
        """The same row under the name of another source, marked as a mere alias."""
        return replace(self, name=name, source=source, alias_of=self.alias_of or self.name)


def scaled(name: str, source: str, scale: float, relation: str) -> Convention:
    """A convention that is a multiple of a default whose setting `scale` is 1.

    Args:
        name: what a person types after the colon.
        source: where it is from.
        scale: of the multiple.
        relation: the multiple in words, with its reason.
    """
    return Convention(name, source, settings={"scale": scale}, relation=relation, factor=scale)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is declared of a loss beside its function, and nowhere else.

    Args:
        family: where it is listed.
        reference: the paper, or the repository, that defines it.
        conventions: the first is the default and has no settings.
        about: whose loss it is, or what it measures.
        observed: whether logs print it beside the losses and nobody minimises it.
        shown_term: what a term is multiplied by where logs print it alone.
        synonyms: what people type for it, and no other loss is called.
        higher_is_better: None for adversarial losses and penalties.
        span: the least and the largest value of the default; None where there is none.
        known_values: values with a meaning of their own, each with it; infinity, with what to do about it.
        beside_energies: a library, and the constant beside its energies, which is left of a signal and itself.
        usual_weights: what training codes multiply it by in their totals, with whose weight that is.
        lazy: how often training computes it, where that is not in every iteration.
        equilibrium: the value at which neither network can gain, where it is a constant or the settings decide it.
        no_equilibrium: why an adversarial loss or a penalty has none.
        balanced_score: for an adversarial loss, what an undecided discriminator returns before any sigmoid, or how
            the settings decide it (labels do); the equilibrium is then the loss at that score.
        trained_against: of a generator's loss, the discriminator's, where it has another name behind its d_.
        unit: "dB", or None.
        paired: whether sample i of one role is compared with sample i of another that it belongs to.
        if_unpaired: which loss does without pairs, as a hint.
        equal_counts: whether as many samples of one role are held against those of another, whichever they are.
        symmetric: whether real and fake may be exchanged.
        images: "unit": images come on [0, 1]; "image_only": the same, and nothing but images makes sense;
            "network": in the range of the network that the loss calls.
        multi_scale: whether it is a product over scales, which large images alone have.
        weights: which generator it is about: "raw", the one the discriminator was trained against, or "ema".
        batch_dependent: why the value depends on the batch, or None where it does not.
        settled: whether settings give what the batch would; it then no longer depends on it.
        one_of: optional fields of which one must be there.
        on_request: whether it is left out where no losses are named, for it takes time or many samples.
        interpretation: what a value says, for `ganloss losses NAME`.
        findings: what is legal but probably wrong about a batch or the settings.
        extra: the libraries that compute it, where it is none of our own.
        any_features: whether its features may be any network's, not the discriminator's alone.
        row: of feature losses, all that they take from one sub-discriminator's maps; see `streams`.
        keeps_maps: whether it tells where in a sample it comes from; see `maps`.
    """

    family: Family
    reference: str
    conventions: tuple[Convention, ...]
    about: Side = "generator"
    observed: bool = False
    shown_term: float = 1.0
    synonyms: tuple[str, ...] = ()
    higher_is_better: bool | None = None
    span: Span = (0.0, None)
    known_values: Mapping[float, str] = field(default_factory=dict)
    beside_energies: Mapping[str, float] = field(default_factory=dict)
    usual_weights: Mapping[float, str] = field(default_factory=dict)
    lazy: str | None = None
    equilibrium: Equilibrium = None
    no_equilibrium: str | None = None
    balanced_score: float | Callable[[Mapping[str, Any]], float] | None = None
    trained_against: str | None = None
    unit: str | None = None
    paired: bool = False
    if_unpaired: str | None = None
    equal_counts: bool = False
    symmetric: bool = False
    images: Literal["unit", "network", "image_only"] = "unit"
    multi_scale: bool = False
    weights: Weights = "raw"
    batch_dependent: str | None = None
    settled: Callable[[Mapping[str, Any]], bool] | None = None
    one_of: tuple[str, ...] = ()
    on_request: bool = False
    interpretation: str = ""
    findings: Callable[[Batch, Mapping[str, Any]], Iterable[Finding]] | None = None
    extra: Extra | None = None
    any_features: bool = False
    row: Callable[..., Any] | None = None
    keeps_maps: bool = False


@dataclass(frozen=True, kw_only=True)
class Loss(Facts):
    """A loss function with what the catalogue knows of it."""

    name: str
    function: Callable[..., Unreduced]
    needs: tuple[str, ...]
    optional: tuple[str, ...]
    settings: Mapping[str, Any]
    summary: str
    formula: str

    @property
    def default(self) -> Convention:
        """The convention that the bare name means."""
        return self.conventions[0]

    @property
    def usable(self) -> tuple[Convention, ...]:
        """The conventions whose libraries are installed."""
        return tuple(
            row for row in self.conventions if (extra := row.extra or self.extra) is None or not extra.missing()
        )

    def convention(self, name: str) -> Convention:
        """The convention called `name`; an unknown one is a usage error that lists them all."""
        for row in self.conventions:
            if row.name == name:
                return row
        known = ", ".join(row.name for row in self.conventions)
        raise UsageError(
            f"{self.name}: unknown convention {name!r}, expected one of {known}", hint=f"see ganloss losses {self.name}"
        )

    @property
    def of_identical_samples(self) -> float | None:
        """What a pair of identical samples gives, where that is a number for every such pair."""
        if not self.paired:
            return None
        return self.span[1] if self.higher_is_better else self.equilibrium_at(1, self.settings)

    @property
    def plays_against(self) -> str | None:
        """The discriminator's loss of the same game, such as d_bce; None for what is no side of one."""
        if self.family != "adversarial" or self.observed:
            return None
        return self.trained_against or f"d_{self.name.partition('_')[2]}"

    def aliases(self, row: Convention) -> tuple[str, ...]:
        """The names of other sources for the same row, such as "d_bce:stylegan2"."""
        return tuple(f"{self.name}:{other.name}" for other in self.conventions if other.alias_of == row.name)

    def depends_on_batch(self, settings: Mapping[str, Any]) -> str | None:
        """Why the value depends on the batch with these settings; None where it does not."""
        return None if self.settled is not None and self.settled(settings) else self.batch_dependent

    def __call__(self, batch: Batch, settings: Mapping[str, Any]) -> Unreduced:
        """Evaluate on a batch that holds what the loss needs.

        Raises:
            UsageError: a library that computes it is not installed.
        """
        wanted = {name: getattr(batch, name) for name in (*self.needs, *self.optional)}
        return self.function(**wanted, **settings)

    def balanced_score_at(self, settings: Mapping[str, Any]) -> float | None:
        """What an undecided discriminator returns before any sigmoid; None for what is no adversarial loss."""
        return self.balanced_score(settings) if callable(self.balanced_score) else self.balanced_score

    def equilibrium_at(
        self, n_sub_discriminators: int, settings: Mapping[str, Any], term: str | None = None
    ) -> float | None:
        """The value when the discriminator can no longer tell real from fake.

        For an adversarial loss it is the loss itself, at the balanced score of every sub-discriminator.

        Args:
            n_sub_discriminators: how many there are.
            settings: of the loss.
            term: the part that is meant, such as "real"; None for all of it.
        """
        balanced = self.balanced_score_at(settings)
        if balanced is None:
            return None if term else self.equilibrium(settings) if callable(self.equilibrium) else self.equilibrium
        score = torch.full((1,), balanced, dtype=torch.float64)
        logits = [torch.sigmoid(score) if settings.get("scores") == "probabilities" else score] * n_sub_discriminators
        value = self.function(**{name: logits for name in self.needs if name in LOGIT_ROLES}, **settings)
        if term is None:
            return total(value)
        own = {k: v for k, v in value.items() if k.partition(".")[0] == term} if isinstance(value, Mapping) else {}
        return total(own) if own else None


@dataclass(frozen=True, kw_only=True)
class loss(Facts):  # noqa: N801  written as a decorator
    """Enters the function it sits on into the catalogue.

    The function's name is the loss's name, its positional parameters are fields of `Batch` (one with a default of
    None is optional), its keyword-only ones are settings, and the first indented block of its docstring is the
    formula.
    """

    def __call__(self, function: LossFunction) -> LossFunction:
        """Enter the function that this decorates, and return it unchanged."""
        parameters = inspect.signature(function).parameters.values()
        fields_ = [p for p in parameters if p.kind is not p.KEYWORD_ONLY]
        summary, formula = _summary_and_formula(function)
        entry = Loss(
            **vars(self),
            name=function.__name__,
            function=function,
            needs=tuple(p.name for p in fields_ if p.default is p.empty),
            optional=tuple(p.name for p in fields_ if p.default is not p.empty),
            settings={p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY},
            summary=summary,
            formula=formula,
        )
        _check_entry(entry)
        _CATALOGUE[entry.name] = entry
        return function


# How far a sample is from the one that it is meant to equal: 0 where it does.
distance = partial(loss, higher_is_better=False, equilibrium=0.0, paired=True, weights="ema")


def _check_entry(entry: Loss) -> None:
    """Fail at import, not at a user's."""
    if entry.name in _CATALOGUE:
        raise RuntimeError(f"the loss {entry.name!r} is registered twice")
    taken = {word for other in _CATALOGUE.values() for word in (other.name, *other.synonyms)}
    if not taken.isdisjoint({entry.name, *entry.synonyms}):
        raise RuntimeError(f"{entry.name}: its name or a synonym already means another loss")
    unknown = [name for name in (*entry.needs, *entry.optional) if name not in FIELDS]
    if unknown:
        raise RuntimeError(f"{entry.name}: {unknown} are not fields of Batch; settings are keyword-only")
    if not entry.conventions or entry.conventions[0].settings:
        raise RuntimeError(f"{entry.name}: the first convention is the default and has no settings")
    at_rest = (entry.balanced_score, entry.equilibrium, entry.no_equilibrium)
    if entry.family in ("adversarial", "penalties") and at_rest == (None, None, None):
        raise RuntimeError(f"{entry.name}: neither an equilibrium nor a reason why there is none")
    names = [row.name for row in entry.conventions]
    if len(set(names)) != len(names) or "all" in names:
        raise RuntimeError(f"{entry.name}: convention names repeat, or one is called 'all'")
    for row in entry.conventions:
        strange = sorted(set(row.settings) - set(entry.settings))
        if strange:
            raise RuntimeError(f"{entry.name}:{row.name}: no such setting: {strange}")
        if not set(row.needs) <= set(entry.optional):
            raise RuntimeError(f"{entry.name}:{row.name}: needs {row.needs}, which are no optional fields of the loss")


def catalogue() -> Mapping[str, Loss]:
    """Every loss by name, family by family."""
    import ganloss_cli.evaluators.losses  # noqa: F401  they register themselves when imported

    return {entry.name: entry for entry in sorted(_CATALOGUE.values(), key=lambda entry: FAMILIES.index(entry.family))}


def synonyms() -> dict[str, str]:
    """What people type for a loss that has another name here, with that name."""
    return {word: entry.name for entry in catalogue().values() for word in entry.synonyms}


def adversarial_losses(about: Side) -> tuple[Loss, ...]:
    """What one side of the game minimises.

    Args:
        about: whose losses.
    """
    return tuple(entry for entry in catalogue().values() if entry.plays_against and entry.about == about)


def find_loss(name: str) -> Loss:
    """The loss called `name`; an unknown one is a usage error with a suggestion."""
    known = catalogue()
    if name in known:
        return known[name]
    key = name.lower().replace("-", "_")
    near = synonyms().get(key) or next(iter(difflib.get_close_matches(key, known, n=1, cutoff=0.6)), None)
    hint = f"did you mean {near}? " if near in known else ""
    raise UsageError(f"unknown loss {name!r}", hint=f"{hint}ganloss losses lists them all")


@dataclass(frozen=True, kw_only=True)
class Selected:
    """A loss with a convention and settings chosen: what one result is about."""

    typed: str  # the word that names it in samples, gates and tables: "ssim", "ssim:piq"
    loss: Loss
    convention: Convention
    chosen: Mapping[str, Any]  # settings that --set changed
    as_trained: bool = False  # as in training: the raw generator, images in the network's own range
    sub: str | None = None  # of which sub-discriminators, by the name of their checkpoint's; None for all

    @property
    def extra(self) -> Extra | None:
        """The libraries that compute it, where it is none of our own."""
        return self.convention.extra or self.loss.extra

    @property
    def targets(self) -> tuple[str, str]:
        """What `--set` may call it: its loss, and its convention."""
        return self.loss.name, f"{self.loss.name}:{self.convention.name}"

    @property
    def higher_is_better(self) -> bool | None:
        """The direction of the convention chosen, None where the loss has none."""
        direction = self.loss.higher_is_better
        return direction if direction is None else direction != self.convention.inverted

    def settings(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """All settings: the function's defaults, what the context knows, the convention's, then what --set chose."""
        known = {name: value for name, value in context.items() if name in self.loss.settings and value is not None}
        return {**self.loss.settings, **known, **self.convention.settings, **self.chosen}


def select(words: Iterable[str], changes: Iterable[SettingChange] = ()) -> list[Selected]:
    """What `--losses` and `--set` ask for.

    Args:
        words: "ssim", "ssim:piq", "ssim:all"; a word may hold several, separated by commas.
        changes: of settings; what is said of one convention goes before what is said of its loss.

    Returns:
        the losses in the order asked for, each once.
    """
    chosen = _chosen(changes)
    selected: dict[str, Selected] = {}
    for word in (part.strip() for entry in words for part in entry.split(",")):
        if not word:
            continue
        name, _, wanted = word.partition(":")
        found = find_loss(name)
        rows = found.conventions if wanted == "all" else (found.convention(wanted) if wanted else found.default,)
        for row in rows:
            full = f"{name}:{row.name}"
            typed = full if wanted else name
            own = {**chosen.get(name, {}), **chosen.get(full, {})}
            selected[typed] = Selected(typed=typed, loss=found, convention=row, chosen=own)
    known = {target for entry in selected.values() for target in entry.targets}
    for target in chosen.keys() - known:
        raise UsageError(
            f"--set {target}: {target!r} is not among the losses asked for", hint=f"add {target} to --losses"
        )
    return list(selected.values())


def _chosen(changes: Iterable[SettingChange]) -> dict[str, dict[str, Any]]:
    """The values chosen, by loss and by convention as they are typed."""
    chosen: dict[str, dict[str, Any]] = {}
    for change in changes:
        found = find_loss(change.loss)
        if convention := change.target.partition(":")[2]:
            found.convention(convention)
        if change.setting not in found.settings:
            known = ", ".join(found.settings) or "none"
            raise UsageError(f"--set {change.text}: {found.name} has no setting {change.setting!r}, only {known}")
        hint = typing.get_type_hints(found.function)[change.setting]
        chosen.setdefault(change.target, {})[change.setting] = setting_value(change, hint)
    return chosen


def total(value: Unreduced) -> float:
    """The single number that an unreduced loss stands for.

    Args:
        value: what a loss function returned.

    Returns:
        the sum of the terms' means; for a weighted loss the ratio of the sums.
    """
    if isinstance(value, torch.Tensor):
        return float(value.detach().double().mean())
    if isinstance(value, Weighted):
        return float(value.values.detach().double().sum() / value.weights.detach().double().sum())
    if isinstance(value, SetStatistic):
        result = value.compute()
        return sum(result.values()) if isinstance(result, Mapping) else result
    return sum(float(term.detach().double().mean()) for term in value.values())


def _summary_and_formula(function: Callable[..., Any]) -> tuple[str, str]:
    """The docstring's first line, and its first indented block before the sections."""
    lines = inspect.cleandoc(function.__doc__ or "").splitlines()
    body = list(itertools.takewhile(lambda line: line not in _SECTIONS, lines[1:]))
    from_formula = itertools.dropwhile(lambda line: not line.startswith("    "), body)
    formula = itertools.takewhile(lambda line: line.startswith("    ") or not line, from_formula)
    return (lines[0] if lines else ""), textwrap.dedent("\n".join(formula)).strip()
