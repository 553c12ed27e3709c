"""What a role is made of, and which roles the data and the networks give: a small graph, resolved before any work."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ganloss_cli.evaluators.batch import DATA_ROLES, FEATURE_ROLES
from ganloss_cli.io.architectures.backbones import FEATURES, INCEPTION

Domain = Literal["A", "B"]


# What may see samples for distances of sets beside the discriminator: `--backbone inception=FILE`, `features=FILE`.
SET_NETWORKS = (INCEPTION, FEATURES)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A network turns the role `source` into the role `role`."""

    role: str
    network: str
    source: str


RULES = (
    Rule(role="fake", network="generator", source="input"),
    Rule(role="fake", network="generator", source="latents"),
    Rule(role="estimate", network="generator", source="mixture"),
    Rule(role="mask", network="generator", source="mixture"),
    *(
        Rule(role=role, network="generator", source=source)
        for role in ("mu", "sigma", "log_sigma", "logvar")
        for source in ("input", "mixture")
    ),
    *(
        Rule(role=role, network="generator", source="input")
        for role in (
            "z_p",
            "m_q",
            "logs_q",
            "z_mask",
            "m_p",
            "logs_p",
            "l_length",
            "x_mask",
            "log_f0",
            "pred_log_f0",
            "latents",
            "z_q",
            "code_logits",
        )
    ),
    Rule(role="fake_B", network="generator_AB", source="real_A"),
    Rule(role="fake_A", network="generator_BA", source="real_B"),
    Rule(role="rec_A", network="generator_BA", source="fake_B"),
    Rule(role="rec_B", network="generator_AB", source="fake_A"),
    Rule(role="idt_A", network="generator_BA", source="real_A"),
    Rule(role="idt_B", network="generator_AB", source="real_B"),
    Rule(role="real_logits", network="discriminator", source="real"),
    Rule(role="fake_logits", network="discriminator", source="fake"),
    *(
        Rule(role=f"{side}_features", network=network, source=side)
        for network in ("discriminator", *SET_NETWORKS)
        for side in ("real", "fake")
    ),
)
# What of a generator says that its last layer is known: its attribute.
LAST_LAYER = "last_layer"
# What not every generator makes.
ONLY_SOME_GIVE = frozenset({
    "mask", "mu", "sigma", "log_sigma", "logvar", "z_p", "m_q", "logs_q", "z_mask",
    "m_p", "logs_p", "l_length", "x_mask", "log_f0", "pred_log_f0", "latents", "z_q", "code_logits",
})  # fmt: skip
# Separation calls its pair target and estimate; losses of pairs know them as real and fake.
OTHER_NAMES = {"real": "target", "fake": "estimate"}
# Seen from one of two domains, a name without a domain means this.
IN_DOMAIN: Mapping[Domain, Mapping[str, str]] = {
    "A": {"real": "real_A", "fake": "fake_A", "discriminator": "discriminator_A", "generator": "generator_BA"},
    "B": {"real": "real_B", "fake": "fake_B", "discriminator": "discriminator_B", "generator": "generator_AB"},
}
GIVEN_BY_OPTION = frozenset(DATA_ROLES) - {"rec_A", "rec_B", "idt_A", "idt_B"}
HOW_TO_GIVE = {
    "generator": "--ckpt with a generator",
    "generator_AB": "--ckpt with a generator from A to B",
    "generator_BA": "--ckpt with a generator from B to A",
    "discriminator": "--disc",
    "discriminator_A": "--disc with a discriminator of A",
    "discriminator_B": "--disc with a discriminator of B",
    "backbone": "--backbone vgg19=FILE",
    **{name: f"--backbone {name}=FILE" for name in SET_NETWORKS},
}


def side_of(role: str) -> str:
    """The side that a role belongs to: fake of fake, fake_A and fake_logits."""
    return role.partition("_")[0]


def domain_of(role: str) -> Domain | None:
    """The domain of a role: A of real_A, rec_A and discriminator_A, and of generator_BA, which makes fake_A."""
    return role[-1] if role[-2:] in ("_A", "_B", "BA", "AB") else None  # type: ignore[return-value]  # A or B


def real_beside(role: str) -> str:
    """The reals that a fake is shaped like: real_A of fake_A."""
    return role.replace("fake", "real")


def is_about(role: str, term: str) -> bool:
    """Whether a term of a loss is about the samples of a role: `real.0` about real_logits, `B` about rec_B."""
    first = term.split(".")[0]
    return role.startswith(f"{first}_") or role == first or role.endswith(f"_{first}")


