"""Documents that ganloss wrote: they may lie among data, logs and checkpoints, and are none of them. Torch-free."""

from __future__ import annotations

import re
from pathlib import Path

_HEAD = 4096
_COLUMNS = (  # that the tables of reporters begin with, for which a test sees
    "loss,convention,value,reason", "name,loss,value", "item,value", "key,passed,reason", "number,verdict,rank",
    "kind,tag,file,at,verdict", "check,severity,message", "loss,convention,family", "recipe,term,loss,part",
)  # fmt: skip
_OWN = re.compile(
    rb"""\s*\{.{0,400}"driver":\s*\{\s*"name":\s*"ganloss"                            # SARIF
       | <\?xml[^>]*>\s*<testsuites\sname="ganloss                                    # JUnit
       | .*?\xc2\xb1\ s\.e\..*?\n(?:\xe2\x94\x80){20,}\n                              # a table of losses
       | (?:%s)[,\r\n]"""
    % "|".join(map(re.escape, _COLUMNS)).encode(),
    re.DOTALL | re.VERBOSE,
)
_JSON = re.compile(rb'\s*\{\s*"schema_version":')
_TOOL = re.compile(rb'"tool":\s*\{\s*"name":\s*"ganloss"')
_MOST_JSON = 2**24  # bytes; where the tool stands in it depends on the command


def is_own_output(path: Path) -> bool:
    """Whether a file is what a command wrote with --output, by its content.

    Args:
        path: of a file; one that cannot be read is none.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            if _JSON.match(head):
                return _TOOL.search(head + file.read(_MOST_JSON)) is not None
            return _OWN.match(head) is not None
    except OSError:
        return False
