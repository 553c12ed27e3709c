"""Losses of auto-encoders that are trained against a discriminator, by the public code bases."""

import collections
import functools
import types
from typing import Any

import torch
from clones import Upstream
from figures import G, P, figure
from torch import Tensor
from torch.nn import functional

TAMING = "CompVis/taming-transformers@3ba01b2 taming/modules/losses/vqperceptual.py"
TAMING_LPIPS = "CompVis/taming-transformers@3ba01b2 taming/modules/losses/lpips.py"
TAMING_VQ = "CompVis/taming-transformers@3ba01b2 taming/modules/vqvae/quantize.py"
LDM = "CompVis/latent-diffusion@a506df5 ldm/modules/losses/contperceptual.py"
DIFFUSERS = "huggingface/diffusers@58eb52c examples/research_projects/autoencoderkl/train_autoencoderkl.py"
LLAMAGEN = "FoundationVision/LlamaGen@ce98ec4 tokenizer/tokenizer_image/vq_loss.py"
TITOK = "bytedance/1d-tokenizer@942a96f modeling/modules/losses.py"
MAGVIT = "TencentARC/SEED-Voken@b9a17ea src/Open_MAGVIT2/modules/losses/vqperceptual.py"


def _lpips(up: Upstream) -> Any:
    models = types.SimpleNamespace(vgg16=lambda **_: types.SimpleNamespace(features=P.vgg(16)))
    own = up.load(
        TAMING_LPIPS, "LPIPS", "ScalingLayer", "NetLinLayer", "vgg16", "normalize_tensor", "spatial_average",
        models=models, namedtuple=collections.namedtuple,
        edit=lambda text: text.replace("[64, 128, 256, 512, 512]", "[3, 4, 5, 6, 6]").replace(
            "self.load_from_pretrained()\n", "\n", 1
        ),
    )  # fmt: skip
    made = own.LPIPS().double().eval()
    for number, weight in enumerate(P.LINEAR):
        made.get_submodule(f"lin{number}").model[1].weight.data = weight.view(1, -1, 1, 1)
    return made


def _loss(up: Upstream, source: str, name: str) -> Any:
    """Its loss without its constructor, which downloads."""
    me = types.SimpleNamespace(
        perceptual_weight=1.0, perceptual_loss=_lpips(up), discriminator=P.discriminator, disc_conditional=False,
        discriminator_iter_start=0, disc_factor=1.0, discriminator_weight=1.0, codebook_weight=1.0, kl_weight=1.0,
        logvar=torch.zeros(()), training=True, rec_weight=1.0, disc_weight=1.0, disc_adaptive_weight=True,
        rec_loss=functional.mse_loss, gen_adv_loss=lambda logits: -logits.mean(), pixel_weight=1.0,
    )  # fmt: skip
    adopt = up.load(TAMING, "adopt_weight").adopt_weight
    for method in ("forward", "calculate_adaptive_weight"):
        setattr(me, method, types.MethodType(up.method(source, name, method, adopt_weight=adopt), me))
    return me


def _logged(up: Upstream, source: str, name: str) -> tuple[float, float]:
    """What its log has of the reconstruction and of the weight."""
    last = P.LAST.clone().requires_grad_()
    made: Tensor = functional.conv2d(P.HIDDEN, last, padding=1)
    real, nothing = P.ADAPTED["real"], torch.zeros(())
    me = _loss(up, source, name)
    if source == LLAMAGEN:
        said: list[str] = []
        logger = types.SimpleNamespace(info=said.append)
        weights: list[Tensor] = []
        weigh = me.calculate_adaptive_weight
        me.calculate_adaptive_weight = lambda *given, **named: weights.append(weigh(*given, **named)) or weights[-1]
        total = me.forward((nothing, nothing, nothing, 0.0), real, made, 0, 1, last_layer=last, logger=logger)
        return total - weights[0] * -P.discriminator(made).mean(), weights[0]
    if source == LDM:
        posterior = types.SimpleNamespace(kl=lambda: torch.zeros(1))
        _, log = me.forward(real, made, posterior, 0, 1, last_layer=last)
    else:
        _, log = me.forward(nothing, real, made, 0, 1, last_layer=last)
    return log["train/nll_loss"], log["train/d_weight"]


