"""Divergences and other losses of latents, by the public code bases."""

import types
from typing import Any

import torch
from clones import Upstream
from figures import (
    APPLIO,
    AURALFLOW,
    DAC_VQ,
    ENCODEC,
    PYTORCH_VAE,
    RVC,
    SPADE,
    TAMING_VQ,
    VAE,
    VITS,
    G,
    drawing,
    figure,
)
from torch.nn import functional

STABLE_AUDIO = "Stability-AI/stable-audio-tools@50049e3 stable_audio_tools/models/bottleneck.py"
RVC_TRAIN = "RVC-Project/Retrieval-based-Voice-Conversion-WebUI@4338f12 train/train.py"

for _source in (VITS, RVC, APPLIO):

    def _kl(up: Upstream, source: str = _source) -> Any:
        return up.load(source, "kl_loss").kl_loss(G.Z_P, G.LOGS_Q, G.M_P, G.LOGS_P, G.MASK)

    figure(f"kl_vits:{ {VITS: 'vits', RVC: 'rvc', APPLIO: 'applio'}[_source] }", "VITS", _source)(_kl)

for _source in (VITS, APPLIO):

    def _channels(up: Upstream, source: str = _source) -> Any:
        return up.load(source, "kl_loss").kl_loss(G.Z_P, G.LOGS_Q, G.M_P, G.LOGS_P, G.MASK.expand_as(G.Z_P))

    figure("kl_vits:channel_mask", "VITS", _source)(_channels)


@figure("kl_vits:rvc_logged", "FAR_VITS", RVC_TRAIN)
def _(up: Upstream) -> Any:
    far = G.INPUTS["FAR_VITS"]["z_p"]
    value = up.load(RVC, "kl_loss").kl_loss(far, G.LOGS_Q, G.M_P, G.LOGS_P, G.MASK)
    return up.run(RVC_TRAIN, *up.passage(RVC_TRAIN, "if loss_kl > 9:", 1), loss_kl=value)["loss_kl"]


@figure("duration:vits", "DURATIONS", "jaywalnut310/vits@2e561ba models.py, train.py")
def _(up: Upstream) -> Any:
    given = G.INPUTS["DURATIONS"]
    models, train = (f"jaywalnut310/vits@2e561ba {file}.py" for file in ("models", "train"))
    divided = up.run(models, *up.passage(models, "l_length = l_length / torch.sum(x_mask)"), **given)["l_length"]
    return up.run(train, *up.passage(train, "loss_dur = torch.sum(l_length.float())"), l_length=divided)["loss_dur"]


@figure("lf0:so_vits_svc", "PITCHES", "svc-develop-team/so-vits-svc@730930d train.py")
def _(up: Upstream) -> Any:
    train, given = "svc-develop-team/so-vits-svc@730930d train.py", G.INPUTS["PITCHES"]
    trained = types.SimpleNamespace(module=types.SimpleNamespace(use_automatic_f0_prediction=True))
    known = {"lf0": given["log_f0"], "pred_lf0": given["pred_log_f0"], "net_g": trained, "F": functional}
    return up.run(train, *up.passage(train, "loss_lf0 = F.mse_loss"), **known)["loss_lf0"]


@figure("kl:two_gaussians", "TWO_GAUSSIANS", "jaywalnut310/vits@2e561ba commons.py")
def _(up: Upstream) -> Any:
    """Its P is the posterior here; summed over a sample's elements, mean over samples."""
    divergence = up.load("jaywalnut310/vits@2e561ba commons.py", "kl_divergence").kl_divergence
    return divergence(G.Z_P, G.LOGS_Q, G.M_P, G.LOGS_P).sum() / G.N


@figure("kl:vae_example", "GAUSSIAN", VAE)
def _(up: Upstream) -> Any:
    start, _ = up.passage(VAE, "KLD = -0.5")
    return up.run(VAE, start, start, mu=G.Z_P, logvar=2 * G.LOGS_Q)["KLD"]


figure("kl:spade", "GAUSSIAN", SPADE)(lambda up: up.load(SPADE, "KLDLoss").KLDLoss()(G.Z_P, 2 * G.LOGS_Q))


@figure("kl:stable_audio", "GAUSSIAN", STABLE_AUDIO)
def _(up: Upstream) -> Any:
    given = {"mean": G.Z_P, "var": (2 * G.LOGS_Q).exp(), "logvar": 2 * G.LOGS_Q}
    first, _ = up.passage(STABLE_AUDIO, "latents = torch.randn_like(mean) * stdev + mean")
    return up.run(STABLE_AUDIO, first + 2, first + 2, **given)["kl"]


figure("kl:auralflow", "GAUSSIAN", AURALFLOW)(
    lambda up: up.load(AURALFLOW, "kl_div_loss").kl_div_loss(G.Z_P, G.LOGS_Q.exp())
)


@figure("mmd:pytorch_vae", "MMD", PYTORCH_VAE)
def _(up: Upstream) -> Any:
    methods = {
        name: up.method(PYTORCH_VAE, "InfoVAE", name) for name in ("compute_mmd", "compute_kernel", "compute_rbf")
    }
    me = types.SimpleNamespace(kernel_type="rbf", z_var=1.0)
    for name, function in methods.items():
        setattr(me, name, types.MethodType(function, me))
    with drawing(randn_like=G.PRIOR):
        return me.compute_mmd(G.CODES)


@figure("vq_commit:dac", "QUANTISED", DAC_VQ)
def _(up: Upstream) -> Any:
    """(B, D, T) there: a last axis of one."""
    scope = up.run(DAC_VQ, 61, 61, z_e=G.CODES[..., None], z_q=G.ENTRIES[..., None])
    return scope["commitment_loss"].mean()


@figure("vq_commit:dac_residual", "QUANTISED", f"{DAC_VQ}, ResidualVectorQuantize")
def _(up: Upstream) -> Any:
    """Every value is of a codebook of its own."""
    total: Any = 0
    for given, found in zip(G.CODES.unbind(1), G.ENTRIES.unbind(1), strict=True):
        one = up.run(DAC_VQ, 61, 61, z_e=given[:, None, None], z_q=found[:, None, None])
        passage = up.passage(DAC_VQ, "commitment_loss += (commitment_loss_i * mask).mean()")
        scope = {"commitment_loss": total, "commitment_loss_i": one["commitment_loss"], "mask": torch.ones(len(given))}
        total = up.run(DAC_VQ, *passage, **scope)["commitment_loss"]
    return total


figure("vq_commit:encodec", "QUANTISED", ENCODEC)(
    lambda up: up.run(ENCODEC, 311, 311, quantize=G.ENTRIES, x=G.CODES)["commit_loss"]
)
figure("vq_commit:taming", "QUANTISED", TAMING_VQ)(
    lambda up: up.run(TAMING_VQ, 77, 78, self=types.SimpleNamespace(beta=0.25), z=G.CODES, z_q=G.ENTRIES)["loss"]
)
