"""Checkpoints as real bugs left them, small: each made by repeating the bug on a network that was trained a little.

`make` writes files into a folder and returns the arguments of `ganloss audit checkpoint`; `found` are the checks of
which at least one must find it. `original` makes the same without the bug, which must be left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn.utils import spectral_norm, weight_norm

Make = Callable[[Path], list[str]]
Tensors = dict[str, Tensor]
LATENTS, SIDE = 16, 16
NETS = f"""
from torch import nn


def G():
    return nn.Sequential(
        nn.Linear({LATENTS}, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, {SIDE**2}), nn.Tanh()
    )


def D():
    return nn.Sequential(
        nn.Linear({SIDE**2}, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
    )
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    cited: str
    found: tuple[str, ...]
    make: Make
    original: Make


def network(seed: int = 0, *, norm: bool = False, steps: int = 20) -> nn.Sequential:
    """A small network after some steps of Adam."""
    torch.manual_seed(seed)
    middle: list[nn.Module] = [nn.BatchNorm1d(64)] if norm else []
    layers = (nn.Linear(32, 64), *middle, nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 32))
    return fitted(nn.Sequential(*layers), steps)


def fitted(net: nn.Sequential, steps: int) -> nn.Sequential:
    optimizer = torch.optim.Adam(net.parameters(), 2e-3)
    for _ in range(steps):
        inputs = torch.randn(32, 32)
        optimizer.zero_grad()
        (net(inputs) - inputs.roll(1, 1)).square().mean().backward()
        optimizer.step()
    return net


def tensors(net: nn.Module) -> Tensors:
    return {name: value.clone() for name, value in net.state_dict().items()}


def saved(**files: Any) -> Make:
    """Files by name, made when they are needed."""

    def make(folder: Path) -> list[str]:
        for name, content in files.items():
            torch.save(content() if callable(content) else content, folder / f"{name}.pt")
        return [str(folder / f"{name}.pt") for name in files]

    return make


def edited(name: str, edit: Callable[[Tensor], object], **options: Any) -> Callable[[], Tensors]:
    def make() -> Tensors:
        state = tensors(network(**options))
        edit(state[name])
        return state

    return make


def healthy(**options: Any) -> Make:
    return saved(G=lambda: tensors(network(**options)))


# -- what one file holds


def converted(*, aliased: bool) -> Make:
    """Four networks gathered into one file; with the bug every entry is the one dictionary, filled last by the last."""

    def make(folder: Path) -> list[str]:
        names = ["generator_A", "generator_B", "discriminator_A", "discriminator_B"]
        states = {name: tensors(network(seed)) for seed, name in enumerate(names)}
        if aliased:
            states |= {"generator_A": states["generator_B"], "discriminator_A": states["discriminator_B"]}
        return [*saved(model=states)(folder), "--naming", "discogan"]

    return make


def averaged(share: float | None, *, buffers: bool = True, norm: bool = False) -> Make:
    """A generator with its average: None leaves it as it was initialised, 0 copies the raw one."""

    def make(folder: Path) -> list[str]:
        raw, start = tensors(network(norm=norm, steps=40)), tensors(network(norm=norm, steps=0))
        before = tensors(network(norm=norm, steps=30))
        ema = start if share is None else {name: raw[name] + share * (before[name] - raw[name]) for name in raw}
        if not buffers:
            ema |= {name: start[name] for name in raw if "running" in name or "num_batches" in name}
        return saved(model={"g": raw, "g_ema": ema})(folder)

    return make


def optimized(rate: float, *, steps: int = 10, nan: bool = False) -> Make:
    def make(folder: Path) -> list[str]:
        net = network()
        optimizer = torch.optim.Adam(net.parameters(), 2e-4)
        for _ in range(steps):
            optimizer.zero_grad()
            net(torch.randn(8, 32)).square().mean().backward()
            optimizer.step()
        if nan:
            optimizer.state[net[0].weight]["exp_avg"].fill_(float("nan"))
        optimizer.param_groups[0]["lr"] = rate
        content = {"generator": tensors(net), "optim_g": optimizer.state_dict(), "steps": steps}
        return saved(G=content)(folder)

    return make


