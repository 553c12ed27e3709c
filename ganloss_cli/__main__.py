"""The process: `ganloss`, or `python -m ganloss_cli`."""

import atexit
import gc
import os
import sys
from typing import NoReturn

from ganloss_cli.cli import main


def run() -> NoReturn:
    """Run this process's command line, and end the process."""
    # To look for cycles among all that torch creates as it is imported takes a tenth of the import, and finds none.
    gc.set_threshold(50_000, 20, 50)
    _leave(main())


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
