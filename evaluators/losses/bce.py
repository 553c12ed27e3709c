"""Cross-entropy of the probability that a sample is real."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from ganloss_cli.evaluators.batch import Logits
from ganloss_cli.evaluators.catalogue import Convention, loss, scaled
from ganloss_cli.evaluators.losses.sides import Reduction, Scores, as_raw_scores, averaged, one_side, two_sides

REFERENCE = "Goodfellow et al. 2014, Generative Adversarial Nets, arXiv:1406.2661"
ROSINALITY = "rosinality/stylegan2-pytorch@bef283a train.py"
STYLEGAN3 = "NVlabs/stylegan3@c233a91 training/loss.py"
STYLEGAN2_TORCH = "ppeetteerrs/stylegan2-torch@eb2d6a6 stylegan2_torch/loss.py"
BASICSR = "XPixelGroup/BasicSR@8d56e3a basicsr/losses/gan_loss.py"
STUDIOGAN = "POSTECH-CVLab/PyTorch-StudioGAN@947b35e src/utils/losses.py"
PYTORCH_GAN = "eriklindernoren/PyTorch-GAN@36d3c77 implementations/dcgan/dcgan.py"
DISCOGAN = "SKTBrain/DiscoGAN@f044178 discogan/image_translation.py"
PIX2PIX = "taesungp/contrastive-unpaired-translation@b3ac297 models/networks.py"
TAMING = "CompVis/taming-transformers@3ba01b2 taming/modules/losses/vqperceptual.py"
TFGAN = "tensorflow/gan@bc369b7 tensorflow_gan/python/losses/losses_impl.py"
LLAMAGEN = "FoundationVision/LlamaGen@ce98ec4 tokenizer/tokenizer_image/vq_loss.py"
SMOOTHING = "Salimans et al. 2016, Improved Techniques for Training GANs, arXiv:1606.03498, section 3.4"

DCGAN = Convention("dcgan", "pytorch/examples@77f55b9 dcgan/main.py")
HALVED = scaled("discogan", DISCOGAN, 0.5, "half")
MEAN = averaged("basicsr_multiscale", BASICSR)
TWICE = Convention(
    "sigmoid_twice", "BCEWithLogitsLoss on a discriminator that ends in a sigmoid", settings={"sigmoid": True},
    relation="of sigmoid(score)",
    mistake="the probability is taken for a logit: each term lies between 0.31 and 1.31 whatever is learned",
)  # fmt: skip
# where fakes are labelled 0 nothing of their score is left but ln 2
EXCHANGED = Convention(
    "llamagen", f"{LLAMAGEN}, non-saturating", settings={"exchanged": True}, leaves_span=True,
    relation="ln(1 + e) - D",
    mistake="BCEWithLogitsLoss is given the labels for the logits and the scores for the labels: linear without a bound"
    " where the label is 1, and ln 2 whatever the score where it is 0",
)  # fmt: skip


BCE_VALUES = {
    100.0: "torch's BCELoss clamps each logarithm at -100; one side's probabilities are all wrong by 1",
    math.log1p(math.exp(-1)): "the least that BCE with a second sigmoid can reach for one side: ln(1 + 1/e)",
    math.log1p(math.e): "the most that BCE with a second sigmoid can reach for one side: ln(1 + e)",
}


def _label_odds(settings: Mapping[str, Any]) -> float:
    """The score at which both sides pull alike; labels of 1 and -1 push it without end, to a loss of 0."""
    share = min(max((settings["real_label"] + settings["fake_label"]) / 2, 1e-12), 1 - 1e-12)
    return math.log(share / (1 - share))


@loss(
    family="adversarial",
    about="discriminator",
    synonyms=("adv", "bce", "gan", "softplus", "logistic", "vanilla"),
    known_values=BCE_VALUES,
    reference=REFERENCE,
    balanced_score=_label_odds,
    interpretation="2 ln 2 = 1.386 for each sub-discriminator: it cannot tell real from fake; near 0: it tells all "
    "apart; above 1.386: it is confident and wrong",
    conventions=(
        DCGAN,
        DCGAN.alias("stylegan2", ROSINALITY),
        DCGAN.alias("stylegan3", STYLEGAN3),
        DCGAN.alias("stylegan2_torch", STYLEGAN2_TORCH),
        DCGAN.alias("basicsr", BASICSR),
        DCGAN.alias("studiogan", STUDIOGAN),
        HALVED,
        HALVED.alias("pytorch_gan", PYTORCH_GAN),
        HALVED.alias("pix2pix", PIX2PIX),
        HALVED.alias("taming", TAMING),
        MEAN,
        Convention("one_sided_smoothing", SMOOTHING, settings={"real_label": 0.9}, relation="reals are labelled 0.9"),
        Convention(
            "tfgan", TFGAN, settings={"real_label": 0.875},
            relation="reals are labelled 0.875: label_smoothing=0.25 towards one half",
        ),
        Convention(
            "value_function", f"{REFERENCE}, equation 1", leaves_span=True, settings={"scale": -1.0},
            relation="minus the loss: what the discriminator maximises", factor=-1.0,
        ),
        Convention(
            "blog_formula", "GAN Loss Functions: The Key to Generative Adversarial Networks, 2023-10-31",
            leaves_span=True, settings={"scale": -1.0, "fake_weight": -1.0}, relation="log D(real) - log(1 - D(fake))",
            mistake="the second term has the wrong sign: maximising it would teach D to call fakes real",
        ),
        Convention(
            "swapped_labels", "the formula with its labels exchanged", settings={"real_label": 0.0, "fake_label": 1.0},
            relation="labels 0 and 1 exchanged",
            mistake="reals are labelled 0 and fakes 1: a discriminator that tells them apart looks hopeless",
        ),
        Convention(
            "minus_one_label", "the labels of other losses, 1 and -1, under BCELoss or BCEWithLogitsLoss",
            leaves_span=True, settings={"fake_label": -1.0}, relation="fakes are labelled -1",
            mistake="a target outside [0, 1] is no probability: the loss has no lower bound",
        ),
        TWICE,
        replace(
            EXCHANGED, settings={"exchanged": True, "scale": 0.5},
            relation="half of ln(1 + e) - D(real) + ln 2, which no fake changes",
        ),
    ),
)  # fmt: skip
def d_bce(
    real_logits: Logits,
    fake_logits: Logits,
    *,
    scores: Scores = "logits",
    real_label: float = 1.0,
    fake_label: float = 0.0,
    fake_weight: float = 1.0,
    scale: float = 1.0,
    sub_discriminators: Reduction = "sum",
    sigmoid: bool = False,
    exchanged: bool = False,
) -> dict[str, Tensor]:
    """Binary cross-entropy of the discriminator, also called logistic or softplus loss.

        L_D = sum over k of mean -log s(D_k(real)) + mean -log(1 - s(D_k(fake))),  s the sigmoid

    Args:
        real_logits: what each sub-discriminator returned for the reals; (N,), or (N, ...) for patches.
        fake_logits: the same for the fakes; (M,) or (M, ...).
        scores: whether that is logits or probabilities; the logarithm of a probability is held above -100, as torch's
            BCELoss holds it.
        real_label: probability that reals should get; below 1 it is smoothed.
        fake_label: probability that fakes should get.
        fake_weight: what the side of the fakes is multiplied by.
        scale: what both sides are multiplied by.
        sub_discriminators: whether sub-discriminators are summed or averaged.
        sigmoid: take a sigmoid of the logit for the logit, which is a mistake.
        exchanged: take labels for logits and scores for labels, which is a mistake.

    Returns:
        terms "real.k", each (N,), and "fake.k", each (M,); none is negative.

    Convention: real + fake without a half, as pytorch/examples, StyleGAN2 and BasicSR; DiscoGAN, PyTorch-GAN, pix2pix
    and taming halve it. BCELoss on probabilities, BCEWithLogitsLoss and softplus are the same function.

    Reference: arXiv:1406.2661; as softplus in arXiv:1912.04958.
    """
    entropy = partial(_cross_entropy, scores=scores, sigmoid=sigmoid, exchanged=exchanged)
    of_real = partial(entropy, label=real_label, scale=scale)
    of_fake = partial(entropy, label=fake_label, scale=scale * fake_weight)
    return two_sides(real_logits, fake_logits, of_real, of_fake, sub_discriminators)


@loss(
    family="adversarial",
    synonyms=("nonsaturating",),
    known_values=BCE_VALUES,
    reference=REFERENCE,
    balanced_score=0.0,
    interpretation="ln 2 = 0.693 for each sub-discriminator: fakes pass as often as not; above 3: they are recognised",
    conventions=(
        DCGAN,
        DCGAN.alias("stylegan2", ROSINALITY),
        DCGAN.alias("stylegan3", STYLEGAN3),
        DCGAN.alias("stylegan2_torch", STYLEGAN2_TORCH),
        DCGAN.alias("basicsr", BASICSR),
        DCGAN.alias("studiogan", STUDIOGAN),
        DCGAN.alias("discogan", DISCOGAN),  # halves the discriminator's loss only
        DCGAN.alias("pytorch_gan", PYTORCH_GAN),
        DCGAN.alias("pix2pix", PIX2PIX),
        MEAN,
        Convention(
            "smoothed", SMOOTHING, settings={"real_label": 0.9}, relation="fakes are labelled 0.9",
            mistake="smoothing is for the reals of the discriminator; here it rewards fakes that are less convincing",
        ),
        TWICE,
        EXCHANGED,
    ),
)  # fmt: skip
def g_bce(
    fake_logits: Logits,
    *,
    scores: Scores = "logits",
    real_label: float = 1.0,
    scale: float = 1.0,
    sub_discriminators: Reduction = "sum",
    sigmoid: bool = False,
    exchanged: bool = False,
) -> dict[str, Tensor]:
    """Non-saturating loss of the generator.

        L_G = sum over k of mean -log s(D_k(fake)),  s the sigmoid

    Args:
        fake_logits: what each sub-discriminator returned for the fakes; (N,), or (N, ...) for patches.
        scores: whether that is logits or probabilities.
        real_label: probability that the generator wants its fakes to get.
        scale: what the loss is multiplied by.
        sub_discriminators: whether sub-discriminators are summed or averaged.
        sigmoid: take a sigmoid of the logit for the logit, which is a mistake.
        exchanged: take labels for logits and scores for labels, which is a mistake.

    Returns:
        terms "fake.k", each (N,); none is negative.

    Convention: the form that all code uses; the saturating form of the minimax game is `g_minimax`.

    Reference: arXiv:1406.2661, section 3.
    """
    entropy = partial(_cross_entropy, scores=scores, sigmoid=sigmoid, exchanged=exchanged)
    of_fake = partial(entropy, label=real_label, scale=scale)
    return one_side("fake", fake_logits, of_fake, sub_discriminators)


@loss(
    family="adversarial",
    trained_against="d_bce",
    span=(None, 0.0),
    reference=REFERENCE,
    balanced_score=0.0,
    interpretation="-ln 2 = -0.693 for each sub-discriminator: fakes pass as often as not; near 0: they are "
    "recognised, and the generator learns next to nothing",
    conventions=(
        Convention("goodfellow2014", f"{REFERENCE}, equation 1"),
        replace(MEAN, source=f"the reduction of {BASICSR}, MultiScaleGANLoss"),
        Convention(
            "tfgan", TFGAN, settings={"offset": -math.log1p(math.exp(-1))},
            relation="0.3133 less: its unused real side is given scores of 1, not a loss of 0",
        ),
        TWICE,
    ),
)  # fmt: skip
def g_minimax(
    fake_logits: Logits,
    *,
    scores: Scores = "logits",
    offset: float = 0.0,
    scale: float = 1.0,
    sub_discriminators: Reduction = "sum",
    sigmoid: bool = False,
) -> dict[str, Tensor]:
    """Saturating loss of the generator: its own side of the minimax game.

        L_G = sum over k of mean log(1 - s(D_k(fake))),  s the sigmoid

    Args:
        fake_logits: what each sub-discriminator returned for the fakes; (N,), or (N, ...) for patches.
        scores: whether that is logits or probabilities.
        offset: a constant that is added for each sub-discriminator.
        scale: what the loss is multiplied by.
        sub_discriminators: whether sub-discriminators are summed or averaged.
        sigmoid: take a sigmoid of the logit for the logit, which is a mistake.

    Returns:
        terms "fake.k", each (N,); without an offset none is positive.

    Convention: minimised, so a fake that is recognised costs 0 and one that passes less than 0. It has the optimum of
    `g_bce` and other values: log(1 - p) where that has -log p.

    Reference: arXiv:1406.2661, equation 1.
    """

    def of_fake(returned: Tensor) -> Tensor:
        return offset + _cross_entropy(returned, label=0.0, scores=scores, scale=-scale, sigmoid=sigmoid)

    return one_side("fake", fake_logits, of_fake, sub_discriminators)


def _cross_entropy(
    returned: Tensor, *, label: float, scores: Scores, scale: float, sigmoid: bool, exchanged: bool = False
) -> Tensor:
    raw = as_raw_scores(returned, scores)
    if exchanged:  # -y log s(x) - (1 - y) log(1 - s(x)) of a logit x, which is the label, and a label y, the score
        return scale * (math.log1p(math.exp(label)) - label * raw)
    raw = torch.sigmoid(raw) if sigmoid else raw
    # logsigmoid is exact where log(sigmoid(x)) is -inf; a side without weight is left out, for 0 * inf is NaN
    sides = [weight * functional.logsigmoid(side) for weight, side in ((label, raw), (1 - label, -raw)) if weight]
    return -scale * torch.stack(sides).sum(0)
