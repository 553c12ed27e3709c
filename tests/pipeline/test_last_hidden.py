"""The last hidden layer of a discriminator: what the layers that give its logits take."""

import torch
from torch import Tensor, nn

from ganloss_cli.io.networks.dcgan import ConvolutionStack
from ganloss_cli.pipeline.checkpoint.last_hidden import last_hidden


class Two(nn.Module):
    """Patch maps at two scales; layers are called in the order of the scales."""

    def __init__(self) -> None:
        super().__init__()
        self.bodies = nn.ModuleList(nn.Conv2d(1, 2, 1) for _ in range(2))
        self.heads = nn.ModuleList(nn.Conv2d(2, 1, 1) for _ in range(2))

    def forward(self, x: Tensor) -> list[Tensor]:
        scales = (x, nn.functional.avg_pool2d(x, 2))
        return [head(body(each)) for body, head, each in zip(self.bodies, self.heads, scales, strict=True)]


def test_the_hidden_layer_of_a_perceptron_is_what_its_last_linear_layer_takes() -> None:
    net = nn.Sequential(nn.Linear(6, 4), nn.ReLU(), nn.Linear(4, 1), nn.Sigmoid())
    samples = torch.randn(5, 6)

    hidden = last_hidden([net], lambda: [net(samples)])

    assert hidden is not None
    assert torch.equal(hidden, net[:2](samples).double())
    assert not any(layer._forward_hooks for layer in net.modules())


def test_scales_stand_side_by_side_averaged_over_positions() -> None:
    net, samples = Two(), torch.randn(3, 1, 4, 4)

    hidden = last_hidden([net], lambda: net(samples))

    assert hidden is not None
    assert hidden.shape == (3, 4)
    (of_second, of_first) = hidden.split(2, dim=1)
    assert torch.allclose(of_first, net.bodies[0](samples).mean((2, 3)).double(), atol=1e-6)
    assert torch.allclose(of_second, net.bodies[1](nn.functional.avg_pool2d(samples, 2)).mean((2, 3)).double())


def test_without_layers_that_give_the_logits_there_is_none() -> None:
    net = nn.Sequential(nn.Linear(6, 4), nn.ReLU())

    assert last_hidden([net], lambda: [net(torch.randn(5, 6)).mean(1)]) is None


def test_a_critic_whose_last_stride_is_found_from_its_image_has_a_hidden_layer() -> None:
    keys = [f"model.{k}" for k in range(3)]
    critic = ConvolutionStack(
        transposed=False, keys=keys, channels=[1, 4, 6, 1], kernels=[4, 4, 4], strides=[2, 2, 1], paddings=[0, 0, 0],
        biased=[True] * 3, norm_keys=[None] * 3, activation="leaky_relu", slope=0.2, end="none", judges=True,
        last=[(1, 0), (2, 0)],
    )  # fmt: skip
    images = torch.randn(3, 1, 28, 28)

    hidden = last_hidden([critic], lambda: critic(images)[0])

    assert hidden is not None
    assert torch.allclose(hidden, critic(images)[1][0][1].mean((2, 3)).double())
