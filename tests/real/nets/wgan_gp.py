"""The convolutional pair of akanametov/WGAN-GP (1a83884)."""

from torch import nn

from .blocks import Block  # noqa: TID252  as a user would write it


class Generator(nn.Module):
    def __init__(self, latent=64, width=64):
        super().__init__()
        self.model = nn.Sequential(
            Block(nn.ConvTranspose2d(latent, 4 * width, 3, 2), 4 * width, nn.ReLU()),
            Block(nn.ConvTranspose2d(4 * width, 2 * width, 4, 1), 2 * width, nn.ReLU()),
            Block(nn.ConvTranspose2d(2 * width, width, 3, 2), width, nn.ReLU()),
            nn.ConvTranspose2d(width, 1, 4, 2),
            nn.Tanh(),
        )

    def forward(self, z):
        return self.model(z)


class Critic(nn.Module):
    def __init__(self, width=64):
        super().__init__()
        self.model = nn.Sequential(
            Block(nn.Conv2d(1, width, 4, 2), width, nn.LeakyReLU(0.2)),
            Block(nn.Conv2d(width, 2 * width, 4, 2), 2 * width, nn.LeakyReLU(0.2)),
            nn.Conv2d(2 * width, 1, 4, 2),
        )

    def forward(self, x):
        return self.model(x).flatten(1)