def normalised(*, powered: bool) -> Make:
    """A discriminator under spectral norm whose u and v were followed, or belong to a start that is gone."""

    def make(folder: Path) -> list[str]:
        torch.manual_seed(0)
        layers = (spectral_norm(nn.Linear(32, 32)), nn.LeakyReLU(0.2), spectral_norm(nn.Linear(32, 32)))
        net = fitted(nn.Sequential(*layers), 60)
        state = tensors(net)
        for name in [name for name in state if name.endswith(("_u", "_v"))] if not powered else []:
            state[name] = nn.functional.normalize(torch.randn_like(state[name]), dim=0)
        return saved(D=state)(folder)

    return make


def halved(*, complete: bool) -> Make:
    """A vocoder's layers under weight norm, of which a loader that took them off kept only one half."""

    def make(folder: Path) -> list[str]:
        torch.manual_seed(0)
        layers = (weight_norm(nn.Linear(32, 32)), nn.Tanh(), weight_norm(nn.Linear(32, 32)))
        state = tensors(fitted(nn.Sequential(*layers), 20))
        kept = {name: value for name, value in state.items() if complete or not name.endswith("weight_v")}
        return saved(G=kept)(folder)

    return make


def pair(step_g: int, step_d: int) -> Make:
    return saved(
        G=lambda: {"generator": tensors(network(0)), "steps": step_g},
        D=lambda: {"discriminator": tensors(network(1)), "steps": step_d},
    )


# -- what networks do with data


def world(folder: Path) -> tuple[nn.Sequential, nn.Sequential, Callable[[int], Tensor]]:
    """Images of one soft blob each, and networks for them."""
    scope: dict[str, Any] = {}
    exec(NETS, scope)
    (folder / "nets.py").write_text(NETS)
    (folder / "imgs").mkdir()
    torch.manual_seed(0)

    def images(n: int) -> Tensor:
        centre = 3 + 10 * torch.rand(n, 2, 1, 1)
        place = torch.arange(SIDE, dtype=torch.float32)
        distance = (place[:, None] - centre[:, 0]).square() + (place[None, :] - centre[:, 1]).square()
        return (torch.exp(-distance / 8) * 2 - 1).flatten(1)

    for k, image in enumerate(images(64)):
        array = ((image.view(SIDE, SIDE).numpy() + 1) * 127.5).round().astype(np.uint8)
        Image.fromarray(array).save(folder / "imgs" / f"{k:03d}.png")
    return scope["G"](), scope["D"](), images


def judged(*, swapped: bool = False, collapsed: bool = False) -> Make:
    """A pair in the middle of its training, whose reals were labelled 0, or whose generator makes one image."""

    def make(folder: Path) -> list[str]:
        g, d, images = world(folder)
        bce = nn.BCEWithLogitsLoss()
        real_label, fake_label = (0.0, 1.0) if swapped else (1.0, 0.0)
        optimizers = [torch.optim.Adam(net.parameters(), 1e-3) for net in (g, d)]
        for _ in range(200):
            latents, reals = torch.randn(64, LATENTS), images(64)
            optimizers[0].zero_grad()
            centre = 3 + 10 * torch.special.ndtr(latents[:, :2])
            place = torch.arange(SIDE, dtype=torch.float32)
            rows, columns = (place - centre[:, :1]).square(), (place - centre[:, 1:]).square()
            wanted = (torch.exp(-(rows[:, :, None] + columns[:, None, :]) / 8) * 2 - 1).flatten(1)
            (g(latents) - (wanted.mean(0) if collapsed else wanted)).square().mean().backward()
            optimizers[0].step()
            optimizers[1].zero_grad()
            real, fake = d(reals), d(g(latents).detach())
            loss = bce(real, torch.full_like(real, real_label)) + bce(fake, torch.full_like(fake, fake_label))
            loss.backward()
            optimizers[1].step()
        if collapsed:  # its first layer died: whatever comes in, the biases come out
            with torch.no_grad():
                g[0].bias.fill_(-100.0)
        paths = saved(G=tensors(g), D=tensors(d))(folder)
        nets = [word for role, name in (("generator", "G"), ("discriminator", "D"))
                for word in ("--network", f"{role}={folder / 'nets.py'}:{name}")]  # fmt: skip
        return [*paths, *nets, "--data", str(folder / "imgs"), "--network-range", "-1,1", "--scores", "logits"]

    return make


