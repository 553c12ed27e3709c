import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ganloss_cli.pipeline.loss.audit import audit_loss
from ganloss_cli.records.loss import LossAudit, LossAuditRequest

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nfrom torch import autograd\n\n\n"


@pytest.fixture
def audited(losses_in_this_process: None, tmp_path: Path) -> Callable[..., LossAudit]:
    """The audit of a source text: audited("def f(...): ...", function="f", loss="l1")."""

    def audit(source: str, *, function: str | None = None, loss: str, **request: Any) -> LossAudit:
        text = HEAD + textwrap.dedent(source).strip() + "\n"
        defined = [
            line.split()[1].partition("(")[0] for line in text.splitlines() if line.startswith(("def ", "class "))
        ]
        # a name of its own: an import of another test's file must not answer for it
        file = tmp_path / f"loss_{abs(hash(text)):x}.py"
        file.write_text(text, encoding="utf-8")
        name = function or defined[-1].rstrip(":")
        return audit_loss(LossAuditRequest(function=f"{file}:{name}", loss=loss, **request))

    return audit
