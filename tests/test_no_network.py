"""Nothing reaches for a network, whatever is asked: an audit hook of Python sees every socket that is opened."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SAMPLE = Path(__file__).resolve().parent.parent / "sample_data"
# the hook stays for the life of a process, so each command line gets one of its own
WATCHED = """
import json, sys
seen = []
sys.addaudithook(lambda event, _: seen.append(event) if event.startswith(("socket.", "urllib.", "http.")) else None)
from ganloss_cli.cli import main
status = main(sys.argv[1:])
print(json.dumps({"status": int(status), "seen": seen}), file=sys.stderr)
"""
# with the status they end in; a perceptual loss asks for its backbone's file instead of fetching one
COMMANDS = {
    "eval": (0, "eval --ckpt g.pt --data imgs --losses ssim,fm,d_lsgan --limit 2"),
    "perceptual": (2, "eval --data imgs --losses perceptual --limit 2"),
    "inspect": (0, "inspect g.pt"),
}


def watched(*words: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-P", "-c", WATCHED, *words], cwd=SAMPLE, capture_output=True, text=True, check=False
    )
    return dict(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_opens_a_socket(command: str) -> None:
    status, line = COMMANDS[command]

    assert watched(*line.split()) == {"status": status, "seen": []}


def test_the_hook_would_have_seen_one() -> None:
    program = WATCHED.replace("status = main(sys.argv[1:])", "import socket; socket.socket().close(); status = 0")

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert json.loads(done.stderr)["seen"] == ["socket.__new__"]
