"""R1 and the gradient penalty of a StyleGAN2 discriminator beside the double backward of its own training code.

    python benchmarks/penalties.py --width 512 --repeats 7

Both call the same network with random weights on the same images, in turn, because the speed of a machine drifts. What
training differentiates a second time is not asked for in an evaluation: ours keeps no graph of the first slopes.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from ganloss_cli.evaluators import losses
from ganloss_cli.io.networks.stylegan2_discriminator import StyleGAN2Discriminator

Measure = Callable[[], object]


def scores(network: nn.Module, images: Tensor) -> Tensor:
    """Without the maps that our networks give beside them."""
    return network(images)[0][0]  # type: ignore[no-any-return]


def own_r1(network: nn.Module, real: Tensor) -> Tensor:
    """rosinality/stylegan2-pytorch train.py, d_r1_loss."""
    real = real.detach().requires_grad_()
    (slopes,) = torch.autograd.grad(scores(network, real).sum(), real, create_graph=True)
    return slopes.pow(2).reshape(len(slopes), -1).sum(1).mean()


def own_gp(network: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """caogang/wgan-gp gan_mnist.py, calc_gradient_penalty, its norm over the whole sample."""
    share = torch.rand(len(real), 1, 1, 1)
    between = (share * real + (1 - share) * fake).detach().requires_grad_()
    made = scores(network, between)
    (slopes,) = torch.autograd.grad(
        made, between, grad_outputs=torch.ones_like(made), create_graph=True, retain_graph=True
    )
    return ((slopes.flatten(1).norm(2, dim=1) - 1) ** 2).mean()


def ratio(ours: Measure, theirs: Measure, repeats: int) -> float:
    """Median over the rounds of the CPU time of ours over theirs; the first round warms up."""
    ratios = []
    for _ in range(repeats + 1):
        seconds = []
        for measure in (ours, theirs):
            started = time.process_time()
            measure()
            seconds.append(time.process_time() - started)
        ratios.append(seconds[0] / seconds[1])
    return statistics.median(ratios[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=4)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--width", type=int, default=64, help="channels; rosinality's networks have 512")
    parser.add_argument("--repeats", type=int, default=7)
    arguments = parser.parse_args()
    torch.set_num_threads(1)  # threads that wait for each other take CPU time too
    stages = arguments.side.bit_length() - 2
    network = StyleGAN2Discriminator(channels=[arguments.width] * stages)
    generator = torch.Generator().manual_seed(0)
    for weights in network.parameters():
        weights.data.normal_(generator=generator)
    shape = arguments.samples, 3, arguments.side, arguments.side
    real, fake = (torch.rand(shape, generator=generator) * 2 - 1 for _ in range(2))

    def critic(images: Tensor) -> list[Tensor]:
        return network(images)[0]  # type: ignore[no-any-return]

    def drawn(name: str, shape: tuple[int, ...], kind: str) -> Tensor:
        return torch.rand(len(real), *shape)

    ours: dict[str, Callable[[], Tensor]] = {
        "r1": lambda: losses.r1(real, critic),
        "gp": lambda: losses.gp(real, fake, critic, drawn)["between"],
    }
    theirs: dict[str, Callable[[], Tensor]] = {
        "r1": lambda: own_r1(network, real),
        "gp": lambda: own_gp(network, real, fake),
    }
    for name in ours:
        evaluated = ratio(torch.no_grad()(ours[name]), theirs[name], arguments.repeats)
        trained = ratio(_trained(ours[name]), _trained(theirs[name]), arguments.repeats)
        print(f"{name}: {evaluated:.2f} x as evaluated, {trained:.2f} x with the second backward", flush=True)


def _trained(penalty: Callable[[], Tensor]) -> Measure:
    return lambda: penalty().mean().backward()


if __name__ == "__main__":
    main()
