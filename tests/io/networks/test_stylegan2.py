import json
from pathlib import Path

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from ganloss_cli.io.architectures import rebuild, recognise
from ganloss_cli.io.networks.stylegan2 import StyleGAN2Generator
from ganloss_cli.io.networks.stylegan2_discriminator import StyleGAN2Discriminator
from ganloss_cli.io.networks.upfirdn import blur_kernel, upfirdn2d

RECORDED = json.loads((Path(__file__).parent / "figures" / "stylegan2.json").read_text())


def latents(n=3, width=6):
    return torch.linspace(-2, 2, n * width).view(n, width).cos()


def pictures(n, side, n_channels=3):
    return torch.linspace(-9, 9, n * n_channels * side * side).view(n, n_channels, side, side).sin()


class TestRoundTrip:
    @pytest.mark.parametrize("channels", [[8], [8, 6], [10, 8, 6, 4]])
    @pytest.mark.parametrize("image_channels", [1, 3])
    @pytest.mark.parametrize("n_mapping", [1, 8])
    def test_a_generator_comes_back(self, channels, image_channels, n_mapping, fill, survives):
        network = StyleGAN2Generator(channels=channels, image_channels=image_channels, style=6, n_mapping=n_mapping)

        match = survives(fill(network), latents())

        assert match.hyperparameters["channels"] == channels
        assert match.origins["mapping_learning_rate"] == "recipe"
        assert match.task.latent_shape == (6,)

    @pytest.mark.parametrize("channels", [[8, 6], [4, 6, 8, 10]])
    @pytest.mark.parametrize("image_channels", [1, 3])
    def test_a_discriminator_comes_back(self, channels, image_channels, fill, survives):
        network = StyleGAN2Discriminator(channels=channels, image_channels=image_channels, hidden=12)

        match = survives(fill(network), pictures(4, 2 ** (len(channels) + 1), image_channels))

        assert match.origins["group"] == "recipe"

    @pytest.mark.parametrize("taps", [(1, 1), (1, 2, 1)])
    def test_filters_of_another_length_come_back(self, taps, survives):
        network = StyleGAN2Discriminator(channels=[6, 4], taps=taps)

        survives(network, pictures(4, 8))

    def test_the_other_code_base_is_told_by_its_names(self, recognised):
        def named(name):
            return {key: torch.empty(shape) for key, shape in RECORDED[name]["shapes"].items()}

        assert recognised(named("ppeetteerrs generator")).task.recipe == "ppeetteerrs/stylegan2-torch"
        assert recognised(named("rosinality generator")).task.recipe == "rosinality/stylegan2-pytorch"
        assert recognised(named("ppeetteerrs generator")).hyperparameters["stored_noise"] is False


class TestNoise:
    @pytest.fixture
    def generator(self, fill):
        return fill(StyleGAN2Generator(channels=[8, 6], style=6, n_mapping=2))

    def test_an_image_does_not_depend_on_its_batch(self, generator):
        together = generator(latents(4))

        alone = torch.cat([generator(latents(4)[k : k + 1]) for k in range(4)])

        torch.testing.assert_close(alone, together, rtol=1e-5, atol=1e-5)

    def test_samples_have_noise_of_their_own_and_the_stored_noise_is_one_for_all(self, generator):
        same = latents(1).repeat(2, 1)
        differing = torch.cat([same[:1], same[1:] + 1e-3])

        sampled, stored = generator.sampled_noise(differing), generator.stored_noise()

        assert not torch.allclose(sampled[0][0], sampled[0][1])
        assert [noise.shape for noise in stored] == [(1, *shape) for shape in generator.noise_shapes]

    def test_styles_give_the_image_of_their_latents(self, generator):
        noise = generator.stored_noise()

        image = generator(generator.mapping(latents()))

        torch.testing.assert_close(image, generator(latents(), noise))


class TestGroups:
    @pytest.fixture
    def discriminator(self, figures):
        shapes = RECORDED["rosinality discriminator"]["shapes"]
        match = recognise({key: tuple(shape) for key, shape in shapes.items()}, {})
        return rebuild(match, figures.filled(shapes, gain=10.0))

    def test_eight_samples_are_two_groups_of_four(self, discriminator):
        images = pictures(8, 16)

        together = discriminator(images)[0][0]

        apart = torch.cat([discriminator(images[:4])[0][0], discriminator(images[4:])[0][0]])
        torch.testing.assert_close(together, apart, rtol=1e-5, atol=1e-5)
        assert discriminator.mixes_samples == 4

    def test_a_remainder_without_a_group_is_refused(self, discriminator):
        with pytest.raises(ValueError, match="it compares groups of 4 samples, and 2 of 6 are left over"):
            discriminator(pictures(6, 16))

    def test_another_size_is_refused(self, discriminator):
        with pytest.raises(ValueError, match="images must be 16x16, and these are 8x8"):
            discriminator(pictures(4, 8))


class TestGradients:
    @pytest.mark.parametrize(
        ("up", "down", "padding"), [(1, 1, (2, 1)), (2, 1, (2, 1)), (1, 2, (1, 1)), (2, 1, (-1, 3))]
    )
    def test_resampling_can_be_differentiated_twice(self, up, down, padding):
        image = pictures(1, 5, 2).double().requires_grad_()
        kernel = blur_kernel((1, 3, 3, 1)).double()

        def resampled(image):
            return upfirdn2d(image, kernel, up=up, down=down, padding=padding)

        assert gradcheck(resampled, (image,))
        assert gradgradcheck(resampled, (image,))

    def test_the_penalty_on_path_lengths_reaches_the_weights(self, fill):
        generator = fill(StyleGAN2Generator(channels=[8, 6], style=6, n_mapping=2))
        styles = generator.mapping(latents())

        (slopes,) = torch.autograd.grad(generator(styles).sum(), styles, create_graph=True)
        slopes.square().sum().backward()

        assert generator.convs[0].conv.weight.grad.abs().sum() > 0

    def test_up_sampling_keeps_a_constant_image(self):
        kernel = blur_kernel((1, 3, 3, 1), gain=4.0)

        image = upfirdn2d(torch.ones(1, 1, 6, 6), kernel, up=2, padding=(2, 1))

        torch.testing.assert_close(image[..., 2:-2, 2:-2], torch.ones(1, 1, 8, 8))
