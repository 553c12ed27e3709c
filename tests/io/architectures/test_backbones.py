import pytest

from ganloss_cli.io.architectures.backbones import BLOCKS, holds_backbone, last_activations, layer_names


@pytest.mark.parametrize(
    ("backbone", "place", "name"),
    [
        # of torchvision's numbering, as the code that reads its layers has it
        ("vgg16", 30, "pool5"),  # leftthomas/SRGAN: vgg16.features[:31]
        ("vgg19", 17, "relu3_4"),  # PyTorch-GAN srgan: vgg19.features[:18]
        ("vgg19", 29, "relu5_1"),  # pix2pixHD: the last of its slices ends at 30
        ("vgg19", 34, "conv5_4"),  # BasicSR: conv5_4 of its list of names
    ],
)
def test_layers_have_the_numbers_of_torchvision(backbone, place, name):
    assert layer_names(backbone)[place] == name


def test_vgg16_has_thirteen_convolutions_and_vgg19_sixteen():
    counts = {name: sum(layer.startswith("conv") for layer in layer_names(name)) for name in BLOCKS}

    assert counts == {"vgg16": 13, "vgg19": 16}


def test_the_last_activation_of_each_block_is_before_its_pooling():
    names = layer_names("vgg16")

    assert [names[names.index(name) + 1] for name in last_activations("vgg16")] == [f"pool{k}" for k in range(1, 6)]


def test_a_backbone_is_told_by_its_first_convolution():
    assert holds_backbone({"net.features.0.weight": None})
    assert not holds_backbone({"layer_features.0.weight": None})
