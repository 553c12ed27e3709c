"""Options that were given and change nothing: one row each of when an option is used, and what is missing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ganloss_cli.evaluators.batch import FEATURE_ROLES, LOGIT_ROLES, NETWORK_ROLES
from ganloss_cli.io.architectures.audio_task import AudioTask
from ganloss_cli.io.datasets import DataSet
from ganloss_cli.io.roles import IMAGE_ROLES
from ganloss_cli.pipeline.networks.models import is_generator
from ganloss_cli.pipeline.networks.opening import BACKBONE
from ganloss_cli.pipeline.run.forward import Forward
from ganloss_cli.pipeline.run.plan import Plan
from ganloss_cli.pipeline.run.roles import SET_NETWORKS, Origin
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request

# fields of a request whose option has another name
_OPTIONS = {"rename": "--map", "networks": "--network"}
_TWO_DOMAINS = frozenset({"real_A", "real_B"})
# roles that more than losses may read: the generator, conditional networks, the count of fakes
_READ_BY_NETWORKS = frozenset({"real", "input", "label", "latents", "mixture", "target", *_TWO_DOMAINS})


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What takes part in a run.

    Args:
        data: as they were found.
        forward: the networks, the data as they see them, and the options.
        plan: what will be computed.
    """

    data: DataSet
    forward: Forward
    plan: Plan

    @property
    def request(self) -> Request:
        """The options."""
        return self.forward.request

    @cached_property
    def given_roles(self) -> frozenset[str]:
        """The roles that the data hold."""
        return frozenset(role for group in self.data.groups for role in group.roles)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """What the data are."""
        return frozenset(kind for group in self.data.groups for kind in group.kinds.values())

    @cached_property
    def networks(self) -> frozenset[str]:
        """The networks that some loss reads or calls."""
        found = {name for run in self.plan.runs for name in run.networks}
        called = {name for run in self.plan.runs for name in run.loss.needs if name in NETWORK_ROLES}
        return frozenset(found | (called & {*self.forward.model.roles(), BACKBONE}))

    @cached_property
    def read_roles(self) -> frozenset[str]:
        """The roles that losses read, those on the way to them included."""
        return frozenset(
            step.role for run in self.plan.runs for origin in run.origins.values() for step in _way(origin)
        )

    @property
    def generates(self) -> bool:
        """Whether a generator takes part."""
        return any(map(is_generator, self.networks))

    @property
    def generates_images(self) -> bool:
        """Whether a loss reads images that a generator makes."""
        origins = (origin for run in self.plan.runs for origin in run.origins.values())
        made = any(is_generator(name) for origin in origins for name in origin.networks())
        return made and "audio" not in self.kinds

    @property
    def runs_on_images(self) -> bool:
        """Whether a generator turns images into images."""
        return self.generates_images and not self.draws_latents

    @property
    def draws_latents(self) -> bool:
        """Whether latents were drawn."""
        return "latents" in self.forward.graph.spaces and "latents" not in self.given_roles

    @property
    def one_direction(self) -> bool:
        """Whether one generator stands between two domains."""
        roles = self.forward.model.roles()
        return self.given_roles >= _TWO_DOMAINS and "generator" in roles and "generator_AB" not in roles

    @property
    def unknown_ranges(self) -> bool:
        """Whether images are read whose file does not tell their range."""
        return any(
            role in IMAGE_ROLES and group.kinds[role] != "audio" and role not in group.ranges
            for group in self.data.groups
            for role in group.roles
        )

    def reads_any(self, *roles: str) -> bool:
        """Whether a loss reads one of these roles."""
        return not self.read_roles.isdisjoint(roles)


def _way(origin: Origin) -> Iterator[Origin]:
    yield origin
    if origin.source is not None:
        yield from _way(origin.source)


@dataclass(frozen=True, kw_only=True)
class _Rule:
    """When an option is used.

    Args:
        field: of the request.
        used: whether it changes anything.
        otherwise: why it does not.
    """

    field: str
    used: Callable[[Facts], bool]
    otherwise: str