class MissingError(Exception):
    """A role that nothing gives; the message says what it needs and the option that would meet it."""


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where a role comes from.

    Args:
        role: the role, in the words of the data (`real_A`, where a view of domain A says `real`).
        space: which samples it is about; two roles with the same space are paired.
        network: the network that makes it, or None where the data holds it or, with a source, it is the residual.
        source: what it is made of.
        sub: the sub-discriminators it is heard from, as "mpd"; None for all.
    """

    role: str
    space: int
    network: str | None = None
    source: Origin | None = None
    sub: str | None = None

    @property
    def root(self) -> Origin:
        """What of the data it is made of."""
        return self.source.root if self.source else self

    def networks(self) -> tuple[str, ...]:
        """Every network on the way from the data to this role."""
        before = self.source.networks() if self.source else ()
        return (*before, self.network) if self.network else before


@dataclass(frozen=True)
class Graph:
    """What can be had.

    Args:
        spaces: the roles that the data holds, with the group of samples they belong to.
        networks: roles of the networks at hand.
        gives_features: which of the discriminators return features.
        gives: network -> the roles that it gives beside what every network of its role does.
        has_magnitudes: whether the mixture and its target are or become magnitude spectrograms.
        features_from: the network that makes features.
        lacking: roles that a network would give if the data held more -> what they lack, in words.
    """

    spaces: Mapping[str, int]
    networks: Collection[str]
    gives_features: Collection[str]
    gives: Mapping[str, Collection[str]] = field(default_factory=dict)
    has_magnitudes: bool = False
    features_from: str = "discriminator"
    lacking: Mapping[str, str] = field(default_factory=dict)

    @property
    def domains(self) -> tuple[Domain | None, ...]:
        """A and B, where the data hold them; else the only one, which has no name."""
        return ("A", "B") if "real_A" in self.spaces or "real_B" in self.spaces else (None,)

    def find(self, role: str, domain: Domain | None = None) -> Origin | None:
        """Where `role` comes from, seen from `domain`; None for from nowhere."""
        try:
            return self.origin(role, domain)
        except MissingError:
            return None

    def origin(self, role: str, domain: Domain | None = None) -> Origin:
        """Where `role` comes from, seen from `domain`.

        Raises:
            MissingError: from nowhere.
        """
        named = IN_DOMAIN[domain].get(role, role) if domain else role
        if named in self.spaces:
            return Origin(role=named, space=self.spaces[named])
        reasons = []
        for rule in (rule for rule in RULES if rule.role == named and self._is_given(rule)):
            try:
                return self._derived(rule, domain)
            except MissingError as missing:
                reasons.append(str(missing))
        if named == "residual" and self.has_magnitudes:
            return self._residual()
        if not reasons:
            reasons.append(f"{named} ({self.lacking[named]})" if named in self.lacking else _how(named))
        if other := OTHER_NAMES.get(named):
            try:
                return self.origin(other, domain)
            except MissingError as missing:
                reasons.append(str(missing))
        raise MissingError(_shortest(reasons))

    def network(self, role: str, domain: Domain | None = None) -> str:
        """The network that `role` means, seen from `domain`.

        Raises:
            MissingError: there is none.
        """
        named = IN_DOMAIN[domain].get(role, role) if domain else role
        if named not in self.networks:
            what = "backbone" if named in SET_NETWORKS else named
            raise MissingError(f"a {what} ({HOW_TO_GIVE.get(named, '--network ' + named + '=FILE.py:Class')})")
        return named

    def _is_given(self, rule: Rule) -> bool:
        if rule.role in FEATURE_ROLES:
            return rule.network == self.features_from
        return rule.role not in ONLY_SOME_GIVE or rule.role in self.gives.get(rule.network, ())

    def _residual(self) -> Origin:
        """What is left of the mixture, from the magnitudes of both."""
        mixture, target = self.origin("mixture"), self.origin("target")
        if mixture.space != target.space:
            raise MissingError("mixture and target of the same samples")
        return Origin(role="residual", space=mixture.space, source=mixture)

    def _derived(self, rule: Rule, domain: Domain | None) -> Origin:
        network = self.network(rule.network, domain)
        if rule.role.endswith("_features") and network not in self.gives_features:
            raise MissingError(
                f"features, which {network} does not return (--features 'layer*' takes them from its layers)"
            )
        source = self.origin(rule.source, domain)
        return Origin(role=rule.role, space=source.space, network=network, source=source)


def _shortest(reasons: list[str]) -> str:
    """Of several ways to get a role, the one that lacks least."""
    return min(reasons, key=len)


def _how(role: str) -> str:
    option = f"--{role.replace('_', '-')}"
    if role in GIVEN_BY_OPTION:
        return f"{role} ({option})"
    whose = "what VITS's duration predictor pays: " if role == "l_length" else ""
    return f"{role} ({whose}a tensor of that name in --data)"
