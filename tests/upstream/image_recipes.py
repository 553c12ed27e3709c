"""Published training code of images and `--recipe`, side by side: both sides' numbers of one case each."""

import collections
import functools
import random
import types
from collections import abc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import torch
from clones import Upstream
from figures import P
from side_by_side import IDLE, Logged, as_floats, pictures, recipe
from torch import Tensor, nn
from torch.nn import functional

from ganloss_cli.io.networks.stylegan2 import StyleGAN2Generator
from ganloss_cli.pipeline.data.randomness import SampleRandom

CUT_NETWORKS = "taesungp/contrastive-unpaired-translation@b3ac297 models/networks.py"
PIX2PIX = "BangwenHe/pytorch-CycleGAN-and-pix2pix@9dc5807 models/pix2pix_model.py"
ROSINALITY = "rosinality/stylegan2-pytorch@bef283a"
DCGAN = "pytorch/examples@77f55b9 dcgan/main.py"
WGAN_GP = "caogang/wgan-gp@ae47a18 gan_cifar10.py"
BASICSR = "XPixelGroup/BasicSR@8d56e3a basicsr"

SMALL_NETS = """
from torch import nn


class G(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(128, 3 * 32 * 32), nn.Tanh(), nn.Unflatten(1, (3, 32, 32)))


class D(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Conv2d(3, 4, 3, 2), nn.LeakyReLU(), nn.Flatten(), nn.Linear(900, 1))
"""


@contextmanager
def recorded() -> Iterator[dict[str, Tensor]]:
    """The random numbers that ours drew, by what they were for."""
    drawn: dict[str, Tensor] = {}
    original = SampleRandom.__call__

    def draw(self: SampleRandom, name: str, shape: tuple[int, ...], kind: Any) -> Tensor:
        drawn[name] = original(self, name, shape, kind)
        return drawn[name]

    with mock.patch.object(SampleRandom, "__call__", draw):
        yield drawn


class Fed:
    """A generator that is fed the noise that ours feeds its layers: of the latents, or as stored for path lengths."""

    def __init__(self, generator: nn.Module, noise: list[Tensor]) -> None:
        self.generator, self.noise = generator, noise

    def __call__(self, latents: list[Tensor], return_latents: bool = False) -> Any:
        noise = {"randomize_noise": False} if return_latents else {"noise": self.noise}
        return self.generator(latents, return_latents=return_latents, **noise)

    def zero_grad(self) -> None: ...


