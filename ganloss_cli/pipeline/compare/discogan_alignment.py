"""The forward check of DiscoGAN's conversion to Paddle, computed again so that it can be done wrong on purpose.

ImportPaddle/DiscoGAN-Paddle@ab95485 pipeline/Step2: two inputs of Gaussian noise, four networks in eval mode, two sums
of losses, logged with reprod_log by both frameworks.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ganloss_cli.errors import InputError
from ganloss_cli.evaluators.catalogue import total
from ganloss_cli.evaluators.losses import d_bce, fm_moment, g_bce, mse
from ganloss_cli.io.architectures import rebuild, recognise
from ganloss_cli.io.checkpoints import open_checkpoint
from ganloss_cli.io.networks.discogan import DiscoGANDiscriminator, DiscoGANGenerator

_GENERATORS, _DISCRIMINATORS = ("generator_A", "generator_B"), ("discriminator_A", "discriminator_B")
_CHANNELS = (3, 64, 128, 256, 512)
_SHAPE = (4, 3, 64, 64)
_SEEDS = {"A": 42, "B": 100}
_RATE = 0.01  # of the reconstruction, as in the first ten thousand iterations
_OFF = 0.01

Networks = Mapping[str, nn.Module]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One way to compute the two losses; the default is that of the Paddle script as it is published.

    Args:
        networks: by the names in the checkpoint.
        inputs: A and B.
        ab: the generator that makes AB.
        ba: the generator that makes BA.
        ab_input: the input that AB is made from.
        ba_input: the input that BA is made from.
        discriminator_a: the discriminator of domain A; the published script loads B's weights into it.
        discriminator_b: that of domain B.
    """

    networks: Networks
    inputs: Mapping[str, Tensor] = field(default_factory=lambda: gaussian_inputs(_SEEDS))
    ab: str = "generator_B"
    ba: str = "generator_A"
    ab_input: str = "B"
    ba_input: str = "A"
    discriminator_a: str = "discriminator_B"
    discriminator_b: str = "discriminator_B"


def gaussian_inputs(seeds: Mapping[str, int]) -> dict[str, Tensor]:
    """The `gen_fake_data` of the check: standard normal, (4, 3, 64, 64)."""
    return {
        name: torch.from_numpy(np.random.RandomState(seed).randn(*_SHAPE).astype(np.float32))
        for name, seed in seeds.items()
    }


def fresh_networks(seed: int) -> dict[str, nn.Module]:
    """Four networks as torch initialises them, in eval mode.

    Args:
        seed: each network gets one of its own, derived from it.
    """
    networks: dict[str, nn.Module] = {}
    with torch.random.fork_rng(devices=()):
        for k, name in enumerate((*_GENERATORS, *_DISCRIMINATORS)):
            torch.manual_seed(1000 * seed + k)
            if name in _GENERATORS:
                networks[name] = DiscoGANGenerator(down=_CHANNELS, up=_CHANNELS[::-1], extra_layers=False).eval()
            else:
                networks[name] = DiscoGANDiscriminator(channels=(*_CHANNELS, 1)).eval()
    return networks


def stored_networks(path: Path) -> dict[str, nn.Module]:
    """The four networks of a checkpoint, in eval mode.

    Raises:
        InputError: one is missing, or is none of DiscoGAN's.
    """
    parts = {network.part: network for network in open_checkpoint(path, naming="discogan").networks}
    networks: dict[str, nn.Module] = {}
    for name in (*_GENERATORS, *_DISCRIMINATORS):
        if name not in parts:
            raise InputError(f"{path}: no '{name}' in it; found {', '.join(parts) or 'nothing'}")
        state = parts[name].state_dict
        match = recognise({key: tuple(tensor.shape) for key, tensor in state.items()}, {})
        if match is None or not match.architecture.startswith("DiscoGAN"):
            raise InputError(f"{path}: '{name}' is no network of DiscoGAN")
        networks[name] = rebuild(match, state, where=f"{path} ({name})").eval()
    return networks


