"""Two generators against each other: there and back, and what should stay as it is."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.catalogue import Convention, loss, scaled
from ganloss_cli.evaluators.shapes import check_shapes, per_sample

CYCLEGAN = "junyanz/pytorch-CycleGAN-and-pix2pix models/cycle_gan_model.py"
PYTORCH_GAN = "eriklindernoren/PyTorch-GAN@36d3c77 implementations"
DISCOGAN = "SKTBrain/DiscoGAN@f044178 discogan/image_translation.py"
consistency = partial(loss, family="cycle", higher_is_better=False, equilibrium=0.0, paired=True)


@consistency(
    synonyms=("cyc",),
    usual_weights={10.0: "lambda_A of CycleGAN"},
    reference="Zhu et al. 2017, Unpaired Image-to-Image Translation, arXiv:1703.10593",
    one_of=("rec_A", "rec_B"),
    interpretation="0: each generator undoes the other; on images in [0, 1], 0.05 a direction is good",
    conventions=(
        Convention("zhu2017", "arXiv:1703.10593, equation 2"),
        scaled(
            "cyclegan", f"{CYCLEGAN}, images on [-1, 1]", 20.0,
            "ten times, on images that span 2: its log holds each cycle weighted by lambda_A = lambda_B = 10",
        ),
        scaled("symmetric_range", "images on [-1, 1], unweighted", 2.0, "twice: the same images span 2"),
        Convention(
            "pytorch_gan", f"{PYTORCH_GAN}/cyclegan/cyclegan.py, images on [-1, 1]", settings={"scale": 1.0},
            relation="the mean of both directions, on images that span 2", alias_of="zhu2017",
        ),
        scaled("mean", "the mean of both directions", 0.5, "half"),
        Convention(
            "discogan", f"{DISCOGAN}: torch.nn.MSELoss, images on [0, 1]", settings={"power": 2},
            relation="of squared differences",
        ),
    ),
)  # fmt: skip
def cycle(
    real_A: Tensor | None = None,  # noqa: N803 (the field's names for the two domains)
    rec_A: Tensor | None = None,  # noqa: N803
    real_B: Tensor | None = None,  # noqa: N803
    rec_B: Tensor | None = None,  # noqa: N803
    *,
    scale: float = 1.0,
    power: int = 1,
) -> dict[str, Tensor]:
    """Cycle consistency: what comes back after both generators.

        L = mean |G_BA(G_AB(a)) - a| + mean |G_AB(G_BA(b)) - b|

    Args:
        real_A: samples of domain A; (N, ...).
        rec_A: the same after both generators; the same shape.
        real_B: samples of domain B; (M, ...).
        rec_B: the same after both generators; the same shape. One direction alone will do.
        scale: what both directions are multiplied by.
        power: of the absolute difference, 1 or 2.

    Returns:
        terms "A" (N,) and "B" (M,), of the directions that are there; not negative.

    Convention: both directions added, unweighted, images on [0, 1]. CycleGAN logs each times lambda = 10, on images on
    [-1, 1], which doubles it again; PyTorch-GAN takes the mean of both.

    Raises:
        InputError: the shapes differ, or no direction is whole.

    Reference: arXiv:1703.10593.
    """
    pairs = {"A": ("real_A", real_A, "rec_A", rec_A), "B": ("real_B", real_B, "rec_B", rec_B)}
    return _differences("cycle", pairs, scale, power)


@consistency(
    synonyms=("idt",),
    usual_weights={5.0: "lambda_A lambda_identity of CycleGAN"},
    reference="Taigman et al. 2016, Unsupervised Cross-Domain Image Generation, arXiv:1611.02200; "
    "Zhu et al. 2017, arXiv:1703.10593, section 5.2",
    one_of=("idt_A", "idt_B"),
    interpretation="0: a generator leaves samples of its own target domain as they are",
    conventions=(
        Convention("zhu2017", "arXiv:1703.10593, section 5.2"),
        scaled(
            "cyclegan", f"{CYCLEGAN}, images on [-1, 1]", 10.0,
            "five times, on images that span 2: weighted by lambda lambda_identity = 10 x 0.5",
        ),
        scaled("symmetric_range", "images on [-1, 1], unweighted", 2.0, "twice: the same images span 2"),
        Convention(
            "pytorch_gan", f"{PYTORCH_GAN}/cyclegan/cyclegan.py, images on [-1, 1]", settings={"scale": 1.0},
            relation="the mean of both directions, on images that span 2", alias_of="zhu2017",
        ),
        scaled("mean", "the mean of both directions", 0.5, "half"),
    ),
)  # fmt: skip
def identity(
    real_A: Tensor | None = None,  # noqa: N803
    idt_A: Tensor | None = None,  # noqa: N803
    real_B: Tensor | None = None,  # noqa: N803
    idt_B: Tensor | None = None,  # noqa: N803
    *,
    scale: float = 1.0,
) -> dict[str, Tensor]:
    """Identity: what a generator does to samples that are already in its target domain.

        L = mean |G_BA(a) - a| + mean |G_AB(b) - b|

    Args:
        real_A: samples of domain A; (N, ...).
        idt_A: the same after the generator that makes A; the same shape.
        real_B: samples of domain B; (M, ...).
        idt_B: the same after the generator that makes B; the same shape. One direction alone will do.
        scale: what both directions are multiplied by.

    Returns:
        terms "A" (N,) and "B" (M,), of the directions that are there; not negative.

    Convention: both directions added, unweighted, images on [0, 1]. CycleGAN logs each times 5, on images on [-1, 1],
    which doubles it again; PyTorch-GAN takes the mean of both.

    Raises:
        InputError: the shapes differ, or no direction is whole.

    Reference: arXiv:1611.02200, arXiv:1703.10593.
    """
    pairs = {"A": ("real_A", real_A, "idt_A", idt_A), "B": ("real_B", real_B, "idt_B", idt_B)}
    return _differences("identity", pairs, scale, 1)


Pair = tuple[str, Tensor | None, str, Tensor | None]


def _differences(loss_name: str, pairs: dict[str, Pair], scale: float, power: int) -> dict[str, Tensor]:
    terms = {}
    for domain, (first, real, second, again) in pairs.items():
        if real is not None and again is not None:
            check_shapes(**{first: real, second: again})
            terms[domain] = scale * per_sample((again - real).abs() ** power)
    if not terms:
        wanted = " or ".join(f"{first} with {second}" for first, _, second, _ in pairs.values())
        raise InputError(f"{loss_name} compares {wanted}, and has neither")
    return terms