def stylegan2(up: Upstream, folder: Path) -> tuple[Logged, Logged]:
    """Its networks with 12 channels for 512, and one step of its loop, its first: the mean path length starts at 0."""
    operations = vars(up.load(f"{ROSINALITY} op/upfirdn2d.py", "upfirdn2d", "upfirdn2d_native", abc=abc)) | vars(
        up.load(f"{ROSINALITY} op/fused_act.py", "FusedLeakyReLU", "fused_leaky_relu")
    )
    convolutions = types.SimpleNamespace(conv2d=functional.conv2d, conv_transpose2d=functional.conv_transpose2d)
    names = ["PixelNorm", "make_kernel", "Upsample", "Blur", "EqualConv2d", "EqualLinear", "ModulatedConv2d"]
    names += ["NoiseInjection", "ConstantInput", "StyledConv", "ToRGB", "Generator", "ConvLayer", "ResBlock"]
    known = {**operations, "random": random, "conv2d_gradfix": convolutions}
    own = up.load(
        f"{ROSINALITY} model.py", *names, "Discriminator", edit=lambda text: text.replace("512", "12"), **known
    )
    generator, discriminator = own.Generator(16, 10, 3).eval(), own.Discriminator(16).eval()
    for name, parameter in generator.named_parameters():
        if name.endswith("noise.weight"):
            nn.init.constant_(parameter, 0.1)
    states = {"g": generator, "d": discriminator, "g_ema": generator}
    torch.save({name: network.state_dict() for name, network in states.items()}, folder / "000000.pt")
    real = 2 * pictures(folder / "real", 4, 16) - 1
    latents = torch.randn(4, 10)
    np.save(folder / "z.npy", latents.numpy())

    first_step = ("path_length.mean_path_length=0", "path_length.decay=0.01")
    with recorded() as drawn:
        ours = recipe(
            "stylegan2", ckpt=folder / "000000.pt", real=folder / "real", latents=folder / "z.npy", settings=first_step
        )  # fmt: skip

    train = f"{ROSINALITY} train.py"
    noise = StyleGAN2Generator.sampled_noise(
        types.SimpleNamespace(noise_shapes=[tuple(n.shape[1:]) for n in generator.noises.buffers()]), latents
    )  # type: ignore[arg-type]
    arguments = types.SimpleNamespace(
        batch=4, latent=10, mixing=0, augment=False, augment_p=0, d_reg_every=16, g_reg_every=4, r1=10,
        path_regularize=2, path_batch_shrink=1,
    )  # fmt: skip
    functions = ("d_logistic_loss", "d_r1_loss", "g_nonsaturating_loss", "g_path_regularize")
    known = vars(up.load(train, *functions)) | {
        "generator": Fed(generator, noise), "discriminator": discriminator, "real_img": real, "device": "cpu", "i": 0,
        "requires_grad": lambda *_: None, "mixing_noise": lambda *_: [latents], "args": arguments, "loss_dict": {},
        "d_optim": IDLE, "g_optim": IDLE, "mean_path_length": 0, "reduce_sum": lambda tensor: tensor,
        "get_world_size": lambda: 1,
    }  # fmt: skip
    first, last = up.passage(train, "requires_grad(generator, False)")[0], up.passage(train, '["path_length"] =')[0]
    with mock.patch.object(torch, "randn_like", return_value=drawn["path_length.noise"]):
        logged = up.run(train, first, last, **known)["loss_dict"]
    theirs = {
        "Discriminator": logged["d"], "Real Score": logged["real_score"], "Fake Score": logged["fake_score"],
        "R1": logged["r1"], "Generator": logged["g"], "Path Length Regularization": logged["path"],
    }  # fmt: skip
    return as_floats(theirs), ours


def pix2pix(up: Upstream, folder: Path) -> tuple[Logged, Logged]:
    """A U-Net and a PatchGAN of CUT's networks.py, and the passages of a fork of pix2pix that has left them alone."""
    names = ["UnetGenerator", "UnetSkipConnectionBlock", "NLayerDiscriminator", "GANLoss"]
    own = up.load(CUT_NETWORKS, *names, functools=functools)
    me = types.SimpleNamespace(opt=types.SimpleNamespace(lambda_L1=100.0))
    me.netG = own.UnetGenerator(3, 3, 5, 4, norm_layer=nn.BatchNorm2d).eval()
    me.netD = own.NLayerDiscriminator(6, 4, norm_layer=nn.BatchNorm2d, no_antialias=True).eval()
    for kind in "GD":
        torch.save(getattr(me, f"net{kind}").state_dict(), folder / f"latest_net_{kind}.pth")
    me.real_A = 2 * pictures(folder / "data" / "A", 3, 32) - 1
    me.real_B = 2 * pictures(folder / "data" / "B", 3, 32) - 1
    me.criterionGAN, me.criterionL1 = own.GANLoss("vanilla"), nn.L1Loss()
    for name in ("forward", "backward_D", "backward_G"):
        setattr(me, name, types.MethodType(up.method(PIX2PIX, "Pix2PixModel", name), me))
    me.forward(), me.backward_D(), me.backward_G()
    names = ["D_real", "D_fake", "G_GAN", "G_L1"]
    theirs = {name: getattr(me, f"loss_{name}") for name in names} | {"loss_D": me.loss_D, "loss_G": me.loss_G}
    ours = recipe(
        "pix2pix", ckpt=folder / "latest_net_G.pth", disc=folder / "latest_net_D.pth", data=folder / "data",
        direction="AtoB", scores="logits",
    )  # fmt: skip
    return as_floats(theirs), ours


