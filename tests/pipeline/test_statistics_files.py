"""Files of mean and covariance, as pytorch-fid and clean-fid keep them: read as the reals, and written."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from optional import imported
from safetensors.torch import save_file

from ganloss_cli import evaluate
from ganloss_cli.cli import main
from ganloss_cli.errors import ExitStatus, InputError, UsageError

_, pytestmark = imported("torch_fidelity")


@pytest.fixture
def sides() -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(0)
    return {
        "real": torch.randn(40, 6, generator=random) + torch.linspace(0, 1, 6),
        "fake": torch.randn(30, 6, generator=random),
    }


def saved(place: Path, **sides: torch.Tensor) -> Path:
    save_file({f"{side}_features.0.0": rows.contiguous() for side, rows in sides.items()}, place)
    return place


@pytest.mark.parametrize("loss", ["fid", "fid:infinity"])
def test_statistics_stand_for_the_reals(loss: str, sides: dict[str, torch.Tensor], tmp_path: Path) -> None:
    rows = sides["real"].double().numpy()
    np.savez(tmp_path / "real.npz", mu=rows.mean(0), sigma=np.cov(rows, rowvar=False))  # as pytorch-fid --save-stats
    whole = evaluate(data=saved(tmp_path / "both.safetensors", **sides), losses=[loss])
    fakes = saved(tmp_path / "fakes.safetensors", fake=sides["fake"])

    reports = [evaluate(data=fakes, real=tmp_path / "real.npz", losses=[loss], batch_size=size) for size in (30, 7)]

    for report in reports:
        assert report.results[0].value == pytest.approx(whole.results[0].value, rel=1e-6)
        assert report.results[0].standard_error is not None
        (told,) = (finding.message for finding in report.findings if finding.check == "real_against_real")
        assert "the reals are a mean and a covariance, held against 30 fakes; 95 % from" in told


def test_what_is_written_is_read_again(sides: dict[str, torch.Tensor], tmp_path: Path) -> None:
    data, file = saved(tmp_path / "both.safetensors", **sides), tmp_path / "real.npz"
    words = ["eval", "--data", str(data), "--losses", "fid", "--save-statistics", str(file), "-o"]

    assert main([*words, str(tmp_path / "report.json")]) == ExitStatus.DONE

    with np.load(file) as held:
        assert held.files == ["mu", "sigma"]
        assert held["mu"] == pytest.approx(sides["real"].double().numpy().mean(0))
        assert held["sigma"] == pytest.approx(np.cov(sides["real"].double().numpy(), rowvar=False))
        assert {held[name].dtype for name in held.files} == {np.dtype(np.float64)}
    again = evaluate(data=saved(tmp_path / "fake.safetensors", fake=sides["fake"]), real=file, losses=["fid"])
    assert again.results[0].value == pytest.approx(evaluate(data=data, losses=["fid"]).results[0].value, rel=1e-6)


@pytest.mark.parametrize("form", ["table", "markdown", "html", "csv"])
def test_statistics_are_told_in_every_form(
    form: str, sides: dict[str, torch.Tensor], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.savez(tmp_path / "real.npz", mu=np.zeros(6), sigma=np.eye(6))
    fakes = saved(tmp_path / "fakes.safetensors", fake=sides["fake"])

    status = main([
        "eval", "--data", str(fakes), "--real", str(tmp_path / "real.npz"), "--losses", "fid", "--format", form,
    ])  # fmt: skip

    assert status == ExitStatus.DONE
    told = capsys.readouterr().out
    assert form == "csv" or "mean and covariance" in told


def test_what_does_not_fit_is_refused(sides: dict[str, torch.Tensor], tmp_path: Path) -> None:
    asked: Any = {"data": saved(tmp_path / "fake.safetensors", fake=sides["fake"])}

    np.savez(tmp_path / "wide.npz", mu=np.zeros(8), sigma=np.eye(8))
    with pytest.raises(InputError, match=r"the reals are a mean of 8 features but fake_features has shape \(30, 6\)"):
        evaluate(**asked, real=tmp_path / "wide.npz", losses=["fid"])
    np.savez(tmp_path / "odd.npz", mu=np.zeros(6), sigma=np.eye(5))
    with pytest.raises(InputError, match=r"mu has shape \(6,\) and sigma \(5, 5\); expected \(D,\) and \(D, D\)"):
        evaluate(**asked, real=tmp_path / "odd.npz", losses=["fid"])
    np.savez(tmp_path / "real.npz", mu=np.zeros(6), sigma=np.eye(6))
    with pytest.raises(InputError, match="the reals are a mean and a covariance, and their samples are not known"):
        evaluate(**asked, real=tmp_path / "real.npz", losses=["kid"])
    with pytest.raises(UsageError, match="no Frechet distance sees the samples of the reals"):
        evaluate(**asked, real=tmp_path / "real.npz", losses=["fid"], save_statistics=tmp_path / "again.npz")
