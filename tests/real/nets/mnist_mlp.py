"""The MLP pair of dsjardim/pytorch_gan, as its owner would write it for `--network`."""

from torch import nn


class Generator(nn.Sequential):
    def __init__(self, latent=64, hidden=256):
        super().__init__(
            nn.Linear(latent, hidden), nn.ReLU(),
            nn.Linear(hidden, hidden), nn.ReLU(),
            nn.Linear(hidden, 784), nn.Tanh(),
        )  # fmt: skip


class Discriminator(nn.Sequential):
    def __init__(self, hidden=256):
        super().__init__(
            nn.Linear(784, hidden), nn.LeakyReLU(0.2),
            nn.Linear(hidden, hidden), nn.LeakyReLU(0.2),
            nn.Linear(hidden, 1), nn.Sigmoid(),
        )  # fmt: skip
