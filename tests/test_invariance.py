"""A number never depends on batch size, workers or the order of files (promise 1)."""

import shutil

import pytest

from ganloss_cli import evaluate

LOSSES = "ssim,psnr,l1,fm,d_lsgan,g_lsgan,d_bce,r1,gp"


def evaluated(folder, **choices):
    report = evaluate(ckpt=folder / "g.pt", data=folder / "imgs", losses=LOSSES, per_sample=True, **choices)
    spread = {
        result.typed: sum(abs(row.values[result.typed]) for row in report.samples) / len(report.samples)
        for result in report.results
    }
    return report, spread


@pytest.fixture(scope="module")
def reference(sample_data):
    return evaluated(sample_data, batch_size=8, workers=0)


def assert_same(report, reference):
    plain, spread = reference
    for result, wanted in zip(report.results, plain.results, strict=True):
        assert result.value == pytest.approx(wanted.value, abs=1e-6 * spread[result.typed]), result.typed
        assert result.count == wanted.count


@pytest.mark.parametrize(("batch_size", "workers"), [(1, 0), (3, 2), (8, 2), (None, 2)])
def test_neither_batch_size_nor_workers_change_a_value(sample_data, reference, batch_size, workers):
    report, _ = evaluated(sample_data, batch_size=batch_size, workers=workers)

    assert_same(report, reference)


def test_the_order_of_files_changes_no_value_and_no_fingerprint(sample_data, reference, tmp_path):
    shutil.copytree(sample_data / "imgs", tmp_path / "imgs")
    shutil.copy(sample_data / "g.pt", tmp_path)
    names = sorted(path.name for path in (tmp_path / "imgs" / "real").iterdir())
    for folder in ("input", "real"):
        for place, name in enumerate(names):
            (tmp_path / "imgs" / folder / name).rename(tmp_path / "imgs" / folder / f"{99 - place:02d}.png")

    report, _ = evaluated(tmp_path, batch_size=3)

    assert_same(report, reference)
    assert report.fingerprint == reference[0].fingerprint


def test_pairs_of_equal_bytes_have_coefficients_of_their_own_whatever_they_are_called(sample_data, tmp_path):
    def penalties(names):
        folder = tmp_path / "".join(names)
        for side in ("real", "input"):
            (folder / side).mkdir(parents=True)
            first, second, *_ = sorted((sample_data / "imgs" / side).iterdir())
            for name, path in zip(names, (first, first, second), strict=True):
                shutil.copy(path, folder / side / f"{name}.png")
        report = evaluate(ckpt=sample_data / "g.pt", data=folder, losses="gp", per_sample=True, batch_size=2)
        return sorted(row.values["gp"] for row in report.samples)

    one, renamed = penalties("abc"), penalties("zya")

    assert one == pytest.approx(renamed, rel=1e-5)
    assert len(set(one)) == 3


def test_fakes_from_latents_do_not_depend_on_the_batch(tmp_path):
    import torch

    (tmp_path / "nets.py").write_text(
        "from torch import nn\n"
        "class G(nn.Sequential):\n"
        "    def __init__(self): super().__init__(nn.Linear(4, 12), nn.Tanh())\n"
        "class D(nn.Sequential):\n"
        "    def __init__(self): super().__init__(nn.Linear(12, 1))\n"
    )
    torch.manual_seed(0)
    torch.save({"0.weight": torch.randn(12, 4), "0.bias": torch.zeros(12)}, tmp_path / "g.pt")
    torch.save({"0.weight": torch.randn(1, 12), "0.bias": torch.zeros(1)}, tmp_path / "d.pt")

    def fake_score(**choices):
        report = evaluate(
            ckpt=tmp_path / "g.pt",
            disc=tmp_path / "d.pt",
            networks=[f"generator={tmp_path}/nets.py:G", f"discriminator={tmp_path}/nets.py:D"],
            samples=10,
            losses="fake_score",
            **choices,
        )
        return report.results[0].value

    assert fake_score(batch_size=1) == pytest.approx(fake_score(batch_size=7), rel=1e-6)
    assert fake_score(seed=1) != pytest.approx(fake_score(seed=2), rel=1e-3)
