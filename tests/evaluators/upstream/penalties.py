"""Penalties, by the public code bases."""

import contextlib
import types
from typing import Any
from unittest import mock

import numpy as np
import torch
from clones import Upstream
from figures import (
    BASICSR,
    CAOGANG,
    CUT,
    GAN_LANGUAGE,
    GAN_STABILITY,
    LECAM,
    LUCIDRAINS,
    ROSINALITY,
    STARGAN,
    STUDIOGAN,
    STYLEGAN2_TORCH,
    STYLEGAN3,
    G,
    drawing,
    figure,
    pytorch_gan,
)
from torch import Tensor


def _judged(pictures: Tensor) -> tuple[Tensor, Tensor]:
    leaf = pictures.clone().requires_grad_()
    return G.discriminator(leaf), leaf


figure("r1:stylegan2", "R1", ROSINALITY)(lambda up: up.load(ROSINALITY, "d_r1_loss").d_r1_loss(*_judged(G.REAL)))
figure("r1:stylegan2_torch", "R1", STYLEGAN2_TORCH)(
    lambda up: up.load(STYLEGAN2_TORCH, "d_reg_loss").d_reg_loss(*_judged(G.REAL))
)
figure("r1:basicsr", "R1", BASICSR)(lambda up: up.load(BASICSR, "r1_penalty").r1_penalty(*_judged(G.REAL)))
figure("r1:stargan2", "R1", STARGAN)(lambda up: up.load(STARGAN, "r1_reg").r1_reg(*_judged(G.REAL)))
figure("r1:studiogan", "R1", STUDIOGAN)(
    lambda up: up.load(STUDIOGAN, "cal_r1_reg", "cal_deriv").cal_r1_reg(*_judged(G.REAL), "cpu")
)
figure("r1:gan_stability", "R1", GAN_STABILITY)(
    lambda up: 10 * up.load(GAN_STABILITY, "compute_grad2").compute_grad2(*_judged(G.REAL)).mean()
)
figure("r2:gan_stability", "R2", GAN_STABILITY)(
    lambda up: 10 * up.load(GAN_STABILITY, "compute_grad2").compute_grad2(*_judged(G.FAKE)).mean()
)


def _lucidrains(up: Upstream, pictures: Tensor) -> Any:
    scores, leaf = _judged(pictures)
    return up.load(LUCIDRAINS, "gradient_penalty").gradient_penalty(leaf, scores)


figure("r1:lucidrains", "R1", LUCIDRAINS)(lambda up: _lucidrains(up, G.REAL))
figure("r2:lucidrains", "R2", LUCIDRAINS)(lambda up: _lucidrains(up, G.FAKE))
figure("gp:lucidrains", "GP", LUCIDRAINS)(lambda up: _lucidrains(up, G.REAL) + _lucidrains(up, G.FAKE))


@figure("r1:stylegan3", "R1", STYLEGAN3)
def _(up: Upstream) -> Any:
    scores, leaf = _judged(G.REAL)
    scope = up.run(STYLEGAN3, 131, 131, real_logits=scores, real_img_tmp=leaf)
    return up.run(STYLEGAN3, 132, 132, r1_grads=scope["r1_grads"])["r1_penalty"].mean()


@figure("gp:cyclegan", "GP", CUT)
def _(up: Upstream) -> Any:
    with drawing(rand=G.ALPHA[:, None]):
        return up.load(CUT, "cal_gradient_penalty").cal_gradient_penalty(G.discriminator, G.REAL, G.FAKE, "cpu")[0]


def _studiogan_gp(up: Upstream, name: str, **draws: Tensor) -> Any:
    code = up.load(STUDIOGAN, name, "cal_deriv")
    judge = lambda pictures, *_, **__: {"adv_output": G.discriminator(pictures)}  # noqa: E731
    fakes = () if name == "cal_dra_penalty" else (G.FAKE,)
    with mock.patch.object(torch, "rand", side_effect=list(draws.values())):
        return getattr(code, name)(G.REAL, None, *fakes, judge, "cpu")


figure("gp:studiogan", "GP", STUDIOGAN)(lambda up: _studiogan_gp(up, "cal_grad_penalty", alpha=G.ALPHA[:, None]))
figure("gp:studiogan_max", "GP", STUDIOGAN)(lambda up: _studiogan_gp(up, "cal_maxgrad_penalty", alpha=G.ALPHA[:, None]))
figure("dragan:studiogan", "DRAGAN", STUDIOGAN)(
    lambda up: _studiogan_gp(up, "cal_dra_penalty", alpha=G.ALPHA[:, None, None, None], noise=G.NOISE)
)


