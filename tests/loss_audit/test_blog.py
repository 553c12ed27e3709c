import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ganloss_cli.errors import InputError
from ganloss_cli.pipeline.loss.audit import audit_loss
from ganloss_cli.records.loss import LossAudit, LossAuditRequest

BLOG = runpy.run_path(str(Path(__file__).parent / "blog.py"))


@pytest.mark.parametrize("block", BLOG["BLOCKS"], ids=lambda block: block["name"].replace(" ", "_"))
def test_every_mistake_of_a_block_is_found(block: dict[str, Any], audited: Callable[..., LossAudit]) -> None:
    audit = audited(block["source"], function=block["function"], loss=block["loss"])

    assert set(block["found"]) <= {finding.check for finding in audit.findings}
    assert audit.convention == block["convention"]


@pytest.mark.parametrize(
    "block", [b for b in BLOG["BLOCKS"] if not b["found"]], ids=lambda block: block["name"].replace(" ", "_")
)
def test_a_correct_block_passes(block: dict[str, Any], audited: Callable[..., LossAudit]) -> None:
    audit = audited(block["source"], function=block["function"], loss=block["loss"])

    assert audit.passed


def test_the_blogs_psnr_is_half_of_psnr(audited: Callable[..., LossAudit]) -> None:
    block = next(block for block in BLOG["BLOCKS"] if block["name"] == "psnr")

    audit = audited(block["source"], loss="psnr")

    assert audit.verdict == "a known mistake"
    assert audit.of_one_sample == "psnr:half"


@pytest.mark.parametrize(("name", "text", "line"), BLOG["BROKEN"])
def test_a_block_that_does_not_compile_is_refused_with_its_line(
    name: str, text: str, line: int, tmp_path: Path
) -> None:
    file = tmp_path / "typed.py"
    file.write_text(text)

    with pytest.raises(InputError, match=rf"typed\.py:{line}: does not compile"):
        audit_loss(LossAuditRequest(function=f"{file}:anything", loss="l1"))
