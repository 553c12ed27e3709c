"""The Frechet distance in features at hand: torch-fidelity's number, its error and its bias."""

import warnings
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from optional import imported
from safetensors.torch import save_file

from ganloss_cli import evaluate
from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus, InputError
from ganloss_cli.evaluators.extras import Extra
from ganloss_cli.evaluators.losses import fid
from ganloss_cli.pipeline.run.series import Series

metric_fid, needs_fidelity = imported("torch_fidelity.metric_fid")


def features(count: int, seed: int, dimensions: int = 64) -> torch.Tensor:
    return torch.randn(count, dimensions, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def saved(place: Path, count: int, **sides: torch.Tensor) -> Path:
    """Float32 features as any network's may be saved."""
    path = place / f"features{count}.safetensors"
    save_file({f"{side}_features.0.0": rows.float().contiguous() for side, rows in sides.items()}, path)
    return path


def by_roots(real: torch.Tensor, fake: torch.Tensor) -> float:
    """||m_r - m_f||^2 + tr(S_r + S_f) - 2 tr (S_r^(1/2) S_f S_r^(1/2))^(1/2), symmetric all the way."""
    of_real, of_fake = np.cov(real.numpy(), rowvar=False), np.cov(fake.numpy(), rowvar=False)
    values, vectors = np.linalg.eigh(of_real)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    inner = np.sqrt(np.linalg.eigvalsh(root @ of_fake @ root).clip(0)).sum()
    means = (real.mean(0) - fake.mean(0)).square().sum()
    return float(means + np.trace(of_real) + np.trace(of_fake) - 2 * inner)


def test_a_distance_is_told_with_its_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """By roots of numpy's, wherever the library is not installed."""
    functions = SimpleNamespace(
        fid_features_to_statistics=lambda rows: {"mu": rows, "sigma": np.eye(rows.shape[1])},
        fid_statistics_to_metric=lambda a, b, _: {"fid": by_roots(a["mu"], b["mu"])},
    )
    monkeypatch.setattr(Extra, "module", lambda self, name: functions)
    real, fake = features(50, 0, 4), features(50, 1, 4) + 0.3
    series = Series(over_batches=False)

    series.update(fid([[real]], [[fake]]), {"": 0}, [range(50)])

    outcome = series.outcome(paired=False)
    assert outcome.value == pytest.approx(by_roots(real, fake))
    assert outcome.standard_error is not None
    assert 0 < outcome.standard_error < outcome.value


@needs_fidelity
@pytest.mark.parametrize("count", [50, 500])
def test_on_saved_features_it_is_torch_fidelity_s_number_and_its_bias_is_told(count: int, tmp_path: Path) -> None:
    real, fake = features(count, 0).float().double(), (features(count, 1) + 0.1).float().double()
    statistics = [metric_fid.fid_features_to_statistics(rows) for rows in (real, fake)]
    (expected,) = metric_fid.fid_statistics_to_metric(*statistics, False).values()

    reports = [
        evaluate(data=saved(tmp_path, count, real=real, fake=fake), losses=["fid"], batch_size=size)
        for size in (count, 7)
    ]

    (result,), (in_sevens,) = (report.results for report in reports)
    assert result.value == pytest.approx(expected, rel=1e-6)
    assert result.value == pytest.approx(by_roots(real, fake), rel=1e-6)
    assert result.value == in_sevens.value
    assert result.standard_error is not None
    assert 0 < result.standard_error < result.value
    (told,) = (finding.message for finding in reports[0].findings if finding.check == "real_against_real")
    assert f"for one half of the reals against the other, {count // 2} each: so much is bias" in told
    assert result.batch_dependent_because is not None
    assert "biased upward" in result.batch_dependent_because


@needs_fidelity
def test_a_set_is_no_distance_from_itself_and_a_larger_set_has_less_bias() -> None:
    few, many = (
        fid([[features(count, 0, 16)]], [[features(count, 1, 16)]]).compute() for count in (50, 2000)
    )  # fmt: skip
    rows = [[features(100, 0, 16)]]

    assert fid(rows, rows).compute() == pytest.approx(0.0, abs=1e-6 * 16)
    assert isinstance(few, float)
    assert few > 10 * many


@needs_fidelity
@pytest.mark.parametrize("count", [50, 500, 5000])
def test_it_is_pytorch_fid_s_and_clean_fid_s_number_on_the_same_features(count: int) -> None:
    pytorch_fid = pytest.importorskip("pytorch_fid.fid_score", exc_type=Exception)
    clean_fid = pytest.importorskip("cleanfid.fid", exc_type=Exception)
    real, fake = features(count, 0), features(count, 1) + 0.1
    moments = [(rows.numpy().mean(0), np.cov(rows.numpy(), rowvar=False)) for rows in (real, fake)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # an argument of scipy's that goes in 1.18
        expected = [
            module(*moments[0], *moments[1])
            for module in (pytorch_fid.calculate_frechet_distance, clean_fid.frechet_distance)
        ]

    found = fid([[real]], [[fake]])

    assert found.compute() == pytest.approx(expected[0], rel=1e-6)
    assert found.compute() == pytest.approx(expected[1], rel=1e-6)
    error, told = found.standard_error(), found.remark()
    assert error is not None
    assert told is not None
    assert f"{count // 2} each: so much is bias; 95 % from " in told
    unbiased = 64 * 0.01  # the squared distance of the means
    infinite = fid([[real]], [[fake]], extrapolated=True).compute()
    assert abs(infinite - unbiased) < abs(found.compute() - unbiased)


@needs_fidelity
@pytest.mark.parametrize("count", [50, 5000])
def test_a_set_is_within_a_millionth_of_its_trace_of_itself(count: int) -> None:
    rows = features(count, 0)
    trace = float(np.trace(np.cov(rows.numpy(), rowvar=False)))

    assert fid([[rows]], [[rows]]).compute() <= 1e-6 * trace


@needs_fidelity
def test_a_shift_of_all_features_is_its_square() -> None:
    rows = features(200, 0, 8)

    assert fid([[rows]], [[rows + 0.5]]).compute() == pytest.approx(8 * 0.25, rel=1e-6)


@needs_fidelity
def test_what_has_no_covariance_is_refused() -> None:
    with pytest.raises(InputError, match="a single sample has no covariance"):
        fid([[features(1, 0)]], [[features(5, 1)]]).compute()
    with pytest.raises(InputError, match=r"real_features has shape \(5, 64\) but fake_features has \(5, 16\)"):
        fid([[features(5, 0)]], [[features(5, 1, 16)]])


def test_without_its_package_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import importlib.util

    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda of, *rest: None if of == "torch_fidelity" else found(of, *rest)
    )
    path = saved(tmp_path, 5, real=features(5, 0), fake=features(5, 1))

    assert main(["eval", "--data", str(path), "--losses", "fid"]) == ExitStatus.USAGE
    told = capsys.readouterr().err
    assert "fid needs the package torch-fidelity, not installed" in told
    assert "pip install 'ganloss[distribution]'" in told
