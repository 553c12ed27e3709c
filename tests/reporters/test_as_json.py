import dataclasses
import json
import math
from pathlib import Path

import pytest

from ganloss_cli.records.report import Finding, Report
from ganloss_cli.reporters import registry
from ganloss_cli.reporters.eval.document import EvalDocument
from ganloss_cli.reporters.formats.json import as_data


def render(report: Report) -> str:
    return registry.render(EvalDocument(report), "json")


def test_the_document_has_the_fields_of_the_contract_in_its_order(image_report: Report) -> None:
    document = json.loads(render(image_report))

    assert list(document) == [
        "schema_version", "tool", "environment", "command", "seed", "device", "dtype", "inputs", "fingerprint",
        "checkpoints", "results", "findings", "gates", "not_applicable", "timing", "exit_status",
    ]  # fmt: skip
    assert document["results"][0]["value"] == 0.98123456789
    assert document["results"][0]["range"] == [0.0, 1.0]
    assert document["results"][2]["terms"]["real.0"] == {"value": 0.2301, "count": 8, "standard_error": 0.015}
    assert document["checkpoints"][1]["step"] is None


def test_samples_worst_and_plan_appear_only_where_asked_for(troubled_report: Report, planned_report: Report) -> None:
    troubled, planned = json.loads(render(troubled_report)), json.loads(render(planned_report))

    assert troubled["samples"][0] == {"name": "a[red]b", "psnr": 31.5, "d_bce": None}
    assert troubled["worst"]["psnr"][0]["name"] == "evil\x1b[31m\nname"
    assert "plan" not in troubled
    assert planned["plan"]["networks"][0]["range"] == [-1.0, 1.0]
    assert "samples" not in planned


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_never_appears(image_report: Report, value: float) -> None:
    finding = Finding(check="c", severity="note", message="m", evidence={"deep": [{"value": value}]})

    text = render(dataclasses.replace(image_report, findings=(finding,)))

    assert "NaN" not in text
    assert "Infinity" not in text
    assert json.loads(text)["findings"][0]["evidence"] == {"deep": [{"value": None}]}


def test_floats_keep_every_digit(image_report: Report) -> None:
    value = 0.1 + 0.2
    result = dataclasses.replace(image_report.results[0], value=value)

    document = json.loads(render(dataclasses.replace(image_report, results=(result,))))

    assert document["results"][0]["value"].hex() == value.hex()


def test_the_same_report_gives_the_same_text_with_a_newline_at_its_end(troubled_report: Report) -> None:
    assert render(troubled_report) == render(troubled_report)
    assert render(troubled_report).endswith("}\n")


def test_every_encoding_carries_it(troubled_report: Report) -> None:
    assert render(troubled_report).isascii()


def test_a_path_is_its_text_and_anything_without_a_place_in_json_is_our_mistake() -> None:
    assert as_data({1: (Path("a/b"), True)}) == {"1": ["a/b", True]}
    with pytest.raises(TypeError, match="a report cannot hold a object"):
        as_data({"x": object()})
