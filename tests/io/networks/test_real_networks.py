"""Networks that other people trained, rebuilt from their files, against the figures known of them."""

import csv

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import binary_cross_entropy

from ganloss_cli.errors import InputError
from ganloss_cli.io.architectures import rebuild
from ganloss_cli.io.idx import open_idx

N_DIGITS = 20_000  # of the 60 000 that they were trained on


@pytest.fixture
def rebuilt(real_data, recognised):
    def rebuilt(path, config=None):
        state = torch.load(real_data / "checkpoints" / path, map_location="cpu", weights_only=True)
        return rebuild(recognised(state, config), state)

    return rebuilt


@pytest.fixture(scope="module")
def digits(real_data):
    """Handwritten digits in [-1, 1], (20000, 1, 28, 28)."""
    images = np.load(real_data / "images" / "mnist" / "train-first-20000.npz")["images"]
    return torch.from_numpy(images).float()[:, None] / 127.5 - 1


def latents(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def cross_entropies(generator, discriminator, digits):
    """Discriminator's (real + fake), generator's, mean scores of real and fake."""
    with torch.no_grad():
        [real], [fake] = discriminator(digits)[0], discriminator(generator(latents(len(digits), 64)))[0]
    ones, zeros = torch.ones_like(real), torch.zeros_like(fake)
    d_loss = binary_cross_entropy(real, ones) + binary_cross_entropy(fake, zeros)
    return [float(value) for value in (d_loss, binary_cross_entropy(fake, ones), real.mean(), fake.mean())]


def test_the_mlp_pair_gives_the_losses_it_was_measured_with(rebuilt, digits):
    generator, discriminator = rebuilt("mnist-mlp-gan/G--300.pth"), rebuilt("mnist-mlp-gan/D--300.pth")

    found = cross_entropies(generator, discriminator, digits)

    assert found == pytest.approx([0.8478, 1.6333, 0.7030, 0.2769], rel=0.02)


def test_csinva_s_pair_gives_the_losses_it_was_measured_with(rebuilt, digits):
    generator, discriminator = rebuilt("csinva/G--300.ckpt"), rebuilt("csinva/D--300.ckpt")

    found = cross_entropies(generator, discriminator, digits)

    assert found == pytest.approx([0.8469, 1.6132, 0.7528, 0.2890], rel=0.02)


def test_the_pair_with_an_ambiguous_slope_gives_its_logged_losses_once_the_slope_is_named(rebuilt, digits):
    path = "mnist-half-bce-gan/discriminator.pth"
    with pytest.raises(InputError, match=r"slope=0\.01"):
        rebuilt(path)
    named = {"--arch-args": {"slope": 0.1}}

    found = cross_entropies(rebuilt("mnist-half-bce-gan/generator.pth", named), rebuilt(path, named), digits)

    assert found[0] / 2 == pytest.approx(0.5209, rel=0.03)
    assert found[1] == pytest.approx(1.476, rel=0.02)


def test_csinva_s_dcgan_discriminator_judges_digits_of_28_pixels(rebuilt, digits):
    discriminator = rebuilt("csinva/netD_epoch_99.pth")

    with torch.no_grad():
        [probabilities], [maps] = discriminator(digits[:64])

    assert probabilities.shape == (64,)
    assert [tensor.shape[-1] for tensor in maps] == [14, 7, 3, 1]
    with torch.no_grad():
        assert probabilities.mean() > discriminator(-digits[:64])[0][0].mean()  # negatives are no digits to it


@pytest.mark.parametrize(("train", "critic", "made", "penalty"), [(False, 151, 46.6, 15.9), (True, 17.7, 18.6, 0.169)])
def test_the_wgan_gp_pair_gives_its_figures_in_both_modes(train, critic, made, penalty, rebuilt, digits):
    generator = rebuilt("mnist-wgan-gp/generator.pt").train(train)
    judge = rebuilt("mnist-wgan-gp/critic.pt").train(train)
    mix = torch.rand(2560, 1, 1, 1, generator=torch.Generator().manual_seed(1))
    noise = latents(2560, 64, 1, 1)
    losses = []

    for start in range(0, 2560, 128):
        real, rows = digits[start : start + 128], slice(start, start + 128)
        with torch.no_grad():
            fake = generator(noise[rows])
            real_score, fake_score = judge(real)[0][0].mean(), judge(fake)[0][0].mean()
        between = (mix[rows] * real + (1 - mix[rows]) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(judge(between)[0][0].sum(), between)
        squared = (slope.flatten(1).norm(dim=1) - 1).square().mean()
        losses.append([float(fake_score - real_score + 10 * squared), float(-fake_score), float(squared)])
    found = np.mean(losses, axis=0)

    # in train mode a batch's own statistics move the critic by tens from batch to batch
    assert found[0] == pytest.approx(critic, rel=0.03, abs=8 if train else 0)
    assert found[1:] == pytest.approx([made, penalty], rel=0.08)


def set5(real_data, number, size):
    image = Image.open(real_data / "images" / "set5-x4" / f"img_00{number}_SRF_4_{size}.png").convert("RGB")
    return torch.from_numpy(np.asarray(image).copy()).permute(2, 0, 1)[None].float() / 255


def test_srgan_gives_its_logged_ratio_of_set5(rebuilt, real_data):
    generator = rebuilt("srgan-logged/netG_epoch_4_100.pth")
    with (real_data / "checkpoints" / "srgan-logged" / "baseline_srf_4_100_test_results.csv").open() as lines:
        logged = next(float(row["psnr"]) for row in csv.DictReader(lines) if row["DataSet"] == "Set5")

    ratios = []
    for number in range(1, 6):
        with torch.no_grad():
            made = generator(set5(real_data, number, "LR"))
        error = (made - set5(real_data, number, "HR")).double().square().mean()
        ratios.append(float(-10 * error.log10()))

    assert np.mean(ratios) == pytest.approx(28.390262494, abs=1e-5)
    assert logged == pytest.approx(28.390262494, abs=1e-6)


def test_the_srgan_of_an_old_torch_comes_back(rebuilt, real_data):
    generator = rebuilt("srgan-x4/netG_epoch_4_100.pth")

    with torch.no_grad():
        made = generator(set5(real_data, 3, "LR"))
    error = (made - set5(real_data, 3, "HR")).square().mean()

    assert float(-10 * error.log10()) > 20


@pytest.mark.parametrize(("name", "known"), [("PCARN-M-L1.pth", 31.900), ("PCARN-M.pth", 29.473)])
def test_pcarn_gives_its_published_ratio_of_set5(name, known, rebuilt, real_data):
    generator = rebuilt(f"pcarn-m/{name}", {"--arch-args": {"scale": 4}})
    luma = torch.tensor([65.481, 128.553, 24.966], dtype=torch.float64).view(1, 3, 1, 1) / 255

    ratios = []
    for number in range(1, 6):
        with torch.no_grad():
            made = generator(set5(real_data, number, "LR"))
        rounded = [(image.clamp(0, 1) * 255).round().double() for image in (made, set5(real_data, number, "HR"))]
        one, other = [(image * luma).sum(1)[..., 4:-4, 4:-4] for image in rounded]
        ratios.append(float(10 * torch.log10(255**2 / (one - other).square().mean())))

    assert np.mean(ratios) == pytest.approx(known, abs=0.002)


def test_the_auto_encoder_gives_its_bound_on_the_test_digits(rebuilt, real_data):
    network = rebuilt("csinva/vae_epoch_25.pth")
    images = torch.tensor(open_idx(real_data / "images" / "mnist" / "t10k-images-idx3-ubyte.gz")).float() / 255

    with torch.no_grad():
        made, mean, log_variance = network(images[:, None])
    reconstruction = binary_cross_entropy(made, images[:, None], reduction="sum") / len(images)
    divergence = -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1).mean()

    assert float(reconstruction) == pytest.approx(77.49, rel=2e-3)
    assert float(divergence) == pytest.approx(25.76, rel=1e-3)
