"""Recipes of image translation and super-resolution beside those of CycleGAN, pix2pix, DiscoGAN, SRGAN and ESRGAN."""

from __future__ import annotations

from ganloss_cli.evaluators.recipes.terms import Domain, Recipe, Term, Total

_PYTORCH_GAN = "eriklindernoren/PyTorch-GAN@36d3c77 implementations"
_DIRECTIONS: tuple[tuple[Domain, str], ...] = (("A", "BA"), ("B", "AB"))
_D_G = (Total(logged="D loss", side="discriminator"), Total(logged="G loss", side="generator"))
_POOL = "the discriminators are trained on fakes of up to 50 earlier iterations; here on those of this generator"


def _carpedm20() -> tuple[Term, ...]:
    terms: list[Term] = []
    for domain, _ in _DIRECTIONS:
        terms += [
            Term(
                logged=f"l_d_{domain}_{side}", loss="d_bce", convention="dcgan", domain=domain, part=side,
                total="Loss_D",
            )
            for side in ("real", "fake")
        ]  # fmt: skip
        terms += [
            Term(logged=f"l_gan_{domain}", loss="g_bce", convention="dcgan", domain=domain, total="Loss_G"),
            Term(logged=f"l_const_{domain}", loss="cycle", convention="discogan", part=domain, total="Loss_G"),
        ]
    return tuple(terms)


def _two_domains(*more: Term, cycle: tuple[str, ...] = ()) -> tuple[Term, ...]:
    """PyTorch-GAN halves every sum over its two domains."""
    terms: list[Term] = []
    for domain, made in _DIRECTIONS:
        terms += [
            Term(
                logged=f"loss_D_{domain}", loss="d_lsgan", convention="pytorch_gan", domain=domain, weight=0.5,
                total="D loss",
            ),
            Term(
                logged=f"loss_GAN_{made}", loss="g_lsgan", convention="pytorch_gan", domain=domain, weight=0.5,
                total="G loss",
            ),
            Term(
                logged=f"loss_cycle_{domain}", loss="cycle", part=domain, weight=0.5, weight_times=cycle,
                total="G loss",
            ),
        ]  # fmt: skip
    return (*terms, *more)


