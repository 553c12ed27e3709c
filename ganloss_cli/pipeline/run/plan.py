"""Which losses can be computed from what is at hand, on which networks, and what the others lack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ganloss_cli.errors import GanlossError, InputError, NothingEvaluatedError, UsageError
from ganloss_cli.evaluators.batch import FEATURE_ROLES, LOGIT_ROLES, NETWORK_ROLES
from ganloss_cli.evaluators.catalogue import Loss, Selected, catalogue, select
from ganloss_cli.evaluators.known_tags import SCORES
from ganloss_cli.io.architectures.backbones import FEATURES, LPIPS, PUBLIC_FILES
from ganloss_cli.io.datasets import Group
from ganloss_cli.pipeline.networks.backbones import backbone_of, missing_layers
from ganloss_cli.pipeline.networks.models import Model, is_discriminator, is_generator
from ganloss_cli.pipeline.networks.opening import BACKBONE
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.roles import (
    HOW_TO_GIVE,
    LAST_LAYER,
    SET_NETWORKS,
    Domain,
    Graph,
    MissingError,
    Origin,
    domain_of,
    is_about,
    side_of,
)
from ganloss_cli.records.listing import grouped
from ganloss_cli.records.report import Weights
from ganloss_cli.records.request import Request

# Families whose losses take waveforms, where they take real and fake.
AUDIO_FAMILIES = ("spectral", "separation", "speech")


@dataclass(frozen=True, kw_only=True)
class Run:
    """One loss to be computed on one set of networks.

    Args:
        selected: the loss, its convention and chosen settings.
        origins: where each data role that it reads comes from.
        domain: A or B, with two domains.
        weights: whose generator makes the fakes; None where no generator takes part.
        network: the network that the result is about.
        explicit: whether the user asked for it by name.
        beside_others: whether all conventions of its loss were asked for; one that does not fit is then left out.
        label: how it is named in samples and gates.
    """

    selected: Selected
    origins: Mapping[str, Origin]
    domain: Domain | None
    weights: Weights | None
    network: str | None
    explicit: bool
    beside_others: bool
    label: str

    @property
    def loss(self) -> Loss:
        """The catalogue's entry."""
        return self.selected.loss

    @property
    def by_order(self) -> bool:
        """Whether it holds samples against each other that belong to nobody: unpaired reals and fakes."""
        return self.loss.equal_counts and len({origin.space for origin in self.origins.values()}) > 1

    @property
    def networks(self) -> frozenset[str]:
        """Every network that makes what it reads, and the one that it is about."""
        made = {name for origin in self.origins.values() for name in origin.networks()}
        return frozenset({*made, self.network} if self.network else made)

    def forward_weights(self) -> Weights:
        """The generator's weights to use, whatever is reported."""
        return self.weights or "raw"

    def space(self, term: str) -> int:
        """Which samples a term is about: `real.0` those of the reals, `B` those of domain B."""
        about = (origin for role, origin in self.origins.items() if is_about(role, term))
        return next(about, next(iter(self.origins.values()))).space


@dataclass(kw_only=True)
class Plan:
    """What will be run, and what cannot be.

    Args:
        runs: the losses.
        not_applicable: loss -> what it lacks.
        watched: the scores of both sides of every discriminator that the losses hear anyway; no results of their own.
    """

    runs: list[Run] = field(default_factory=list)
    not_applicable: dict[str, str] = field(default_factory=dict)
    watched: list[Run] = field(default_factory=list)

    @property
    def computed(self) -> list[Run]:
        """What was asked for, and behind it what is watched beside it."""
        return [*self.runs, *self.watched]

    @property
    def reads_features(self) -> bool:
        """Whether any loss reads feature maps."""
        return any(role in run.origins for run in self.runs for role in FEATURE_ROLES)


def select_losses(request: Request) -> tuple[list[Selected], bool]:
    """The losses asked for, and whether they were asked for by name.

    Raises:
        UsageError: an unknown loss, convention or setting.
    """
    if not request.losses or "all" in request.losses:
        wanted = [name for name, loss in catalogue().items() if request.losses or not loss.on_request]
        return select(wanted, request.settings), False
    return select(request.losses, request.settings), True


