"""Auto-encoders trained against a discriminator and `--recipe`, side by side, on runs as their codes leave them."""

import functools
import importlib
import json
import re
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from autoencoder_networks import gaussian, gumbel, llamagen, vqgan
from clones import Upstream
from side_by_side import Logged, as_floats, pictures, recipe
from torch import Tensor, nn

from ganloss_cli.evaluators.losses.lpips import linear_layers
from ganloss_cli.io.networks.vae import noise_of

TAMING = "CompVis/taming-transformers@3ba01b2 taming"
LDM = "CompVis/latent-diffusion@a506df5 ldm"
WIDTHS = (8, 10, 12, 14, 16)  # for those of the paper
FULL = (64, 128, 256, 512, 512)


def _vgg(widths: tuple[int, ...] = WIDTHS) -> nn.Sequential:
    """VGG16's convolutions and activations, untrained; maps of fewer channels would be 0 in places."""
    layers: list[nn.Module] = []
    before = 3
    for width, depth in zip(widths, (2, 2, 3, 3, 3), strict=True):
        for _ in range(depth):
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
            before = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def _lpips(up: Upstream, vgg: nn.Sequential | None = None, *, trained: bool = False) -> nn.Module:
    """taming's, with the narrow VGG16 and linear layers that nobody trained."""
    source = f"{TAMING}/modules/losses/lpips.py"
    models = types.SimpleNamespace(vgg16=lambda **_: types.SimpleNamespace(features=vgg or _vgg()))
    named = functools.partial(importlib.import_module("collections").namedtuple)
    own = up.load(
        source, "LPIPS", "ScalingLayer", "NetLinLayer", "vgg16", "normalize_tensor", "spatial_average", models=models,
        namedtuple=named, edit=lambda text: text.replace(str([*FULL]), str([*(FULL if vgg else WIDTHS)])),
    )  # fmt: skip
    with mock.patch.object(own.LPIPS, "load_from_pretrained"):
        made: nn.Module = own.LPIPS()
    if trained:
        for number, weight in enumerate(linear_layers("vgg", "0.1")):
            made.get_submodule(f"lin{number}").model[1].weight.data = weight
    for name, parameter in made.named_parameters():
        if name.startswith("lin"):
            parameter.data.abs_()
    return made


def _loss(up: Upstream, source: str, name: str, **settings: Any) -> Any:
    norm = up.load(f"{TAMING}/modules/util.py", "ActNorm").ActNorm
    judges = up.load(f"{TAMING}/modules/discriminator/model.py", "NLayerDiscriminator", "weights_init",
                     functools=functools, ActNorm=norm)  # fmt: skip
    functions = up.load(f"{TAMING}/modules/losses/vqperceptual.py", "adopt_weight", "hinge_d_loss", "vanilla_d_loss")
    narrow = functools.partial(judges.NLayerDiscriminator, **({} if "disc_ndf" in settings else {"ndf": 8}))
    known = {**vars(functions), "NLayerDiscriminator": narrow, "weights_init": judges.weights_init, "exists": bool}
    known |= {"LPIPS": lambda: _lpips(up), "print": lambda *_: None}
    return getattr(up.load(source, name, **known), name)(**settings)


def _config(model: Mapping[str, Any], loss: Mapping[str, Any]) -> str:
    """JSON, which is YAML."""
    return json.dumps({"model": {"params": {**model, "lossconfig": {"params": dict(loss)}}}})


def _saved(folder: Path, network: nn.Module, loss: nn.Module, config: str) -> Path:
    """A run as Lightning and main.py leave it."""
    run = folder / "logs" / "2026-01-01T00-00-00_custom_vqgan"
    (run / "checkpoints").mkdir(parents=True)
    (run / "configs").mkdir()
    (run / "configs" / "2026-01-01T00-00-00-project.yaml").write_text(config)
    state = network.state_dict() | {f"loss.{name}": value for name, value in loss.state_dict().items()}
    file = {"state_dict": state, "global_step": 20, "epoch": 1, "pytorch-lightning_version": "1.0.8"}
    torch.save(file, run / "checkpoints" / "last.ckpt")
    return run


def _steps(loss: Any, network: nn.Module, forward: Any, images: Tensor) -> dict[str, Tensor]:
    """A few steps of both optimizers, then what one more would log, with its layers of norm at rest."""
    judge = loss.discriminator
    with torch.no_grad():
        judge.main[-1].weight *= 30  # it starts with hardly any slope, at which the weight of its loss is clamped
    judge.train()
    steps = [torch.optim.Adam(of.parameters(), lr=1e-3, betas=(0.5, 0.9)) for of in (network, judge)]
    logged: dict[str, Tensor] = {}
    for last in (False, False, True):
        if last:
            judge.eval()
        for which, optimizer in enumerate(steps):
            value, log = forward(loss, which)
            logged |= log
            if not last:
                optimizer.zero_grad()
                value.backward()
                optimizer.step()
    return {name: torch.as_tensor(value).detach() for name, value in logged.items()}


