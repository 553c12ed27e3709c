"""Wasserstein: differences of mean scores."""

from __future__ import annotations

from torch import Tensor

from ganloss_cli.evaluators.batch import Logits
from ganloss_cli.evaluators.catalogue import Convention, loss, scaled
from ganloss_cli.evaluators.losses.sides import Reduction, averaged, one_side, two_sides

REFERENCE = "Arjovsky et al. 2017, Wasserstein GAN, arXiv:1701.07875"
BLOG = "GAN Loss Functions: The Key to Generative Adversarial Networks, 2023-10-31"
CAOGANG = "caogang/wgan-gp@ae47a18 gan_cifar10.py"
STUDIOGAN = "POSTECH-CVLab/PyTorch-StudioGAN@947b35e src/utils/losses.py"
PYTORCH_GAN = "eriklindernoren/PyTorch-GAN@36d3c77 implementations/wgan/wgan.py"
GAN_STABILITY = "LMescheder/GAN_stability@c1f64c9 gan_training/train.py"
LEFTTHOMAS = "leftthomas/SRGAN@7ddfdf2 train.py loss.py"
CYCLEGAN = "taesungp/contrastive-unpaired-translation@b3ac297 models/networks.py"

MINIMISED = Convention("blog", BLOG)
DISTANCE = scaled(
    "distance", f"{REFERENCE}, equation 2", -1.0, "minus the loss: the estimate of the Wasserstein distance",
)  # fmt: skip
MEAN = averaged("spade", "NVlabs/SPADE@fecacc9 models/networks/loss.py")
ONE_MORE = Convention(
    "leftthomas", LEFTTHOMAS, settings={"offset": 1.0},
    relation="1 more for each sub-discriminator: written for a discriminator that ends in a sigmoid",
)  # fmt: skip


@loss(
    family="adversarial",
    about="discriminator",
    synonyms=("wgan", "wasserstein"),
    span=(None, None),
    reference=REFERENCE,
    balanced_score=0.0,
    interpretation="minus the estimated distance between reals and fakes, in units of the critic's slope: comparable "
    "within one training only",
    conventions=(
        MINIMISED,
        MINIMISED.alias("studiogan", STUDIOGAN),
        MINIMISED.alias("pytorch_gan", PYTORCH_GAN),
        DISTANCE,
        DISTANCE.alias("caogang", CAOGANG),  # what it logs as Wasserstein_D
        DISTANCE.alias("blog_formula", BLOG),
        DISTANCE.alias("gan_stability", GAN_STABILITY),
        scaled("cyclegan", f"{CYCLEGAN} models/cut_model.py", 0.5, "half"),
        MEAN,
        Convention(
            "progressive_gan", "tkarras/progressive_growing_of_gans@2504c3f loss.py", settings={"drift": 0.001},
            relation="plus 0.001 D(real)^2, which keeps the scores near 0",
        ),
        ONE_MORE,
    ),
)  # fmt: skip
def d_wgan(
    real_logits: Logits,
    fake_logits: Logits,
    *,
    drift: float = 0.0,
    offset: float = 0.0,
    scale: float = 1.0,
    sub_discriminators: Reduction = "sum",
) -> dict[str, Tensor]:
    """Loss of the critic, without its gradient penalty.

        L_D = sum over k of mean D_k(fake) - mean D_k(real)

    Args:
        real_logits: what each sub-discriminator returned for the reals, as it is; (N,), or (N, ...) for patches.
        fake_logits: the same for the fakes; (M,) or (M, ...).
        drift: weight of D_k(real)^2.
        offset: a constant that is added for each sub-discriminator.
        scale: what both sides are multiplied by.
        sub_discriminators: whether sub-discriminators are summed or averaged.

    Returns:
        terms "real.k", each (N,), minus the scores of the reals, and "fake.k", each (M,).

    Convention: minimised, so a critic that works is negative. Logs often hold its negative, the estimated distance.
    The penalty is `gp`.

    Reference: arXiv:1701.07875.
    """

    def of_real(scores: Tensor) -> Tensor:
        return scale * (offset - scores + drift * scores**2)

    return two_sides(real_logits, fake_logits, of_real, lambda scores: scale * scores, sub_discriminators)


@loss(
    family="adversarial",
    span=(None, None),
    reference=REFERENCE,
    no_equilibrium="there the critic is a constant, and any constant is as good as another",
    interpretation="minus the mean score of the fakes; the critic's scores have no zero of their own, so only changes "
    "tell",
    conventions=(
        MINIMISED,
        MINIMISED.alias("caogang", CAOGANG),
        MINIMISED.alias("studiogan", STUDIOGAN),
        MINIMISED.alias("cyclegan", CYCLEGAN),
        MINIMISED.alias("pytorch_gan", PYTORCH_GAN),
        MEAN,
        scaled("gan_stability", GAN_STABILITY, -1.0, "of minus the scores: there the critic scores reals low"),
        ONE_MORE,
    ),
)  # fmt: skip
def g_wgan(
    fake_logits: Logits, *, offset: float = 0.0, scale: float = 1.0, sub_discriminators: Reduction = "sum"
) -> dict[str, Tensor]:
    """Loss of the generator against a critic.

        L_G = sum over k of -mean D_k(fake)

    Args:
        fake_logits: what each sub-discriminator returned for the fakes, as it is; (N,), or (N, ...) for patches.
        offset: a constant that is added for each sub-discriminator.
        scale: what the loss is multiplied by.
        sub_discriminators: whether sub-discriminators are summed or averaged.

    Returns:
        terms "fake.k", each (N,), of either sign.

    Convention: minus the mean score, the same number as `g_hinge`; the names tell how the critic was trained.

    Reference: arXiv:1701.07875.
    """
    return one_side("fake", fake_logits, lambda scores: scale * (offset - scores), sub_discriminators)