def make_plan(selected: Sequence[Selected], explicit: bool, forward: Forward) -> Plan:
    """Resolve every loss against the data and the networks.

    Args:
        selected: the losses.
        explicit: whether they were asked for by name.
        forward: the networks, of which all is known, and the data.

    Raises:
        UsageError: a loss asked for by name lacks something; the message says what, and the option that gives it.
        NothingEvaluatedError: nothing is left to compute.
    """
    request, groups = forward.request, forward.groups
    _check_weights(forward.model, request)
    plan = Plan()
    unfit: list[tuple[Selected, _UnfitError]] = []
    for entry in selected:
        try:
            plan.runs.extend(_runs(entry, explicit, forward))
        except _UnfitError as error:
            unfit.append((entry, error))
    side_by_side = _side_by_side(request) & {run.loss.name for run in plan.runs}
    for entry, lacking in unfit:
        if explicit and entry.loss.name not in side_by_side:
            if forward.model.unusable and _is_for_a_network(lacking):
                raise _about_unusable(entry, lacking, forward.model.unusable)
            raise UsageError(f"{entry.typed} {lacking.reason}", hint=lacking.hint) from None
        plan.not_applicable[entry.typed] = lacking.reason
    if not plan.runs:
        held = ", ".join(role for group in groups for role in group.roles)
        lacking_it = grouped((reason, name) for name, reason in plan.not_applicable.items())
        commonest = sorted(lacking_it.items(), key=lambda pair: -len(pair[1]))[:3]
        raise NothingEvaluatedError(
            f"no loss applies to what is given: {held}",
            hint="; ".join(f"{', '.join(n[:3] + ['...'] * (len(n) > 3))} {reason}" for reason, n in commonest),
        )
    plan.watched = list(_watched(plan.runs)) if request.over == "all" else []
    return plan


def _watched(runs: Sequence[Run]) -> Iterator[Run]:
    """The scores of reals and fakes, where losses read both: nothing has to be computed for them but means."""
    scores = zip(LOGIT_ROLES, select(SCORES.values()), strict=True)
    sides = [(role, replace(entry, typed=role)) for role, entry in scores]
    read: dict[tuple[Domain | None, Weights, str | None], dict[str, Run]] = {}
    for run in runs:
        for role in run.origins:
            read.setdefault((run.domain, run.forward_weights(), run.selected.sub), {}).setdefault(role, run)
    for own in read.values():
        if all(role in own for role, _ in sides):
            yield from (_score(own[role], role, entry) for role, entry in sides)


def _score(run: Run, role: str, entry: Selected) -> Run:
    origin = run.origins[role]
    return replace(
        run, selected=entry, origins={role: origin}, network=origin.network, explicit=False, beside_others=False,
        label=f"{role} of {run.domain} {run.weights} {origin.sub}",
    )  # fmt: skip


def _side_by_side(request: Request) -> set[str]:
    """Losses of which all conventions are asked for; those that lack something are left out, if others do not."""
    return {name for name, _, wanted in (word.partition(":") for word in request.losses) if wanted == "all"}


def _check_weights(model: Model, request: Request) -> None:
    """Refuse to report raw weights where averaged ones were asked for."""
    wanted = request.weights in ("ema", "both")
    if wanted and not any(weights == "ema" for _, weights in model.networks):
        raise UsageError(f"--weights {request.weights}: no file holds averaged weights", hint="leave --weights out")


def _about_unusable(entry: Selected, lacking: _UnfitError, unusable: Sequence[InputError]) -> GanlossError:
    """Why what a loss needs was left out; where it may be one of several, the choice is the user's."""
    if len(unusable) == 1:
        return unusable[0]
    candidates = "; ".join(error.message for error in unusable[:4])
    return UsageError(
        f"{entry.typed} {lacking.reason}, and it may be one of these: {candidates}", hint=unusable[0].hint
    )


def _is_for_a_network(lacking: _UnfitError) -> bool:
    return any(how in lacking.reason for how in HOW_TO_GIVE.values())


class _UnfitError(Exception):
    def __init__(self, reason: str, hint: str | None = None) -> None:
        super().__init__(reason)
        self.reason, self.hint = reason, hint


def _runs(entry: Selected, explicit: bool, forward: Forward) -> list[Run]:
    groups, model, request = forward.groups, forward.model, forward.request
    graph = _seen_by(entry, forward)
    kinds = {role: group.kinds[role] for group in groups for role in group.roles}
    _check_extra(entry)
    resolved, reasons = _resolved(entry, graph)
    if not resolved:
        raise _UnfitError(reasons[0], _hint(reasons[0], entry))
    runs = []
    for domain, origins in resolved:
        origins = _of_subs(entry, origins, model)
        _check_pairing(entry.loss, origins)
        _check_counts(entry.loss, origins, groups)
        _check_kind(entry.loss, origins, kinds)
        _check_layers(entry, model)
        variants = _weights(entry, origins, domain, forward)
        for weights in variants:
            runs.append(
                Run(
                    selected=entry,
                    origins=origins,
                    domain=domain,
                    weights=weights,
                    network=_network(entry.loss, origins, graph, domain),
                    explicit=explicit,
                    beside_others=entry.loss.name in _side_by_side(request),
                    label=f"{entry.typed}@{weights}" if len(variants) > 1 else entry.typed,
                )
            )
    return _told_apart(runs)


