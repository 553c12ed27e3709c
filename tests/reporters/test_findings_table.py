"""An audit for people: reasons are counted, networks that nobody knows are said to be unknown."""

from ganloss_cli.audited import AuditReport, CheckRun
from ganloss_cli.records import CheckpointRecord
from ganloss_cli.reporters import findings_table
from ganloss_cli.reporters.screen import Screen

NO_JUDGE = "needs a discriminator, and samples for it (--data)"
RUNS = (
    CheckRun(check="dead_channels", subjects=1, findings=0),
    CheckRun(check="inverted_polarity", subjects=0, findings=0, not_run=NO_JUDGE),
    CheckRun(check="blind_discriminator", subjects=0, findings=0, not_run=NO_JUDGE),
    CheckRun(check="pairing_looks_random", subjects=0, findings=0, not_run="needs paired reals and fakes (--data)"),
)


def drawn(**changes: object) -> str:
    known = {"path": "g.pt", "sha256": "0" * 64, "role": "generator", "name_in_file": "", "architecture": None}
    report = AuditReport(
        passed=True, fail_on="error", findings=(), measurements=(), checks=RUNS, inputs=(), tool={}, environment={},
        checkpoints=(CheckpointRecord(**{**known, "step": None, **changes}),),
        command=(), seed=0, device="cpu", dtype="float32",
    )  # fmt: skip
    return findings_table.render(report, Screen(width=80))


def test_checks_that_did_not_run_are_counted_by_reason() -> None:
    lines = [" ".join(line.split()) for line in drawn().splitlines()]

    assert "not run for want of" in lines
    assert "a discriminator, and samples for it (--data) 2 checks" in lines
    assert "paired reals and fakes (--data) 1 check" in lines


def test_a_network_of_no_known_architecture_is_said_to_be_unknown() -> None:
    assert "not recognised" in drawn()
    assert "not recognised" not in drawn(architecture="MLP")
