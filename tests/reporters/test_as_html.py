"""A page holds the JSON's numbers and nothing that a browser would run or fetch, however its texts are made."""

import dataclasses
import json
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lxml import html

from ganloss_cli.records.comparison import PROFILES, ComparedKey, Comparison, Side
from ganloss_cli.records.report import Finding, Report, SampleValues
from ganloss_cli.reporters import registry
from ganloss_cli.reporters.compare.document import CompareDocument
from ganloss_cli.reporters.document import Document, WithSections
from ganloss_cli.reporters.eval.document import EvalDocument

DOCUMENTS: tuple[Document, ...] = runpy.run_path(str(Path(__file__).with_name("documents.py")))["DOCUMENTS"]
PAGES = [document for document in DOCUMENTS if isinstance(document, WithSections)]
EVERY = pytest.mark.parametrize("document", PAGES, ids=lambda document: type(document).__name__)
MARKUP = "</script><script>alert(1)</script><img src=x onerror=alert(1)>\"'&"


def rendered(document: Document) -> str:
    return registry.render(document, "html")


def page(document: Document) -> html.HtmlElement:
    return html.document_fromstring(rendered(document))


def own_json(document: Document) -> dict[str, Any]:
    (script,) = page(document).xpath("//script[@type='application/json']")
    found: dict[str, Any] = json.loads(script.text)
    return found


def numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict | list):
        for entry in value.values() if isinstance(value, dict) else value:
            yield from numbers(entry)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def shown_numbers(document: Document) -> set[float]:
    return {float(value) for value in page(document).xpath("//data/@value | //@data-value")}


def compared(*keys: str, failed: str = "") -> CompareDocument:
    side = Side(path="a.npz", kind="tensors", keys=len(keys), sha256="0" * 64)
    rows = tuple(ComparedKey(key=key, passed=key != failed, a=1.0, b=0.5, max_absolute=0.5) for key in keys)
    return CompareDocument(
        Comparison(tool={}, command=(), a=side, b=side, tolerance=PROFILES["loss"], passed=not failed, keys=rows)
    )


@EVERY
def test_every_number_in_a_cell_is_one_of_the_json_with_all_its_digits(document: Document) -> None:
    assert shown_numbers(document) <= {*numbers(json.loads(registry.render(document, "json")))}


@EVERY
def test_the_page_holds_the_json_of_the_document(document: Document) -> None:
    assert own_json(document) == json.loads(registry.render(document, "json"))


@EVERY
def test_a_page_runs_and_fetches_nothing(document: Document) -> None:
    root = page(document)

    assert root.xpath("//script/@type") == ["application/json"]
    assert not root.xpath("//link | //iframe | //object | //@*[starts-with(name(), 'on')]")
    assert not [url for url in root.xpath("//@src | //@href") if not url.startswith("data:")]
    assert "default-src 'none'" in root.xpath("//meta[@http-equiv]/@content")[0]


def test_all_values_errors_and_extremes_of_a_report_stand_on_its_page(image_report: Report) -> None:
    results = [
        number
        for result in image_report.results
        for number in (result.value, result.standard_error, result.minimum, result.median, result.maximum)
    ]

    assert {*results} <= shown_numbers(EvalDocument(image_report))


def test_what_failed_stands_on_top_by_name(troubled_report: Report) -> None:
    tallies = [item.text_content() for item in page(EvalDocument(troubled_report)).xpath("//header/ul/li")]

    assert tallies[0] == "2 of 2 gates failed: psnr<20, d_bce > 1"
    assert tallies[1] == "1 of 3 losses failed: psnr of A"


def test_names_are_text_whatever_they_hold(image_report: Report) -> None:
    (finding,) = image_report.findings
    hostile = dataclasses.replace(
        image_report,
        inputs=tuple(dataclasses.replace(input_, path=MARKUP) for input_ in image_report.inputs),
        findings=(dataclasses.replace(finding, message=MARKUP, hint=MARKUP, evidence={MARKUP: MARKUP}),),
        command=("ganloss", MARKUP),
    )
    root = page(EvalDocument(hostile))

    assert len(root.xpath("//script")) == 1
    assert not root.xpath("//img")
    assert MARKUP in root.xpath("string(//dl)")
    assert own_json(EvalDocument(hostile))["command"][1] == MARKUP


def test_control_characters_are_spelled_out_and_names_from_the_right_stand_apart(image_report: Report) -> None:
    inputs = tuple(
        dataclasses.replace(input_, path=path)
        for input_, path in zip(image_report.inputs, ("a\x1b\u202eb", "שלום.png"), strict=True)
    )
    root = page(EvalDocument(dataclasses.replace(image_report, inputs=inputs)))

    assert root.xpath("//dd[contains(., 'a\\x1b\\u202eb')]")
    assert "שלום.png" in root.xpath("//dd/bdi/text()")


def test_a_name_of_four_thousand_characters_is_cut_and_its_length_told(image_report: Report) -> None:
    sample = SampleValues(name="n" * 4000, values={"ssim": 0.5})
    root = page(EvalDocument(dataclasses.replace(image_report, samples=(sample,))))

    assert root.xpath("//tbody//th[contains(., 'nnn … (3400 characters) … nnn')]")


def test_of_a_long_table_what_failed_is_kept_and_the_rest_counted() -> None:
    names = [f"key{k}" for k in range(5000)]
    root = page(compared(*names, failed="key4321"))

    rows = root.xpath("//tbody/tr/th/text()")
    assert len(rows) == 300
    assert rows[-1] == "key4321"
    assert "4700 more rows left out" in root.text_content()


def test_fifty_thousand_samples_make_a_page_below_two_megabytes(image_report: Report) -> None:
    samples = tuple(
        SampleValues(name=f"{'folder' * 30}/{k}.png", values={"ssim": k / 7, "psnr:half": k / 3, "d_lsgan": None})
        for k in range(50_000)
    )
    document = EvalDocument(dataclasses.replace(image_report, samples=samples))

    assert len(rendered(document).encode()) < 2_000_000
    assert "without samples" in page(document).xpath("string(//footer)")
    assert "49700 more rows left out" in page(document).text_content()


def test_json_that_is_too_large_is_left_out_field_by_field_and_named(image_report: Report) -> None:
    findings = tuple(
        Finding(check="nothing", severity="note", message=f"{k} is <odd>" * 50, evidence={"k": k}) for k in range(2000)
    )
    document = EvalDocument(dataclasses.replace(image_report, findings=findings))

    assert len(rendered(document).encode()) < 2_000_000
    assert "without findings" in page(document).xpath("string(//footer)")
    assert own_json(document)["results"]


def test_a_run_without_any_loss_has_a_page(empty_report: Report) -> None:
    assert page(EvalDocument(empty_report)).xpath("string(//h1)") == "ganloss eval"
