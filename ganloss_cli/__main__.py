"""`python -m ganloss_cli` is `ganloss`."""

import sys

from ganloss_cli.cli import main

if __name__ == "__main__":
    sys.exit(main())
