"""Recipes of image synthesis, translation and super-resolution."""

from __future__ import annotations

from ganloss_cli.evaluators.recipes.terms import Domain, Recipe, Term, Total, sides

DOMAINS: tuple[Domain, ...] = ("A", "B")
_POOL = "the discriminators are trained on fakes of up to 50 earlier iterations; here on those of this generator"
_DROPOUT = "its generator trains with dropout and batch statistics; --mode train does as well"
_DISCOGAN_G = "gen_loss"
_CYCLEGAN_G = "loss_G"
PATH_LENGTH_CAVEATS = (
    "R1 and path length are steps of their own, every 16th and 4th, and no part of the logged losses",
    "the running mean of path lengths is not saved in checkpoints; the mean over the data stands in for it",
)
STYLEGAN3_TERMS = (
    Term("Loss/D/loss", "d_bce", "stylegan3", total="Loss/D/loss"),
    Term("Loss/scores/real", "real_score"),
    Term("Loss/scores/fake", "fake_score"),
    Term("Loss/r1_penalty", "r1", "stylegan3"),
    Term("Loss/D/reg", "r1", "stylegan3", factor=0.5, factor_times=("r1_gamma",)),
    Term("Loss/G/loss", "g_bce", "stylegan3", total="Loss/G/loss"),
)


def _discogan_terms() -> tuple[Term, ...]:
    """Domain by domain; the log prints those of A before those of B under one name."""
    terms: list[Term] = []
    for domain in DOMAINS:
        terms += [
            Term(f"DIS Loss {domain}", "d_bce", "discogan", domain=domain, total="dis_loss"),
            Term(
                f"GEN Loss {domain}", "g_bce", "discogan", domain=domain, weight=0.1, weight_times=("1-rate",),
                total=_DISCOGAN_G,
            ),
            Term(
                f"Feature Matching Loss {domain}", "fm_moment", "discogan", domain=domain, weight=0.9,
                weight_times=("1-rate",), total=_DISCOGAN_G,
            ),
            Term(f"RECON Loss {domain}", "cycle", "discogan", part=domain, weight_times=("rate",), total=_DISCOGAN_G),
        ]  # fmt: skip
    return tuple(terms)


def _cyclegan_terms() -> tuple[Term, ...]:
    """Its D_A scores domain B, and its G_A makes B from A; its cycle_A is the cycle of A, its idt_A looks at B."""
    terms: list[Term] = []
    for theirs, scored in zip(DOMAINS, reversed(DOMAINS), strict=True):
        terms += [
            Term(f"D_{theirs}", "d_lsgan", "cyclegan", domain=scored, total=f"D_{theirs}"),
            Term(f"G_{theirs}", "g_lsgan", "cyclegan", domain=scored, total=_CYCLEGAN_G),
            Term(f"cycle_{theirs}", "cycle", part=theirs, factor_times=(f"lambda_{theirs}",), total=_CYCLEGAN_G),
            Term(
                f"idt_{theirs}", "identity", part=scored, factor_times=(f"lambda_{scored}", "lambda_identity"),
                total=_CYCLEGAN_G,
            ),
        ]  # fmt: skip
    return tuple(terms)


def _super_resolution(name: str, source: str, pixel: float, adversarial: float, *, relativistic: bool) -> Recipe:
    """BasicSR's totals: pixels, VGG19 and an adversarial term, the discriminator without a weight.

    Args:
        name: of the recipe, and of the convention of its perceptual distance.
        source: of the recipe.
        pixel: weight of the L1.
        adversarial: weight of the generator's adversarial term.
        relativistic: whether scores are held against the other side's mean.
    """
    critic, maker = ("d_ragan", "g_ragan") if relativistic else ("d_bce", "g_bce")
    networks = (
        ("RRDBNet", "VGGStyleDiscriminator") if relativistic else ("RRDBNet", "SRVGGNetCompact", "UNetDiscriminatorSN")
    )
    row = "esrgan" if relativistic else "basicsr"
    return Recipe(
        name, source, settings={"pixel_weight": pixel, "perceptual_weight": 1.0, "gan_weight": adversarial},
        batch=16 if relativistic else 12, totals=sides("l_d_total", "l_g_total"), networks=networks,
        terms=(
            Term("l_d_real", critic, row, part="real", total="l_d_total"),
            Term("l_d_fake", critic, row, part="fake", total="l_d_total"),
            Term("out_d_real", "real_score"),
            Term("out_d_fake", "fake_score"),
            Term("l_g_pix", "l1", factor_times=("pixel_weight",), total="l_g_total"),
            Term("l_g_percep", "perceptual", name, factor_times=("perceptual_weight",), total="l_g_total"),
            Term("l_g_gan", maker, row, factor_times=("gan_weight",), total="l_g_total"),
        ),
    )  # fmt: skip


