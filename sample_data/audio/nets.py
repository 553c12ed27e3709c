"""A discriminator as a user would write it: HiFi-GAN's period discriminators, made small."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  (the usual name)


class PeriodDiscriminator(nn.Module):
    """Folds a waveform into rows of `period` samples and convolves along the columns.

    Args:
        period: samples a row.
        channels: of the strided convolutions.
    """

    def __init__(self, period: int, channels: tuple[int, ...] = (8, 16, 32)) -> None:
        super().__init__()
        self.period = period
        widths = (1, *channels)
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, (5, 1), (3, 1), (2, 0)) for before, after in pairwise(widths)
        )
        self.conv_post = nn.Conv2d(channels[-1], 1, (3, 1), 1, (1, 0))

    def forward(self, wave: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Raw scores, (N, frames), and the maps after every activation with the scores' own map last.

        Args:
            wave: in [-1, 1]; (N, 1, T).
        """
        wave = F.pad(wave, (0, -wave.shape[-1] % self.period), "reflect")
        hidden = wave.unflatten(-1, (-1, self.period))
        features = []
        for conv in self.convs:
            hidden = F.leaky_relu(conv(hidden), 0.1)
            features.append(hidden)
        hidden = self.conv_post(hidden)
        return hidden.flatten(1), [*features, hidden]


class MultiPeriodDiscriminator(nn.Module):
    """One period discriminator for each of several periods.

    Args:
        periods: in samples.
    """

    def __init__(self, periods: tuple[int, ...] = (2, 3, 5)) -> None:
        super().__init__()
        self.discriminators = nn.ModuleList(PeriodDiscriminator(period) for period in periods)

    def forward(self, wave: Tensor) -> tuple[list[Tensor], list[list[Tensor]]]:
        """Scores and feature maps, one entry a period.

        Args:
            wave: in [-1, 1]; (N, 1, T).
        """
        scores, features = zip(*(judge(wave) for judge in self.discriminators), strict=True)
        return list(scores), list(features)
