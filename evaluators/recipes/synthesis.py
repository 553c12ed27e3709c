"""Recipes of image synthesis from latents."""

from __future__ import annotations

from ganloss_cli.evaluators.recipes.images import PATH_LENGTH_CAVEATS, STYLEGAN3_TERMS
from ganloss_cli.evaluators.recipes.terms import Recipe, Term, sides

_STUDIOGAN = "POSTECH-CVLab/PyTorch-StudioGAN@947b35e src/worker.py, src/configs/CIFAR10"
_RELATIVISTIC = "AlexiaJM/RelativisticGAN@2646c0b code/GAN_losses_iter.py"
_LUCIDRAINS = "lucidrains/stylegan2-pytorch@ce7f830 stylegan2_pytorch/stylegan2_pytorch.py"
_LIGHTWEIGHT = "lucidrains/lightweight-gan@efbec45 lightweight_gan/lightweight_gan.py"


def _studiogan(config: str, loss: str, row: str, batch: int = 64, *penalties: Term) -> Recipe:
    return Recipe(
        f"studiogan_{config.lower().replace('-', '_')}",
        f"{_STUDIOGAN}/{config}.yaml",
        settings={"gp_lambda": 10.0} if penalties else {},
        batch=batch,
        totals=sides("dis_loss", "gen_loss"),
        terms=(
            Term(f"LOSS.d_loss {loss}", f"d_{loss}", row, total="dis_loss"),
            *penalties,
            Term(f"LOSS.g_loss {loss}", f"g_{loss}", row, total="gen_loss"),
        ),
    )


def _pytorch_gan(name: str, d: tuple[str, str | None], g: tuple[str, str | None], *more: Term) -> Recipe:
    """PyTorch-GAN logs one number a side."""
    settings = {"lambda_gp": 10.0} if any("lambda_gp" in term.weight_times for term in more) else {}
    return Recipe(
        f"pytorch_gan_{name}",
        f"eriklindernoren/PyTorch-GAN@36d3c77 implementations/{name}/{name}.py",
        settings=settings,
        batch=64,
        totals=sides("D loss", "G loss"),
        terms=(Term("d_loss", d[0], d[1], total="D loss"), *more, Term("g_loss", g[0], g[1], total="G loss")),
    )


def _relativistic(kind: str, loss: str) -> Recipe:
    return Recipe(
        f"relativistic_{kind}",
        f"{_RELATIVISTIC}, {loss}",
        batch=32,
        totals=sides("errD", "errG"),
        terms=(
            Term("errD", f"d_{loss}", "relativistic_gan", total="errD"),
            Term("errG", f"g_{loss}", "relativistic_gan", total="errG"),
        ),
    )


