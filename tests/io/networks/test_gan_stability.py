import pytest
import torch

from ganloss_cli.io.networks.gan_stability import GanStabilityDiscriminator, GanStabilityGenerator

LABELS = torch.tensor([1, 0, 2])


def keys(model, n_stages):
    if model == "resnet":
        return [[f"resnet.{2 * stage}"] for stage in range(n_stages)]
    blocks = (0, 1) if model == "resnet2" else (0,)
    return [[f"resnet_{stage}_{block}" for block in blocks] for stage in range(n_stages)]


def sizes(model, n_stages):
    """Stages, channels of every block, kernel of the convolution of images."""
    stages = keys(model, n_stages)
    n_blocks = sum(map(len, stages))
    return (
        stages,
        [4 if block < n_blocks // 2 else 6 for block in range(n_blocks + 1)],
        3 if model in ("resnet", "resnet2") else 7,
    )


MODELS = [("resnet", 3), ("resnet", 4), ("resnet2", 6), ("resnet3", 6), ("resnet4", 7)]


@pytest.mark.parametrize(("model", "n_stages"), MODELS)
@pytest.mark.parametrize("n_classes", [1, 3])
def test_a_generator_comes_back(model, n_stages, n_classes, fill, survives):
    stages, channels, kernel = sizes(model, n_stages)
    network = GanStabilityGenerator(
        keys=stages, channels=channels, n_classes=n_classes, embedding=5, latent=7, bottom=2, kernel=kernel,
        unit=kernel == 3, doubles_last=model == "resnet3",
    )  # fmt: skip

    match = survives(fill(network), torch.randn(3, 7), beside=[LABELS % n_classes])

    assert match.task.n_classes == n_classes
    assert match.task.latent_shape == (7,)
    assert match.hyperparameters["unit"] is (kernel == 3)


@pytest.mark.parametrize(("model", "n_stages"), MODELS)
@pytest.mark.parametrize("n_classes", [1, 3])
def test_a_discriminator_comes_back(model, n_stages, n_classes, fill, survives):
    stages, channels, kernel = sizes(model, n_stages)
    network = GanStabilityDiscriminator(
        keys=stages, channels=channels, n_classes=n_classes, bottom=1, kernel=kernel, halves_first=model == "resnet3"
    )
    side = 2 ** (n_stages - (model != "resnet3"))

    match = survives(fill(network), torch.randn(3, 3, side, side), beside=[LABELS % n_classes])

    assert match.task.n_classes == n_classes
    assert match.task.recipe == "LMescheder/GAN_stability"


def test_an_image_of_another_size_is_refused(fill):
    network = GanStabilityDiscriminator(
        keys=keys("resnet", 3), channels=[4] * 4, n_classes=3, bottom=2, kernel=3, halves_first=False
    )

    with pytest.raises(ValueError, match="images must be 8x8, and these are 16x16"):
        fill(network)(torch.randn(3, 3, 16, 16), LABELS)


def test_blocks_that_do_not_join_up_are_refused(recognised):
    network = GanStabilityDiscriminator(
        keys=keys("resnet", 3), channels=[4] * 4, n_classes=3, bottom=2, kernel=3, halves_first=False
    )
    state = {**network.state_dict(), "resnet.2.conv_0.weight": torch.zeros(4, 5, 3, 3)}

    assert recognised(state) is None
