"""Every convention that claims a public code base has a number that that code gave."""

import importlib.util
import re
from pathlib import Path
from typing import Any

import pytest

from ganloss_cli.evaluators.catalogue import Convention, Loss, catalogue

REPOSITORY = re.compile(r"([\w.-]+/[\w.-]+?)(?:@[0-9a-f]{7,40})? [\w/.-]+\.(?:py|ipynb)")
# Whose code stands in for another's: a sibling by the same authors and an unchanged fork, as the original is too large
# to clone for this; and a library's own repository.
STANDS_FOR = {
    "junyanz/pytorch-CycleGAN-and-pix2pix": {
        "taesungp/contrastive-unpaired-translation", "BangwenHe/pytorch-CycleGAN-and-pix2pix",
    },
    "auraloss": {"csteinmetz1/auraloss"},
    "tensorflow": {"tensorflow"},
}  # fmt: skip
CLAIMS = [(loss, row) for loss in catalogue().values() for row in loss.conventions]


def recorded() -> set[tuple[str, str, str]]:
    """Loss, convention and whose code gave the number, of what `tests/evaluators/upstream` computes again."""
    found = set()
    for name in ("golden_upstream", "golden_upstream_pairs"):
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parent / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        module: Any = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        for source, figures in module.FIGURES.items():
            owner = re.split("[@ ]", source)[0]
            found |= {(loss, convention, owner) for loss, convention, _, _ in figures}
    return found


RECORDED = recorded()


def claimed(row: Convention) -> str | None:
    """The code base that a row says it is from, where it says one."""
    if found := REPOSITORY.match(row.source):
        return found[1]
    return next((library for library in ("auraloss", "tensorflow") if row.source.startswith(f"{library} ")), None)


@pytest.mark.parametrize(("loss", "row"), CLAIMS, ids=[f"{loss.name}:{row.name}" for loss, row in CLAIMS])
def test_a_convention_of_a_code_base_has_a_figure_of_that_code(loss: Loss, row: Convention) -> None:
    code = claimed(row)
    if code is None:
        return

    held = {(loss.name, row.name, owner) for owner in {code} | STANDS_FOR.get(code, set())}

    assert held & RECORDED, f"{loss.name}:{row.name} claims {code}, and no figure of it is recorded"


def test_most_conventions_claim_a_code_base() -> None:
    assert sum(claimed(row) is not None for _, row in CLAIMS) > 200


def test_a_figure_is_of_a_convention_that_there_is() -> None:
    known = {(loss.name, row.name) for loss, row in CLAIMS}

    assert {(loss, convention) for loss, convention, _ in RECORDED} <= known