SYNTHESIS = (
    Recipe(
        "stylegan2_ada", "NVlabs/stylegan2-ada-pytorch@d72cc7d training/loss.py, train.py --cfg=stylegan2",
        settings={"r1_gamma": 10.0, "pl_weight": 2.0}, batch=32, totals=sides("Loss/D/loss", "Loss/G/loss"),
        caveats=(*PATH_LENGTH_CAVEATS, "its augmentations are left out"),
        terms=(
            *STYLEGAN3_TERMS,
            Term("Loss/pl_penalty", "path_length", "stylegan2"),
            Term("Loss/G/reg", "path_length", "stylegan2", factor_times=("pl_weight",)),
        ),
    ),
    Recipe(
        "r3gan", "brownvc/R3GAN@19a7ddf training/loss.py, R3GAN/Trainer.py, train.py --preset=CIFAR10",
        settings={"gamma": 0.05}, batch=512, totals=sides("DiscriminatorLoss", "AdversarialLoss"),
        caveats=("gamma falls to a tenth over the training", "its augmentations are left out"),
        terms=(
            Term("Loss/D/loss", "d_rsgan", "r3gan", total="DiscriminatorLoss"),
            Term("Loss/r1_penalty", "r1", weight=0.5, weight_times=("gamma",), total="DiscriminatorLoss"),
            Term("Loss/r2_penalty", "r2", weight=0.5, weight_times=("gamma",), total="DiscriminatorLoss"),
            # both are means of differences, of which a mean score has the name in StyleGAN's logs
            Term("Loss/scores/real", "d_wgan", "distance"),
            Term("Loss/scores/fake", "d_wgan"),
            Term("Loss/G/loss", "g_rsgan", "r3gan", total="AdversarialLoss"),
        ),
    ),
    Recipe(
        "stylegan2_pytorch", _LUCIDRAINS, batch=5, totals=sides("disc_loss", "G"),
        caveats=(
            "GP is added in every 4th step only, and the path length in every 32nd after the 5000th",
            "PL in its log is the running mean of path lengths, not the penalty",
        ),
        terms=(
            Term("D", "d_hinge", "lucidrains", total="disc_loss"),
            Term("GP", "gp", "lucidrains", total="disc_loss"),
            Term("G", "g_hinge", "lucidrains", total="G"),
            Term("pl_loss", "path_length", "stylegan2"),
        ),
    ),
    Recipe(
        "lightweight_gan", _LIGHTWEIGHT, settings={"gp_weight": 10.0}, batch=10, totals=sides("disc_loss", "gen_loss"),
        caveats=("GP is added in every 4th step only",),
        terms=(
            Term("divergence + divergence_32x32", "d_hinge", "lucidrains", total="disc_loss"),
            # 10 times the mean over both sides' samples: half the sum of their means, which has its 10 already
            Term("GP", "gp", "lucidrains", factor=0.05, factor_times=("gp_weight",), total="disc_loss"),
            Term(
                "SS", total="disc_loss",
                unavailable="the reconstruction by decoders inside the discriminator, of random parts of the image",
            ),
            Term("loss + loss_32x32", "g_hinge", "lightweight_gan", total="gen_loss"),
        ),
    ),
    Recipe(
        "progressive_gan", "tkarras/progressive_growing_of_gans@2504c3f loss.py", settings={"wgan_lambda": 10.0},
        batch=4, totals=sides("D_loss", "G_loss"),
        terms=(
            Term("fake - real + epsilon_penalty", "d_wgan", "progressive_gan", total="D_loss"),
            Term("gradient_penalty", "gp", weight_times=("wgan_lambda",), total="D_loss"),
            Term("Loss/real_scores", "real_score"),
            Term("Loss/fake_scores", "fake_score"),
            Term("G_loss", "g_wgan", total="G_loss"),
        ),
    ),
    Recipe(
        "improved_wgan_training", "igul222/improved_wgan_training@fa66c57 gan_language.py", settings={"LAMBDA": 10.0},
        batch=64, totals=sides("train disc cost", "gen_cost"),
        terms=(
            Term("disc_fake - disc_real", "d_wgan", total="train disc cost"),
            Term("gradient_penalty", "gp", weight_times=("LAMBDA",), total="train disc cost"),
            Term("gen_cost", "g_wgan", total="gen_cost"),
        ),
    ),
    Recipe(
        "wgan_gp_language", "caogang/wgan-gp@ae47a18 gan_language.py", batch=64,
        totals=sides("tmp/lang/train disc cost", "tmp/lang/train gen cost"),
        terms=(
            Term("D_fake - D_real", "d_wgan", total="tmp/lang/train disc cost"),
            Term("gradient_penalty", "gp", "gan_language", total="tmp/lang/train disc cost"),
            Term("tmp/lang/wasserstein distance", "d_wgan", "caogang"),
            Term("tmp/lang/train gen cost", "g_wgan", "caogang", total="tmp/lang/train gen cost"),
        ),
    ),
    Recipe(
        "dragan", "kodalinaveen3/DRAGAN@5cf95ab DRAGAN.ipynb", settings={"lambd": 10.0}, batch=128,
        totals=sides("D loss", "G_loss"),
        terms=(
            Term("D_loss_real + D_loss_fake", "d_bce", total="D loss"),
            Term("penalty", "dragan", weight_times=("lambd",), total="D loss"),
            Term("G_loss", "g_bce", total="G_loss"),
        ),
    ),
    _studiogan("DCGAN", "bce", "studiogan"),
    _studiogan("LSGAN", "lsgan", "studiogan"),
    _studiogan("SNGAN", "hinge", "studiogan"),
    _studiogan(
        "WGAN-GP", "wgan", "studiogan", 64,
        Term("gp_loss", "gp", "studiogan", weight_times=("gp_lambda",), total="dis_loss"),
    ),
    _relativistic("rsgan", "rsgan"),
    _relativistic("rasgan", "ragan"),
    _relativistic("ralsgan", "ralsgan"),
    _relativistic("rahinge", "rahinge"),
    _pytorch_gan("dcgan", ("d_bce", "pytorch_gan"), ("g_bce", "pytorch_gan")),
    _pytorch_gan("lsgan", ("d_lsgan", "pytorch_gan"), ("g_lsgan", "pytorch_gan")),
    _pytorch_gan(
        "wgan_gp", ("d_wgan", "pytorch_gan"), ("g_wgan", "pytorch_gan"),
        Term("gradient_penalty", "gp", weight_times=("lambda_gp",), total="D loss"),
    ),
    # its penalty has a step of its own and is no part of what it logs
    _pytorch_gan(
        "dragan", ("d_bce", "pytorch_gan"), ("g_bce", "pytorch_gan"),
        Term("gradient_penalty", "dragan", "pytorch_gan"),
    ),
    _pytorch_gan("relativistic_gan", ("d_rsgan", "pytorch_gan"), ("g_rsgan", "pytorch_gan")),
)  # fmt: skip
