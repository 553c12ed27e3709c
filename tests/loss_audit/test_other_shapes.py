"""No function is said to compute a convention that it leaves on a shape which it takes as well."""

import json
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from ganloss_cli.pipeline.loss.audit import audit_loss
from ganloss_cli.records.loss import LossAudit, LossAuditRequest

CASES = runpy.run_path(str(Path(__file__).parent / "wrong_shapes.py"))["CASES"]


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 77
    assert sum(case["loss"] == "fm" for case in CASES) >= 12
    assert len({case["name"] for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"].replace(" ", "_"))
def test_a_function_that_is_right_on_plain_inputs_alone_is_not_called_exact(
    case: dict[str, str], audited: Callable[..., LossAudit]
) -> None:
    audit = audited(case["source"], loss=case["loss"])

    assert audit.verdict not in ("exact", "up to a factor")
    assert not audit.passed
    assert audit.mistake is None  # none of them is near a known mistake


def test_the_mean_of_the_ratios_of_channels_is_no_ratio_of_their_energies(audited: Callable[..., LossAudit]) -> None:
    audit = audited(
        """
        def f(est, ref):
            t = (est * ref).sum(-1, keepdim=True) / (ref ** 2).sum(-1, keepdim=True) * ref
            return -(10 * torch.log10((t ** 2).sum(-1) / ((t - est) ** 2).sum(-1))).mean()
        """,
        loss="si_sdr",
    )

    assert (audit.verdict, audit.convention) == ("exact", "si_sdr:negative")
    assert "si_sdr:auralflow" not in audit.same


def test_what_departs_shows_the_shape_in_which_it_does(audited: Callable[..., LossAudit]) -> None:
    audit = audited(CASES[0]["source"], loss="d_bce")

    assert {probe.probe for probe in audit.probes if not probe.agrees} == {"random, patch maps"}


@pytest.mark.parametrize(
    ("total", "left_out"), [("2 * terms[-1]", [0, 1]), ("terms[0] * len(terms)", [1, 2]), ("sum(terms)", [])]
)
def test_sub_discriminators_that_do_not_count_are_told(
    total: str, left_out: list[int], audited: Callable[..., LossAudit]
) -> None:
    audit = audited(
        f"""
        def f(fake_logits):
            terms = [F.softplus(-f).mean() for f in fake_logits]
            return {total}
        """,
        loss="g_bce",
    )

    told = [f.evidence["left_out"] for f in audit.findings if f.check == "sub_discriminator_left_out"]
    assert told == ([{"fake_logits": left_out}] if left_out else [])
    assert (audit.verdict == "exact") is not bool(left_out)


L1 = """
def l1(estimates, references):
    return (estimates - references).abs().mean() + 0 * torch.rand(())
"""


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffimport torch\n".encode() + L1.encode(),
        "# -*- coding: latin-1 -*-\nimport torch\nNAME = 'caf\u00e9'\n".encode("latin-1") + L1.encode(),
        b"import json\nimport torch\njson.dumps = lambda *_, **__: 'no'\n" + L1.encode(),
    ],
    ids=["byte order mark", "cookie", "patched json"],
)
def test_files_as_python_reads_them_are_audited(tmp_path: Path, text: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("json.dumps", json.dumps)  # put back what the file patches in this process
    (tmp_path / "own.py").write_bytes(text)

    audit = audit_loss(LossAuditRequest(function=f"{tmp_path / 'own.py'}:l1", loss="l1"))

    assert (audit.verdict, audit.convention) == ("exact", "l1:mean")


def test_an_expression_that_is_too_long_for_python_ends_as_a_finding(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text("import torch\nx = " + "+".join("1" * 100_000) + L1)

    audit = audit_loss(LossAuditRequest(function=f"{tmp_path / 'own.py'}:l1", loss="l1"))

    assert audit.verdict == "not evaluated"
    assert [finding.check for finding in audit.findings] == ["import_fails"]
