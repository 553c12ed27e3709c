"""Gates on files: which names of losses and terms they may use, and what they are held against."""

from pathlib import Path

import pytest

from ganloss_cli import evaluate
from ganloss_cli.errors import UsageError


def evaluated(sample_data: Path, gate: str, losses: str = "d_bce", **more):
    return evaluate(data=sample_data / "tensors" / "losses.safetensors", losses=losses, fail_if=gate, **more)


@pytest.mark.parametrize("name", ["d_bce.real.0", "d_bce:dcgan.real.0"])
def test_a_gate_on_a_term_observes_the_terms_value(sample_data: Path, name: str) -> None:
    report = evaluated(sample_data, f"{name}>100")

    (gate,) = report.gates
    assert gate.observed == report.results[0].terms["real.0"].value
    assert not gate.failed


@pytest.mark.parametrize(("typed", "named"), [("d_bce", "d_bce:dcgan"), ("d_bce:dcgan", "d_bce")])
def test_the_bare_name_and_the_default_convention_mean_the_same(sample_data: Path, typed: str, named: str) -> None:
    report = evaluated(sample_data, f"{named}>100", losses=typed)

    assert report.gates[0].observed == report.results[0].value


def test_a_term_that_is_not_there_is_refused_before_the_work(sample_data: Path) -> None:
    with pytest.raises(UsageError, match=r"d_bce has no term 'real.9', only real.0, .*fake.0, .*, real, fake"):
        evaluated(sample_data, "d_bce.real.9>1")


def test_a_mean_over_batches_has_no_terms(sample_data: Path) -> None:
    with pytest.raises(UsageError, match=r"d_bce has no term 'real.0', nor any other"):
        evaluated(sample_data, "d_bce.real.0>1", over="batch")
