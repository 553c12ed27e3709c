"""A headless Chromium, spoken to over a pipe in the words of its DevTools protocol, with the standard library alone."""

import fcntl
import json
import os
import select
import signal
import tempfile
import time
from contextlib import ExitStack
from typing import Any, BinaryIO

WORDS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--remote-debugging-pipe",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "about:blank",
)  # fmt: skip
PATIENCE = 120.0  # seconds for one answer, on a machine that is busy


class BrowserError(Exception):
    """The browser did not answer, or refused."""


class Browser:
    """A browser with a profile of its own; it ends with the block that it is opened in.

    Args:
        program: where Chromium lies.
    """

    def __init__(self, program: str) -> None:
        self.program = program
        self.events: list[dict[str, Any]] = []
        self._n_sent = 0
        self._unread = b""
        self._stack = ExitStack()

    def __enter__(self) -> "Browser":
        profile = self._stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        theirs_in, ours_out = _pipe()
        ours_in, theirs_out = _pipe()
        self._from = ours_in
        self._to: BinaryIO = self._stack.enter_context(os.fdopen(ours_out, "wb"))
        self._stack.callback(os.close, ours_in)
        quiet = os.open(os.devnull, os.O_RDWR)
        # it reads what it is told from 3, and answers on 4
        places = [(quiet, 0), (quiet, 1), (quiet, 2), (theirs_in, 3), (theirs_out, 4)]
        process = os.posix_spawn(
            self.program,
            [self.program, *WORDS, f"--user-data-dir={profile}"],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, own, at) for own, at in places],
            setpgroup=0,
        )
        self._stack.callback(_end, process)
        for own in (quiet, theirs_in, theirs_out):
            os.close(own)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def send(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """What the browser answers; events that come before that are kept."""
        self._n_sent += 1
        said = {"id": self._n_sent, "method": method, "params": params, **({"sessionId": session} if session else {})}
        self._to.write(json.dumps(said).encode() + b"\0")
        self._to.flush()
        while True:
            heard = self._heard()
            if heard.get("id") == self._n_sent:
                if "error" in heard:
                    raise BrowserError(f"{method}: {heard['error']}")
                answer: dict[str, Any] = heard["result"]
                return answer
            self.events.append(heard)

    def wait(self, method: str, session: str) -> None:
        """Until such an event came since the events were cleared."""
        while not any(event.get("method") == method and event["sessionId"] == session for event in self.events):
            self.events.append(self._heard())

    def _heard(self) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._from], [], [], max(0.0, until - time.monotonic()))
            more = os.read(self._from, 1 << 20) if ready else b""
            if not more:
                raise BrowserError("the browser ended" if ready else f"no answer within {PATIENCE:.0f} s")
            self._unread += more
        message, _, self._unread = self._unread.partition(b"\0")
        heard: dict[str, Any] = json.loads(message)
        return heard


class Page:
    """A tab of a browser."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        target = browser.send("Target.createTarget", url="about:blank")["targetId"]
        self.session: str = browser.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """What the tab answers."""
        return self.browser.send(method, self.session, **params)

    def look(self, width: int, scheme: str) -> None:
        """Give the window a width, in pixels, and the colours that its user prefers: light or dark."""
        self.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600
        )
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def open(self, address: str) -> list[dict[str, Any]]:
        """Load a page.

        Returns:
            what happened meanwhile: requests, and what was said in the console.
        """
        self.browser.events.clear()
        self.send("Page.navigate", url=address)
        self.browser.wait("Page.loadEventFired", self.session)
        self.run("0")  # what scripts say comes before their answer
        return [event for event in self.browser.events if event.get("sessionId") == self.session]

    def run(self, script: str) -> Any:
        """What JavaScript gives, where that has a place in JSON; a promise is awaited."""
        answer = self.send("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in answer:
            raise BrowserError(str(answer["exceptionDetails"]))
        return answer["result"].get("value")


def _pipe() -> tuple[int, int]:
    """Both ends, with numbers above those that the browser's own have."""
    ends = os.pipe()
    above = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 20) for end in ends]
    for end in ends:
        os.close(end)
    return above[0], above[1]


def _end(process: int) -> None:
    os.killpg(process, signal.SIGKILL)
    os.waitpid(process, 0)