def _gan_stability_gp(up: Upstream, centre: float) -> Any:
    """It multiplies the fakes by what others multiply the reals by; given 1 - a."""
    scope = vars(up.load(GAN_STABILITY, "compute_grad2"))
    me = types.SimpleNamespace(discriminator=lambda pictures, _: G.discriminator(pictures))
    with drawing(rand=1 - G.ALPHA):
        regulariser = up.method(GAN_STABILITY, "Trainer", "wgan_gp_reg", **scope)
        return regulariser(me, G.REAL, G.FAKE, torch.zeros(G.N), center=centre)


figure("gp:gan_stability", "GP", GAN_STABILITY)(lambda up: _gan_stability_gp(up, 1.0))
figure("gp:zero_centred", "GP", GAN_STABILITY)(lambda up: _gan_stability_gp(up, 0.0))


@figure("gp:basicsr", "GP", BASICSR)
def _(up: Upstream) -> Any:
    with drawing(rand=G.ALPHA[:, None, None, None]), contextlib.suppress(UserWarning):
        return up.load(BASICSR, "gradient_penalty_loss").gradient_penalty_loss(G.discriminator, G.REAL, G.FAKE)


@figure("gp:caogang", "GP", CAOGANG)
def _(up: Upstream) -> Any:
    """Written for Python 2, whose / of integers is //, and for pictures of 3 x 32 x 32."""
    edit = lambda text: text.replace("nelement()/", "nelement()//").replace("BATCH_SIZE, 3, 32, 32", "*real_data.shape")  # noqa: E731
    scope = {"BATCH_SIZE": G.N, "LAMBDA": 10, "use_cuda": False, "gpu": 0}
    code = up.old_function(CAOGANG, "calc_gradient_penalty", edit=edit, **scope)
    with drawing(rand=G.ALPHA[:, None]):
        return code(G.discriminator, G.REAL, G.FAKE)


@figure("gp:gan_language", "GP", GAN_LANGUAGE)
def _(up: Upstream) -> Any:
    """Written for sequences; its (B, 1, 1) coefficients given as (B, 1, 1, 1)."""
    scope = {"BATCH_SIZE": G.N, "LAMBDA": 10, "use_cuda": False, "gpu": 0}
    code = up.old_function(GAN_LANGUAGE, "calc_gradient_penalty", **scope)
    with drawing(rand=G.ALPHA[:, None, None, None]):
        return code(G.discriminator, G.REAL, G.FAKE)


@figure("dragan:pytorch_gan", "DRAGAN", pytorch_gan("dragan"))
def _(up: Upstream) -> Any:
    """Its a weighs the sample and 1 - a the disturbed one; given 1 - a, and patches for the label of (N, 1)."""
    edit = lambda text: text.replace("Tensor(X.shape[0], 1).fill_(1.0)", "torch.ones_like(d_interpolates)")  # noqa: E731
    code = up.load(pytorch_gan("dragan"), "compute_gradient_penalty", edit=edit, Tensor=torch.as_tensor, lambda_gp=10)
    code.compute_gradient_penalty.__globals__["Variable"] = lambda t, requires_grad: t.requires_grad_(requires_grad)
    with drawing(rand=G.NOISE), mock.patch.object(np.random, "random", return_value=1 - G.ALPHAS):
        return code.compute_gradient_penalty(G.discriminator, G.REAL)


@figure("lecam:lecam_gan", "SCORES", LECAM)
def _(up: Upstream) -> Any:
    averages = types.SimpleNamespace(D_real=0.4, D_fake=-0.3)
    return up.load(LECAM, "lecam_reg").lecam_reg(*G.SCORES.values(), averages)


@figure("lecam:studiogan", "SCORES", STUDIOGAN)
def _(up: Upstream) -> Any:
    averages = types.SimpleNamespace(D_real=0.4, D_fake=-0.3)
    return up.load(STUDIOGAN, "lecam_reg").lecam_reg(*G.SCORES.values(), averages)


def _path_length(up: Upstream, source: str, name: str) -> Any:
    styles = G.STYLES.clone().requires_grad_()
    with drawing(randn_like=G.PATH_NOISE):
        return getattr(up.load(source, name), name)(G.synthesis(styles), styles, 0)[0]


figure("path_length:first_step", "PATHS", ROSINALITY)(lambda up: _path_length(up, ROSINALITY, "g_path_regularize"))
figure("path_length:first_step", "PATHS", STYLEGAN2_TORCH)(lambda up: _path_length(up, STYLEGAN2_TORCH, "g_reg_loss"))
figure("path_length:first_step", "PATHS", BASICSR)(lambda up: _path_length(up, BASICSR, "g_path_regularize"))
