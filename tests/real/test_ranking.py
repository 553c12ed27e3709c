"""Real trainings are ranked as their authors' logs and the eye do."""

from __future__ import annotations

from pathlib import Path

import pytest
from optional import imported

from ganloss_cli.api import chosen
from ganloss_cli.pipeline.rank.ranking import Choices, rank_request
from ganloss_cli.records.ranking import Ranking

_, needs_fidelity = imported("torch_fidelity.metric_prc")
LEVELLED = Choices(level=0.05)


def ranking(**asked: object) -> Ranking:
    found = rank_request(chosen(asked), LEVELLED).ranking
    assert found is not None
    return found


@pytest.fixture
def checkpoints(real_data: Path) -> Path:
    return real_data / "checkpoints"


def test_srgan_is_better_after_a_hundred_epochs_than_after_ten(checkpoints: Path, real_data: Path) -> None:
    found = ranking(ckpt=checkpoints / "srgan-logged", data=real_data / "images" / "set5-x4", losses="ssim,psnr,l1")

    assert [row.step for row in found.checkpoints] == [10, 100]
    assert [(loss.best, loss.ties) for loss in found.losses] == [(1, ())] * 3
    assert found.front == (1,)


def test_the_digits_of_an_mlp_gan_get_cleaner_with_every_checkpoint(checkpoints: Path, real_data: Path) -> None:
    """Its pictures lose their noise from epoch 50 to 300, which total variation counts."""
    found = ranking(ckpt=checkpoints / "mnist-mlp-gan", data=real_data / "images" / "mnist", losses="tv", limit=500)

    assert [row.step for row in found.checkpoints] == [50, 150, 300]
    assert (found.by, found.best, found.ties) == ("tv", 2, ())


@pytest.mark.parametrize(
    "losses",
    [
        pytest.param("density:features,fm_moment", id="without libraries"),
        pytest.param(
            "fid:discriminator,kid:discriminator,prc:discriminator", id="torch-fidelity", marks=needs_fidelity
        ),
    ],
)
def test_the_critic_of_another_training_orders_an_mlp_gan(losses: str, checkpoints: Path, real_data: Path) -> None:
    """Its own discriminators know the faults of the generators that they were trained against."""
    run, critic = checkpoints / "mnist-mlp-gan", checkpoints / "mnist-wgan-gp" / "critic.pt"

    found = ranking(ckpt=run, disc=critic, data=real_data / "images" / "mnist", limit=1000, losses=losses)

    assert [row.step for row in found.checkpoints] == [50, 150, 300]
    for loss in found.losses:
        chances = [row.standings[loss.name].chance for row in found.checkpoints]
        assert (loss.best, loss.ties) == (2, ())
        assert chances[0] < chances[1]  # the earlier, the farther behind


def test_the_digits_of_an_mlp_gan_lie_ever_more_densely_among_the_real_ones(checkpoints: Path, real_data: Path) -> None:
    """In the features of one discriminator; how many modes they cover is not told apart by so many samples."""
    run = checkpoints / "mnist-mlp-gan"
    found = ranking(ckpt=run, disc=run / "D--300.pth", data=real_data / "images" / "mnist", limit=1000,
                    losses="density:features,coverage:features")  # fmt: skip

    density, coverage = found.losses
    values = [row.standings[density.name].chance for row in found.checkpoints]
    assert [row.step for row in found.checkpoints] == [50, 150, 300]
    assert (density.best, density.ties) == (2, ())
    assert values[0] <= values[1]  # the earlier, the farther behind
    assert coverage.best in (1, 2)
