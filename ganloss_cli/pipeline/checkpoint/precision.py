"""The losses asked for, in several dtypes."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from ganloss_cli.errors import GanlossError, InputError
from ganloss_cli.evaluators.checks.observed import LossInDtypes
from ganloss_cli.pipeline.data.cache import Kept
from ganloss_cli.pipeline.evaluate.evaluation import evaluate_request
from ganloss_cli.records.report import Report
from ganloss_cli.records.request import Request

DTYPES: tuple[Literal["float64", "float32", "bfloat16"], ...] = ("float64", "float32", "bfloat16")
SAMPLES = 64  # the question is rounding, not the data


def losses_in_dtypes(request: Request, kept: Kept) -> list[LossInDtypes]:
    """Every loss of `request` with networks and data in float64, float32 and bfloat16.

    Args:
        request: its losses, networks and data.
        kept: the files, which are read once for all dtypes.

    Raises:
        GanlossError: it cannot be computed in float64 either; then it is not the dtype.
    """
    limit = min(request.limit or SAMPLES, SAMPLES)
    reports: dict[str, Report] = {}
    failures: dict[str, str] = {}
    for dtype in DTYPES:
        try:
            reports[dtype] = evaluate_request(replace(request, dtype=dtype, limit=limit, fail_if=()), kept=kept)
        except (GanlossError, RuntimeError) as error:
            # torch lacks some layers and transforms in half precision: that is worth telling, not a crash
            if dtype == "float64" or (isinstance(error, GanlossError) and not isinstance(error, InputError)):
                raise
            failures[dtype] = str(error).splitlines()[0]
    values: dict[str, dict[str, float | None]] = {}
    spreads: dict[str, float | None] = {}
    for computed_in, report in reports.items():
        for result in report.results:
            name = f"{result.typed}{f' of {result.domain}' if result.domain else ''}"
            values.setdefault(name, {})[computed_in] = result.value
            if computed_in == "float64":
                spreads[name] = result.standard_error
    return [
        LossInDtypes(called=name, values=of_loss, failures=failures, spread=spreads.get(name))
        for name, of_loss in values.items()
    ]
