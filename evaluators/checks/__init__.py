"""Audit checks, by what they look at. Importing this package registers all that lie in this folder."""

from ganloss_cli.evaluators.checks import weights  # noqa: F401  broken weights are named before what follows from them
from ganloss_cli.evaluators.checks.registry import (
    SUBJECTS,
    Check,
    Observation,
    check,
    checks,
    chosen_checks,
    find_check,
)
from ganloss_cli.evaluators.registration import import_modules

__all__ = ["SUBJECTS", "Check", "Observation", "check", "checks", "chosen_checks", "find_check"]

import_modules(__name__, __path__)
