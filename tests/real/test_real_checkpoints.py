"""Figures of real checkpoints, with the class a user would write; run where GANLOSS_REAL_DATA names their folder.

The figures were obtained with the repositories' own networks, or logged by their authors.
"""

import csv
from pathlib import Path

import pytest

from ganloss_cli import evaluate

NETS = Path(__file__).parent / "nets"


def values(report):
    return {result.typed: result.value for result in report.results}


def mlp(real_data, **changes):
    folder = real_data / "checkpoints" / "mnist-mlp-gan"
    return dict(
        ckpt=(folder / "G--300.pth",),
        disc=(folder / "D--300.pth",),
        networks=(f"generator={NETS}/mnist_mlp.py:Generator", f"discriminator={NETS}/mnist_mlp.py:Discriminator"),
        **changes,
    )


def test_the_mlp_pair_gives_the_losses_of_its_author_on_test_images(real_data):
    # on the 10 000 test images the discriminator's loss is 1.259: it has over-fitted (recomputed upstream)
    request = mlp(
        real_data,
        data=real_data / "images" / "mnist" / "t10k-images-idx3-ubyte.gz",
        losses=("d_bce,g_bce,real_score,fake_score",),
    )

    found = values(evaluate(**request))

    assert found["d_bce"] == pytest.approx(1.259, rel=0.02)
    assert found["g_bce"] == pytest.approx(1.6333, rel=0.02)
    assert found["fake_score"] == pytest.approx(0.2769, rel=0.02)


def test_the_mlp_pair_gives_the_scores_of_its_author_on_training_images(real_data):
    request = mlp(
        real_data,
        real=f"{real_data}/images/mnist/train-first-20000.npz:images",
        losses=("d_bce,g_bce,real_score,fake_score",),
    )

    found = values(evaluate(**request))

    # figures over all 60 000 training images; the first 20 000 are a third of them
    assert found["d_bce"] == pytest.approx(0.8478, rel=0.02)
    assert found["g_bce"] == pytest.approx(1.6333, rel=0.02)
    assert found["real_score"] == pytest.approx(0.7030, rel=0.02)
    assert found["fake_score"] == pytest.approx(0.2769, rel=0.02)


@pytest.mark.parametrize("epoch", [10, 100])
def test_the_logged_psnr_of_a_super_resolution_gan_is_reproduced(real_data, tmp_path, epoch):
    folder = real_data / "checkpoints" / "srgan-logged"
    for name in ("LR", "HR"):
        (tmp_path / name).mkdir()
        for path in (real_data / "images" / "set5-x4").glob(f"*_{name}.png"):
            (tmp_path / name / path.name).symlink_to(path.resolve())
    request = dict(  # noqa: C408  these are arguments
        ckpt=(folder / f"netG_epoch_4_{epoch}.pth",),
        networks=(f"generator={NETS}/srgan.py:Generator",),
        network_range=("0,1",),
        data=tmp_path,
        losses=("psnr",),
    )

    found = values(evaluate(**request))

    with (folder / f"baseline_srf_4_{epoch}_test_results.csv").open() as file:
        logged = next(float(row["psnr"]) for row in csv.DictReader(file) if row["DataSet"] == "Set5")
    assert found["psnr"] == pytest.approx(logged, abs=1e-6)


@pytest.mark.parametrize(
    ("mode", "critic", "generator", "penalty"), [("train", 17.7, 18.6, 0.169), ("eval", 151, 46.6, 15.9)]
)
def test_the_critic_differs_between_train_and_eval_mode(real_data, mode, critic, generator, penalty):
    folder = real_data / "checkpoints" / "mnist-wgan-gp"

    report = evaluate(
        ckpt=folder / "generator.pt",
        disc=folder / "critic.pt",
        networks=(f"generator={NETS}/wgan_gp.py:Generator", f"discriminator={NETS}/wgan_gp.py:Critic"),
        real=f"{real_data}/images/mnist/train-first-20000.npz:images",
        losses=("d_wgan,g_wgan,gp",),
        mode=mode,
        batch_size=1000,
        limit=4000,
    )

    found = values(report)
    # in train mode a batch's own statistics move the critic by tens from batch to batch
    assert found["d_wgan"] + 10 * found["gp"] == pytest.approx(critic, rel=0.03, abs=4 if mode == "train" else 0)
    assert found["g_wgan"] == pytest.approx(generator, rel=0.08)
    assert found["gp"] == pytest.approx(penalty, rel=0.08, abs=0.2 if mode == "train" else 0)
    assert all(result.mode == mode for result in report.results)
    assert all(result.batch_dependent == (mode == "train") for result in report.results)
