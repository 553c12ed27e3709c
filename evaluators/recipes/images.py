"""Recipes of image synthesis, translation and super-resolution."""

from __future__ import annotations

from ganloss_cli.evaluators.recipes.terms import Domain, Recipe, Term, Total

DOMAINS: tuple[Domain, ...] = ("A", "B")
_POOL = "the discriminators are trained on fakes of up to 50 earlier iterations; here on those of this generator"
_DROPOUT = "its generator trains with dropout and batch statistics; --mode train does as well"
_DISCOGAN_G = "gen_loss"
_CYCLEGAN_G = "loss_G"


def _discogan_terms() -> tuple[Term, ...]:
    """Domain by domain; the log prints those of A before those of B under one name."""
    terms: list[Term] = []
    for domain in DOMAINS:
        terms += [
            Term(
                logged=f"DIS Loss {domain}", loss="d_bce", convention="discogan", domain=domain, total="dis_loss",
            ),
            Term(
                logged=f"GEN Loss {domain}", loss="g_bce", convention="discogan", domain=domain, weight=0.1,
                weight_times=("1-rate",), total=_DISCOGAN_G,
            ),
            Term(
                logged=f"Feature Matching Loss {domain}", loss="fm_moment", convention="discogan", domain=domain,
                weight=0.9, weight_times=("1-rate",), total=_DISCOGAN_G,
            ),
            Term(
                logged=f"RECON Loss {domain}", loss="cycle", convention="discogan", part=domain,
                weight_times=("rate",), total=_DISCOGAN_G,
            ),
        ]  # fmt: skip
    return tuple(terms)


