"""Figures of stacks of layers: MLP pairs, DCGAN with its forks, WGAN-GP, DiscoGAN."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from figures import Case, classes, judged, main
from torch import Tensor, nn

_EXAMPLES = "pytorch/examples"
_CSINVA = "csinva/gan-vae-pretrained-pytorch"


def _examples(clones: Path, name: str, n_channels: int) -> nn.Module:
    sizes = {"nz": 10, "ngf": 4, "ndf": 4, "nc": n_channels}
    return classes(clones / "examples" / "dcgan" / "main.py", [name], **sizes)[name](1)


def _csinva(folder: str, name: str, **arguments: int) -> Callable[[Path], nn.Module]:
    path = Path("gan-vae-pretrained-pytorch") / folder / "dcgan.py"
    return lambda clones: classes(clones / path, [name])[name](1, **arguments)


def _yunjey(clones: Path, name: str) -> nn.Module:
    path = clones / "pytorch-tutorial" / "tutorials" / "03-advanced" / "generative_adversarial_network" / "main.py"
    return classes(path, [name], image_size=64, hidden_size=256, latent_size=16, device="cpu")[name]


def _pytorch_gan(clones: Path, name: str) -> nn.Module:
    class Options:
        latent_dim = 12

    path = clones / "PyTorch-GAN" / "implementations" / "gan" / "gan.py"
    return classes(path, [name], opt=Options, img_shape=(1, 8, 8))[name]()


def _akanametov(clones: Path, name: str, *arguments: int) -> nn.Module:
    return classes(clones / "WGAN-GP" / "utils.py", ["ConvBnReLU", "ConvBnLeakyReLU", name])[name](*arguments)


def _skt(clones: Path, name: str, **arguments: bool) -> nn.Module:
    return classes(clones / "DiscoGAN" / "discogan" / "model.py", [name])[name](**arguments)


def _vae(clones: Path) -> nn.Module:
    return classes(clones / "gan-vae-pretrained-pytorch" / "mnist_vae" / "vae.py", ["VAE"])["VAE"]()


def _flat_score(network: Any, image: Tensor) -> Any:
    """Its maps after every activation; its score as its forward returns it."""
    scores, maps = judged(network.main, image, torch.flatten)
    assert torch.equal(scores[0], network(image))
    return scores, maps


def _critic(network: Any, image: Tensor) -> Any:
    """A critic of blocks: its maps after every block."""
    maps = [network.model[0](image)]
    for block in (*network.model[1:],):
        maps.append(block(maps[-1]))
    return [network(image)[:, 0]], [maps]


CASES = {
    "dcgan generator": Case(
        repository=_EXAMPLES,
        construction="Generator(nz=10, ngf=4, nc=3)",
        build=lambda clones: _examples(clones, "Generator", 3),
        input_shape=(3, 10, 1, 1),
    ),
    "dcgan discriminator": Case(
        repository=_EXAMPLES,
        construction="Discriminator(ndf=4, nc=1)",
        build=lambda clones: _examples(clones, "Discriminator", 1),
        input_shape=(3, 1, 64, 64),
        call=_flat_score,
    ),
    "csinva mnist generator": Case(
        repository=_CSINVA,
        construction="mnist_dcgan Generator(nc=1, nz=10, ngf=4)",
        build=_csinva("mnist_dcgan", "Generator", nc=1, nz=10, ngf=4),
        input_shape=(3, 10, 1, 1),
        config={"--arch-args": {"paddings": "0x1x1x1x2"}},
    ),
    "csinva cifar generator": Case(
        repository=_CSINVA,
        construction="cifar10_dcgan Generator(nc=3, nz=10, ngf=4)",
        build=_csinva("cifar10_dcgan", "Generator", nc=3, nz=10, ngf=4),
        input_shape=(3, 10, 1, 1),
    ),
    "csinva mnist discriminator": Case(
        repository=_CSINVA,
        construction="mnist_dcgan Discriminator(nc=1, ndf=4)",
        build=_csinva("mnist_dcgan", "Discriminator", nc=1, ndf=4),
        input_shape=(3, 1, 28, 28),
        call=_flat_score,
    ),
    "csinva cifar discriminator": Case(
        repository=_CSINVA,
        construction="cifar10_dcgan Discriminator(nc=3, ndf=4)",
        build=_csinva("cifar10_dcgan", "Discriminator", nc=3, ndf=4),
        input_shape=(3, 3, 32, 32),
        call=_flat_score,
    ),
    "wgan-gp generator": Case(
        repository="akanametov/WGAN-GP",
        construction="Generator(6, 4, 1)",
        build=lambda clones: _akanametov(clones, "Generator", 6, 4, 1),
        input_shape=(3, 6, 1, 1),
    ),
    "wgan-gp critic": Case(
        repository="akanametov/WGAN-GP",
        construction="Critic(1, 4)",
        build=lambda clones: _akanametov(clones, "Critic", 1, 4),
        input_shape=(3, 1, 28, 28),
        call=_critic,
    ),
    "mlp generator": Case(
        repository="yunjey/pytorch-tutorial",
        construction="G with latent_size=16, hidden_size=256, image_size=64",
        build=lambda clones: _yunjey(clones, "G"),
        input_shape=(3, 16),
        call=lambda network, latents: network(latents).reshape(-1, 1, 8, 8),
    ),
    "mlp discriminator": Case(
        repository="yunjey/pytorch-tutorial",
        construction="D with hidden_size=256, image_size=64",
        build=lambda clones: _yunjey(clones, "D"),
        input_shape=(3, 64),
        call=judged,
    ),
    "pytorch-gan generator": Case(
        repository="eriklindernoren/PyTorch-GAN",
        construction="gan.py Generator() with latent_dim=12, img_shape=(1, 8, 8)",
        build=lambda clones: _pytorch_gan(clones, "Generator"),
        input_shape=(3, 12),
    ),
    "pytorch-gan discriminator": Case(
        repository="eriklindernoren/PyTorch-GAN",
        construction="gan.py Discriminator() with img_shape=(1, 8, 8)",
        build=lambda clones: _pytorch_gan(clones, "Discriminator"),
        input_shape=(3, 1, 8, 8),
        call=lambda network, image: judged(network.model, image.flatten(1)),
        config={"--arch-args": {"end": "sigmoid"}},
    ),
    "vae": Case(
        repository=_CSINVA,
        construction="mnist_vae VAE(), its mean decoded",
        build=_vae,
        input_shape=(2, 1, 28, 28),
        call=lambda network, image: [network.decode((q := network.encode(image.flatten(1)))[0]).view_as(image), *q],
        call_ours=lambda network, image: network(image, torch.zeros(2, 20)),
    ),
    "discogan generator": Case(
        repository="SKTBrain/DiscoGAN",
        construction="Generator()",
        build=lambda clones: _skt(clones, "Generator"),
        input_shape=(1, 3, 32, 32),
    ),
    "discogan generator extra": Case(
        repository="SKTBrain/DiscoGAN",
        construction="Generator(extra_layers=True)",
        build=lambda clones: _skt(clones, "Generator", extra_layers=True),
        input_shape=(1, 3, 64, 64),
    ),
    "discogan discriminator": Case(
        repository="SKTBrain/DiscoGAN",
        construction="Discriminator()",
        build=lambda clones: _skt(clones, "Discriminator"),
        input_shape=(1, 3, 64, 64),
        call=lambda network, image: [[(out := network(image))[0]], [out[1]]],
    ),
}

if __name__ == "__main__":
    main("stacks", CASES)
