"""Names of a known network with shapes of none: recognition says None or an error, and never crashes."""

import contextlib
import json
from pathlib import Path

import pytest

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import FAMILIES, Match, recognise

FIGURES = Path(__file__).parent.parent / "networks" / "figures"
CASES = [
    (family, name)
    for family in ("auralflow", "biggan", "gan_stability", "hifigan", "melgan", "stylegan2", "vits")
    for name in list(json.loads((FIGURES / f"{family}.json").read_text()))[:: 5 if family == "biggan" else 1]
]
WRONG = [None, (), (0,), (7,), (0, 0), (0, 0, 0), (1, 1, 1), (5, 0, 3), (0, 0, 0, 0), (3, 2, 5, 1)]
N_ENDS = 8


@pytest.mark.parametrize(("family", "name"), CASES, ids=str)
def test_no_shape_of_any_tensor_crashes_recognition(family, name):
    recorded = json.loads((FIGURES / f"{family}.json").read_text())[name]
    shapes = {key: tuple(shape) for key, shape in recorded["shapes"].items()}
    keys = [*list(shapes)[:N_ENDS], *list(shapes)[-N_ENDS:]]
    ours = {found.architecture} if (found := recognise(shapes, recorded["config"])) else set()
    families = [one for one in FAMILIES if one.name in ours]

    found = []
    for key in keys:
        for wrong in WRONG:
            changed = {**shapes, key: wrong} if wrong is not None else {k: v for k, v in shapes.items() if k != key}
            with contextlib.suppress(InputError):
                found += [one.detect(changed, recorded["config"]) for one in families]

    assert families
    assert all(match is None or isinstance(match, Match) for match in found)