for _source, _name, _row in (
    (TAMING, "VQLPIPSWithDiscriminator", "taming"), (LDM, "LPIPSWithDiscriminator", "latent_diffusion"),
    (LLAMAGEN, "VQLoss", "llamagen"),
):  # fmt: skip
    _of = functools.partial(_logged, source=_source, name=_name)
    figure(f"nll:{_row}", "RECONSTRUCTED", _source)(lambda up, of=_of: of(up)[0])  # type: ignore[misc]
    figure(f"adaptive_weight:{_row}", "ADAPTED", _source)(lambda up, of=_of: of(up)[1])  # type: ignore[misc]


@functools.cache
def _diffusers(up: Upstream) -> tuple[Any, Any]:
    """The passage of its loop, whose LPIPS is the package's."""
    last = P.LAST.clone().requires_grad_()
    vae = types.SimpleNamespace(decoder=types.SimpleNamespace(conv_out=types.SimpleNamespace(weight=last)))
    known = {
        "args": types.SimpleNamespace(rec_loss="l2", perceptual_scale=0.5, kl_scale=0.0, disc_scale=1.0),
        "reconstructions": functional.conv2d(P.HIDDEN, last, padding=1), "targets": P.ADAPTED["real"],
        "perceptual_loss": _lpips(up), "posterior": types.SimpleNamespace(kl=lambda: torch.zeros(1)), "vae": vae,
        "accelerator": types.SimpleNamespace(unwrap_model=lambda model: model), "discriminator": P.discriminator,
    }  # fmt: skip
    first = up.passage(DIFFUSERS, 'if args.rec_loss == "l2":')[0]
    end = up.passage(DIFFUSERS, "disc_weight = disc_weight * args.disc_scale")[0]
    doubles = lambda text: text.replace(".float()", "")  # noqa: E731
    scope = up.run(DIFFUSERS, first, end, edit=doubles, **known)
    return scope["nll_loss"], scope["disc_weight"]


figure("nll:diffusers", "RECONSTRUCTED", DIFFUSERS)(lambda up: _diffusers(up)[0])
figure("adaptive_weight:diffusers", "ADAPTED", DIFFUSERS)(lambda up: _diffusers(up)[1])
figure("nll:lpips", "RECONSTRUCTED", TAMING)(lambda up: _lpips(up)(P.ADAPTED["real"], P.ADAPTED["fake"]).mean())


@figure("d_bce:llamagen g_bce:llamagen", "PATCHES", LLAMAGEN)
def _(up: Upstream) -> Any:
    code = up.load(LLAMAGEN, "non_saturating_d_loss", "non_saturating_gen_loss")
    fake = G.PATCHES["fake_logits"]
    return code.non_saturating_d_loss(G.PATCHES["real_logits"], fake), code.non_saturating_gen_loss(fake)


_SIDES = (0.4, -0.3)  # the running means of reals and fakes


@figure("lecam:titok", "PATCHES", TITOK)
def _(up: Upstream) -> Any:
    means = [torch.as_tensor(value, dtype=torch.float64) for value in (0.9, -0.9)]
    scores = [G.PATCHES[f"{side}_logits"].mean() for side in ("real", "fake")]
    return up.load(TITOK, "compute_lecam_loss").compute_lecam_loss(*scores, *means)


@figure("lecam:open_magvit2", "SCORES", MAGVIT)
def _(up: Upstream) -> Any:
    means = types.SimpleNamespace(logits_real_ema=_SIDES[0], logits_fake_ema=_SIDES[1])
    return up.load(MAGVIT, "lecam_reg").lecam_reg(G.SCORES["real_logits"], G.SCORES["fake_logits"], means)


@figure("code_kl:taming", "SCORED", TAMING_VQ)
def _(up: Upstream) -> Any:
    first, last = up.passage(TAMING_VQ, "qy = F.softmax(logits, dim=1)", 1)
    me = types.SimpleNamespace(kl_weight=1.0, n_embed=G.Z_P.shape[1])
    return up.run(TAMING_VQ, first, last, self=me, logits=G.Z_P)["diff"]