TRANSLATION = (
    Recipe(
        name="discogan_carpedm20",
        source="carpedm20/DiscoGAN-pytorch@ab3b7dc trainer.py",
        batch=200,
        terms=_carpedm20(),
        totals=(Total(logged="Loss_D", side="discriminator"), Total(logged="Loss_G", side="generator")),
    ),
    Recipe(
        name="pytorch_gan_cyclegan",
        source=f"{_PYTORCH_GAN}/cyclegan/cyclegan.py",
        settings={"lambda_cyc": 10.0, "lambda_id": 5.0},
        batch=1,
        caveats=(_POOL,),
        terms=_two_domains(
            *(
                Term(
                    logged=f"loss_id_{domain}", loss="identity", part=domain, weight=0.5, weight_times=("lambda_id",),
                    total="G loss",
                )
                for domain, _ in _DIRECTIONS
            ),
            cycle=("lambda_cyc",),
        ),
        totals=_D_G,
    ),
    Recipe(
        name="pytorch_gan_discogan",
        source=f"{_PYTORCH_GAN}/discogan/discogan.py",
        batch=1,
        terms=_two_domains(
            Term(
                logged="pixel", total="G loss",
                unavailable="the distance of each fake from the real of its own domain, which are no pair",
            ),
        ),
        totals=_D_G,
    ),
    Recipe(
        name="pytorch_gan_pix2pix",
        source=f"{_PYTORCH_GAN}/pix2pix/pix2pix.py",
        settings={"lambda_pixel": 100.0},
        batch=1,
        terms=(
            Term(logged="D loss", loss="d_lsgan", convention="pytorch_gan", total="D loss"),
            Term(logged="adv", loss="g_lsgan", convention="pytorch_gan", total="G loss"),
            Term(logged="pixel", loss="l1", weight_times=("lambda_pixel",), total="G loss"),
        ),
        totals=_D_G,
    ),
    Recipe(
        name="cut",
        source="taesungp/contrastive-unpaired-translation@b3ac297 models/cut_model.py",
        settings={"lambda_GAN": 1.0},
        batch=1,
        terms=(
            Term(logged="D_real", loss="d_lsgan", convention="vits", part="real", weight=0.5, total="loss_D"),
            Term(logged="D_fake", loss="d_lsgan", convention="vits", part="fake", weight=0.5, total="loss_D"),
            Term(logged="G_GAN", loss="g_lsgan", convention="cyclegan", factor_times=("lambda_GAN",), total="G"),
            Term(
                logged="(NCE + NCE_Y) / 2", total="G",
                unavailable="a contrastive loss of features at random places, through a network of its own",
            ),
        ),
        totals=(Total(logged="loss_D", side="discriminator"), Total(logged="G", side="generator")),
    ),
    Recipe(
        name="srgan_lornatang",
        source="Lornatang/SRGAN-PyTorch@8842030 train_gan.py, configs/train/SRGAN_x4-ImageNet.yaml",
        settings={"pixel_weight": 1.0, "feature_weight": 1.0, "adversarial_weight": 0.001},
        batch=16,
        terms=(
            Term(
                logged="Train/D(GT)_Loss", loss="d_bce", convention="basicsr", part="real", total="Train/D_Loss",
            ),
            Term(
                logged="Train/D(SR)_Loss", loss="d_bce", convention="basicsr", part="fake", total="Train/D_Loss",
            ),
            Term(
                logged="Train/Pixel_Loss", loss="mse", factor_times=("pixel_weight",), total="Train/G_Loss",
            ),
            Term(
                logged="Train/Feature_Loss", loss="perceptual", convention="ledig2017", settings={"scale": 1.0},
                factor_times=("feature_weight",), total="Train/G_Loss",
            ),
            Term(
                logged="Train/Adversarial_Loss", loss="g_bce", convention="basicsr",
                factor_times=("adversarial_weight",), total="Train/G_Loss",
            ),
        ),
        totals=(Total(logged="Train/D_Loss", side="discriminator"), Total(logged="Train/G_Loss", side="generator")),
    ),
    Recipe(
        name="pytorch_gan_srgan",
        source=f"{_PYTORCH_GAN}/srgan/srgan.py",
        batch=4,
        terms=(
            Term(logged="D loss", loss="d_lsgan", convention="pytorch_gan", total="D loss"),
            # relu3_4 of VGG19
            Term(
                logged="loss_content", loss="perceptual", convention="ledig2017",
                settings={"distance": "l1", "layer_weights": (0.0, 0.0, 1.0, 0.0, 0.0), "scale": 1.0}, total="G loss",
            ),
            Term(logged="loss_GAN", loss="g_lsgan", convention="pytorch_gan", weight=1e-3, total="G loss"),
        ),
        totals=_D_G,
    ),
    Recipe(
        name="pytorch_gan_esrgan",
        source=f"{_PYTORCH_GAN}/esrgan/esrgan.py",
        settings={"lambda_adv": 5e-3, "lambda_pixel": 1e-2},
        batch=4,
        terms=(
            Term(logged="D loss", loss="d_ragan", convention="pytorch_gan", total="D loss"),
            Term(logged="content", loss="perceptual", convention="esrgan", total="G loss"),
            Term(
                logged="adv", loss="g_ragan", convention="pytorch_gan", weight_times=("lambda_adv",), total="G loss",
            ),
            Term(
                logged="pixel", weight_times=("lambda_pixel",), total="G loss",
                unavailable="the distance of images from which ImageNet's mean is taken, channel by channel",
            ),
        ),
        totals=_D_G,
    ),
)  # fmt: skip
