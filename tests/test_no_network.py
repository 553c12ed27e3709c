"""Nothing reaches for a network, whatever is asked: an audit hook of Python sees every socket that is opened."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).resolve().parent.parent / "sample_data"
# the hook stays for the life of a process, so the command lines get one of their own
WATCHED = """
import json, sys
seen = []
sys.addaudithook(lambda event, _: seen.append(event) if event.startswith(("socket.", "urllib.", "http.")) else None)
from ganloss_cli.cli import main
for line in sys.argv[1:]:
    seen.clear()
    status = main(line.split())
    print(json.dumps({"line": line, "status": int(status), "seen": seen}), file=sys.stderr)
"""
# with the status they end in; a perceptual loss asks for its backbone's file instead of fetching one
COMMANDS = {
    "eval": (0, "eval --ckpt g.pt --data imgs --losses ssim,fm,d_lsgan --limit 2"),
    "perceptual": (2, "eval --data imgs --losses perceptual --limit 2"),
    "inspect": (0, "inspect g.pt"),
}


@pytest.fixture(scope="module")
def watched() -> dict[str, object]:
    """Command line -> how it ended, and what was seen meanwhile."""
    lines = [line for _, line in COMMANDS.values()]
    done = subprocess.run(
        [sys.executable, "-P", "-c", WATCHED, *lines], cwd=SAMPLE, capture_output=True, text=True, check=False
    )
    told = [json.loads(text) for text in done.stderr.splitlines() if text.startswith('{"line": ')]
    return {one.pop("line"): one for one in told}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_opens_a_socket(command: str, watched: dict[str, object]) -> None:
    status, line = COMMANDS[command]

    assert watched[line] == {"status": status, "seen": []}


def test_the_hook_would_have_seen_one() -> None:
    program = WATCHED.replace("status = main(line.split())", "import socket; socket.socket().close(); status = 0")

    done = subprocess.run([sys.executable, "-c", program, "eval"], capture_output=True, text=True, check=True)

    assert json.loads(done.stderr)["seen"] == ["socket.__new__"]
