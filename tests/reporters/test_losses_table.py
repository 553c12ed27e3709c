import csv
import io
import json
import re

import pytest

from ganloss_cli.reporters import registry
from ganloss_cli.reporters.document import Entry
from ganloss_cli.reporters.losses.document import ExplainedLoss, LossesDocument
from ganloss_cli.reporters.screen import Screen


def render_all(losses: list[Entry], screen: Screen) -> str:
    return registry.render(LossesDocument(losses), "table", screen)


def render_one(loss: Entry, screen: Screen) -> str:
    return registry.render(ExplainedLoss([loss]), "table", screen)


def convention(name: str, **more: object) -> Entry:
    known = {
        "settings": {}, "source": f"owner/{name}@0123abc file.py", "relation": "the default", "factor": None,
        "mistake": None, "alias_of": None, "example": 0.5,
    }  # fmt: skip
    return {"name": name, **known, **more}


@pytest.fixture
def ssim() -> Entry:
    return dict(  # noqa: C408  read like a call
        name="ssim", family="structural", summary="Structural similarity [of] two images.",
        formula="S = a / b\n  + c", needs=("real", "fake"), optional=(), one_of=(), paired=True, equal_counts=False,
        settings={"window": 11, "sigma": 1.5, "pad": False, "cap": None}, unit=None, higher_is_better=True,
        span=(-1.0, 1.0), equilibrium=None, no_equilibrium=None, batch_dependent=None, tells="1: the images are equal",
        reference="Wang 2004",
        conventions=(
            convention("wang2004"),
            convention("piq", alias_of="wang2004"),
            convention("half", settings={"scale": 0.5}, relation="half", factor=0.5, mistake="it is halved"),
        ),
    )  # fmt: skip


@pytest.fixture
def kl() -> Entry:
    return dict(  # noqa: C408  read like a call
        name="kl", family="latent", summary="Divergence.", formula="", needs=("mu",), optional=("sigma", "logvar"),
        one_of=("sigma", "logvar"), paired=False, equal_counts=False, settings={}, unit="nats", higher_is_better=None,
        span=(0.0, None), equilibrium=0.0, no_equilibrium=None,
        batch_dependent="it uses the batch's mean", tells="", reference="", conventions=(convention("closed_form"),),
    )  # fmt: skip


@pytest.mark.parametrize("width", [80, 200, None])
def test_the_list_shows_every_loss_under_its_family(ssim: Entry, kl: Entry, width: int | None) -> None:
    lines = [line.rstrip() for line in render_all([ssim, kl], Screen(width=width)).splitlines()]

    assert "structural" in lines
    assert any(re.match(r"  ssim +↑ +Structural similarity \[of\] ", line) for line in lines)
    assert any(re.match(r"  kl +eq 0 +Divergence\. +mu and one of", line) for line in lines)
    assert width is None or max(map(len, lines)) <= width


@pytest.mark.parametrize("width", [60, 80, 200, None])
def test_one_loss_shows_all_that_is_known_of_it(ssim: Entry, width: int | None) -> None:
    drawn = render_one(ssim, Screen(width=width))

    flat = " ".join(drawn.split())
    for known in (
        "S = a / b", "real, fake", "window=11, sigma=1.5, pad=false, cap=none", "1: the images are equal", "Wang 2004",
        "the same as wang2004", "scale=0.5", "a mistake: it is halved", "owner/half@0123abc file.py",
    ):  # fmt: skip
        assert known in flat
    assert width is None or max(map(len, drawn.splitlines())) <= width


def test_unit_equilibrium_and_dependence_on_the_batch_are_told(kl: Entry) -> None:
    flat = " ".join(render_one(kl, Screen()).split())

    assert "unit nats" in flat
    assert "equilibrium 0" in flat
    assert "batch depends on the batch: it uses the batch's mean" in flat
    assert "needs mu and one of sigma, logvar" in flat


def test_json_has_the_fields_of_the_contract(ssim: Entry) -> None:
    (loss,) = json.loads(registry.render(LossesDocument([ssim]), "json"))["losses"]

    assert {
        "name", "family", "formula", "needs", "higher_is_better", "equilibrium", "reference", "conventions",
    } <= set(loss)  # fmt: skip
    assert loss["needs"] == ["real", "fake"]
    assert {"name", "settings", "source", "mistake"} <= set(loss["conventions"][0])
    assert loss["conventions"][2]["factor"] == 0.5


def test_csv_has_a_row_a_convention(ssim: Entry, kl: Entry) -> None:
    rows = list(csv.DictReader(io.StringIO(registry.render(LossesDocument([ssim, kl]), "csv"))))

    assert [(row["loss"], row["convention"]) for row in rows] == [
        ("ssim", "wang2004"), ("ssim", "piq"), ("ssim", "half"), ("kl", "closed_form"),
    ]  # fmt: skip
    assert rows[2]["settings"] == '{"scale": 0.5}'
    assert rows[0]["mistake"] == ""
