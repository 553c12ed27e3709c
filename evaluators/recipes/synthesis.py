"""Recipes of image synthesis from latents."""

from __future__ import annotations

from ganloss_cli.evaluators.recipes.terms import Recipe, Term, Total

_STUDIOGAN = "POSTECH-CVLab/PyTorch-StudioGAN@947b35e src/worker.py, src/configs/CIFAR10"
_RELATIVISTIC = "AlexiaJM/RelativisticGAN@2646c0b code/GAN_losses_iter.py"
_LUCIDRAINS = "lucidrains/stylegan2-pytorch@ce7f830 stylegan2_pytorch/stylegan2_pytorch.py"
_LIGHTWEIGHT = "lucidrains/lightweight-gan@efbec45 lightweight_gan/lightweight_gan.py"


def _sides(discriminator: str, generator: str) -> tuple[Total, Total]:
    return Total(logged=discriminator, side="discriminator"), Total(logged=generator, side="generator")


def _studiogan(config: str, loss: str, row: str, batch: int = 64, *penalties: Term) -> Recipe:
    return Recipe(
        name=f"studiogan_{config.lower().replace('-', '_')}",
        source=f"{_STUDIOGAN}/{config}.yaml",
        settings={"gp_lambda": 10.0} if penalties else {},
        batch=batch,
        terms=(
            Term(logged=f"LOSS.d_loss {loss}", loss=f"d_{loss}", convention=row, total="dis_loss"),
            *penalties,
            Term(logged=f"LOSS.g_loss {loss}", loss=f"g_{loss}", convention=row, total="gen_loss"),
        ),
        totals=_sides("dis_loss", "gen_loss"),
    )


def _pytorch_gan(name: str, d: tuple[str, str | None], g: tuple[str, str | None], *more: Term) -> Recipe:
    """PyTorch-GAN logs one number a side."""
    settings = {"lambda_gp": 10.0} if any("lambda_gp" in term.weight_times for term in more) else {}
    return Recipe(
        name=f"pytorch_gan_{name}",
        source=f"eriklindernoren/PyTorch-GAN@36d3c77 implementations/{name}/{name}.py",
        settings=settings,
        batch=64,
        terms=(
            Term(logged="d_loss", loss=d[0], convention=d[1], total="D loss"),
            *more,
            Term(logged="g_loss", loss=g[0], convention=g[1], total="G loss"),
        ),
        totals=_sides("D loss", "G loss"),
    )


def _relativistic(kind: str, loss: str) -> Recipe:
    return Recipe(
        name=f"relativistic_{kind}",
        source=f"{_RELATIVISTIC}, {loss}",
        batch=32,
        terms=(
            Term(logged="errD", loss=f"d_{loss}", convention="relativistic_gan", total="errD"),
            Term(logged="errG", loss=f"g_{loss}", convention="relativistic_gan", total="errG"),
        ),
        totals=_sides("errD", "errG"),
    )