@torch.no_grad()
def losses(check: Check) -> dict[str, float]:
    """The two numbers of the check, each reduced in float64.

    gen_loss = sum over both domains of (0.1 BCE + 0.9 FM) (1 - 0.01) + 0.01 MSE(reconstruction)
    dis_loss = sum over both domains of 0.5 BCE(real) + 0.5 BCE(fake)
    """
    networks, a, b = check.networks, check.inputs["A"], check.inputs["B"]
    fake_b = networks[check.ab](check.inputs[check.ab_input])
    fake_a = networks[check.ba](check.inputs[check.ba_input])
    rebuilt = mse(networks[check.ba](fake_b), a), mse(networks[check.ab](fake_a), b)
    generator, discriminator = _RATE * sum(total(one) for one in rebuilt), 0.0
    for name, real, fake in ((check.discriminator_a, a, fake_a), (check.discriminator_b, b, fake_b)):
        (real_scores, real_maps), (fake_scores, fake_maps) = networks[name](real), networks[name](fake)
        discriminator += total(d_bce(real_scores, fake_scores, scores="probabilities", scale=0.5))
        adversarial = total(g_bce(fake_scores, scores="probabilities"))
        generator += (1 - _RATE) * (0.1 * adversarial + 0.9 * total(fm_moment(real_maps, fake_maps)))
    return {"gen_loss": generator, "dis_loss": discriminator}


def mistakes(right: Check, seed: int) -> Iterator[tuple[str, Check]]:
    """Ways to do it wrong, each with what a person would say of it."""
    inputs, networks = right.inputs, right.networks
    yield "generator_A is fed B, as the torch script of this check does", replace(right, ba_input="B")
    yield "both generators are fed the other domain, as DiscoGAN does", replace(right, ab_input="A", ba_input="B")
    yield "generator_A and generator_B exchanged", replace(right, ab="generator_A", ba="generator_B")
    merged = {**networks, "generator_A": networks["generator_B"]}
    yield "generator_A with the weights of generator_B", replace(right, networks=merged)
    yield "generators of another initialisation", replace(right, networks=_drawn_anew(networks, _GENERATORS, seed))
    yield "weights of the generators off by 1 %", replace(right, networks=_off(networks, _GENERATORS, seed))
    yield "samples of B in reverse order", replace(right, inputs={**inputs, "B": inputs["B"].flip(0)})
    yield "inputs A and B exchanged", replace(right, inputs={"A": inputs["B"], "B": inputs["A"]})
    shifted = {name: number + 1 for name, number in _SEEDS.items()}
    yield "other inputs, of the next seeds", replace(right, inputs=gaussian_inputs(shifted))
    yield "discriminator_A with its own weights", replace(right, discriminator_a="discriminator_A")
    drawn = _drawn_anew(networks, _DISCRIMINATORS, seed)
    yield "discriminators of another initialisation", replace(right, networks=drawn)
    yield "weights of the discriminators off by 1 %", replace(right, networks=_off(networks, _DISCRIMINATORS, seed))


def _copied(networks: Networks, names: tuple[str, ...]) -> dict[str, nn.Module]:
    """The same, with copies of some that may be changed."""
    return {name: copy.deepcopy(network) if name in names else network for name, network in networks.items()}


def _drawn_anew(networks: Networks, names: tuple[str, ...], seed: int) -> dict[str, nn.Module]:
    """Copies as torch would initialise them."""
    changed = _copied(networks, names)
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(1000 * (seed + 1))
        for module in (module for name in names for module in changed[name].modules()):
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d):
                module.reset_parameters()
    return changed


def _off(networks: Networks, names: tuple[str, ...], seed: int) -> dict[str, nn.Module]:
    """Copies whose weights are multiplied by 1 + 0.01 z, z standard normal."""
    changed = _copied(networks, names)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in (parameter for name in names for parameter in changed[name].parameters()):
            parameter.mul_(1 + _OFF * torch.randn(parameter.shape, generator=generator))
    return changed
