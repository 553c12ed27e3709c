"""The networks of the golden run, from plain torch modules and shapes: nothing of ganloss takes part.

Numbers come from numpy's RandomState, whose streams are frozen.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

SAMPLE_DATA = Path(__file__).resolve().parents[2] / "sample_data"
RATE = 8000  # Hz
# HiFi-GAN's V3 made small: two upsampling layers of kernels 16 and 8, hence of rates 8 and 4
VOCODER = {
    "resblock": "2", "upsample_rates": [8, 4], "upsample_kernel_sizes": [16, 8], "upsample_initial_channel": 8,
    "resblock_kernel_sizes": [3], "resblock_dilation_sizes": [[1, 3]], "num_mels": 8, "n_fft": 128, "hop_size": 32,
    "win_size": 128, "sampling_rate": RATE, "fmin": 0, "fmax": 4000, "fmax_for_loss": None,
}  # fmt: skip
NETWORKS = '''
import torch
from torch import nn


class Scorer(nn.Sequential):
    """A judge that returns probabilities."""

    def __init__(self):
        super().__init__(nn.Conv2d(3, 4, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 4, 2, 1), nn.Sigmoid())


class Autoencoder(nn.Module):
    """An image of 16 x 16 pixels through four latents, which it returns too."""

    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(768, 8)
        self.decoder = nn.Linear(4, 768)

    def forward(self, x):
        mu, logvar = self.encoder(x.flatten(1)).chunk(2, 1)
        return torch.tanh(self.decoder(mu)).view_as(x), mu, logvar
'''


def make_networks(made: Path) -> None:
    """Write the networks into a folder."""
    (made / "nets.py").write_text(NETWORKS, encoding="utf-8")
    _dcgan(made / "dcgan")
    _two_domains(made / "cyclegan")
    _sick_pair(made / "sick")
    _small_networks(made)
    _labelled_pair(made)
    _whole_module(made)
    _vocoder(made / "vocoder")


def numbers(name: str, *shape: int) -> npt.NDArray[np.float64]:
    """Uniform on [-1, 1); another name, other numbers."""
    seed = sum((place + 1) * ord(letter) for place, letter in enumerate(name))
    return np.random.RandomState(seed).uniform(-1, 1, shape)


def _filled(name: str, shapes: Mapping[str, tuple[int, ...]], gain: float = 1.7) -> dict[str, Tensor]:
    """A state dict: weights of about unit gain, gains about 1, variances above 0, all others small."""
    state = {}
    for key, shape in shapes.items():
        values = numbers(f"{name}.{key}", *shape)
        if key.endswith("num_batches_tracked"):
            state[key] = torch.tensor(10)
            continue
        if len(shape) > 1:
            values *= gain / math.sqrt(math.prod(shape[1:]))
        else:
            values = values * 0.2 + (1 if key.endswith(("weight", "running_var")) else 0)
        state[key] = torch.from_numpy(values).float()
    return state


def _shapes(network: nn.Module) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in network.state_dict().items()}


def _save(state: Mapping[str, Tensor], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.clone(memory_format=torch.contiguous_format) for key, value in state.items()}, path)


def _dcgan(folder: Path) -> None:
    """The pair of pytorch/examples, four channels wide."""
    up, down = (6, 32, 16, 8, 4), (3, 4, 8, 16, 32)
    makers: list[nn.Module] = []
    for place, (before, after) in enumerate(pairwise(up)):
        stride = (1, 0) if place == 0 else (2, 1)
        makers += [nn.ConvTranspose2d(before, after, 4, *stride, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
    makers.append(nn.ConvTranspose2d(up[-1], 3, 4, 2, 1, bias=False))
    judges: list[nn.Module] = [nn.Conv2d(3, 4, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for before, after in pairwise(down[1:]):
        judges += [nn.Conv2d(before, after, 4, 2, 1, bias=False), nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
    judges.append(nn.Conv2d(down[-1], 1, 4, 1, 0, bias=False))
    for name, layers in (("netG", makers), ("netD", judges)):
        shapes = {f"main.{key}": shape for key, shape in _shapes(nn.Sequential(*layers)).items()}
        _save(_filled(name, shapes), folder / f"{name}.safetensors")


def _sample_networks() -> dict[str, dict[str, Tensor]]:
    parts = torch.load(SAMPLE_DATA / "g.pt", weights_only=True)
    return {role: parts[role] for role in ("generator", "discriminator")}


def _changed(state: Mapping[str, Tensor], name: str) -> dict[str, Tensor]:
    """The same network after a little more training, say."""
    return {
        key: value if not value.is_floating_point() or "running" in key
        else value * (1 + 0.1 * torch.from_numpy(numbers(f"{name}.{key}", *value.shape)).float())
        for key, value in state.items()
    }  # fmt: skip


def _two_domains(folder: Path) -> None:
    """CycleGAN's four networks, all from those of the sample data."""
    networks = _sample_networks()
    for name, role in (("G_A", "generator"), ("G_B", "generator"), ("D_A", "discriminator"), ("D_B", "discriminator")):
        _save(_changed(networks[role], name), folder / f"latest_net_{name}.safetensors")


