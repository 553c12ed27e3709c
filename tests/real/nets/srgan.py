"""The x4 generator of leftthomas/SRGAN and its forks."""

import torch
from blocks import Residual, Upsample
from torch import nn


class Generator(nn.Module):
    def __init__(self, residual_blocks=5):
        super().__init__()
        self.block1 = nn.Sequential(nn.Conv2d(3, 64, 9, padding=4), nn.PReLU())
        for k in range(residual_blocks):
            setattr(self, f"block{k + 2}", Residual(64))
        self.names = [f"block{k + 2}" for k in range(residual_blocks)]
        self.block7 = nn.Sequential(nn.Conv2d(64, 64, 3, padding=1), nn.BatchNorm2d(64))
        self.block8 = nn.Sequential(Upsample(64), Upsample(64), nn.Conv2d(64, 3, 9, padding=4))

    def forward(self, x):
        first = x = self.block1(x)
        for name in self.names:
            x = getattr(self, name)(x)
        return (torch.tanh(self.block8(first + self.block7(x))) + 1) / 2
