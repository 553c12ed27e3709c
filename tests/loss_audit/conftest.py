import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ganloss_cli.pipeline.loss import audit as loss_audit
from ganloss_cli.pipeline.loss.worker_calls import WorkerFunction
from ganloss_cli.records.loss import LossAudit, LossAuditRequest

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nfrom torch import autograd\n\n\n"


class InThisProcess:
    """Stands in for the child process, which costs seconds; what it would survive is tested with the real one."""

    def __init__(self, introduction: Mapping[str, Any], **limits: object) -> None:
        self.introduction = dict(introduction)
        self.served: WorkerFunction | None = None
        self.deaths = 0

    def __enter__(self) -> "InThisProcess":
        return self

    def __exit__(self, *raised: object) -> None:
        pass

    def introduce(self, *, definitions_only: bool = False) -> Mapping[str, Any]:
        self.introduction["definitions_only"] = definitions_only
        self.served, answer = WorkerFunction.load(self.introduction)
        return answer

    def replace_globals(self, names: list[str]) -> Mapping[str, Any]:
        self.introduction["globals"] = names
        return self.introduce(definitions_only=self.introduction["definitions_only"])

    def ask(self, request: Mapping[str, Any]) -> Mapping[str, Any]:
        assert self.served is not None
        return self.served.answer(request)


@pytest.fixture
def audited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., LossAudit]:
    """The audit of a source text: audited("def f(...): ...", function="f", loss="l1")."""
    monkeypatch.setattr(loss_audit, "LossProcess", InThisProcess)

    def audit(source: str, *, function: str | None = None, loss: str, **request: Any) -> LossAudit:
        text = HEAD + textwrap.dedent(source).strip() + "\n"
        defined = [
            line.split()[1].partition("(")[0] for line in text.splitlines() if line.startswith(("def ", "class "))
        ]
        # a name of its own: an import of another test's file must not answer for it
        file = tmp_path / f"loss_{abs(hash(text)):x}.py"
        file.write_text(text, encoding="utf-8")
        name = function or defined[-1].rstrip(":")
        return loss_audit.audit_loss(LossAuditRequest(function=f"{file}:{name}", loss=loss, **request))

    return audit
