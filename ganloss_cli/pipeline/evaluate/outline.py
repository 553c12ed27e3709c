"""All that a report says beside what the samples came to: known before any of them, and without network and data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ganloss_cli.evaluators.batch import FEATURE_ROLES
from ganloss_cli.evaluators.catalogue import Convention
from ganloss_cli.gates import Gateable
from ganloss_cli.io.datasets import Group
from ganloss_cli.pipeline.evaluate.gates import other_names
from ganloss_cli.pipeline.evaluate.recipes import ChosenRecipe
from ganloss_cli.pipeline.run.arguments import context_for, discriminator_of, images_range
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.losses import known_beforehand
from ganloss_cli.pipeline.run.plan import Plan, Run
from ganloss_cli.pipeline.run.provenance import settings_as_json
from ganloss_cli.pipeline.run.roles import SET_NETWORKS
from ganloss_cli.records.report import Finding, Report, Result
from ganloss_cli.records.request import SettingChange

LARGEST_BATCH = "{largest batch}"  # stands for a number that only the samples tell


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One run of a plan.

    Args:
        label: how it is named in samples and gates.
        names: other spellings of what was typed.
        explicit: whether the user asked for it by name.
        beside_others: whether all conventions of its loss were asked for.
        paired: whether all that it reads is about the same samples.
        scores_known: whether it is known that its scores are logits, or that they are probabilities.
        through_discriminator: whether it holds sets against each other in the features of a discriminator.
        sub: the sub-discriminators that it hears, as "mpd"; None for all.
        result: what comes out, but for the values.
    """

    label: str
    names: tuple[str, ...] = ()
    explicit: bool = False
    beside_others: bool = False
    paired: bool = False
    scores_known: bool = False
    through_discriminator: bool = False
    sub: str | None = None
    result: Result

    @property
    def typed(self) -> str:
        """The loss as it was typed."""
        return self.result.typed

    def gateable(self, terms: tuple[str, ...]) -> Gateable:
        """It with everything that a gate may call it."""
        return Gateable(typed=self.typed, names=self.names, terms=terms)


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """A published recipe by its name, and what --set changed of it."""

    name: str
    changes: tuple[SettingChange, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outline:
    """A report without what the samples came to.

    Args:
        report: the rest of it.
        entries: one a run of the plan.
        watched: one a run of what is watched beside it.
        known: what is worth knowing of the runs, by label and what it is about.
        recipe: whose terms and totals the results become.
        over_batches: whether a batch is one value.
    """

    report: Report
    entries: tuple[Entry, ...]
    watched: tuple[Entry, ...] = ()
    known: Mapping[str, Finding] = field(default_factory=dict)
    recipe: Recipe | None = None
    over_batches: bool = False


def outline_of(report: Report, plan: Plan, forward: Forward, recipe: ChosenRecipe | None) -> Outline:
    """What is known of a report before any sample goes through.

    Args:
        report: what does not follow from the plan.
        plan: the losses.
        forward: the networks, of which all is known.
        recipe: that the losses belong to.
    """
    return Outline(
        report=report,
        entries=tuple(_entry(run, forward) for run in plan.runs),
        watched=tuple(_entry(run, forward) for run in plan.watched),
        known=known_beforehand(plan, forward),
        recipe=Recipe(name=recipe.recipe.name, changes=recipe.changes) if recipe else None,
        over_batches=forward.request.over == "batch",
    )


def _entry(run: Run, forward: Forward) -> Entry:
    network = discriminator_of(run, forward)
    return Entry(
        label=run.label,
        names=other_names(run),
        explicit=run.explicit,
        beside_others=run.beside_others,
        paired=len({origin.space for origin in run.origins.values()}) == 1,
        scores_known=(forward.request.scores or (network.scores if network else None)) is not None,
        through_discriminator=bool(run.loss.batch_dependent) and _sees_features_of_a_discriminator(run),
        sub=run.selected.sub,
        result=_template(run, forward),
    )


def _sees_features_of_a_discriminator(run: Run) -> bool:
    networks = {origin.network for role, origin in run.origins.items() if role in FEATURE_ROLES}
    return not networks.issubset({None, *SET_NETWORKS})


def _template(run: Run, forward: Forward) -> Result:
    loss, request = run.loss, forward.request
    settings = run.selected.settings(context_for(run, forward))
    because = _batch_dependence(run, settings, forward)
    network = forward.model.get(run.network, run.forward_weights()) if run.network else None
    logged = _logged_otherwise(run, forward)
    return Result(
        loss=loss.name,
        convention=run.selected.convention.name,
        value=None,
        count=0,
        higher_is_better=run.selected.higher_is_better,
        unit=loss.unit,
        settings=settings_as_json(settings),
        batch_dependent=because is not None,
        batch_dependent_because=because,
        over=request.over,
        checkpoint=network.record if network else None,
        network=run.network,
        domain=run.domain,
        weights=run.weights or (network.weights if network else None),
        mode=request.mode if network else None,
        range=images_range(run, forward) if _reads_images(run, forward.groups) else None,
        reference=loss.reference,
        mistake=run.selected.convention.mistake,
        logs=f"{loss.name}:{logged.name}" if logged else None,
        logs_mistake=logged.mistake if logged else None,
        library=run.selected.extra.versions() if run.selected.extra else None,
        typed=run.selected.typed,
    )


def _logged_otherwise(run: Run, forward: Forward) -> Convention | None:
    """The convention that the training of a recognised architecture logs, where the default is another one."""
    loss, row = run.loss, run.selected.convention
    for name in sorted(run.networks):
        task = forward.model.get(name, run.forward_weights()).task
        logged = task.logs.get(loss.name) if task else None
        theirs = next((each for each in loss.conventions if each.name == logged), row)
        if row is loss.default and row.name not in (theirs.name, theirs.alias_of):
            return theirs
    return None


def _batch_dependence(run: Run, settings: Mapping[str, Any], forward: Forward) -> str | None:
    request = forward.request
    if (because := run.loss.depends_on_batch(settings)) is not None:
        return because
    if request.mode == "train" and run.networks:
        return f"train mode: statistics of batches of up to {LARGEST_BATCH}, and dropout"
    if request.over == "batch":
        return f"evaluated in batches of up to {LARGEST_BATCH} (--over batch)"
    return next(filter(None, map(forward.model.mixes, sorted(run.networks))), None)


def _reads_images(run: Run, groups: tuple[Group, ...]) -> bool:
    kinds = {role: group.kinds[role] for group in groups for role in group.roles}
    return any(kinds.get(origin.role) == "image" for origin in run.origins.values()) or run.loss.images == "image_only"
