"""The catalogue of losses for people: all of them by family, or one with its conventions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ganloss_cli.reporters.document import Entry
from ganloss_cli.reporters.figures import aim, brief, figure, number
from ganloss_cli.reporters.screen import Screen, column, figures, grid, indented, prose, ruled, text

_EXPLANATION_WIDTH = 60


def render_all(losses: Sequence[Entry], screen: Screen) -> str:
    """Every loss on a line, beneath its family; those of one family come together."""
    rows = [[Text(head) for head in ("loss", "better", "what it is", "needs")]]
    for family, members in groupby(losses, key=lambda loss: loss["family"]):
        if len(rows) > 1:
            rows.append([Text()] * 4)
        rows.append([text(family, "bold cyan"), Text(), Text(), Text()])
        for loss in members:
            name, better = text(f"  {loss['name']}", "bold"), aim(loss["higher_is_better"], loss["equilibrium"])
            rows.append([name, Text(better), text(loss["summary"]), text(needs(loss), "dim")])
    closing = text("ganloss losses NAME shows the formula and every convention; type NAME:CONVENTION to use one", "dim")
    return screen.draw([ruled(list(zip(*rows, strict=True)), wrapping=2), Text(), closing])


def render_one(losses: Sequence[Entry], screen: Screen) -> str:
    """One loss: what it is, its formula, what it needs and tells, and its conventions side by side."""
    (loss,) = losses
    parts: list[RenderableType] = [Text.assemble(text(loss["name"], "bold"), "  ", text(loss["family"], "dim"))]
    parts.append(text(loss["summary"]))
    if loss["formula"]:
        parts += [Text(), indented(prose(loss["formula"], "cyan"))]
    parts += [Text(), _facts(loss), Text(), _conventions(loss["conventions"], screen)]
    return screen.draw(parts)


def _pairs(loss: Entry) -> str:
    if loss["paired"]:
        return "sample i of one role is compared with sample i of the other"
    return "as many reals as fakes, paired or not" if loss["equal_counts"] else ""


def _facts(loss: Entry) -> Table:
    facts = {
        "needs": needs(loss),
        "optional": ", ".join(name for name in loss["optional"] if name not in loss["one_of"]),
        "pairs": _pairs(loss),
        "settings": settings(loss["settings"]),
        "unit": loss["unit"] or "",
        "better": {True: "higher", False: "lower", None: ""}[loss["higher_is_better"]],
        "values": _span(*loss["span"]),
        "equilibrium": _equilibrium(loss),
        "batch": f"depends on the batch: {loss['batch_dependent']}" if loss["batch_dependent"] else "",
        "interpretation": loss["tells"],
        "reference": loss["reference"],
    }
    return facts_grid(facts)


def facts_grid(facts: Mapping[str, str]) -> Table:
    """A line for each fact that there is, behind its name."""
    return grid([(text(name, "bold cyan"), text(fact)) for name, fact in facts.items() if fact])


def _equilibrium(loss: Entry) -> str:
    if loss["equilibrium"] is not None:
        return number(loss["equilibrium"])
    return f"none: {loss['no_equilibrium']}" if loss["no_equilibrium"] else ""


def _span(least: float | None, most: float | None) -> str:
    if least is None:
        return "of either sign" if most is None else f"{number(most)} and below"
    return f"{number(least)} and above" if most is None else f"{number(least)} to {number(most)}"


def _conventions(conventions: Sequence[Entry], screen: Screen) -> RenderableType:
    """A table with the explanations beside the numbers; where the screen is narrow, a block a convention."""
    columns = [
        column("convention", (row["name"] for row in conventions), "bold"),
        figures("× default", ("" if row["factor"] is None else number(row["factor"]) for row in conventions)),
        figures("example", (figure(row["example"]) for row in conventions)),
    ]
    if screen.holds(ruled(columns), spare=_EXPLANATION_WIDTH):
        return ruled([*columns, column("what it is", map(_explained, conventions))])
    return _blocks(conventions)


def _blocks(conventions: Sequence[Entry]) -> Group:
    """The numbers on a line with the name, the explanation beneath."""
    parts: list[RenderableType] = [text("conventions", "bold")]
    for row in conventions:
        factor = "" if row["factor"] is None else f"  {number(row['factor'])} × default"
        title = Text.assemble("  ", text(row["name"], "bold"), f"  {figure(row['example'])} on the example{factor}")
        parts += [title, Padding(_explained(row), (0, 0, 0, 4), expand=False)]
    return Group(*parts)


def _explained(row: Entry) -> Text:
    """Relation, settings, what is wrong with it and where it is from, a line each; a mere alias takes one."""
    if row["alias_of"]:
        return Text.assemble(text(f"the same as {row['alias_of']}"), "  ", text(row["source"], "dim"))
    lines = [text(row["relation"])]
    if row["settings"]:
        lines.append(text(settings(row["settings"]), "cyan"))
    if row["mistake"]:
        lines.append(text(f"a mistake: {row['mistake']}", "red"))
    lines.append(text(row["source"], "dim"))
    return Text("\n").join(lines)


def needs(loss: Entry) -> str:
    """The roles it reads, "mu and one of sigma, log_sigma"."""
    either = f"one of {', '.join(loss['one_of'])}" if loss["one_of"] else ""
    return " and ".join(part for part in (", ".join(loss["needs"]), either) if part)


def settings(chosen: Mapping[str, Any]) -> str:
    """Settings as `--set` takes them: "window=11, sigma=1.5"."""
    words = {True: "true", False: "false", None: "none"}
    return ", ".join(f"{k}={words[v] if isinstance(v, bool | None) else brief(v)}" for k, v in chosen.items())