def _sick_pair(folder: Path) -> None:
    """A generator with NaN weights and a dead one, and a file that holds one network twice."""
    generator = _sample_networks()["generator"]
    broken = {key: value.clone() for key, value in generator.items()}
    first = next(key for key, value in broken.items() if value.ndim == 4)
    broken[first][0] = math.nan
    _save(broken, folder / "nan.safetensors")
    _save({key: torch.zeros_like(value) for key, value in generator.items()}, folder / "zeros.safetensors")
    twice = {f"{role}.{key}": value for role in ("generator", "generator_ema") for key, value in generator.items()}
    _save(twice, folder / "twice.safetensors")


def _small_networks(made: Path) -> None:
    """What made/nets.py describes; a raw and an averaged generator in one file."""
    scorer = {"0.weight": (4, 3, 4, 4), "0.bias": (4,), "2.weight": (1, 4, 4, 4), "2.bias": (1,)}
    _save(_filled("scorer", scorer), made / "scorer.safetensors")
    shapes = {"encoder.weight": (8, 768), "encoder.bias": (8,), "decoder.weight": (768, 4), "decoder.bias": (768,)}
    _save(_filled("autoencoder", shapes), made / "autoencoder.safetensors")
    networks = _sample_networks()
    states = {
        "generator": networks["generator"],
        "generator_ema": _changed(networks["generator"], "ema"),
        "discriminator": networks["discriminator"],
    }
    averaged = {f"{role}.{key}": value for role, state in states.items() for key, value in state.items()}
    _save(averaged, made / "averaged.safetensors")


def _labelled_pair(made: Path) -> None:
    """A small conditional pair of GAN_stability, of three classes."""
    blocks = {
        f"resnet.{block}.conv_{k}.{name}": shape
        for block in (0, 2) for k in range(2) for name, shape in (("weight", (4, 4, 3, 3)), ("bias", (4,)))
    }  # fmt: skip
    maker = {"embedding.weight": (3, 5), "fc.weight": (64, 12), "fc.bias": (64,)}
    maker |= blocks | {"conv_img.weight": (3, 4, 3, 3), "conv_img.bias": (3,)}
    judge = blocks | {"conv_img.weight": (4, 3, 3, 3), "conv_img.bias": (4,), "fc.weight": (3, 64), "fc.bias": (3,)}
    states = {"generator": _filled("maker", maker), "discriminator": _filled("judge", judge)}
    both = {f"{role}.{key}": value for role, state in states.items() for key, value in state.items()}
    _save(both, made / "labelled.safetensors")


def _whole_module(made: Path) -> None:
    """A network saved whole, which only --rescue opens."""
    network = nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1))
    network.load_state_dict(_filled("whole", _shapes(network)))
    torch.save(network, made / "whole.pt")


def _vocoder(folder: Path) -> None:
    """A small HiFi-GAN generator beside its config.json."""
    shapes = {"conv_pre.weight": (8, 8, 7), "conv_pre.bias": (8,)}
    for k, (before, after, kernel) in enumerate(((8, 4, 16), (4, 2, 8))):
        shapes |= {f"ups.{k}.weight": (before, after, kernel), f"ups.{k}.bias": (after,)}
        for n in range(2):
            shapes |= {f"resblocks.{k}.convs.{n}.weight": (after, after, 3), f"resblocks.{k}.convs.{n}.bias": (after,)}
    shapes |= {"conv_post.weight": (1, 2, 7), "conv_post.bias": (1,)}
    _save(_filled("vocoder", shapes), folder / "g_00000100.safetensors")
    (folder / "config.json").write_text(json.dumps(VOCODER), encoding="utf-8")
