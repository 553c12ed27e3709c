"""Traced numbers as text and as JSON."""

import json
from dataclasses import replace

import pytest

from ganloss_cli.records.number import Candidate, NumberReport, TracedNumber
from ganloss_cli.reporters import registry
from ganloss_cli.reporters.number.document import NumberDocument
from ganloss_cli.reporters.screen import Screen


def render(report, name="table", screen=None):
    return registry.render(NumberDocument(report), name, screen)


def candidate(**changes):
    given = {
        "loss": "d_bce", "convention": "dcgan", "value": 0.84221, "difference": -0.03403, "standard_errors": -6.0,
        "source": "pytorch/examples@77f55b9 dcgan/main.py", "same": ("d_bce:stylegan2",),
    }  # fmt: skip
    return Candidate(**(given | changes))


def report(*candidates, verdict="closest, not reproduced", device="cpu", **changes):
    number = {
        "name": "d_bce", "text": "0.87624", "value": 0.87624, "tolerance": 5e-6, "tried": 216, "formulas": 108,
        "chance_hits": 0.00017,
    }  # fmt: skip
    traced = TracedNumber(verdict=verdict, candidates=candidates, **(number | changes))
    return NumberReport(
        verdict=verdict, numbers=(traced,), tool={}, environment={}, command=("ganloss",), seed=0, device=device,
        dtype="float32",
    )  # fmt: skip


def test_the_table_tells_verdict_distance_source_and_chance():
    text = render(report(candidate()))

    assert text.startswith("d_bce=0.87624  closest, not reproduced\n")
    assert "-0.0340" in text
    assert "-6.0" in text
    assert "pytorch/examples@77f55b9 dcgan/main.py; the same here: d_bce:stylegan2" in text
    assert "216 candidates tried, 108 formulas of them different here; 0.00017 chance hits to expect" in text


def test_a_hit_is_rounding_and_a_factor_says_whose_it_is():
    hit = candidate(factor=2.0, factor_meaning="twice", conditions={"mode": "train"}, within_rounding=True)

    text = render(report(hit, verdict="reproduced"))

    assert "2 × d_bce:dcgan, mode train" in text
    assert "rounding" in text
    assert "twice; pytorch/examples" in text


def test_a_mistake_is_called_one():
    text = render(report(candidate(mistake="the labels are exchanged")))

    assert "a mistake: the labels are exchanged" in text


def test_an_ambiguous_number_says_what_would_separate():
    text = render(report(candidate(), verdict="ambiguous", separated_by="one more digit would"))

    assert "one more digit would\n" in text


def test_without_data_nothing_counts_as_tried():
    text = render(report(device=None, remarks=("1.386 = 2 ln 2",)))

    assert "not recomputed" in text
    assert "1.386 = 2 ln 2" in text
    assert "tried" not in text


def test_formulas_that_could_not_be_computed_are_told_of_a_number_that_is_not_reproduced():
    why = "this configuration is for 22050 Hz"
    lacking = {f"mel:{name}": why for name in ("hifigan", "vits", "vits_logged", "melgan")}
    missed = replace(report(candidate()), not_applicable=lacking)
    hit = replace(missed, verdict="reproduced")

    line = f"not tried: mel:hifigan, mel:vits, mel:vits_logged and 1 more: {why}"
    assert line in render(missed)
    assert "- not tried: mel:hifigan" in render(missed, "markdown")
    assert "not tried" not in render(hit) + render(hit, "markdown")


@pytest.mark.parametrize("width", [60, 80])
def test_a_narrow_screen_shows_sources_beneath_the_table(width):
    text = render(report(candidate(source="owner/repository@1234567 " + "x" * 50)), screen=Screen(width=width))

    assert "d_bce:dcgan: owner/repository" in text
    assert max(map(len, text.splitlines())) <= width


def test_json_ranks_the_candidates_of_every_number():
    document = json.loads(render(report(candidate(), candidate(convention="discogan")), "json"))

    assert list(document)[:3] == ["schema_version", "verdict", "candidates"]
    assert [(c["number"], c["rank"], c["convention"]) for c in document["candidates"]] == [
        ("d_bce=0.87624", 1, "dcgan"), ("d_bce=0.87624", 2, "discogan")
    ]  # fmt: skip
    assert document["numbers"][0]["chance_hits"] == 0.00017
