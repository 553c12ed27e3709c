"""Recipes of auto-encoders that are trained against a discriminator."""

from __future__ import annotations

from ganloss_cli.evaluators.recipes.terms import Recipe, Term, sides

_TAMING = "CompVis/taming-transformers@3ba01b2 taming/modules/losses/vqperceptual.py"
_LDM = "CompVis/latent-diffusion@a506df5 ldm/modules/losses/contperceptual.py"
_D, _G = "train/disc_loss", "train/total_loss"
_NORMS = "training runs its discriminator on batch statistics; here it is in eval mode, and --mode train is as training"
_DRAWS = "what is drawn of the posterior depends on each picture alone; training draws anew"


def _adversarial(row: str, *, vanilla: bool) -> tuple[Term, ...]:
    """What the auto-encoders of CompVis log of their discriminator; disc_factor is 0 before it starts."""
    loss = "d_bce" if vanilla else "d_hinge"
    return (
        Term(_D, loss, "taming", factor_times=("disc_factor",), total=_D),
        Term("train/logits_real", "real_score"),
        Term("train/logits_fake", "fake_score"),
        Term("train/g_loss", "g_hinge", "taming", weight_times=("disc_factor",), weight_of="train/d_weight", total=_G),
        Term("train/d_weight", "adaptive_weight", row, factor_times=("disc_weight",)),
        Term("train/disc_factor", factor_times=("disc_factor",), constant=True),
    )


def _quantised(name: str, *quant: Term, vanilla: bool = False, **settings: float) -> Recipe:
    """taming-transformers' VQGAN, whose children log the same."""
    source = _TAMING if not vanilla else f"{_TAMING}, disc_loss: vanilla"
    return Recipe(
        name, source, settings={"disc_factor": 1.0, "disc_weight": 0.8, "codebook_weight": 1.0, **settings}, batch=5,
        totals=sides(_D, _G), caveats=(_NORMS,),
        terms=(
            *_adversarial("taming", vanilla=vanilla),
            Term("train/nll_loss", "nll", "taming", total=_G),
            Term("train/rec_loss", "nll", "taming"),
            Term("train/p_loss", "nll", "lpips", settings={"perceptual_weight": 1.0}),
            *quant,
        ),
    )  # fmt: skip


def _gaussian(name: str, *, vanilla: bool = False) -> Recipe:
    """latent-diffusion's AutoencoderKL."""
    source = _LDM if not vanilla else f"{_LDM}, disc_loss: vanilla"
    return Recipe(
        name, source,
        settings={"disc_factor": 1.0, "disc_weight": 0.5, "kl_weight": 1e-6, "logvar": 0.0}, batch=12,
        totals=sides(_D, _G), caveats=(_NORMS, _DRAWS),
        terms=(
            *_adversarial("latent_diffusion", vanilla=vanilla),
            Term("train/nll_loss", "nll", "latent_diffusion", total=_G),
            Term("train/rec_loss", "nll", "taming", settings={"logvar": 0.0}),
            Term("train/kl_loss", "kl", weight_times=("kl_weight",), total=_G),
            Term("train/logvar", factor_times=("logvar",), constant=True),
        ),
    )  # fmt: skip


_DIFFUSERS = Recipe(
    "diffusers_autoencoderkl",
    "huggingface/diffusers@58eb52c examples/research_projects/autoencoderkl/train_autoencoderkl.py",
    settings={"disc_factor": 1.0, "disc_scale": 1.0, "kl_scale": 1e-6}, batch=4, totals=sides("disc_loss", "loss"),
    caveats=(
        _NORMS, _DRAWS, "before step 50001, its disc_start, its discriminator weighs nothing: disc_factor is 0",
        "its LPIPS is computed without gradients, so that nothing is trained by it",
    ),
    terms=(
        Term("disc_loss", "d_hinge", "taming", factor_times=("disc_factor",), total="disc_loss"),
        Term("logits_real", "real_score"),
        Term("logits_fake", "fake_score"),
        Term("g_loss", "g_hinge", "taming", weight_times=("disc_factor",), weight_of="disc_weight", total="loss"),
        Term("disc_weight", "adaptive_weight", "diffusers", factor_times=("disc_scale",)),
        Term("disc_factor", factor_times=("disc_factor",), constant=True),
        Term("nll_loss", "nll", "diffusers", total="loss"),
        Term("rec_loss", "nll", "diffusers", settings={"reduction": "mean"}),
        Term("p_loss", "nll", "lpips"),
        Term("kl_loss", "kl", weight_times=("kl_scale",), total="loss"),
    ),
)  # fmt: skip


def _llamagen(name: str, d: tuple[str, str], g: tuple[str, str], options: str) -> Recipe:
    """LlamaGen's tokenizer, which logs its terms with their weights inside."""
    judged, made = "discriminator_adv_loss", "loss_gen"
    return Recipe(
        name, f"FoundationVision/LlamaGen@ce98ec4 tokenizer/tokenizer_image/vq_loss.py, vq_train.py{options}",
        settings={
            "disc_weight": 0.5, "reconstruction_weight": 1.0, "perceptual_weight": 1.0, "commit_loss_beta": 0.25,
            "entropy_loss_ratio": 0.0,
        },
        batch=128, totals=sides(judged, made),
        caveats=(_NORMS, "its networks train in bfloat16", "before disc_start its discriminator weighs nothing"),
        terms=(
            Term(judged, *d, factor_times=("disc_weight",), total=judged),
            Term("logits_real", "real_score"),
            Term("logits_fake", "fake_score"),
            Term("rec_loss", "mse", factor_times=("reconstruction_weight",), total=made),
            Term(
                "perceptual_loss", "nll", "lpips", settings={"perceptual_weight": 1.0},
                factor_times=("perceptual_weight",), total=made,
            ),
            Term("vq_loss", "vq_commit", total=made),
            Term("commit_loss", "vq_commit", factor_times=("commit_loss_beta",), total=made),
            Term(
                "entropy_loss", weight_times=("entropy_loss_ratio",), total=made,
                unavailable="the entropy of the distances to all entries, which its training leaves out by default",
            ),
            Term("generator_adv_loss", *g, factor_times=("disc_weight",), total=made),
            Term("disc_weight", factor_times=("disc_weight",), constant=True),
        ),
    )  # fmt: skip


_CODES = Term("train/quant_loss", "vq_commit", "taming", weight_times=("codebook_weight",), total=_G)
_DRAWN = Term(
    "train/quant_loss", "code_kl", "taming", factor_times=("kl_weight",), weight_times=("codebook_weight",), total=_G,
)  # fmt: skip

AUTOENCODERS = (
    _quantised("taming", _CODES),
    _quantised("taming_vanilla", _CODES, vanilla=True),
    _quantised("taming_gumbel", _DRAWN, kl_weight=1e-8),
    _quantised("taming_gumbel_vanilla", _DRAWN, vanilla=True, kl_weight=1e-8),
    _gaussian("latent_diffusion_kl"),
    _gaussian("latent_diffusion_kl_vanilla", vanilla=True),
    _DIFFUSERS,
    _llamagen("llamagen", ("d_hinge", "taming"), ("g_hinge", "taming"), ""),
    _llamagen("llamagen_vanilla", ("d_bce", "taming"), ("g_hinge", "taming"), " --disc-loss vanilla"),
    _llamagen(
        "llamagen_non_saturating",
        ("d_bce", "llamagen"),
        ("g_bce", "llamagen"),
        " --disc-loss non-saturating --gen-loss non-saturating",
    ),
)