def taming(
    up: Upstream, folder: Path, *, drawn: bool = False, vanilla: bool = False, actnorm: bool = False, start: int = 10
) -> tuple[Logged, Logged]:
    """VQModel or GumbelVQ with VQLPIPSWithDiscriminator."""
    settings = {
        "disc_start": start, "disc_weight": 0.8, "codebook_weight": 0.9, "disc_ndf": 8,
        "disc_loss": "vanilla" if vanilla else "hinge", "use_actnorm": actnorm, "perceptual_weight": 0.7,
    }  # fmt: skip
    loss = _loss(up, f"{TAMING}/modules/losses/vqperceptual.py", "VQLPIPSWithDiscriminator", **settings)
    network: Any = gumbel(up.folder) if drawn else vqgan(up.folder)
    loss.double(), network.double()  # rounding would show in a ratio of gradients
    images = 2 * pictures(folder / "real", 3, 32).double() - 1
    if drawn:
        network.quantize.kl_weight = 0.5

    def forward(of: Any, which: int) -> Any:
        hidden = network.quant_conv(network.encoder(images))
        if drawn:
            logits = network.quantize.proj(hidden)
            normal = noise_of(images, logits)
            numbers = -torch.special.log_ndtr(normal.double())
            with mock.patch.object(Tensor, "exponential_", lambda tensor: tensor.copy_(numbers)):
                codes, commit, _ = network.quantize(hidden)
        else:
            codes, commit, _ = network.quantize(hidden)
        made = network.decoder(network.post_quant_conv(codes))
        return of(commit, images, made, which, 20, last_layer=network.decoder.conv_out.weight)

    logged = _steps(loss, network, forward, images)
    model = {"kl_weight": 0.5} if drawn else {}
    run = _saved(folder, network, loss, _config(model, settings))
    ours = recipe(None, ckpt=run, real=folder / "real", dtype="float64")
    return as_floats(logged), ours


def latent_diffusion(up: Upstream, folder: Path) -> tuple[Logged, Logged]:
    """AutoencoderKL with LPIPSWithDiscriminator, whose log variance has been trained."""
    settings = {"disc_start": 10, "disc_weight": 0.5, "kl_weight": 1e-3, "logvar_init": 0.3}
    loss = _loss(up, f"{LDM}/modules/losses/contperceptual.py", "LPIPSWithDiscriminator", **settings)
    network: Any = gaussian(up.folder)
    loss.double(), network.double()  # rounding would show in a ratio of gradients
    images = 2 * pictures(folder / "real", 3, 32).double() - 1
    distribution = up.load(
        f"{LDM}/modules/distributions/distributions.py", "DiagonalGaussianDistribution"
    ).DiagonalGaussianDistribution

    def forward(of: Any, which: int) -> Any:
        posterior = distribution(network.quant_conv(network.encoder(images)))
        with mock.patch.object(torch, "randn", return_value=noise_of(images, posterior.mean)):
            drawn = posterior.sample()
        made = network.decoder(network.post_quant_conv(drawn))
        return of(images, made, posterior, which, 20, last_layer=network.decoder.conv_out.weight)

    logged = _steps(loss, network, forward, images)
    run = _saved(folder, network, loss, _config({}, settings))
    return as_floats(logged), recipe(None, ckpt=run, real=folder / "real", dtype="float64")


def tokenizer(up: Upstream, folder: Path, *, kind: str = "hinge") -> tuple[Logged, Logged]:
    """LlamaGen's VQModel with VQLoss, whose log has twelve digits here; LPIPS is no part of its checkpoints."""
    source = "FoundationVision/LlamaGen@ce98ec4 tokenizer/tokenizer_image/"
    judges = up.load(f"{source}discriminator_patchgan.py", "NLayerDiscriminator", functools=functools)
    functions = ("hinge_d_loss", "vanilla_d_loss", "non_saturating_d_loss", "hinge_gen_loss", "non_saturating_gen_loss")
    known = vars(up.load(f"{source}vq_loss.py", *functions, "adopt_weight"))
    vgg = _vgg(FULL)
    known |= {"PatchGANDiscriminator": judges.NLayerDiscriminator, "LPIPS": lambda: _lpips(up, vgg, trained=True)}
    options = {
        "disc_start": 10, "disc_weight": 0.5, "perceptual_weight": 0.7, "reconstruction_weight": 0.9,
        "disc_loss": kind, "gen_adv_loss": kind if kind == "non-saturating" else "hinge", "disc_dim": 8,
    }  # fmt: skip
    exact = lambda text: text.replace(":.4f}", ":.12g}")  # noqa: E731
    loss = up.load(f"{source}vq_loss.py", "VQLoss", edit=exact, **known).VQLoss(**options).double().eval()
    network: Any = llamagen(up.folder).double().train()
    images = 2 * pictures(folder / "real", 3, 32).double() - 1
    hidden = network.quant_conv(network.encoder(images))
    _, terms, _ = network.quantize(hidden)
    said: list[str] = []
    logger = types.SimpleNamespace(info=said.append)
    made = network(images)[0]
    totals = [loss(terms, images, made, which, 20, logger=logger, log_every=1) for which in (0, 1)]
    absent = ("entropy_loss", "codebook_usage", "disc_adaptive_weight")
    found = re.findall(r"(\w+): (-?[\d.e-]+)", " ".join(said))
    logged = {name: float(value) for name, value in found if name not in absent}
    args = {"commit_loss_beta": 0.25, **options}
    state = {"model": network.state_dict(), "discriminator": loss.discriminator.state_dict(), "steps": 20, "args": args}
    torch.save(state, folder / "0000020.pt")
    torch.save({f"features.{name}": value for name, value in vgg.state_dict().items()}, folder / "vgg16.pth")
    ours = recipe(
        None, ckpt=folder / "0000020.pt", real=folder / "real", dtype="float64",
        backbone=f"vgg16={folder / 'vgg16.pth'}",
    )  # fmt: skip
    return as_floats({**logged, "loss_gen": totals[0]}), ours


AUTOENCODERS = {
    "taming": taming, "taming_vanilla": functools.partial(taming, vanilla=True),
    "taming_actnorm": functools.partial(taming, actnorm=True),
    "taming_before_its_start": functools.partial(taming, start=30),
    "taming_gumbel": functools.partial(taming, drawn=True), "latent_diffusion_kl": latent_diffusion,
    "llamagen": tokenizer, "llamagen_non_saturating": functools.partial(tokenizer, kind="non-saturating"),
}  # fmt: skip
