"""The process: `ganloss`, or `python -m ganloss_cli`."""

from __future__ import annotations

import atexit
import gc
import io
import os
import sys

TYPE_CHECKING = False  # see the package
if TYPE_CHECKING:
    from typing import NoReturn


def run() -> NoReturn:
    """Run this process's command line, and end the process."""
    # To look for cycles among all that torch creates as it is imported takes a tenth of the import, and finds none.
    gc.set_threshold(50_000, 20, 50)
    try:
        _prepare_streams()
        from ganloss_cli.cli import main  # within reach of a Ctrl-C, from the start on

        status = main()
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\n")
        status = 130
    _leave(status)


def _prepare_streams() -> None:
    """See to it that what is printed arrives whole, and nowhere else."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:  # the next file would get this number, and what libraries print
            os.open(os.devnull, os.O_RDWR)
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115  kept to the end
    # PYTHONUNBUFFERED leaves no buffer between the text and the system, and what a full disk did not take is lost
    if isinstance(getattr(sys.stdout, "buffer", None), io.RawIOBase):
        encoding, errors = sys.stdout.encoding, sys.stdout.errors
        sys.stdout = open(1, "w", encoding=encoding, errors=errors, closefd=False)  # noqa: SIM115


def _leave(status: int) -> NoReturn:
    """End at once: to take down an interpreter that holds torch takes a second, and nobody needs anything of it.

    What was registered for the end is called, as always.
    """
    if sys.gettrace() or sys.getprofile():  # whoever watches has something to write
        sys.exit(status)
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):  # closed, or full: Python has its own way to tell
        sys.exit(status)
    os._exit(status)


if __name__ == "__main__":
    run()
