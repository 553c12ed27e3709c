"""Every page in a browser: wide and narrow, light and dark. Needs Chromium (GANLOSS_CHROMIUM or on PATH).

With axe-core (GANLOSS_AXE, its axe.min.js) it is looked at for what keeps people with other senses out.
"""

import os
import runpy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ganloss_cli.reporters.document import Document, WithSections
from ganloss_cli.reporters.registry import render

TESTS = Path(__file__).parent
BROWSER = runpy.run_path(str(TESTS / "browser.py"))
DOCUMENTS: tuple[Document, ...] = runpy.run_path(str(TESTS / "reporters" / "documents.py"))["DOCUMENTS"]
PAGES = {type(document).__name__: document for document in DOCUMENTS if isinstance(document, WithSections)}
CHROMIUM = shutil.which(os.environ.get("GANLOSS_CHROMIUM", "chromium"))
AXE = os.environ.get("GANLOSS_AXE")
PAPERS = {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}
LOOK = """
(async () => {
  const root = document.documentElement;
  const found = globalThis.axe ? await axe.run({resultTypes: ['violations']}) : {violations: []};
  const serious = found.violations.filter(one => ['serious', 'critical'].includes(one.impact));
  return {
    wider: root.scrollWidth - root.clientWidth,
    paper: getComputedStyle(root).backgroundColor,
    violations: serious.map(one => one.id + ': ' + one.nodes[0].html),
  };
})()
"""
LOUD = ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded")

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    with BROWSER["Browser"](CHROMIUM) as browser:
        yield BROWSER["Page"](browser)


def said_and_fetched(page: Any, address: str) -> tuple[list[str], list[str]]:
    """What stands in the console, and every address but the page's own."""
    events = page.open(address)
    said = [str(event["params"]) for event in events if event["method"] in LOUD]
    fetched = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    return said, [url for url in fetched if url != address and not url.startswith("data:")]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_its_window_in_its_colours_keeps_nobody_out_and_asks_for_nothing(
    name: str, page: Any, tmp_path: Path
) -> None:
    path = tmp_path / "page.html"
    path.write_text(render(PAGES[name], "html"), "utf-8")

    assert said_and_fetched(page, path.as_uri()) == ([], [])
    if AXE:
        page.run(Path(AXE).read_text("utf-8"))
    for width in (1280, 390):
        for scheme, paper in PAPERS.items():
            page.look(width, scheme)
            assert page.run(LOOK) == {"wider": 0, "paper": paper, "violations": []}, (width, scheme)


def test_what_a_page_must_not_do_would_have_been_noticed(page: Any, tmp_path: Path) -> None:
    path = tmp_path / "broken.html"
    broken = '<script>console.log(1)</script><img src="missing.png" alt=""><div style="width: 3000px">.</div><h1>'
    path.write_text(render(PAGES["EvalDocument"], "html").replace("<h1>", broken), "utf-8")

    said, fetched = said_and_fetched(page, path.as_uri())

    assert len(said) >= 2  # the policy stands against both
    assert fetched == [(tmp_path / "missing.png").as_uri()] or "img-src" in str(said)
    page.look(390, "light")
    assert page.run(LOOK)["wider"] > 2000
