"""Every loss, by family; importing this enters them all into the catalogue.

`from ganloss_cli.evaluators.losses import ssim` gives the function that `ssim` names at the command line.
"""

from ganloss_cli.evaluators.losses.categorical import kl_categorical
from ganloss_cli.evaluators.losses.cross_entropy import d_bce, g_bce, g_minimax
from ganloss_cli.evaluators.losses.cycle import cycle, identity
from ganloss_cli.evaluators.losses.divergences import kl
from ganloss_cli.evaluators.losses.feature_moments import fm_moment
from ganloss_cli.evaluators.losses.features import fm
from ganloss_cli.evaluators.losses.gradient_similarity import gmsd
from ganloss_cli.evaluators.losses.hinge import d_hinge, g_hinge
from ganloss_cli.evaluators.losses.interpolated import dragan, gp
from ganloss_cli.evaluators.losses.least_squares import d_lsgan, g_lsgan
from ganloss_cli.evaluators.losses.masked_divergence import kl_vits
from ganloss_cli.evaluators.losses.mean_discrepancy import mmd
from ganloss_cli.evaluators.losses.mel import mel
from ganloss_cli.evaluators.losses.multi_scale import ms_ssim
from ganloss_cli.evaluators.losses.path_lengths import path_length
from ganloss_cli.evaluators.losses.peak_ratio import psnr
from ganloss_cli.evaluators.losses.perceptual import gram, perceptual
from ganloss_cli.evaluators.losses.reconstruction import charbonnier, cosine, huber, l1, mse
from ganloss_cli.evaluators.losses.relativistic import d_rsgan, g_rsgan
from ganloss_cli.evaluators.losses.relativistic_average import (
    d_ragan,
    d_rahinge,
    d_ralsgan,
    g_ragan,
    g_rahinge,
    g_ralsgan,
)
from ganloss_cli.evaluators.losses.score_anchors import lecam
from ganloss_cli.evaluators.losses.scores import d_accuracy, fake_score, real_score
from ganloss_cli.evaluators.losses.separation import component, mask_mse
from ganloss_cli.evaluators.losses.signal_ratios import si_sdr, snr
from ganloss_cli.evaluators.losses.spectral import lsd, mrstft
from ganloss_cli.evaluators.losses.structural import ssim
from ganloss_cli.evaluators.losses.variation import tv
from ganloss_cli.evaluators.losses.vector_quantisation import vq_commit
from ganloss_cli.evaluators.losses.wasserstein import d_wgan, g_wgan
from ganloss_cli.evaluators.losses.zero_centred import r1, r2

__all__ = [
    "charbonnier",
    "component",
    "cosine",
    "cycle",
    "d_accuracy",
    "d_bce",
    "d_hinge",
    "d_lsgan",
    "d_ragan",
    "d_rahinge",
    "d_ralsgan",
    "d_rsgan",
    "d_wgan",
    "dragan",
    "fake_score",
    "fm",
    "fm_moment",
    "g_bce",
    "g_hinge",
    "g_lsgan",
    "g_minimax",
    "g_ragan",
    "g_rahinge",
    "g_ralsgan",
    "g_rsgan",
    "g_wgan",
    "gmsd",
    "gp",
    "gram",
    "huber",
    "identity",
    "kl",
    "kl_categorical",
    "kl_vits",
    "l1",
    "lecam",
    "lsd",
    "mask_mse",
    "mel",
    "mmd",
    "mrstft",
    "ms_ssim",
    "mse",
    "path_length",
    "perceptual",
    "psnr",
    "r1",
    "r2",
    "real_score",
    "si_sdr",
    "snr",
    "ssim",
    "tv",
    "vq_commit",
]
