"""The findings of an audit on a screen: reasons are counted, names stay whole where there is room for them."""

from ganloss_cli.records.checkpoint import AuditReport, CheckRun, Measurement
from ganloss_cli.records.report import CheckpointRecord
from ganloss_cli.reporters import registry
from ganloss_cli.reporters.checkpoint.document import CheckpointDocument
from ganloss_cli.reporters.screen import Screen

NO_JUDGE = "needs a discriminator, and samples for it (--data)"
RUNS = (
    CheckRun(check="dead_channels", subjects=1, findings=0),
    CheckRun(check="inverted_polarity", subjects=0, findings=0, not_run=NO_JUDGE),
    CheckRun(check="blind_discriminator", subjects=0, findings=0, not_run=NO_JUDGE),
    CheckRun(check="pairing_looks_random", subjects=0, findings=0, not_run="needs paired reals and fakes (--data)"),
)


def render(report: AuditReport, screen: Screen | None = None) -> str:
    return registry.render(CheckpointDocument(report), "table", screen)


def drawn(**changes: object) -> str:
    known = {"path": "g.pt", "sha256": "0" * 64, "role": "generator", "name_in_file": "", "architecture": None}
    report = AuditReport(
        passed=True, fail_on="error", findings=(), measurements=(), checks=RUNS, inputs=(), tool={}, environment={},
        checkpoints=(CheckpointRecord(**{**known, "step": None, **changes}),),
        command=(), seed=0, device="cpu", dtype="float32",
    )  # fmt: skip
    return render(report, Screen(width=80))


def test_checks_that_did_not_run_are_counted_by_reason() -> None:
    lines = [" ".join(line.split()) for line in drawn().splitlines()]

    assert "skipped: they need" in lines
    assert "a discriminator, and samples for it (--data) 2 checks" in lines
    assert "paired reals and fakes (--data) 1 check" in lines


def test_a_network_of_no_known_architecture_is_said_to_be_unknown() -> None:
    assert "not recognised" in drawn()
    assert "not recognised" not in drawn(architecture="MLP")


def report(*measurements: Measurement) -> AuditReport:
    network = CheckpointRecord(path="runs/a/long/way/down/to/D--300.pth", sha256=None, role="discriminator_A",
                               name_in_file="discriminator_A", architecture="MLP", step=300)  # fmt: skip
    return AuditReport(
        passed=True, fail_on="error", findings=(), measurements=measurements, checks=(), checkpoints=(network,),
        inputs=(), tool={}, environment={}, command=(), seed=0, device="cpu", dtype="float32",
    )  # fmt: skip


def measurement(subject: str, value: float) -> Measurement:
    name = "AUC with reals as fed, [-1, 1], or as they might be"
    return Measurement(subject=subject, name=name, value=value, low=0.125, high=0.875, count=12800)


def test_a_wide_screen_has_one_table_with_whose_each_number_is() -> None:
    drawn = render(report(measurement("discriminator_A", 0.5), measurement("discriminator_B", 0.75)))

    assert drawn.count("95 % interval") == 1
    assert "  discriminator_B\n" in drawn


def test_a_narrow_screen_has_a_table_for_each_of_them_and_breaks_no_name() -> None:
    drawn = render(report(measurement("discriminator_A", 0.5), measurement("discriminator_B", 0.75)), Screen(width=90))

    assert drawn.count("95 % interval") == 2
    assert "measured of discriminator_A" in drawn
    assert "measured of discriminator_B" in drawn
    assert "runs/a/long/way/down/to/D--300.pth  MLP, step 300" in drawn
    assert max(map(len, drawn.splitlines())) <= 90
