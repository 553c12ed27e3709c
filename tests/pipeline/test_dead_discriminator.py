"""A log in which reals and fakes score alike while D's loss rests is that of a dead discriminator; others are not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ganloss_cli.pipeline.log.audit import LogRequest, audit_log


@pytest.fixture
def found(tmp_path: Path) -> Callable[..., list[str]]:
    """Messages about dead discriminators in a log of these columns."""

    def audited(**columns: list[float]) -> list[str]:
        names, rows = ",".join(columns), zip(*columns.values(), strict=True)
        lines = [f"{k},{','.join(map(str, row))}" for k, row in enumerate(rows)]
        (tmp_path / "log.csv").write_text("\n".join([f"epoch,{names}", *lines]) + "\n")
        audit = audit_log(LogRequest(path=tmp_path / "log.csv", mapping={}), None, ())
        return [finding.message for finding in audit.findings if finding.check == "dead_discriminator"]

    return audited


def scores(alike: int, apart: int, at: float) -> dict[str, list[float]]:
    real = [at] * (alike + apart)
    return {"real_score": real, "fake_score": [at + 4e-4] * alike + [at - 0.3] * apart}


@pytest.mark.parametrize(("at", "loss"), [(0.0, 1.0), (0.5, 0.5), (0.5, 1.38629), (0.0, 1.38629), (0.3, 2.0)])
def test_scores_alike_in_most_epochs_with_a_loss_at_rest_are_found(found, at: float, loss: float) -> None:
    (message,) = found(**scores(88, 12, at), D_loss=[loss] * 100)

    assert message.startswith("real_score and fake_score are alike within 0.001 in 88 of 100 rows")


def test_scores_alike_without_a_loss_are_found(found) -> None:
    assert found(**scores(60, 40, 0.5))


@pytest.mark.parametrize(
    "columns",
    [
        {**scores(40, 60, 0.5), "D_loss": [1.38629] * 100},  # in less than half
        {**scores(88, 12, 0.5), "D_loss": [0.83] * 100},  # its loss says that it tells them apart
        {**scores(8, 0, 0.5), "D_loss": [1.38629] * 8},  # too short a log
    ],
)
def test_other_logs_are_left_alone(found, columns: dict[str, list[float]]) -> None:
    assert found(**columns) == []


def test_the_log_of_a_real_training_is_left_alone(real_data: Path) -> None:
    audit = audit_log(LogRequest(path=real_data / "checkpoints" / "mnist-mlp-gan", mapping={}), None, ())

    assert "dead_discriminator" not in {finding.check for finding in audit.findings}