def _cyclegan_terms() -> tuple[Term, ...]:
    """Its D_A judges domain B, and its G_A makes B from A; its cycle_A is the cycle of A, its idt_A looks at B."""
    terms: list[Term] = []
    for theirs, judged in zip(DOMAINS, reversed(DOMAINS), strict=True):
        terms += [
            Term(
                logged=f"D_{theirs}", loss="d_lsgan", convention="cyclegan", domain=judged, total=f"D_{theirs}",
            ),
            Term(logged=f"G_{theirs}", loss="g_lsgan", convention="cyclegan", domain=judged, total=_CYCLEGAN_G),
            Term(
                logged=f"cycle_{theirs}", loss="cycle", part=theirs, factor_times=(f"lambda_{theirs}",),
                total=_CYCLEGAN_G,
            ),
            Term(
                logged=f"idt_{theirs}", loss="identity", part=judged,
                factor_times=(f"lambda_{judged}", "lambda_identity"), total=_CYCLEGAN_G,
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
    judge, maker = ("d_ragan", "g_ragan") if relativistic else ("d_bce", "g_bce")
    row = "esrgan" if relativistic else "basicsr"
    return Recipe(
        name=name,
        source=source,
        settings={"pixel_weight": pixel, "perceptual_weight": 1.0, "gan_weight": adversarial},
        batch=16 if relativistic else 12,
        terms=(
            Term(logged="l_d_real", loss=judge, convention=row, part="real", total="l_d_total"),
            Term(logged="l_d_fake", loss=judge, convention=row, part="fake", total="l_d_total"),
            Term(logged="out_d_real", loss="real_score"),
            Term(logged="out_d_fake", loss="fake_score"),
            Term(logged="l_g_pix", loss="l1", factor_times=("pixel_weight",), total="l_g_total"),
            Term(
                logged="l_g_percep", loss="perceptual", convention=name,
                factor_times=("perceptual_weight",), total="l_g_total",
            ),
            Term(logged="l_g_gan", loss=maker, convention=row, factor_times=("gan_weight",), total="l_g_total"),
        ),
        totals=(Total(logged="l_d_total", side="discriminator"), Total(logged="l_g_total", side="generator")),
    )  # fmt: skip


IMAGES = (
    Recipe(
        name="stylegan2",
        source="rosinality/stylegan2-pytorch@bef283a train.py",
        batch=16,
        caveats=(
            "R1 and path length are steps of their own, every 16th and 4th, and no part of the logged losses",
            "the running mean of path lengths is not saved in checkpoints; the mean over the data stands in for it",
        ),
        terms=(
            Term(logged="Discriminator", loss="d_bce", convention="stylegan2", total="Discriminator"),
            Term(logged="Real Score", loss="real_score"),
            Term(logged="Fake Score", loss="fake_score"),
            Term(logged="R1", loss="r1", convention="stylegan2"),
            Term(logged="Generator", loss="g_bce", convention="stylegan2", total="Generator"),
            Term(logged="Path Length Regularization", loss="path_length", convention="stylegan2"),
        ),
        totals=(Total(logged="Discriminator", side="discriminator"), Total(logged="Generator", side="generator")),
    ),
    Recipe(
        name="stylegan3",
        source="NVlabs/stylegan3@c233a91 training/loss.py",
        settings={"r1_gamma": 10.0},
        batch=32,
        terms=(
            Term(logged="Loss/D/loss", loss="d_bce", convention="stylegan3", total="Loss/D/loss"),
            Term(logged="Loss/scores/real", loss="real_score"),
            Term(logged="Loss/scores/fake", loss="fake_score"),
            Term(logged="Loss/r1_penalty", loss="r1", convention="stylegan3"),
            Term(logged="Loss/D/reg", loss="r1", convention="stylegan3", factor=0.5, factor_times=("r1_gamma",)),
            Term(logged="Loss/G/loss", loss="g_bce", convention="stylegan3", total="Loss/G/loss"),
        ),
        totals=(Total(logged="Loss/D/loss", side="discriminator"), Total(logged="Loss/G/loss", side="generator")),
    ),
    Recipe(
        name="cyclegan",
        source="junyanz/pytorch-CycleGAN-and-pix2pix models/cycle_gan_model.py, "
        "as taesungp/contrastive-unpaired-translation@b3ac297 models/cycle_gan_model.py",
        settings={"lambda_A": 10.0, "lambda_B": 10.0, "lambda_identity": 0.5},
        batch=1,
        caveats=(_POOL,),
        terms=_cyclegan_terms(),
        totals=(
            Total(logged="D_A", side="discriminator"),
            Total(logged="D_B", side="discriminator"),
            Total(logged=_CYCLEGAN_G, side="generator"),
        ),
    ),
    Recipe(
        name="pix2pix",
        source="junyanz/pytorch-CycleGAN-and-pix2pix models/pix2pix_model.py",
        settings={"lambda_L1": 100.0},
        batch=1,
        caveats=(_DROPOUT,),
        terms=(
            Term(logged="D_real", loss="d_bce", convention="dcgan", part="real", weight=0.5, total="loss_D"),
            Term(logged="D_fake", loss="d_bce", convention="dcgan", part="fake", weight=0.5, total="loss_D"),
            Term(logged="G_GAN", loss="g_bce", convention="pix2pix", total="loss_G"),
            Term(logged="G_L1", loss="l1", factor_times=("lambda_L1",), total="loss_G"),
        ),
        totals=(Total(logged="loss_D", side="discriminator"), Total(logged="loss_G", side="generator")),
    ),
    Recipe(
        name="pix2pixhd",
        source="NVIDIA/pix2pixHD@14b3b3c models/pix2pixHD_model.py, train.py",
        settings={"lambda_feat": 10.0},
        batch=1,
        terms=(
            Term(logged="D_real", loss="d_lsgan", convention="vits", part="real", weight=0.5, total="loss_D"),
            Term(logged="D_fake", loss="d_lsgan", convention="vits", part="fake", weight=0.5, total="loss_D"),
            Term(logged="G_GAN", loss="g_lsgan", convention="pix2pixhd", total="loss_G"),
            Term(
                logged="G_GAN_Feat", loss="fm", convention="pix2pixhd", factor=0.1, factor_times=("lambda_feat",),
                total="loss_G",
            ),
            Term(
                logged="G_VGG", loss="perceptual", convention="pix2pixhd", factor_times=("lambda_feat",),
                total="loss_G",
            ),
        ),
        totals=(Total(logged="loss_D", side="discriminator"), Total(logged="loss_G", side="generator")),
    ),
    Recipe(
        name="spade",
        source="NVlabs/SPADE@fecacc9 models/pix2pix_model.py",
        settings={"lambda_feat": 10.0, "lambda_vgg": 10.0},
        terms=(
            Term(logged="D_real", loss="d_hinge", convention="spade", part="real", total="D_Fake + D_real"),
            Term(logged="D_Fake", loss="d_hinge", convention="spade", part="fake", total="D_Fake + D_real"),
            Term(logged="GAN", loss="g_hinge", convention="spade", total="GAN + GAN_Feat + VGG"),
            Term(
                logged="GAN_Feat", loss="fm", convention="spade", factor=0.1, factor_times=("lambda_feat",),
                total="GAN + GAN_Feat + VGG",
            ),
            Term(
                logged="VGG", loss="perceptual", convention="pix2pixhd", factor_times=("lambda_vgg",),
                total="GAN + GAN_Feat + VGG",
            ),
        ),
        totals=(
            Total(logged="D_Fake + D_real", side="discriminator"),
            Total(logged="GAN + GAN_Feat + VGG", side="generator"),
        ),
    ),
    Recipe(
        name="dcgan",
        source="pytorch/examples@77f55b9 dcgan/main.py",
        batch=64,
        terms=(
            Term(logged="Loss_D", loss="d_bce", convention="dcgan", total="Loss_D"),
            Term(logged="D(x)", loss="real_score"),
            Term(logged="D(G(z))", loss="fake_score"),
            Term(logged="Loss_G", loss="g_bce", convention="dcgan", total="Loss_G"),
        ),
        totals=(Total(logged="Loss_D", side="discriminator"), Total(logged="Loss_G", side="generator")),
    ),
    Recipe(
        name="wgan_gp",
        source="caogang/wgan-gp@ae47a18 gan_cifar10.py",
        settings={"LAMBDA": 10.0},
        batch=64,
        terms=(
            Term(logged="D_fake - D_real", loss="d_wgan", total="train disc cost"),
            Term(logged="gradient_penalty", loss="gp", factor_times=("LAMBDA",), total="train disc cost"),
            Term(logged="wasserstein distance", loss="d_wgan", convention="caogang"),
            Term(logged="train gen cost", loss="g_wgan", convention="caogang", total="train gen cost"),
        ),
        totals=(
            Total(logged="train disc cost", side="discriminator"),
            Total(logged="train gen cost", side="generator"),
        ),
    ),
    Recipe(
        name="discogan",
        source="SKTBrain/DiscoGAN@f044178 discogan/image_translation.py",
        settings={"rate": 0.5},
        batch=64,
        caveats=(
            "rate is 0.01 in the first 10 000 iterations, 0.5 after; --set discogan.rate=0.01 evaluates the former",
            "feature matching compares means of batches of 64; here those of all samples, unless --over batch",
        ),
        terms=_discogan_terms(),
        totals=(Total(logged="dis_loss", side="discriminator"), Total(logged=_DISCOGAN_G, side="generator")),
    ),
    Recipe(
        name="srgan",
        source="leftthomas/SRGAN@7ddfdf2 train.py, loss.py",
        batch=64,
        terms=(
            Term(logged="Loss_D", loss="d_wgan", convention="leftthomas", total="Loss_D"),
            Term(logged="D(x)", loss="real_score"),
            Term(logged="D(G(z))", loss="fake_score"),
            Term(logged="image_loss", loss="mse", total="Loss_G"),
            Term(logged="adversarial_loss", loss="g_wgan", convention="leftthomas", weight=0.001, total="Loss_G"),
            Term(logged="perception_loss", loss="perceptual", convention="leftthomas", weight=0.006, total="Loss_G"),
            Term(logged="tv_loss", loss="tv", convention="leftthomas", weight=2e-8, total="Loss_G"),
        ),
        totals=(Total(logged="Loss_D", side="discriminator"), Total(logged="Loss_G", side="generator")),
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
        name="biggan",
        source="ajbrock/BigGAN-PyTorch@9845943 train_fns.py, losses.py",
        batch=64,
        terms=(
            Term(logged="D_loss_real", loss="d_hinge", convention="biggan", part="real", total="D_loss"),
            Term(logged="D_loss_fake", loss="d_hinge", convention="biggan", part="fake", total="D_loss"),
            Term(logged="G_loss", loss="g_hinge", convention="biggan", total="G_loss"),
        ),
        totals=(Total(logged="D_loss", side="discriminator"), Total(logged="G_loss", side="generator")),
    ),
    Recipe(
        name="gan_stability",
        source="LMescheder/GAN_stability@c1f64c9 gan_training/train.py",
        settings={"reg_param": 10.0},
        batch=64,
        terms=(
            Term(logged="losses/discriminator", loss="d_bce", total="dloss + reg"),
            Term(logged="losses/regularizer", loss="r1", factor_times=("reg_param",), total="dloss + reg"),
            Term(logged="losses/generator", loss="g_bce", total="losses/generator"),
        ),
        totals=(
            Total(logged="dloss + reg", side="discriminator"),
            Total(logged="losses/generator", side="generator"),
        ),
    ),
    Recipe(
        name="taming",
        source="CompVis/taming-transformers@3ba01b2 taming/modules/losses/vqperceptual.py",
        terms=(
            Term(logged="train/disc_loss", loss="d_hinge", convention="taming", total="train/disc_loss"),
            Term(logged="train/rec_loss", loss="l1"),
            Term(logged="train/g_loss", loss="g_hinge", convention="taming"),
            Term(
                logged="train/total_loss", total="train/total_loss",
                unavailable="an adaptive weight: the ratio of two gradients at the decoder's last layer",
            ),
        ),
        totals=(
            Total(logged="train/disc_loss", side="discriminator"),
            Total(logged="train/total_loss", side="generator"),
        ),
    ),
)  # fmt: skip
