"""Every loss: importing this enters all that lie in this folder into the catalogue.

`from ganloss_cli.evaluators.losses import ssim` gives the function that `ssim` names at the command line. The names
below are there for editors and type checkers; a loss that is not among them exists all the same.
"""

from ganloss_cli.evaluators.losses.adaptive_weight import adaptive_weight
from ganloss_cli.evaluators.losses.bce import d_bce, g_bce, g_minimax
from ganloss_cli.evaluators.losses.code_kl import code_kl
from ganloss_cli.evaluators.losses.coverage import coverage, density
from ganloss_cli.evaluators.losses.cycle import cycle, identity
from ganloss_cli.evaluators.losses.dists import dists
from ganloss_cli.evaluators.losses.duration import duration
from ganloss_cli.evaluators.losses.fad import fad
from ganloss_cli.evaluators.losses.fid import fid
from ganloss_cli.evaluators.losses.fm import fm
from ganloss_cli.evaluators.losses.fm_moment import fm_moment
from ganloss_cli.evaluators.losses.gmsd import gmsd
from ganloss_cli.evaluators.losses.gradient_penalty import dragan, gp
from ganloss_cli.evaluators.losses.hinge import d_hinge, g_hinge
from ganloss_cli.evaluators.losses.isc import isc
from ganloss_cli.evaluators.losses.kid import kid
from ganloss_cli.evaluators.losses.kl import kl
from ganloss_cli.evaluators.losses.kl_categorical import kl_categorical
from ganloss_cli.evaluators.losses.kl_vits import kl_vits
from ganloss_cli.evaluators.losses.lecam import lecam
from ganloss_cli.evaluators.losses.lf0 import lf0
from ganloss_cli.evaluators.losses.loudness import loudness
from ganloss_cli.evaluators.losses.lpips import lpips
from ganloss_cli.evaluators.losses.lsgan import d_lsgan, g_lsgan
from ganloss_cli.evaluators.losses.mcd import mcd
from ganloss_cli.evaluators.losses.mel import mel
from ganloss_cli.evaluators.losses.mmd import mmd
from ganloss_cli.evaluators.losses.mrstft import lsd, mrstft
from ganloss_cli.evaluators.losses.ms_ssim import ms_ssim
from ganloss_cli.evaluators.losses.ms_ssim_l1 import ms_ssim_l1
from ganloss_cli.evaluators.losses.nll import nll
from ganloss_cli.evaluators.losses.path_length import path_length
from ganloss_cli.evaluators.losses.perceptual import gram, perceptual
from ganloss_cli.evaluators.losses.pesq import pesq
from ganloss_cli.evaluators.losses.pitch import f0_rmse, periodicity, vuv_error
from ganloss_cli.evaluators.losses.prc import prc
from ganloss_cli.evaluators.losses.psnr import psnr
from ganloss_cli.evaluators.losses.r1_r2 import r1, r2
from ganloss_cli.evaluators.losses.ragan import d_ragan, d_rahinge, d_ralsgan, g_ragan, g_rahinge, g_ralsgan
from ganloss_cli.evaluators.losses.reconstruction import charbonnier, cosine, huber, l1, mse
from ganloss_cli.evaluators.losses.rsgan import d_rsgan, g_rsgan
from ganloss_cli.evaluators.losses.scores import d_accuracy, fake_score, real_score
from ganloss_cli.evaluators.losses.separation import component, mask_mse
from ganloss_cli.evaluators.losses.si_sdr import si_sdr, snr
from ganloss_cli.evaluators.losses.ssim import ssim
from ganloss_cli.evaluators.losses.stoi import estoi, stoi
from ganloss_cli.evaluators.losses.tv import tv
from ganloss_cli.evaluators.losses.vq_commit import vq_commit
from ganloss_cli.evaluators.losses.wgan import d_wgan, g_wgan
from ganloss_cli.evaluators.registration import import_modules

__all__ = [
    "adaptive_weight", "charbonnier", "code_kl", "component", "cosine", "coverage", "cycle", "d_accuracy", "d_bce",
    "d_hinge", "d_lsgan", "d_ragan", "d_rahinge", "d_ralsgan", "d_rsgan", "d_wgan", "density", "dists", "dragan",
    "duration", "estoi", "f0_rmse", "fad", "fake_score", "fid", "fm", "fm_moment", "g_bce", "g_hinge", "g_lsgan",
    "g_minimax", "g_ragan", "g_rahinge", "g_ralsgan", "g_rsgan", "g_wgan", "gmsd", "gp", "gram", "huber", "identity",
    "isc", "kid", "kl", "kl_categorical", "kl_vits", "l1", "lecam", "lf0", "loudness", "lpips", "lsd", "mask_mse",
    "mcd", "mel", "mmd", "mrstft", "ms_ssim", "ms_ssim_l1", "mse", "nll", "path_length", "perceptual", "periodicity",
    "pesq", "prc", "psnr", "r1", "r2", "real_score", "si_sdr", "snr", "ssim", "stoi", "tv", "vq_commit", "vuv_error",
]  # fmt: skip

import_modules(__name__, __path__)