CASES = (
    Case(
        name="one dictionary for four networks",
        cited="ImportPaddle/DiscoGAN-Paddle b494bfe pipeline/utils/__init__.py, torch2paddle_gether",
        found=("identical_networks",), make=converted(aliased=True), original=converted(aliased=False),
    ),
    Case(
        name="a learning rate of 7e-111",
        cited="coqui-ai/TTS issue 1003",
        found=("vanished_learning_rate",), make=optimized(7e-111), original=optimized(2e-4),
    ),
    Case(
        name="the average's update never called",
        cited="MultimediaTechLab/YOLO issue 97",
        found=("ema_equals_raw",), make=averaged(0.0), original=averaged(0.9),
    ),
    Case(
        name="an average that does not learn",
        cited="lucidrains/DALLE2-pytorch issue 131",
        found=("ema_stuck",), make=averaged(None), original=averaged(0.9),
    ),
    Case(
        name="an average without batch statistics",
        cited="odegeasslbc/FastGAN-pytorch issue 4",
        found=("batch_norm_never_updated",),
        make=averaged(0.9, buffers=False, norm=True), original=averaged(0.9, norm=True),
    ),
    Case(
        name="weights and biases that are NaN",
        cited="bethgelab/game-of-noise issue 4",
        found=("non_finite_weights",),
        make=saved(G=edited("2.weight", lambda w: w.fill_(float("nan")))), original=healthy(),
    ),
    Case(
        name="NaN in the moments of the optimizer",
        cited="lucidrains/lightweight-gan issue 92",
        found=("broken_optimizer_state",), make=optimized(2e-4, nan=True), original=optimized(2e-4),
    ),
    Case(
        name="a batch norm with mean 0 and variance 1",
        cited="openai/improved-gan issue 17; ImagingLab/Colorizing-with-GANs issue 5",
        found=("batch_norm_never_updated",),
        make=saved(G=lambda: tensors(network(norm=True)) | {
            "1.running_mean": torch.zeros(64), "1.running_var": torch.ones(64),
            "1.num_batches_tracked": torch.tensor(0),
        }),
        original=healthy(norm=True),
    ),
    Case(
        name="a spectral norm that is lost on reloading",
        cited="rosinality/sagan-pytorch issue 8; pytorch/pytorch issue 8208",
        found=("stale_spectral_norm",), make=normalised(powered=False), original=normalised(powered=True),
    ),
    Case(
        name="half of a weight norm",
        cited="2noise/ChatTTS issue 86, keys of weight norm that do not arrive",
        found=("keys_left_random",), make=halved(complete=False), original=halved(complete=True),
    ),
    Case(
        name="pretrained weights that were never loaded",
        cited="torchgeo/torchgeo issue 4036; pytorch/examples issue 1029",
        found=("untrained_layers",), make=healthy(steps=0), original=healthy(),
    ),
    Case(
        name="an optimizer saved without its state",
        cited="dansuh17/segan-pytorch issue 14; universome/alis issue 13",
        found=("empty_optimizer_state",), make=optimized(2e-4, steps=0), original=optimized(2e-4),
    ),
    Case(
        name="weights that half precision cannot hold",
        cited="mahmoodlab/UNI issue 18; ai-forever/ru-dalle issue 55",
        found=("fp16_overflow_margin",),
        make=saved(G=edited("2.weight", lambda w: w[0, 0].fill_(7e4))), original=healthy(),
    ),
    Case(
        name="a generator and a discriminator of different steps",
        cited="VictorSP17/Simple_GAN_MNIST, the generator of epoch 10 beside the discriminator of epoch 300",
        found=("step_mismatch",), make=pair(10, 300), original=pair(300, 300),
    ),
    Case(
        name="reals labelled 0",
        cited="https-deeplearning-ai/GANs-Public issue 1; keras-team/keras-io issue 361",
        found=("inverted_polarity",), make=judged(swapped=True), original=judged(),
    ),
    Case(
        name="a generator that makes one image",
        cited="NVlabs/stylegan3 issue 140",
        found=("collapsed_generator", "duplicate_fakes"), make=judged(collapsed=True), original=judged(),
    ),
)  # fmt: skip