def dcgan(up: Upstream, folder: Path) -> tuple[Logged, Logged]:
    """Its networks, narrow, and its loop."""
    own = up.load(DCGAN, "Generator", "Discriminator", nz=10, ngf=4, ndf=4, nc=3)
    generator, discriminator = own.Generator(1).eval(), own.Discriminator(1).eval()
    torch.save(generator.state_dict(), folder / "netG_epoch_0.pth")
    torch.save(discriminator.state_dict(), folder / "netD_epoch_0.pth")
    real, latents = 2 * pictures(folder / "real", 5, 64) - 1, torch.randn(5, 10, 1, 1)
    np.save(folder / "z.npy", latents.numpy())
    known = {
        "netG": generator, "netD": discriminator, "data": [real], "device": "cpu", "real_label": 1, "fake_label": 0,
        "criterion": nn.BCELoss(), "optimizerD": IDLE, "optimizerG": IDLE, "nz": 10,
    }  # fmt: skip
    first, last = up.passage(DCGAN, "real_cpu = data[0].to(device)")[0], up.passage(DCGAN, "D_G_z2 = output")[0]
    with mock.patch.object(torch, "randn", return_value=latents):
        scope = up.run(DCGAN, first, last, **known)
    theirs = {"Loss_D": scope["errD"], "Loss_G": scope["errG"], "D(x)": scope["D_x"], "D(G(z))": scope["D_G_z1"]}
    ours = recipe(
        "dcgan", ckpt=folder / "netG_epoch_0.pth", disc=folder / "netD_epoch_0.pth", real=folder / "real",
        latents=folder / "z.npy",
    )  # fmt: skip
    return as_floats(theirs), ours


def wgan_gp(up: Upstream, folder: Path) -> tuple[Logged, Logged]:
    """The loop of gan_cifar10.py on small networks of our own. It is written for an old torch and for Python 2, whose
    scalars have one element and whose / of integers is //."""
    (folder / "nets.py").write_text(SMALL_NETS)
    scope: dict[str, Any] = {}
    exec(SMALL_NETS, scope)
    generator, discriminator = scope["G"](), scope["D"]()
    torch.save(generator.state_dict(), folder / "g.pt")
    torch.save(discriminator.state_dict(), folder / "d.pt")
    real, latents = 2 * pictures(folder / "real", 5, 32) - 1, torch.randn(5, 128)
    np.save(folder / "z.npy", latents.numpy())
    with recorded() as drawn:
        ours = recipe(
            "wgan_gp", ckpt=folder / "g.pt", disc=folder / "d.pt", real=folder / "real", latents=folder / "z.npy",
            networks=(f"generator={folder}/nets.py:G", f"discriminator={folder}/nets.py:D"), scores="logits",
        )  # fmt: skip
    constants = {"BATCH_SIZE": 5, "LAMBDA": 10, "use_cuda": False, "gpu": 0}
    penalty = up.old_function(
        WGAN_GP, "calc_gradient_penalty", edit=lambda text: text.replace("nelement()/", "nelement()//"), **constants
    )  # fmt: skip
    autograd = types.SimpleNamespace(Variable=lambda tensor, **_: tensor, grad=torch.autograd.grad)
    known = constants | {
        "netG": generator, "netD": discriminator, "real_data_v": real, "one": torch.ones(()), "mone": -torch.ones(()),
        "calc_gradient_penalty": penalty, "optimizerD": IDLE, "autograd": autograd,
    }  # fmt: skip
    first, last = up.passage(WGAN_GP, "D_real = netD(real_data_v)")[0], up.passage(WGAN_GP, "G_cost = -G")[0]
    dedented = lambda text: "if True:\n" + text if text.startswith(" ") else text  # noqa: E731
    alpha = drawn["gp.alpha"].view(-1, 1)
    with mock.patch.object(torch, "randn", return_value=latents), mock.patch.object(torch, "rand", return_value=alpha):
        middle = up.passage(WGAN_GP, "Wasserstein_D = D_real - D_fake")[0]
        scope = up.run(WGAN_GP, first, middle, edit=dedented, **known)
        rest = up.passage(WGAN_GP, "noisev = autograd.Variable(noise)\n".strip())
        scope |= up.run(WGAN_GP, rest[0] + 1, last, **(known | {"noisev": latents}))
    theirs = {
        "D_fake - D_real": scope["D_fake"] - scope["D_real"], "gradient_penalty": scope["gradient_penalty"],
        "train disc cost": scope["D_cost"], "wasserstein distance": scope["Wasserstein_D"],
        "train gen cost": scope["G_cost"],
    }  # fmt: skip
    return as_floats(theirs), ours


