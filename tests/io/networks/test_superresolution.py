import re

import pytest
import torch

from ganloss_cli.errors import InputError
from ganloss_cli.io.networks.pcarn import PCARN
from ganloss_cli.io.networks.rrdbnet import RRDBNet
from ganloss_cli.io.networks.superresolution import SRVGG, SRGANGenerator, SRResNet
from ganloss_cli.io.networks.superresolution_discriminators import (
    SRGANDiscriminator,
    UNetDiscriminator,
    VGGDiscriminator,
)

OLD = {"conv_body": "trunk_conv", "conv_up1": "upconv1", "conv_up2": "upconv2", "conv_hr": "HRconv"}


def picture(height=8, width=12, n_channels=3):
    return torch.linspace(0, 1, n_channels * height * width).view(1, n_channels, height, width)


def esrgan(key):
    key = re.sub(r"body\.(\d+)\.rdb(\d)", r"RRDB_trunk.\1.RDB\2", key)
    layer, _, tensor = key.rpartition(".")
    return f"{OLD.get(layer, layer)}.{tensor}"


def oldest(n_blocks, n_ups):
    numbered = {"conv_first": "model.0", "conv_body": f"model.1.sub.{n_blocks}"}
    numbered |= {f"conv_up{k}": f"model.{3 * k}" for k in range(1, n_ups + 1)}
    numbered |= {"conv_hr": f"model.{3 * n_ups + 2}", "conv_last": f"model.{3 * n_ups + 4}"}

    def rename(key):
        key = re.sub(r"body\.(\d+)\.rdb(\d)\.conv(\d)", r"model.1.sub.\1.RDB\2.conv\3.0", key)
        layer, _, tensor = key.rpartition(".")
        return f"{numbered.get(layer, layer)}.{tensor}"

    return rename


class TestRRDBNet:
    @pytest.mark.parametrize("fold", [1, 2, 4])
    @pytest.mark.parametrize("n_channels", [1, 3])
    def test_every_scale_comes_back(self, fold, n_channels, fill, survives):
        network = RRDBNet(in_channels=n_channels, out_channels=n_channels, width=8, n_blocks=2, growth=4, fold=fold)

        match = survives(fill(network), picture(n_channels=n_channels))

        assert match.hyperparameters["fold"] == fold

    def test_old_names_come_back(self, fill, survives):
        survives(fill(RRDBNet(width=8, n_blocks=3, growth=4)), picture(), rename=esrgan)

    @pytest.mark.parametrize("n_ups", [0, 1, 2, 3])
    def test_the_oldest_names_come_back_at_every_scale(self, n_ups, fill, survives):
        network = fill(RRDBNet(width=8, n_blocks=11, growth=4, n_ups=n_ups))

        match = survives(network, picture(), rename=oldest(11, n_ups))

        assert match.hyperparameters["n_ups"] == n_ups

    def test_sides_that_cannot_be_folded_are_refused(self, fill):
        network = fill(RRDBNet(width=8, n_blocks=1, growth=4, fold=4))

        with pytest.raises(ValueError, match="sides must be multiples of 4, and the image is 8x10"):
            network(picture(8, 10))


class TestSmallGenerators:
    @pytest.mark.parametrize("scale", [1, 2, 3, 4])
    @pytest.mark.parametrize("activation", ["prelu", "relu", "leakyrelu"])
    def test_srvgg_comes_back(self, scale, activation, fill, survives):
        network = SRVGG(channels=3, width=8, n_convolutions=2, scale=scale, activation=activation)

        match = survives(fill(network), picture(), config={"act_type": activation})

        assert match.hyperparameters["scale"] == scale

    def test_srvgg_without_slopes_asks_for_its_activation(self, recognised):
        network = SRVGG(channels=3, width=8, n_convolutions=2, scale=2, activation="relu")

        with pytest.raises(InputError, match=r"act_type=relu \(activation=relu\); .*act_type=leakyrelu"):
            recognised(network.state_dict())

    @pytest.mark.parametrize("scale", [2, 3, 4])
    def test_srresnet_comes_back(self, scale, fill, survives):
        survives(fill(SRResNet(in_channels=3, out_channels=3, width=8, n_blocks=3, scale=scale)), picture())

    @pytest.mark.parametrize("n_ups", [1, 2, 3])
    @pytest.mark.parametrize("norm", [True, False])
    def test_srgan_comes_back(self, n_ups, norm, fill, survives):
        network = SRGANGenerator(channels=3, width=8, n_blocks=4, n_ups=n_ups, norm_behind_blocks=norm)

        match = survives(fill(network), picture())

        assert match.hyperparameters["norm_behind_blocks"] is norm
        assert match.task.range == (0.0, 1.0)

    @pytest.mark.parametrize("groups", [1, 4])
    @pytest.mark.parametrize("scale", [2, 3, 4])
    def test_pcarn_of_one_scale_comes_back(self, groups, scale, fill, survives):
        survives(fill(PCARN(width=8, groups=groups, scales=[scale], scale=scale)), picture())

    def test_pcarn_of_several_scales_asks_for_one(self, fill, survives, recognised):
        network = fill(PCARN(width=8, groups=4, scales=[2, 3, 4], scale=3))

        with pytest.raises(InputError, match=r"do not tell scale, and several recipes fit: .*x2.*x3.*x4"):
            recognised(network.state_dict())

        survives(network, picture(), config={"--arch-args": {"scale": "3"}})


def new_spelling(key):
    return key


def old_spelling(key):
    for new, old in ((".0._u", "_u"), (".0._v", "_v"), (".original", "_orig")):
        key = key.replace(f"parametrizations.weight{new}", f"weight{old}")
    return key


class TestDiscriminators:
    @pytest.mark.parametrize("spelling", [new_spelling, old_spelling])
    @pytest.mark.parametrize("skip", [True, False])
    def test_the_unet_comes_back_in_both_spellings(self, spelling, skip, fill, survives):
        network = UNetDiscriminator(in_channels=3, width=4, skip_connection=skip)
        config = {} if skip else {"skip_connection": False}

        match = survives(fill(network), picture(16, 24), rename=spelling, config=config)

        assert match.hyperparameters["spectral"] is True

    def test_the_unet_comes_back_without_spectral_norm(self, fill, survives):
        survives(fill(UNetDiscriminator(in_channels=1, width=4, spectral=False)), picture(16, 16, 1))

    @pytest.mark.parametrize("n_halvings", [5, 6])
    def test_the_vgg_style_comes_back(self, n_halvings, fill, survives):
        side = 4 * 2**n_halvings

        survives(fill(VGGDiscriminator(in_channels=3, width=4, n_halvings=n_halvings)), picture(side, side))

    def test_the_vgg_style_refuses_other_sizes(self, fill):
        network = fill(VGGDiscriminator(in_channels=3, width=4, n_halvings=5))

        with pytest.raises(ValueError, match="images must be 128x128, and these are 64x128"):
            network(picture(64, 128))

    @pytest.mark.parametrize("widths", [[4, 4], [4, 4, 8, 8, 16, 16]])
    def test_srgan_s_comes_back_with_probabilities(self, widths, fill, survives):
        network = fill(SRGANDiscriminator(in_channels=3, widths=widths, hidden=10))

        match = survives(network, picture(32, 24))

        assert match.task.scores == "probabilities"
