"""The computations, by what they compute; and the inputs and recorded figures of golden_upstream*.py."""

import contextlib
import importlib.util
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from clones import Upstream
from torch import Tensor


def golden(name: str) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parent.parent / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


G = golden("golden_upstream")
P = golden("golden_upstream_pairs")
VITS = "jaywalnut310/vits@2e561ba losses.py"
HIFIGAN = "jik876/hifi-gan@4769534 models.py"
RVC = "RVC-Project/Retrieval-based-Voice-Conversion-WebUI@4338f12 train/losses.py"
APPLIO = "IAHispano/Applio@b9c0ccb1 rvc/train/losses.py"
CARPEDM20 = "carpedm20/DiscoGAN-pytorch@ab3b7dc6 trainer.py"
DAC = "descriptinc/descript-audio-codec@c7cfc5d dac/nn/loss.py"
CUT = "taesungp/contrastive-unpaired-translation@b3ac297 models/networks.py"
CUT_MODEL = "taesungp/contrastive-unpaired-translation@b3ac297 models/cut_model.py"
PIX2PIXHD = "NVIDIA/pix2pixHD@14b3b3c models/networks.py"
PIX2PIXHD_MODEL = "NVIDIA/pix2pixHD@14b3b3c models/pix2pixHD_model.py"
SPADE = "NVlabs/SPADE@fecacc9 models/networks/loss.py"
SPADE_MODEL = "NVlabs/SPADE@fecacc9 models/pix2pix_model.py"
STUDIOGAN = "POSTECH-CVLab/PyTorch-StudioGAN@947b35e src/utils/losses.py"
PWG = "kan-bayashi/ParallelWaveGAN@8674037 parallel_wavegan/losses/adversarial_loss.py"
PWG_FM = "kan-bayashi/ParallelWaveGAN@8674037 parallel_wavegan/losses/feat_match_loss.py"
AUDIOCRAFT = "facebookresearch/audiocraft@896ec7c audiocraft/adversarial/losses.py"
MELGAN = "descriptinc/melgan-neurips@6488045 scripts/train.py"
VOCOS = "gemelo-ai/vocos@c859e3b vocos/loss.py"
BIGGAN = "ajbrock/BigGAN-PyTorch@9845943 losses.py"
BASICSR = "XPixelGroup/BasicSR@8d56e3a basicsr/losses/gan_loss.py"
ESRGAN = "XPixelGroup/BasicSR@8d56e3a basicsr/models/esrgan_model.py"
ROSINALITY = "rosinality/stylegan2-pytorch@bef283a train.py"
STYLEGAN2_TORCH = "ppeetteerrs/stylegan2-torch@eb2d6a6 stylegan2_torch/loss.py"
STYLEGAN3 = "NVlabs/stylegan3@c233a91 training/loss.py"
DCGAN = "pytorch/examples@77f55b9 dcgan/main.py"
VAE = "pytorch/examples@77f55b9 vae/main.py"
DISCOGAN = "SKTBrain/DiscoGAN@f044178 discogan/image_translation.py"
TAMING = "CompVis/taming-transformers@3ba01b2 taming/modules/losses/vqperceptual.py"
TAMING_VQ = "CompVis/taming-transformers@3ba01b2 taming/modules/vqvae/quantize.py"
LUCIDRAINS = "lucidrains/stylegan2-pytorch@ce7f830 stylegan2_pytorch/stylegan2_pytorch.py"
LIGHTWEIGHT = "lucidrains/lightweight-gan@efbec45 lightweight_gan/lightweight_gan.py"
GAN_STABILITY = "LMescheder/GAN_stability@c1f64c9 gan_training/train.py"
LEFTTHOMAS = "leftthomas/SRGAN@7ddfdf2 train.py"
CAOGANG = "caogang/wgan-gp@ae47a18 gan_cifar10.py"
GAN_LANGUAGE = "caogang/wgan-gp@ae47a18 gan_language.py"
RELATIVISTIC = "AlexiaJM/RelativisticGAN@2646c0b code/GAN_losses_iter.py"
STARGAN = "clovaai/stargan-v2@875b70a core/solver.py"
LECAM = "google/lecam-gan@f9af948 biggan_cifar/losses.py"
AURALFLOW = "kianzohoury/auralflow@503e249 auralflow/losses/losses.py"
PYTORCH_VAE = "AntixK/PyTorch-VAE@a6896b9 models/info_vae.py"
DAC_VQ = "descriptinc/descript-audio-codec@c7cfc5d dac/nn/quantize.py"
ENCODEC = "facebookresearch/encodec@0e2d0ae encodec/quantization/core_vq.py"

Figure = Callable[[Upstream], Any]
FIGURES: dict[tuple[str, str, str, str], Callable[[Upstream], float]] = {}


def figure(losses: str, inputs: str, source: str) -> Callable[[Figure], Figure]:
    """Enter a computation that gives one number for each of "d_lsgan:vits g_lsgan:vits"."""

    def enter(computation: Figure) -> Figure:
        for position, name in enumerate(losses.split()):
            loss, _, convention = name.partition(":")
            FIGURES[loss, convention, inputs, source] = lambda up, position=position: number(computation(up), position)
        return computation

    return enter


def number(result: Any, position: int) -> float:
    one = result[position] if isinstance(result, tuple) else result
    return float(torch.as_tensor(one).detach())


def lists(tensors: tuple[Any, ...]) -> list[Any]:
    """As the sources want it: lists of lists of tensors."""
    return [list(entry) if isinstance(entry, tuple) else entry for entry in tensors]


def last_of_lists(logits: tuple[Tensor, ...]) -> list[list[Tensor]]:
    return [[scores] for scores in logits]


def drawing(**draws: Tensor) -> contextlib.ExitStack:
    """torch's random functions give these instead."""
    stack = contextlib.ExitStack()
    for name, drawn in draws.items():
        stack.enter_context(mock.patch.object(torch, name, lambda *_, drawn=drawn, **__: drawn))
    return stack


def pytorch_gan(name: str) -> str:
    return f"eriklindernoren/PyTorch-GAN@36d3c77 implementations/{name}/{name}.py"
