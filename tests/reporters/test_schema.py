import copy
import importlib.resources
import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ganloss_cli.records.report import SCHEMA_VERSION, Report
from ganloss_cli.reporters import registry
from ganloss_cli.reporters.eval.document import EvalDocument
from ganloss_cli.reporters.rank.document import RankDocument

SHAPES = ["image_report", "troubled_report", "empty_report", "planned_report"]


def render(report: Report) -> str:
    return registry.render(EvalDocument(report), "json")


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    text = importlib.resources.files("ganloss_cli").joinpath("report.schema.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    return document


@pytest.fixture
def document(image_report: Report) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(render(image_report))
    return parsed


def errors(schema: dict[str, Any], document: object) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(document)]


def undescribed(schema: dict[str, Any], node: dict[str, Any], value: Any, path: str = "") -> Iterator[str]:
    """Fields of a document that the schema does not mention."""
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    if isinstance(value, dict) and ("properties" in node or "additionalProperties" in node):
        for name, entry in value.items():
            inner = node.get("properties", {}).get(name, node.get("additionalProperties"))
            if inner is None:
                yield f"{path}.{name}"
            else:
                yield from undescribed(schema, inner, entry, f"{path}.{name}")
    if isinstance(value, list) and isinstance(node.get("items"), dict):
        for entry in value:
            yield from undescribed(schema, node["items"], entry, f"{path}[]")


def test_the_schema_is_a_schema(schema: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_of_report_is_valid(name: str, schema: dict[str, Any], request: pytest.FixtureRequest) -> None:
    report = json.loads(render(request.getfixturevalue(name)))

    assert errors(schema, report) == []
    assert list(undescribed(schema, schema, report)) == []


def test_a_report_of_many_checkpoints_is_valid(schema: dict[str, Any]) -> None:
    ranked = runpy.run_path(str(Path(__file__).with_name("documents.py")))["RANKED"]
    report = json.loads(registry.render(RankDocument(ranked), "json"))

    assert errors(schema, report) == []
    assert list(undescribed(schema, schema, report)) == []
    assert {"ties", "front"} <= report["ranking"].keys()
    assert report["ranking"]["checkpoints"][0]["standings"]["ssim"]["power"] == 0.3


def test_its_version_is_that_of_the_records(schema: dict[str, Any]) -> None:
    assert schema["$id"].endswith(f":{SCHEMA_VERSION}")


def test_fields_may_be_added_without_a_new_schema(schema: dict[str, Any], document: dict[str, Any]) -> None:
    document["later"] = 1
    document["results"][0]["later"] = {"x": None}

    assert errors(schema, document) == []


@pytest.mark.parametrize(
    "path",
    [
        ["schema_version"], ["command"], ["results"], ["gates"], ["timing"], ["results", 0, "value"],
        ["results", 0, "reason"], ["results", 0, "settings"], ["results", 2, "terms", "real.0", "count"],
        ["checkpoints", 0, "sha256"], ["inputs", 0, "kind"], ["findings", 0, "severity"], ["gates", 0, "failed"],
    ],
)  # fmt: skip
def test_a_missing_field_is_invalid(path: list[Any], schema: dict[str, Any], document: dict[str, Any]) -> None:
    holder = document
    for step in path[:-1]:
        holder = holder[step]
    del holder[path[-1]]

    assert errors(schema, document) == [f"'{path[-1]}' is a required property"]


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (["schema_version"], 1), (["seed"], "0"), (["dtype"], "int8"), (["results", 0, "value"], "0.98"),
        (["results", 0, "count"], -1), (["results", 0, "standard_error"], -0.1), (["results", 0, "over"], "epoch"),
        (["results", 0, "range"], [0]), (["results", 0, "higher_is_better"], 1), (["checkpoints", 0, "sha256"], "ab"),
        (["inputs", 0, "kind"], "video"), (["findings", 0, "severity"], "fatal"), (["gates", 0, "reason"], "whim"),
        (["fingerprint"], "short"), (["results", 2, "terms", "real.0"], 0.2), (["samples"], [{"psnr": 1}]),
        (["worst"], {"psnr": [{"name": "a", "psnr": "1"}]}),
    ],
)  # fmt: skip
def test_a_wrong_value_is_invalid(
    path: list[Any], wrong: object, schema: dict[str, Any], document: dict[str, Any]
) -> None:
    broken: Any = copy.deepcopy(document)
    holder = broken
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = wrong

    assert errors(schema, document) == []
    assert errors(schema, broken) != []


def test_a_value_is_null_exactly_where_a_reason_is_given(schema: dict[str, Any], document: dict[str, Any]) -> None:
    without_reason, with_both = copy.deepcopy(document), copy.deepcopy(document)
    without_reason["results"][0]["value"] = None
    with_both["results"][0]["reason"] = "nan"

    assert errors(schema, without_reason) != []
    assert errors(schema, with_both) != []
