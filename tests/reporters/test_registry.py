"""One registry of formats: what a command offers, its options and its messages follow from it, for every document."""

import importlib
import inspect
import json
import pkgutil
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from ganloss_cli import reporters
from ganloss_cli.cli import main
from ganloss_cli.commands import options
from ganloss_cli.commands.option_rows import Option
from ganloss_cli.errors import ExitStatus, UsageError
from ganloss_cli.reporters.document import Document, WithCases, WithRows, WithSections
from ganloss_cli.reporters.eval.document import EvalDocument
from ganloss_cli.reporters.inspect.document import InspectDocument
from ganloss_cli.reporters.loss.document import LossDocument
from ganloss_cli.reporters.losses.document import LossesDocument
from ganloss_cli.reporters.registry import FORMATS, Format, by_suffix, offered, render

DOCUMENTS: tuple[Document, ...] = runpy.run_path(str(Path(__file__).with_name("documents.py")))["DOCUMENTS"]
EVERY = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: type(document).__name__)


def option(key: str, kind: type[Document]) -> Option:
    """--format or --output, of a command that makes this kind of document."""
    (found,) = options.output(kind, "output").only(key)
    return found


def kinds(of: type[Document] = Document) -> Iterator[type[Document]]:
    """The documents of all commands: what can be made, and is ours."""
    for kind in of.__subclasses__():
        if not inspect.isabstract(kind) and kind.__module__.startswith("ganloss_cli."):
            yield kind
        yield from kinds(kind)


@pytest.fixture
def scratch(monkeypatch: pytest.MonkeyPatch) -> Format:
    """A format that nobody knows, in the registry and nowhere else."""
    row = Format(name="scratch", suffix=".scratch", needs=Document, render=lambda document: f"{document.command}!\n")
    monkeypatch.setitem(FORMATS, "scratch", row)
    return row


def test_every_document_has_an_example_here() -> None:
    for module in pkgutil.walk_packages(reporters.__path__, "ganloss_cli.reporters."):
        importlib.import_module(module.name)

    assert {*kinds()} == {type(document) for document in DOCUMENTS}


@EVERY
def test_a_document_is_rendered_in_every_format_that_it_is_offered_in(document: Document) -> None:
    texts = {name: render(document, name) for name in offered(type(document))}

    assert {"table", "json"} <= set(texts)
    assert all(text.endswith("\n") for text in texts.values())
    assert len(set(texts.values())) == len(texts)
    assert json.loads(texts["json"])


@EVERY
def test_a_new_format_renders_every_document_and_no_command_is_touched(document: Document, scratch: Format) -> None:
    assert "scratch" in offered(type(document))
    assert render(document, "scratch") == f"{document.command}!\n"


def test_a_new_format_has_its_place_in_options_and_on_the_command_line(
    scratch: Format, tmp_path: Path, sample_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "report.scratch"

    status = main(["eval", "--data", str(sample_data / "tensors" / "losses.safetensors"), "--losses", "g_hinge",
                   "-f", "scratch", "-o", str(output)])  # fmt: skip

    assert status == ExitStatus.DONE
    assert capsys.readouterr().out == output.read_text() == "ganloss eval!\n"
    assert "scratch" in option("format", LossesDocument).help
    assert ".scratch" in option("output", InspectDocument).help


@EVERY
def test_what_a_document_lacks_it_is_not_offered_in(document: Document) -> None:
    kind = type(document)

    assert ("csv" in offered(kind)) == issubclass(kind, WithRows)
    assert ("markdown" in offered(kind)) == issubclass(kind, WithSections)
    assert ("junit" in offered(kind)) == ("github" in offered(kind)) == issubclass(kind, WithCases)
    # annotations are read from standard output
    assert set(by_suffix(kind).values()) == set(offered(kind)) - {"github"}


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (EvalDocument, ["table", "json", "csv", "markdown", "github", "junit"]),
        (InspectDocument, ["table", "json", "markdown"]),
        (LossDocument, ["table", "json", "markdown", "sarif", "github", "junit"]),
        (LossesDocument, ["table", "json", "csv"]),
    ],
)
def test_a_message_names_the_formats_of_the_command(kind: type[Document], names: list[str]) -> None:
    known = ["table", "json", "csv", "markdown", "sarif", "github", "junit"]  # others may come, these stay as they are

    assert [name for name in offered(kind) if name in known] == names
    with pytest.raises(UsageError, match=f"expected one of {', '.join(offered(kind))}; got 'yaml'"):
        option("format", kind).read("yaml")


def test_a_suffix_of_another_command_is_refused_with_those_of_this_one() -> None:
    assert option("output", LossDocument).read("a.SARIF") == ((Path("a.SARIF"), "sarif"),)
    with pytest.raises(UsageError, match=f"expected a suffix of {', '.join(by_suffix(InspectDocument))}; got '.csv'"):
        option("output", InspectDocument).read("a.csv")


def test_names_and_suffixes_are_each_those_of_one_format() -> None:
    suffixes = [row.suffix for row in FORMATS.values() if row.suffix]

    assert [row.name for row in FORMATS.values()] == list(FORMATS)
    assert len(set(suffixes)) == len(suffixes)
