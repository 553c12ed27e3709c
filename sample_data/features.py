"""A network that gives features of pictures, as a user would write it; run, it saves one with random weights."""

import torch
from torch import nn


class Features(nn.Sequential):
    """(N, 3, H, W) on [0, 1] to (N, 16): colours and edges, averaged over four quarters."""

    def __init__(self) -> None:
        super().__init__(nn.Conv2d(3, 4, 5, stride=2), nn.LeakyReLU(0.2), nn.AdaptiveAvgPool2d(2), nn.Flatten())


if __name__ == "__main__":
    torch.manual_seed(0)
    torch.save(Features().state_dict(), "features.pt")
