"""Every page in a browser: wide and light, narrow and dark. Needs Chromium (GANLOSS_CHROMIUM or on PATH).

With axe-core (GANLOSS_AXE, its axe.min.js) it is looked at for what keeps people with other senses out.
"""

import html
import json
import os
import re
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from lxml import html as documents

from ganloss_cli.reporters.document import WithSections
from ganloss_cli.reporters.registry import render

DOCUMENTS = runpy.run_path(str(Path(__file__).with_name("reporters") / "documents.py"))["DOCUMENTS"]
PAGES = {
    type(document).__name__: render(document, "html") for document in DOCUMENTS if isinstance(document, WithSections)
}
CHROMIUM = os.environ.get("GANLOSS_CHROMIUM") or shutil.which("chromium")
AXE = os.environ.get("GANLOSS_AXE")
POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
LOOK = """
const looked = async frame => {
  const inside = frame.contentWindow, root = frame.contentDocument.documentElement;
  const found = inside.axe ? await inside.axe.run(frame.contentDocument) : {violations: []};
  const serious = found.violations.filter(one => ['serious', 'critical'].includes(one.impact));
  return {
    wider: root.scrollWidth - root.clientWidth,
    paper: inside.getComputedStyle(root).backgroundColor,
    violations: serious.map(one => one.id + ': ' + one.nodes[0].html),
  };
};
addEventListener('load', async () => {
  const found = {};
  for (const frame of document.querySelectorAll('iframe')) found[frame.title] = await looked(frame);
  document.body.textContent = JSON.stringify(found);
});
"""

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")


def browser(address: Path, *options: str) -> subprocess.CompletedProcess[str]:
    # under its own profile, so that runs beside each other do not wait
    words = [str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", *options]
    return subprocess.run([*words, f"--user-data-dir={address.parent / 'profile'}", address.as_uri()],
                          capture_output=True, text=True, timeout=120, check=True)  # fmt: skip


@pytest.mark.parametrize(
    ("width", "scheme", "paper"), [(1280, 1, "rgb(255, 255, 255)"), (390, 0, "rgb(13, 17, 23)")], ids=["light", "dark"]
)
def test_pages_fit_their_window_in_its_colours_and_keep_nobody_out(
    width: int, scheme: int, paper: str, tmp_path: Path
) -> None:
    axe = f"<script>{Path(AXE).read_text('utf-8')}</script>" if AXE else ""
    frames = "".join(
        f'<iframe title="{name}" style="width: {width}px; height: 900px; border: 0"'
        f' srcdoc="{html.escape(POLICY.sub("", page) + axe)}"></iframe>'
        for name, page in PAGES.items()
    )
    harness = tmp_path / "harness.html"
    harness.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{frames}<script>{LOOK}</script>", "utf-8")

    done = browser(harness, "--dump-dom", "--virtual-time-budget=60000", f"--window-size={width + 20},900",
                   f"--blink-settings=preferredColorScheme={scheme}")  # fmt: skip

    found: dict[str, Any] = json.loads(documents.document_fromstring(done.stdout).xpath("string(//body)"))
    assert found == {name: {"wider": 0, "paper": paper, "violations": []} for name in PAGES}


def test_a_page_says_nothing_in_the_console_and_its_policy_stands(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(PAGES["EvalDocument"], "utf-8")
    broken = tmp_path / "broken.html"
    broken.write_text(PAGES["EvalDocument"].replace("<h1>", "<script>console.log(1)</script><h1>"), "utf-8")

    assert "CONSOLE" not in browser(page, "--dump-dom", "--enable-logging=stderr").stderr
    assert "CONSOLE" in browser(broken, "--dump-dom", "--enable-logging=stderr").stderr