def _told_apart(runs: list[Run]) -> list[Run]:
    """With the domain in the label, where two domains have values of the same samples."""
    of_samples = [(run.label, frozenset(origin.space for origin in run.origins.values())) for run in runs]
    return [
        replace(run, label=f"{run.label} of {run.domain}") if run.domain and of_samples.count(own) > 1 else run
        for run, own in zip(runs, of_samples, strict=True)
    ]


def _check_extra(entry: Selected) -> None:
    try:
        if entry.extra is not None:
            entry.extra.require()
    except UsageError as error:
        raise _UnfitError(error.message, error.hint) from error


def _seen_by(entry: Selected, forward: Forward) -> Graph:
    """The graph with the networks that this convention looks through; one that lies in a cache is opened for it."""
    backbones, wanted = forward.model.backbones, entry.convention.backbone
    graph = forward.graph
    if BACKBONE in entry.loss.needs:
        if backbone_of(entry, forward.model) is not None:
            graph = replace(graph, networks={*graph.networks, BACKBONE})
        elif wanted == LPIPS:
            raise _UnfitError(
                "looks through LPIPS's VGG16, which lies in no checkpoint here: --backbone vgg16=FILE gives it, with"
                " the linear layers of the package lpips",
                "give --backbone vgg16=FILE, and install lpips: pip install 'ganloss[perceptual]'",
            )
        elif wanted and backbones:
            given = " and ".join(backbones)
            raise _UnfitError(f"looks through {wanted}, not {given}", f"give --backbone {wanted}=FILE")
    held = {*FEATURE_ROLES}.intersection(entry.loss.needs + entry.loss.optional) <= graph.spaces.keys()
    if not entry.loss.any_features or wanted == "discriminator" or held:
        return graph
    at_hand = next((name for name in SET_NETWORKS if name in list(backbones)), None)
    through = wanted if wanted == FEATURES else at_hand or wanted or "discriminator"
    known = {through} if backbones.get(through) else set()
    return replace(
        graph,
        features_from=through,
        networks={*graph.networks, *known},
        gives_features={*graph.gives_features, *known},
    )


def _resolved(entry: Selected, graph: Graph) -> tuple[list[tuple[Domain | None, dict[str, Origin]]], list[str]]:
    """Where everything comes from that the loss reads: in no domain where that can be had, else in A and in B."""
    reasons = []
    for domains in dict.fromkeys(((None,), graph.domains)):
        resolved: list[tuple[Domain | None, dict[str, Origin]]] = []
        for domain in domains:
            try:
                resolved.append((domain, _origins(entry, graph, domain)))
            except MissingError as missing:
                reasons.append(f"needs {missing}")
        if resolved:
            return resolved, []
    return [], reasons


def _origins(entry: Selected, graph: Graph, domain: Domain | None) -> dict[str, Origin]:
    """Where everything comes from that the loss reads; networks that it calls are only checked."""
    loss, own = entry.loss, entry.convention.needs
    of_others = {name for row in loss.conventions for name in row.needs} - {*own}
    origins = {}
    for name in (*loss.needs, *own):
        if name in NETWORK_ROLES:
            graph.network(name, domain)
        elif name == LAST_LAYER:
            _check_last_layer(graph, domain)
        elif name != "random":
            origins[name] = graph.origin(name, domain)
    if "generator" in loss.needs and "latents" in origins and origins["latents"].network is not None:
        raise MissingError("latents that the generator takes; these are what it makes")
    for name in loss.optional:
        if name in of_others:
            continue
        try:
            if name in NETWORK_ROLES:
                graph.network(name, domain)
            else:
                origins[name] = graph.origin(name, domain)
        except MissingError:
            continue
    if loss.one_of and not any(name in origins for name in loss.one_of):
        raise MissingError(f"one of {', '.join(loss.one_of)}")
    if not origins:
        raise MissingError(f"one of {', '.join(loss.optional)}")
    return origins


