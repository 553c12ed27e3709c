"""Recipes of image translation and super-resolution beside those of CycleGAN, pix2pix, DiscoGAN, SRGAN and ESRGAN."""

from __future__ import annotations

from ganloss_cli.evaluators.recipes.terms import Domain, Recipe, Term, sides

_PYTORCH_GAN = "eriklindernoren/PyTorch-GAN@36d3c77 implementations"
_DIRECTIONS: tuple[tuple[Domain, str], ...] = (("A", "BA"), ("B", "AB"))
_D_G = sides("D loss", "G loss")
_POOL = "the discriminators are trained on fakes of up to 50 earlier iterations; here on those of this generator"


def _carpedm20() -> tuple[Term, ...]:
    terms: list[Term] = []
    for domain, _ in _DIRECTIONS:
        terms += [
            Term(f"l_d_{domain}_{side}", "d_bce", "dcgan", domain=domain, part=side, total="Loss_D")
            for side in ("real", "fake")
        ]  # fmt: skip
        terms += [
            Term(f"l_gan_{domain}", "g_bce", "dcgan", domain=domain, total="Loss_G"),
            Term(f"l_const_{domain}", "cycle", "discogan", part=domain, total="Loss_G"),
        ]
    return tuple(terms)


def _two_domains(*more: Term, cycle: tuple[str, ...] = ()) -> tuple[Term, ...]:
    """PyTorch-GAN halves every sum over its two domains."""
    terms: list[Term] = []
    for domain, made in _DIRECTIONS:
        terms += [
            Term(f"loss_D_{domain}", "d_lsgan", "pytorch_gan", domain=domain, weight=0.5, total="D loss"),
            Term(f"loss_GAN_{made}", "g_lsgan", "pytorch_gan", domain=domain, weight=0.5, total="G loss"),
            Term(f"loss_cycle_{domain}", "cycle", part=domain, weight=0.5, weight_times=cycle, total="G loss"),
        ]  # fmt: skip
    return (*terms, *more)


TRANSLATION = (
    Recipe(
        "discogan_carpedm20", "carpedm20/DiscoGAN-pytorch@ab3b7dc trainer.py", batch=200,
        totals=sides("Loss_D", "Loss_G"), terms=_carpedm20(),
    ),
    Recipe(
        "pytorch_gan_cyclegan", f"{_PYTORCH_GAN}/cyclegan/cyclegan.py", settings={"lambda_cyc": 10.0, "lambda_id": 5.0},
        batch=1, totals=_D_G, caveats=(_POOL,),
        terms=_two_domains(
            *(
                Term(
                    f"loss_id_{domain}", "identity", part=domain, weight=0.5, weight_times=("lambda_id",),
                    total="G loss",
                )
                for domain, _ in _DIRECTIONS
            ),
            cycle=("lambda_cyc",),
        ),
    ),
    Recipe(
        "pytorch_gan_discogan", f"{_PYTORCH_GAN}/discogan/discogan.py", batch=1, totals=_D_G,
        terms=_two_domains(
            Term(
                "pixel", total="G loss",
                unavailable="the distance of each fake from the real of its own domain, which are no pair",
            ),
        ),
    ),
    Recipe(
        "pytorch_gan_pix2pix", f"{_PYTORCH_GAN}/pix2pix/pix2pix.py", settings={"lambda_pixel": 100.0}, batch=1,
        totals=_D_G,
        terms=(
            Term("D loss", "d_lsgan", "pytorch_gan", total="D loss"),
            Term("adv", "g_lsgan", "pytorch_gan", total="G loss"),
            Term("pixel", "l1", weight_times=("lambda_pixel",), total="G loss"),
        ),
    ),
    Recipe(
        "cut", "taesungp/contrastive-unpaired-translation@b3ac297 models/cut_model.py", settings={"lambda_GAN": 1.0},
        batch=1, totals=sides("loss_D", "G"),
        terms=(
            Term("D_real", "d_lsgan", "vits", part="real", weight=0.5, total="loss_D"),
            Term("D_fake", "d_lsgan", "vits", part="fake", weight=0.5, total="loss_D"),
            Term("G_GAN", "g_lsgan", "cyclegan", factor_times=("lambda_GAN",), total="G"),
            Term(
                "(NCE + NCE_Y) / 2", total="G",
                unavailable="a contrastive loss of features at random places, through a network of its own",
            ),
        ),
    ),
    Recipe(
        "srgan_lornatang", "Lornatang/SRGAN-PyTorch@8842030 train_gan.py, configs/train/SRGAN_x4-ImageNet.yaml",
        settings={"pixel_weight": 1.0, "feature_weight": 1.0, "adversarial_weight": 0.001}, batch=16,
        totals=sides("Train/D_Loss", "Train/G_Loss"),
        terms=(
            Term("Train/D(GT)_Loss", "d_bce", "basicsr", part="real", total="Train/D_Loss"),
            Term("Train/D(SR)_Loss", "d_bce", "basicsr", part="fake", total="Train/D_Loss"),
            Term("Train/Pixel_Loss", "mse", factor_times=("pixel_weight",), total="Train/G_Loss"),
            Term(
                "Train/Feature_Loss", "perceptual", "ledig2017", settings={"scale": 1.0},
                factor_times=("feature_weight",), total="Train/G_Loss",
            ),
            Term(
                "Train/Adversarial_Loss", "g_bce", "basicsr", factor_times=("adversarial_weight",),
                total="Train/G_Loss",
            ),
        ),
    ),
    Recipe(
        "pytorch_gan_srgan", f"{_PYTORCH_GAN}/srgan/srgan.py", batch=4, totals=_D_G,
        terms=(
            Term("D loss", "d_lsgan", "pytorch_gan", total="D loss"),
            # relu3_4 of VGG19
            Term(
                "loss_content", "perceptual", "ledig2017",
                settings={"distance": "l1", "layer_weights": (0.0, 0.0, 1.0, 0.0, 0.0), "scale": 1.0}, total="G loss",
            ),
            Term("loss_GAN", "g_lsgan", "pytorch_gan", weight=1e-3, total="G loss"),
        ),
    ),
    Recipe(
        "pytorch_gan_esrgan", f"{_PYTORCH_GAN}/esrgan/esrgan.py", settings={"lambda_adv": 5e-3, "lambda_pixel": 1e-2},
        batch=4, totals=_D_G,
        terms=(
            Term("D loss", "d_ragan", "pytorch_gan", total="D loss"),
            Term("content", "perceptual", "esrgan", total="G loss"),
            Term("adv", "g_ragan", "pytorch_gan", weight_times=("lambda_adv",), total="G loss"),
            Term(
                "pixel", weight_times=("lambda_pixel",), total="G loss",
                unavailable="the distance of images from which ImageNet's mean is taken, channel by channel",
            ),
        ),
    ),
)  # fmt: skip
