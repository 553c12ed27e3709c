"""What a dry run would do in words, the same in the table and in Markdown; JSON and CSV keep everything."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ganloss_cli.reporters.figures import brief, count

_FIRST_SHOWN = 2
_NETWORK = re.compile(r"\b(generator|discriminator)(?=[_(])")


def data_line(group: Mapping[str, Any]) -> str:
    """One group of samples: "real, input: 8 samples, paired: a, b, c, …"."""
    names: Sequence[str] = group.get("first") or ()
    n_samples = group.get("samples") or len(names)
    more = ", …" if n_samples > len(names[:_FIRST_SHOWN]) else ""
    paired = ", paired" if group.get("paired") else ""
    return f"{brief(group.get('roles'))}: {count(n_samples, 'sample')}{paired}: {brief(names[:_FIRST_SHOWN])}{more}"


def network_line(network: Mapping[str, Any]) -> str:
    """What a network takes and returns: "range -1, 1 from recipe, RGB, logits, features"."""
    parts = []
    if network.get("range"):
        parts.append(f"range {brief(network['range'])}")
        if network.get("range_from"):
            parts[-1] += f" ({network['range_from']})"
    parts += [str(network[name]) for name in ("channels", "scores") if network.get(name)]
    parts += [name for name in ("features", "conditional") if network.get(name)]
    if (network.get("parts") or 1) > 1:
        parts.append(f"{network['parts']} parts")
    if network.get("weights") == "ema":
        parts.append("ema")
    return ", ".join(parts)


def loss_lines(losses: Sequence[Mapping[str, Any]]) -> list[tuple[str, str, str]]:
    """Of each loss its name, its convention, and what it reads with the settings that are not the default's.

    Networks are called G and D there, as everybody writes them: "D(real), D(G(input))".
    """
    return [(str(loss.get("loss")), str(loss.get("convention") or ""), _reading(loss)) for loss in losses]


def _reading(loss: Mapping[str, Any]) -> str:
    routes = [
        _NETWORK.sub(lambda match: match[0][0].upper(), str(route)) for route in (loss.get("reads") or {}).values()
    ]
    parts = [", ".join(routes)]
    if loss.get("domain"):
        parts.append(f"domain {loss['domain']}")
    if loss.get("weights") == "ema":
        parts.append("ema")
    changed = loss.get("changed") or {}
    if changed:
        parts.append(", ".join(f"{name}={brief(value)}" for name, value in changed.items()))
    return "; ".join(part for part in parts if part)


def flattened(plan: Any, item: str = "") -> Iterable[tuple[str, Any]]:
    """Every entry of a plan with its place: "networks.generator.range", value."""
    if isinstance(plan, Mapping):
        entries: Iterable[tuple[Any, Any]] = plan.items()
    elif isinstance(plan, Sequence) and any(isinstance(entry, Mapping) for entry in plan):
        entries = enumerate(plan)
    else:
        yield item, plan
        return
    for key, entry in entries:
        yield from flattened(entry, f"{item}.{key}" if item else str(key))
