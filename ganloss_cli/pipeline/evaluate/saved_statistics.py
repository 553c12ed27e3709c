"""`--save-statistics`: what the Frechet distance knows of the reals, kept for later runs and for other tools."""

from __future__ import annotations

from pathlib import Path

from ganloss_cli.errors import UsageError
from ganloss_cli.evaluators.losses.fid import FrechetSet
from ganloss_cli.io.statistics import write_statistics
from ganloss_cli.pipeline.run.tally import Tally
from ganloss_cli.records.report import Finding
from ganloss_cli.records.request import Request


def save_statistics(request: Request, tally: Tally) -> Finding:
    """Keep mean and covariance of the reals in the features of the first Frechet distance.

    Args:
        request: names the file.
        tally: of all samples.

    Returns:
        what was kept.

    Raises:
        UsageError: there is no Frechet distance whose reals are known, these are a part, or the file cannot be written.
    """
    path = Path(request.save_statistics or "")
    if request.shard is not None:
        raise UsageError(f"--save-statistics {path}: a part of a run has no statistics of all reals")
    for typed, series in zip(tally.losses, tally.series, strict=True):
        statistic = series.statistic
        if isinstance(statistic, FrechetSet) and "real" in statistic.parts:
            rows = statistic.rows("real").double().numpy()
            write_statistics(path, rows)
            shape = f"{len(rows)} reals in {rows.shape[1]} features"
            return Finding(
                check="statistics_saved",
                severity="note",
                message=f"{path}: mean and covariance of {shape}, as {typed} sees them",
                evidence={"file": str(path), "loss": typed, "samples": len(rows), "features": rows.shape[1]},
            )
    raise UsageError(
        f"--save-statistics {path}: no Frechet distance sees the samples of the reals",
        hint="add fid to --losses",
    )