def _of_subs(entry: Selected, origins: Mapping[str, Origin], model: Model) -> dict[str, Origin]:
    """The same, with what is heard from a discriminator as it comes from the sub-discriminators asked for."""
    heard = {role for role in origins if entry.sub and role in (*LOGIT_ROLES, *FEATURE_ROLES)}
    for role in heard:
        network = origins[role].network
        if network is None:
            raise _UnfitError(f"needs the outputs of {entry.sub} apart, which {role} in the data does not tell")
        if entry.sub not in (held := model.get(network, "raw").subs):
            told = ", ".join(str(sub) for sub in held if sub) or "no name for its parts"
            raise _UnfitError(f"needs {entry.sub} among the sub-discriminators, and the checkpoint has {told}")
    return {role: replace(each, sub=entry.sub if role in heard else None) for role, each in origins.items()}


def _check_last_layer(graph: Graph, domain: Domain | None) -> None:
    network = graph.network("generator", domain)
    if LAST_LAYER not in graph.gives.get(network, ()):
        raise MissingError("a generator whose last layer is known")


def _check_pairing(loss: Loss, origins: Mapping[str, Origin]) -> None:
    spaces = {(domain_of(name), origin.space) for name, origin in origins.items()}  # with two domains, one in each
    if not loss.paired or len(spaces) <= len({domain for domain, _ in spaces}):
        return
    raise _UnfitError(
        "needs pairs, but real and fake are unpaired",
        loss.if_unpaired or "equal names pair; --pair-by REGEX says which part of a name counts",
    )


def _check_counts(loss: Loss, origins: Mapping[str, Origin], groups: tuple[Group, ...]) -> None:
    counts = {side_of(name): len(groups[origin.space].names) for name, origin in origins.items()}
    if loss.equal_counts and len(set(counts.values())) > 1:
        told = " and ".join(f"{count} {side}s" for side, count in counts.items())
        raise _UnfitError(f"needs as many reals as fakes, and there are {told}", f"--limit {min(counts.values())}")


def _check_kind(loss: Loss, origins: Mapping[str, Origin], kinds: Mapping[str, str]) -> None:
    """Waveforms have no SSIM, images no SI-SDR; tensors might be either, and are what the user says."""
    roots = {kinds.get(origin.root.role) for name, origin in origins.items() if name in ("real", "fake")}
    if loss.images == "image_only" and "audio" in roots:
        raise _UnfitError("is defined on images, and the data are audio")
    if loss.family in AUDIO_FAMILIES and "image" in roots:
        raise _UnfitError("is defined on waveforms, and the data are images")


def _check_layers(entry: Selected, model: Model) -> None:
    built = backbone_of(entry, model)
    if built is not None and (missing := missing_layers(entry, model)):
        lacks = f"compares {', '.join(missing)}, which {built.architecture} does not have"
        raise _UnfitError(lacks, "give --backbone vgg19=FILE")


def _weights(
    entry: Selected, origins: Mapping[str, Origin], domain: Domain | None, forward: Forward
) -> tuple[Weights | None, ...]:
    loss, model = entry.loss, forward.model
    generators = {name for origin in origins.values() for name in origin.networks() if is_generator(name)}
    for name in (*loss.needs, *loss.optional):
        if name in NETWORK_ROLES and is_generator(name):
            generators.add(forward.graph.network(name, domain))
    if not generators:
        return (None,)
    both = any(model.has_both(name) for name in generators)
    wanted = forward.request.weights or ("raw" if entry.as_trained else loss.weights)
    if wanted == "both":
        return ("raw", "ema") if both else (model.get(next(iter(generators)), "raw").weights,)
    return (model.get(next(iter(generators)), wanted).weights,)


def _network(loss: Loss, origins: Mapping[str, Origin], graph: Graph, domain: Domain | None) -> str | None:
    """Whose number it is."""
    involved = [name for origin in origins.values() for name in origin.networks()]
    for name in loss.needs:
        if name in NETWORK_ROLES:
            involved.append(graph.network(name, domain))
    of_discriminator = loss.about == "discriminator"
    networks = [name for name in involved if is_discriminator(name) or is_generator(name)]
    return min(networks, key=lambda name: is_discriminator(name) != of_discriminator, default=None)


def _hint(reason: str, entry: Selected) -> str | None:
    backbone = entry.convention.backbone
    if backbone in PUBLIC_FILES and "--backbone" in reason:
        others = [row.name for row in entry.loss.conventions if row.backbone == "discriminator"]
        without = "".join(f"; {entry.loss.name}:{name} needs none" for name in others)
        return f"give --backbone {backbone}=FILE, which {PUBLIC_FILES[backbone]}{without}"
    if HOW_TO_GIVE["generator"] in reason and "fake" in entry.loss.needs:
        return "give one with --ckpt, or what one has made with --fake"
    return "give a discriminator with --disc, or one that lies in the file of --ckpt" if "--disc" in reason else None
