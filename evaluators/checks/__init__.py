"""Audit checks, by what they look at. Importing this package registers them all, in the order in which they run."""

from ganloss_cli.evaluators.checks import weights  # noqa: F401, I001  the order is that of `ganloss audit checks`
from ganloss_cli.evaluators.checks import normalisation, initialisation, copies, training_state  # noqa: F401
from ganloss_cli.evaluators.checks import discriminators, generators, spectra, precision  # noqa: F401
from ganloss_cli.evaluators.checks.registry import (
    SUBJECTS,
    Check,
    Observation,
    check,
    checks,
    chosen_checks,
    find_check,
)

__all__ = ["SUBJECTS", "Check", "Observation", "check", "checks", "chosen_checks", "find_check"]