_AUDIO = "there is no audio"
_IMAGES = "there are no images"
_RULES = (
    _Rule(field="quantize", used=lambda f: f.generates_images, otherwise="no loss reads images that a generator makes"),
    _Rule(field="tile", used=lambda f: f.runs_on_images,
          otherwise="no generator runs on images"),
    _Rule(field="samples", used=lambda f: f.draws_latents, otherwise="no latents are drawn"),
    _Rule(field="latent_shape", used=lambda f: f.draws_latents, otherwise="no latents are drawn"),
    _Rule(field="weights", used=lambda f: f.generates, otherwise="no generator takes part"),
    _Rule(field="mode", used=lambda f: bool(f.networks), otherwise="no network takes part"),
    _Rule(field="network_range", used=lambda f: bool(f.networks) and "audio" not in f.kinds,
          otherwise="no network takes or produces images"),
    _Rule(field="channel_order", used=lambda f: bool(f.networks) and "audio" not in f.kinds,
          otherwise="no network takes or produces images"),
    _Rule(field="scores", used=lambda f: f.reads_any(*LOGIT_ROLES), otherwise="no loss reads scores"),
    _Rule(field="features", used=lambda f: f.reads_any(*FEATURE_ROLES), otherwise="no loss reads features"),
    _Rule(field="backbone", used=lambda f: not f.networks.isdisjoint((BACKBONE, *SET_NETWORKS)),
          otherwise="no loss looks through a backbone"),
    _Rule(field="naming", used=lambda f: any("_" in role for role in f.forward.model.roles()),
          otherwise="no checkpoint holds networks of two domains"),
    _Rule(field="arch", used=lambda f: bool(f.request.ckpt or f.request.disc), otherwise="there is no checkpoint"),
    _Rule(field="arch_args", used=lambda f: bool(f.request.ckpt or f.request.disc), otherwise="there is no checkpoint"),
    _Rule(field="range", used=lambda f: f.unknown_ranges, otherwise="every file tells the range of its images"),
    _Rule(field="pair_by", used=lambda f: len(f.given_roles) > 1, otherwise="there is one role, and nothing to pair"),
    _Rule(field="unpaired", used=lambda f: len(f.given_roles) > 1, otherwise="there is one role, and nothing to pair"),
    _Rule(field="split", used=lambda f: f.data.chose_split, otherwise="--data has no such split to choose"),
    _Rule(field="direction", used=lambda f: f.one_direction, otherwise="no single generator stands between A and B"),
    _Rule(field="aligned", used=lambda f: f.given_roles >= _TWO_DOMAINS, otherwise="no image holds two domains"),
    _Rule(field="stem", used=lambda f: bool(f.given_roles & {"mixture", "target"}),
          otherwise="there is no folder of mixtures and stems"),
    _Rule(field="resize", used=lambda f: "image" in f.kinds, otherwise=_IMAGES),
    _Rule(field="max_pixels", used=lambda f: "image" in f.kinds, otherwise=_IMAGES),
    _Rule(field="modcrop", used=lambda f: "image" in f.kinds, otherwise=_IMAGES),
    _Rule(field="channels", used=lambda f: "audio" in f.kinds, otherwise=_AUDIO),
    _Rule(field="sample_rate", used=lambda f: "audio" in f.kinds, otherwise=_AUDIO),
    _Rule(field="segment", used=lambda f: "audio" in f.kinds, otherwise=_AUDIO),
)  # fmt: skip


def options_without_effect(facts: Facts) -> tuple[Finding, ...]:
    """A warning for every option that was given and changes nothing.

    Args:
        facts: what takes part.
    """
    default = Request()
    found = [
        _finding(_OPTIONS.get(rule.field, f"--{rule.field.replace('_', '-')}"), rule.otherwise)
        for rule in _RULES
        if getattr(facts.request, rule.field) != getattr(default, rule.field) and not rule.used(facts)
    ]
    tasks = (built.task for built in facts.forward.model.networks.values())
    taken = {role for task in tasks if isinstance(task, AudioTask) for role in task.takes}
    for role in facts.request.roles:
        if role not in _READ_BY_NETWORKS | taken and role not in facts.read_roles:
            found.append(_finding(f"--{role.replace('_', '-')}", f"no loss reads {role}"))
    return tuple(found)


def _finding(option: str, why: str) -> Finding:
    return Finding(
        check="option_without_effect",
        severity="warning",
        message=f"{option} had no effect: {why}",
        evidence={"option": option},
    )