IMAGES = (
    Recipe(
        "stylegan2", "rosinality/stylegan2-pytorch@bef283a train.py", batch=16,
        totals=sides("Discriminator", "Generator"), caveats=PATH_LENGTH_CAVEATS,
        terms=(
            Term("Discriminator", "d_bce", "stylegan2", total="Discriminator"),
            Term("Real Score", "real_score"),
            Term("Fake Score", "fake_score"),
            Term("R1", "r1", "stylegan2"),
            Term("Generator", "g_bce", "stylegan2", total="Generator"),
            Term("Path Length Regularization", "path_length", "stylegan2"),
        ),
    ),
    Recipe(
        "stylegan3", "NVlabs/stylegan3@c233a91 training/loss.py", settings={"r1_gamma": 10.0}, batch=32,
        totals=sides("Loss/D/loss", "Loss/G/loss"), terms=STYLEGAN3_TERMS,
    ),
    Recipe(
        "cyclegan",
        "junyanz/pytorch-CycleGAN-and-pix2pix models/cycle_gan_model.py, as "
        "taesungp/contrastive-unpaired-translation@b3ac297 models/cycle_gan_model.py",
        settings={"lambda_A": 10.0, "lambda_B": 10.0, "lambda_identity": 0.5}, batch=1, caveats=(_POOL,),
        terms=_cyclegan_terms(),
        totals=(
            Total(logged="D_A", side="discriminator"),
            Total(logged="D_B", side="discriminator"),
            Total(logged=_CYCLEGAN_G, side="generator"),
        ),
    ),
    Recipe(
        "pix2pix", "junyanz/pytorch-CycleGAN-and-pix2pix models/pix2pix_model.py", settings={"lambda_L1": 100.0},
        batch=1, totals=sides("loss_D", "loss_G"), caveats=(_DROPOUT,),
        terms=(
            Term("D_real", "d_bce", "dcgan", part="real", weight=0.5, total="loss_D"),
            Term("D_fake", "d_bce", "dcgan", part="fake", weight=0.5, total="loss_D"),
            Term("G_GAN", "g_bce", "pix2pix", total="loss_G"),
            Term("G_L1", "l1", factor_times=("lambda_L1",), total="loss_G"),
        ),
    ),
    Recipe(
        "pix2pixhd", "NVIDIA/pix2pixHD@14b3b3c models/pix2pixHD_model.py, train.py", settings={"lambda_feat": 10.0},
        batch=1, totals=sides("loss_D", "loss_G"),
        terms=(
            Term("D_real", "d_lsgan", "vits", part="real", weight=0.5, total="loss_D"),
            Term("D_fake", "d_lsgan", "vits", part="fake", weight=0.5, total="loss_D"),
            Term("G_GAN", "g_lsgan", "pix2pixhd", total="loss_G"),
            Term("G_GAN_Feat", "fm", "pix2pixhd", factor=0.1, factor_times=("lambda_feat",), total="loss_G"),
            Term("G_VGG", "perceptual", "pix2pixhd", factor_times=("lambda_feat",), total="loss_G"),
        ),
    ),
    Recipe(
        "spade", "NVlabs/SPADE@fecacc9 models/pix2pix_model.py", settings={"lambda_feat": 10.0, "lambda_vgg": 10.0},
        totals=sides("D_Fake + D_real", "GAN + GAN_Feat + VGG"),
        terms=(
            Term("D_real", "d_hinge", "spade", part="real", total="D_Fake + D_real"),
            Term("D_Fake", "d_hinge", "spade", part="fake", total="D_Fake + D_real"),
            Term("GAN", "g_hinge", "spade", total="GAN + GAN_Feat + VGG"),
            Term("GAN_Feat", "fm", "spade", factor=0.1, factor_times=("lambda_feat",), total="GAN + GAN_Feat + VGG"),
            Term("VGG", "perceptual", "pix2pixhd", factor_times=("lambda_vgg",), total="GAN + GAN_Feat + VGG"),
        ),
    ),
    Recipe(
        "dcgan", "pytorch/examples@77f55b9 dcgan/main.py", batch=64, totals=sides("Loss_D", "Loss_G"),
        terms=(
            Term("Loss_D", "d_bce", "dcgan", total="Loss_D"),
            Term("D(x)", "real_score"),
            Term("D(G(z))", "fake_score"),
            Term("Loss_G", "g_bce", "dcgan", total="Loss_G"),
        ),
    ),
    Recipe(
        "wgan_gp", "caogang/wgan-gp@ae47a18 gan_cifar10.py", settings={"LAMBDA": 10.0}, batch=64,
        totals=sides("train disc cost", "train gen cost"),
        terms=(
            Term("D_fake - D_real", "d_wgan", total="train disc cost"),
            Term("gradient_penalty", "gp", factor_times=("LAMBDA",), total="train disc cost"),
            Term("wasserstein distance", "d_wgan", "caogang"),
            Term("train gen cost", "g_wgan", "caogang", total="train gen cost"),
        ),
    ),
    Recipe(
        "discogan", "SKTBrain/DiscoGAN@f044178 discogan/image_translation.py", settings={"rate": 0.5}, batch=64,
        totals=sides("dis_loss", _DISCOGAN_G), terms=_discogan_terms(),
        caveats=(
            "rate is 0.01 in the first 10 000 iterations, 0.5 after; --set discogan.rate=0.01 evaluates the former",
            "feature matching compares means of batches of 64; here those of all samples, unless --over batch",
        ),
    ),
    Recipe(
        "srgan", "leftthomas/SRGAN@7ddfdf2 train.py, loss.py", batch=64, totals=sides("Loss_D", "Loss_G"),
        terms=(
            Term("Loss_D", "d_wgan", "leftthomas", total="Loss_D"),
            Term("D(x)", "real_score"),
            Term("D(G(z))", "fake_score"),
            Term("image_loss", "mse", total="Loss_G"),
            Term("adversarial_loss", "g_wgan", "leftthomas", weight=0.001, total="Loss_G"),
            Term("perception_loss", "perceptual", "leftthomas", weight=0.006, total="Loss_G"),
            Term("tv_loss", "tv", "leftthomas", weight=2e-8, total="Loss_G"),
        ),
    ),
    _super_resolution(
        "esrgan",
        "XPixelGroup/BasicSR@8d56e3a basicsr/models/esrgan_model.py, options/train/ESRGAN/train_ESRGAN_x4.yml",
        0.01, 0.005, relativistic=True,
    ),
    _super_resolution(
        "realesrgan", "xinntao/Real-ESRGAN@a4abfb2 realesrgan/models/realesrgan_model.py, "
        "options/train_realesrgan_x4plus.yml", 1.0, 0.1, relativistic=False,
    ),
    Recipe(
        "biggan", "ajbrock/BigGAN-PyTorch@9845943 train_fns.py, losses.py", batch=64, totals=sides("D_loss", "G_loss"),
        terms=(
            Term("D_loss_real", "d_hinge", "biggan", part="real", total="D_loss"),
            Term("D_loss_fake", "d_hinge", "biggan", part="fake", total="D_loss"),
            Term("G_loss", "g_hinge", "biggan", total="G_loss"),
        ),
    ),
    Recipe(
        "gan_stability", "LMescheder/GAN_stability@c1f64c9 gan_training/train.py", settings={"reg_param": 10.0},
        batch=64, totals=sides("dloss + reg", "losses/generator"),
        terms=(
            Term("losses/discriminator", "d_bce", total="dloss + reg"),
            Term("losses/regularizer", "r1", factor_times=("reg_param",), total="dloss + reg"),
            Term("losses/generator", "g_bce", total="losses/generator"),
        ),
    ),
)  # fmt: skip
