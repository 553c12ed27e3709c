"""Scores, and weighted penalties, as the public code bases log or minimise them."""

import types
from typing import Any

import torch
from clones import Upstream
from figures import BASICSR, DCGAN, ESRGAN, ROSINALITY, STYLEGAN3, TAMING, G, drawing, figure
from torch import Tensor


def reported(up: Upstream) -> dict[str, Tensor]:
    """What its two passages report of the scores, per sample."""
    seen: dict[str, Tensor] = {}
    statistics = types.SimpleNamespace(report=seen.__setitem__)
    up.run(STYLEGAN3, 120, 121, training_stats=statistics, real_logits=G.SCORES["real_logits"])
    first, last = up.passage(STYLEGAN3, "gen_logits = self.run_D(gen_img, gen_c, blur_sigma=blur_sigma)", 2)
    up.run(STYLEGAN3, first + 1, last, training_stats=statistics, gen_logits=G.SCORES["fake_logits"])
    return seen


@figure("real_score:stylegan3 real_score:sign fake_score:stylegan3 fake_score:sign", "SCORES", STYLEGAN3)
def _(up: Upstream) -> Any:
    names = ("scores/real", "signs/real", "scores/fake", "signs/fake")
    return tuple(reported(up)[f"Loss/{name}"].mean() for name in names)


@figure("d_accuracy:signs", "SCORES", STYLEGAN3)
def _(up: Upstream) -> Any:
    """A sign of 1 is right about a real, a sign of -1 about a fake."""
    seen = reported(up)
    return (2 + seen["Loss/signs/real"].mean() - seen["Loss/signs/fake"].mean()) / 4


@figure("real_score:esrgan fake_score:esrgan", "PATCHES", ESRGAN)
def _(up: Upstream) -> Any:
    real, fake = G.PATCHES.values()
    known: dict[str, Any] = {"loss_dict": {}, "real_d_pred": real, "fake_d_pred": fake}
    for side in ("real", "fake"):
        up.run(ESRGAN, *up.passage(ESRGAN, f"loss_dict['out_d_{side}'] ="), **known)
    return known["loss_dict"]["out_d_real"], known["loss_dict"]["out_d_fake"]


@figure("real_score:sigmoid fake_score:sigmoid", "SCORES", DCGAN)
def _(up: Upstream) -> Any:
    """Its discriminator ends in a sigmoid."""
    real, fake = (torch.sigmoid(scores) for scores in G.SCORES.values())
    d_x = up.run(DCGAN, *up.passage(DCGAN, "D_x = output.mean().item()"), output=real)["D_x"]
    return d_x, up.run(DCGAN, *up.passage(DCGAN, "D_G_z2 = output.mean().item()"), output=fake)["D_G_z2"]


@figure("g_hinge:taming", "PATCHES", TAMING)
def _(up: Upstream) -> Any:
    """The first of its two equal lines, without a condition."""
    line = next(n for n, text in enumerate(up.text(TAMING).splitlines(), 1) if "g_loss = -torch.mean(" in text)
    return up.run(TAMING, line, line, logits_fake=G.PATCHES["fake_logits"])["g_loss"]


def _lazy_r1(up: Upstream, interval: int) -> Any:
    leaf = G.REAL.clone().requires_grad_()
    scores = G.discriminator(leaf)
    raw = up.load(ROSINALITY, "d_r1_loss").d_r1_loss(scores, leaf)
    minimised = lambda text: f"minimised = {text.strip().removesuffix('.backward()')}"  # noqa: E731
    known = {
        "args": types.SimpleNamespace(r1=10, d_reg_every=interval), "r1_loss": raw,
        "real_pred": scores.flatten(1)[:, :1],
    }  # fmt: skip
    return up.run(ROSINALITY, *up.passage(ROSINALITY, "args.r1 / 2 * r1_loss"), edit=minimised, **known)["minimised"]


figure("r1:gamma10", "R1", ROSINALITY)(lambda up: _lazy_r1(up, 1))
figure("r1:lazy", "R1", ROSINALITY)(lambda up: _lazy_r1(up, 16))


def _settled(up: Upstream, source: str, position: int) -> Any:
    """Its penalty once the running mean of lengths, which it also returns, has come to rest."""
    styles = G.STYLES.clone().requires_grad_()
    with drawing(randn_like=G.PATH_NOISE):
        code = up.load(source, "g_path_regularize")
        lengths = code.g_path_regularize(G.synthesis(styles), styles, 0)[position]
        return code.g_path_regularize(G.synthesis(styles), styles, lengths.detach().mean())[0]


figure("path_length:basicsr", "PATHS", BASICSR)(lambda up: _settled(up, BASICSR, 1))


@figure("path_length:lazy", "PATHS", ROSINALITY)
def _(up: Upstream) -> Any:
    args = types.SimpleNamespace(path_regularize=2, g_reg_every=4)
    line = up.passage(ROSINALITY, "weighted_path_loss = args.path_regularize")
    return up.run(ROSINALITY, *line, args=args, path_loss=_settled(up, ROSINALITY, 2))["weighted_path_loss"]


@figure("path_length:stylegan3", "PATHS", STYLEGAN3)
def _(up: Upstream) -> Any:
    """Once the running mean has come to rest; pl_weight is 2."""
    seen: dict[str, Tensor] = {}
    me = types.SimpleNamespace(pl_mean=torch.zeros(()).double(), pl_decay=0.01, pl_no_weight_grad=False, pl_weight=2)
    known = {"self": me, "training_stats": types.SimpleNamespace(report=seen.__setitem__)}
    first, last = up.passage(STYLEGAN3, "pl_noise = torch.randn_like(gen_img)", 9)
    for _ in range(2):
        styles = G.STYLES.clone().requires_grad_()
        with drawing(randn_like=G.PATH_NOISE):
            scope = up.run(STYLEGAN3, first, last, gen_img=G.synthesis(styles), gen_ws=styles, **known)
        me.pl_mean = scope["pl_lengths"].detach().mean()
    return seen["Loss/G/reg"].mean()
