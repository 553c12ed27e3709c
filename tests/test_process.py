import subprocess
import sys

import pytest

RUN = "import {imports}, sys; {before}; sys.argv = ['ganloss', {words}]; from ganloss_cli.__main__ import run; run()"


def ended(words: str, imports: str = "os", before: str = "pass") -> subprocess.CompletedProcess[str]:
    code = RUN.format(words=words, imports=imports, before=before)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("words", "status"), [("'--version'", 0), ("'nope'", 2), ("'inspect', 'nowhere.pt'", 3)])
def test_a_process_ends_with_the_status_of_its_command(words: str, status: int):
    assert ended(words).returncode == status


def test_what_was_printed_arrives_in_a_pipe():
    told = ended("'losses', '--format', 'json'")

    assert told.stdout.rstrip().endswith("}")
    assert '"ssim"' in told.stdout


def test_what_was_registered_for_the_end_is_called():
    told = ended("'--version'", imports="atexit", before="atexit.register(print, 'the end')")

    assert told.stdout.splitlines()[2:] == ["the end"]


def test_nothing_is_taken_down_that_nobody_needs():
    # an object in a module is deleted where an interpreter is taken down
    last = "import types; types.kept = type('Kept', (), {'__del__': lambda self: os.write(2, b'taken down')})()"

    assert "taken down" not in ended("'--version'", before=last).stderr


def test_who_watches_may_write_at_the_end():
    told = ended("'--version'", imports="cProfile", before="cProfile.Profile().enable()")

    assert told.returncode == 0


def test_a_closed_output_is_no_crash():
    told = ended("'--version'", before="os.close(1)")

    assert "Traceback" not in told.stderr