def esrgan(up: Upstream, folder: Path) -> tuple[Logged, Logged]:
    """BasicSR's model on its RRDBNet and VGG-style discriminator, narrow, and a narrow VGG19."""
    residual = f"{BASICSR}/archs/rrdbnet_arch.py"
    parts = vars(up.load(f"{BASICSR}/archs/arch_util.py", "default_init_weights", "make_layer", init=nn.init,
                         _BatchNorm=nn.modules.batchnorm._BatchNorm))  # fmt: skip
    own = up.load(residual, "ResidualDenseBlock", "RRDB", "RRDBNet", **parts)
    judge = up.load(f"{BASICSR}/archs/discriminator_arch.py", "VGGStyleDiscriminator").VGGStyleDiscriminator
    me = types.SimpleNamespace(
        net_g=own.RRDBNet(3, 3, 4, num_feat=8, num_block=1, num_grow_ch=4).eval(), net_d=judge(3, 4).eval(),
        optimizer_g=IDLE, optimizer_d=IDLE, net_d_iters=1, net_d_init_iters=0, ema_decay=0,
        reduce_loss_dict=lambda logged: logged,
    )  # fmt: skip
    torch.save({"params": me.net_g.state_dict()}, folder / "net_g_0.pth")
    torch.save({"params": me.net_d.state_dict()}, folder / "net_d_0.pth")
    backbone = P.vgg(19).float()
    torch.save({f"features.{name}": tensor for name, tensor in backbone.state_dict().items()}, folder / "vgg19.pth")
    me.lq, me.gt = pictures(folder / "data" / "lq", 2, 32), pictures(folder / "data" / "gt", 2, 128)
    weighted = f"{BASICSR}/losses"
    bases = {"_reduction_modes": ["mean"], "l1_loss": lambda one, other, weight, reduction: (one - other).abs().mean()}
    me.cri_pix = up.load(f"{weighted}/basic_loss.py", "L1Loss", **bases).L1Loss(0.01)
    me.cri_gan = up.load(f"{weighted}/gan_loss.py", "GANLoss").GANLoss("vanilla", loss_weight=0.005)
    me.cri_perceptual = _perceptual(up, backbone)
    up.method(f"{BASICSR}/models/esrgan_model.py", "ESRGANModel", "optimize_parameters",
              OrderedDict=collections.OrderedDict)(me, 1)  # fmt: skip
    logged = me.log_dict
    theirs = dict(logged) | {
        "l_d_total": logged["l_d_real"] + logged["l_d_fake"],
        "l_g_total": logged["l_g_pix"] + logged["l_g_percep"] + logged["l_g_gan"],
    }
    ours = recipe(
        "esrgan", ckpt=folder / "net_g_0.pth", disc=folder / "net_d_0.pth", data=folder / "data",
        backbone=f"vgg19={folder / 'vgg19.pth'}",
    )  # fmt: skip
    return as_floats(theirs), ours


def _perceptual(up: Upstream, backbone: nn.Sequential) -> nn.Module:
    source = f"{BASICSR}/archs/vgg_arch.py"
    first, _ = up.passage(source, "NAMES = {")
    lines = up.text(source).splitlines()
    last = next(number for number, line in enumerate(lines, 1) if number > first and line == "}")
    nowhere = types.SimpleNamespace(path=types.SimpleNamespace(exists=lambda _: False))
    network = types.SimpleNamespace(vgg19=lambda **_: types.SimpleNamespace(features=backbone))
    known = {"vgg": network, "os": nowhere, "VGG_PRETRAIN_PATH": "", "OrderedDict": collections.OrderedDict}
    known["NAMES"] = up.run(source, first, last)["NAMES"]
    extractor = up.load(source, "VGGFeatureExtractor", **known).VGGFeatureExtractor
    made = up.load(f"{BASICSR}/losses/basic_loss.py", "PerceptualLoss", VGGFeatureExtractor=extractor).PerceptualLoss
    perceptual: nn.Module = made({"conv5_4": 1}, criterion="l1")
    return perceptual