SYNTHESIS = (
    Recipe(
        name="stylegan2_ada",
        source="NVlabs/stylegan2-ada-pytorch@d72cc7d training/loss.py, train.py --cfg=stylegan2",
        settings={"r1_gamma": 10.0, "pl_weight": 2.0},
        batch=32,
        caveats=(
            "R1 and path length are steps of their own, every 16th and 4th, and no part of the logged losses",
            "the running mean of path lengths is not saved in checkpoints; the mean over the data stands in for it",
            "its augmentations are left out",
        ),
        terms=(
            Term(logged="Loss/D/loss", loss="d_bce", convention="stylegan3", total="Loss/D/loss"),
            Term(logged="Loss/scores/real", loss="real_score"),
            Term(logged="Loss/scores/fake", loss="fake_score"),
            Term(logged="Loss/r1_penalty", loss="r1", convention="stylegan3"),
            Term(logged="Loss/D/reg", loss="r1", convention="stylegan3", factor=0.5, factor_times=("r1_gamma",)),
            Term(logged="Loss/G/loss", loss="g_bce", convention="stylegan3", total="Loss/G/loss"),
            Term(logged="Loss/pl_penalty", loss="path_length", convention="stylegan2"),
            Term(logged="Loss/G/reg", loss="path_length", convention="stylegan2", factor_times=("pl_weight",)),
        ),
        totals=_sides("Loss/D/loss", "Loss/G/loss"),
    ),
    Recipe(
        name="stylegan2_pytorch",
        source=_LUCIDRAINS,
        batch=5,
        caveats=(
            "GP is added in every 4th step only, and the path length in every 32nd after the 5000th",
            "PL in its log is the running mean of path lengths, not the penalty",
        ),
        terms=(
            Term(logged="D", loss="d_hinge", convention="lucidrains", total="disc_loss"),
            Term(logged="GP", loss="gp", convention="lucidrains", total="disc_loss"),
            Term(logged="G", loss="g_hinge", convention="lucidrains", total="G"),
            Term(logged="pl_loss", loss="path_length", convention="stylegan2"),
        ),
        totals=_sides("disc_loss", "G"),
    ),
    Recipe(
        name="lightweight_gan",
        source=_LIGHTWEIGHT,
        settings={"gp_weight": 10.0},
        batch=10,
        caveats=("GP is added in every 4th step only",),
        terms=(
            Term(
                logged="divergence + divergence_32x32", loss="d_hinge", convention="lucidrains", total="disc_loss",
            ),
            # 10 times the mean over both sides' samples: half the sum of their means, which has its 10 already
            Term(
                logged="GP", loss="gp", convention="lucidrains", factor=0.05, factor_times=("gp_weight",),
                total="disc_loss",
            ),
            Term(
                logged="SS", total="disc_loss",
                unavailable="the reconstruction by decoders inside the discriminator, of random parts of the image",
            ),
            Term(logged="loss + loss_32x32", loss="g_hinge", convention="lightweight_gan", total="gen_loss"),
        ),
        totals=_sides("disc_loss", "gen_loss"),
    ),
    Recipe(
        name="progressive_gan",
        source="tkarras/progressive_growing_of_gans@2504c3f loss.py",
        settings={"wgan_lambda": 10.0},
        batch=4,
        terms=(
            Term(
                logged="fake - real + epsilon_penalty", loss="d_wgan", convention="progressive_gan", total="D_loss",
            ),
            Term(logged="gradient_penalty", loss="gp", weight_times=("wgan_lambda",), total="D_loss"),
            Term(logged="Loss/real_scores", loss="real_score"),
            Term(logged="Loss/fake_scores", loss="fake_score"),
            Term(logged="G_loss", loss="g_wgan", total="G_loss"),
        ),
        totals=_sides("D_loss", "G_loss"),
    ),
    Recipe(
        name="improved_wgan_training",
        source="igul222/improved_wgan_training@fa66c57 gan_language.py",
        settings={"LAMBDA": 10.0},
        batch=64,
        terms=(
            Term(logged="disc_fake - disc_real", loss="d_wgan", total="train disc cost"),
            Term(logged="gradient_penalty", loss="gp", weight_times=("LAMBDA",), total="train disc cost"),
            Term(logged="gen_cost", loss="g_wgan", total="gen_cost"),
        ),
        totals=_sides("train disc cost", "gen_cost"),
    ),
    Recipe(
        name="wgan_gp_language",
        source="caogang/wgan-gp@ae47a18 gan_language.py",
        batch=64,
        terms=(
            Term(logged="D_fake - D_real", loss="d_wgan", total="tmp/lang/train disc cost"),
            Term(logged="gradient_penalty", loss="gp", convention="gan_language", total="tmp/lang/train disc cost"),
            Term(logged="tmp/lang/wasserstein distance", loss="d_wgan", convention="caogang"),
            Term(
                logged="tmp/lang/train gen cost", loss="g_wgan", convention="caogang", total="tmp/lang/train gen cost",
            ),
        ),
        totals=_sides("tmp/lang/train disc cost", "tmp/lang/train gen cost"),
    ),
    Recipe(
        name="dragan",
        source="kodalinaveen3/DRAGAN@5cf95ab DRAGAN.ipynb",
        settings={"lambd": 10.0},
        batch=128,
        terms=(
            Term(logged="D_loss_real + D_loss_fake", loss="d_bce", total="D loss"),
            Term(logged="penalty", loss="dragan", weight_times=("lambd",), total="D loss"),
            Term(logged="G_loss", loss="g_bce", total="G_loss"),
        ),
        totals=_sides("D loss", "G_loss"),
    ),
    _studiogan("DCGAN", "bce", "studiogan"),
    _studiogan("LSGAN", "lsgan", "studiogan"),
    _studiogan("SNGAN", "hinge", "studiogan"),
    _studiogan(
        "WGAN-GP", "wgan", "studiogan", 64,
        Term(logged="gp_loss", loss="gp", convention="studiogan", weight_times=("gp_lambda",), total="dis_loss"),
    ),
    _relativistic("rsgan", "rsgan"),
    _relativistic("rasgan", "ragan"),
    _relativistic("ralsgan", "ralsgan"),
    _relativistic("rahinge", "rahinge"),
    _pytorch_gan("dcgan", ("d_bce", "pytorch_gan"), ("g_bce", "pytorch_gan")),
    _pytorch_gan("lsgan", ("d_lsgan", "pytorch_gan"), ("g_lsgan", "pytorch_gan")),
    _pytorch_gan(
        "wgan_gp", ("d_wgan", "pytorch_gan"), ("g_wgan", "pytorch_gan"),
        Term(logged="gradient_penalty", loss="gp", weight_times=("lambda_gp",), total="D loss"),
    ),
    # its penalty has a step of its own and is no part of what it logs
    _pytorch_gan(
        "dragan", ("d_bce", "pytorch_gan"), ("g_bce", "pytorch_gan"),
        Term(logged="gradient_penalty", loss="dragan", convention="pytorch_gan"),
    ),
    _pytorch_gan("relativistic_gan", ("d_rsgan", "pytorch_gan"), ("g_rsgan", "pytorch_gan")),
)  # fmt: skip
