"""Traced numbers as JSON: the verdict, the ranked candidates, and everything they rest on."""

from __future__ import annotations

from ganloss_cli.records import NumberReport
from ganloss_cli.reporters.as_json import as_data, dumps


def render(report: NumberReport) -> str:
    """One document. `candidates` are those of all numbers, in their order, each with the number it is for."""
    fields = as_data(report)
    candidates = [
        {"number": f"{number.name}={number.text}", "rank": rank, **as_data(candidate)}
        for number in report.numbers
        for rank, candidate in enumerate(number.candidates, start=1)
    ]
    head = {"schema_version": fields.pop("schema_version"), "verdict": fields.pop("verdict"), "candidates": candidates}
    return dumps({**head, **fields})
