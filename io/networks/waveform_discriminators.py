"""The waveform discriminators of HiFi-GAN, VITS and RVC, with the key names of jik876/hifi-gan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

from torch import Tensor, nn
from torch.nn.functional import leaky_relu, pad

from ganloss_cli.io.networks.hifigan import SLOPE
from ganloss_cli.io.networks.spellings import accept_spellings, spectrally_normed

PERIOD_CHANNELS = (32, 128, 512, 1024, 1024)
_PERIOD_STRIDES = (3, 3, 3, 3, 1)
# number of convolutions -> strides: HiFi-GAN's scale discriminator has seven, VITS's six
_SCALE_STRIDES = {7: (1, 2, 2, 4, 4, 1, 1), 6: (1, 4, 4, 4, 4, 1)}


class SubDiscriminator(nn.Module):
    """Convolutions, each with its activation, and one that makes the scores.

    Args:
        convolutions: all but the last.
        last: behind them.
    """

    slope: float = SLOPE  # of the activations below zero

    def __init__(self, convolutions: Iterable[nn.Module], last: nn.Module) -> None:
        super().__init__()
        self.convs = nn.ModuleList(convolutions)
        self.conv_post = last

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, L) and feature maps, one after every activation and the logit map last.

        Args:
            waveform: (N, 1, T).
        """
        features: list[Tensor] = []
        hidden = waveform
        for convolution in self.convs:
            # out of place: a hook on the convolution must not see overwritten values
            hidden = leaky_relu(convolution(hidden), self.slope)
            features.append(hidden)
        logit_map: Tensor = self.conv_post(hidden)
        return logit_map.flatten(1), [*features, logit_map]


class PeriodDiscriminator(SubDiscriminator):
    """Every `period`-th sample side by side, then 5x1 convolutions of stride 3 along time.

    Kong et al. 2020 (arXiv 2010.05646), DiscriminatorP.

    Args:
        period: width of the picture that the waveform is folded into.
        channels: after each of the five convolutions.
        spectral: spectral norm on every layer.
        strides: of the five convolutions.
        post_kernel: of the last convolution.
    """

    def __init__(
        self,
        period: int,
        *,
        channels: Sequence[int] = PERIOD_CHANNELS,
        spectral: bool = False,
        strides: Sequence[int] = _PERIOD_STRIDES,
        post_kernel: int = 3,
    ) -> None:
        convolutions = (
            spectrally_normed(nn.Conv2d(before, after, (5, 1), (stride, 1), padding=(2, 0)), spectral)
            for before, after, stride in zip([1, *channels], channels, strides, strict=False)
        )
        last = spectrally_normed(nn.Conv2d(channels[-1], 1, (post_kernel, 1), padding=(1, 0)), spectral)
        super().__init__(convolutions, last)
        self.period = period

    def forward(self, waveform: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, L) and feature maps, one after every activation and the logit map last.

        Args:
            waveform: (N, 1, T); reflected at its end up to a multiple of the period, where it is not one.
        """
        missing = -waveform.shape[-1] % self.period
        folded = pad(waveform, (0, missing), "reflect") if missing else waveform
        return super().forward(folded.reshape(*folded.shape[:-1], -1, self.period))


class LabelledPeriodDiscriminator(PeriodDiscriminator):
    """Vocos': what it scores is added to by a label, and the map after the first activation is no feature.

    Keys: those of PeriodDiscriminator, and `emb.weight`.

    Args:
        period: width of the picture that the waveform is folded into.
        channels: after each of the five convolutions.
        spectral: spectral norm on every layer.
        n_labels: that it takes; 0 for none.
    """

    def __init__(self, period: int, *, channels: Sequence[int], spectral: bool, n_labels: int) -> None:
        super().__init__(period, channels=channels, spectral=spectral)
        if n_labels:
            self.emb = nn.Embedding(n_labels, channels[-1])

    def forward(self, waveform: Tensor, label: Tensor | None = None) -> tuple[Tensor, list[Tensor]]:
        """Logits (N, L) and feature maps, one after every activation but the first, and the logit map last.

        Args:
            waveform: (N, 1, T).
            label: (N,), where it takes one.
        """
        logits, maps = super().forward(waveform)
        if label is not None:
            maps[-1] = maps[-1] + (self.emb(label)[:, :, None, None] * maps[-2]).sum(1, keepdim=True)
            logits = maps[-1].flatten(1)
        return logits, maps[1:]


class ScaleDiscriminator(SubDiscriminator):
    """Grouped convolutions along time, down-sampling; seven of them in HiFi-GAN, six in VITS.

    Kumar et al. 2019 (arXiv 1910.06711), DiscriminatorS.

    Args:
        channels: after each convolution.
        groups: of each convolution.
        spectral: spectral norm on every layer.
        strides: of each convolution, where they are other ones.
    """

    def __init__(
        self,
        *,
        channels: Sequence[int],
        groups: Sequence[int],
        spectral: bool = False,
        strides: Sequence[int] | None = None,
    ) -> None:
        kernels = (15, *(41,) * (len(channels) - 2), 5)
        strides = strides or _SCALE_STRIDES[len(channels)]
        rows = zip([1, *channels], channels, kernels, strides, groups, strict=False)
        convolutions = (
            spectrally_normed(nn.Conv1d(before, after, kernel, stride, padding=kernel // 2, groups=parts), spectral)
            for before, after, kernel, stride, parts in rows
        )
        super().__init__(convolutions, spectrally_normed(nn.Conv1d(channels[-1], 1, 3, padding=1), spectral))


class WaveformDiscriminator(nn.Module):
    """Several sub-discriminators that score one waveform.

    Args:
        discriminators: the sub-discriminators.
        pool: what each sees of the waveform that the one before it saw; None for all of it.
    """

    container: ClassVar[str] = "discriminators"  # the key name before those of the sub-discriminators

    def __init__(self, discriminators: nn.ModuleList | nn.ModuleDict, pool: nn.Module | None = None) -> None:
        super().__init__()
        self.add_module(self.container, discriminators)
        self.pool = pool or nn.Identity()
        accept_spellings(self)

    def sub_discriminators(self, waveform: Tensor) -> Iterator[tuple[Tensor, list[Tensor]]]:
        """Logits and feature maps of one sub-discriminator after the other; nothing is kept between them.

        Args:
            waveform: in [-1, 1]; (N, 1, T).
        """
        for index, discriminator in enumerate(self.get_submodule(self.container).children()):
            waveform = self.pool(waveform) if index else waveform
            yield discriminator(waveform)

    def forward(self, waveform: Tensor) -> tuple[list[Tensor], list[list[Tensor]]]:
        """Logits and feature maps of all sub-discriminators.

        Args:
            waveform: in [-1, 1]; (N, 1, T).

        Returns:
            logits, raw scores, (N, L) each, of MelGAN (N, 1, L); and features, the logit map last in each list.
        """
        outputs = list(self.sub_discriminators(waveform))
        return [logits for logits, _ in outputs], [features for _, features in outputs]


class LabelledDiscriminator(WaveformDiscriminator):
    """One whose sub-discriminators may take labels."""

    def forward(self, waveform: Tensor, label: Tensor | None = None) -> tuple[list[Tensor], list[list[Tensor]]]:
        """The same as without labels.

        Args:
            waveform: in [-1, 1]; (N, 1, T).
            label: (N,), where they take one.
        """
        if label is None:
            return super().forward(waveform)
        outputs = [discriminator(waveform, label) for discriminator in self.get_submodule(self.container).children()]
        return [logits for logits, _ in outputs], [features for _, features in outputs]


class MultiPeriodDiscriminator(LabelledDiscriminator):
    """HiFi-GAN's MPD: one sub-discriminator a period.

    Args:
        periods: 2, 3, 5, 7, 11 in HiFi-GAN.
        channels: of the convolutions.
        spectral: spectral norm on every layer, instead of weight norm.
        n_labels: that they take without a first map, as Vocos' do; 0 for none.
        first_map: whether the map after the first activation is among the features, which it is not in Vocos.
    """

    def __init__(
        self,
        *,
        periods: Sequence[int] = (2, 3, 5, 7, 11),
        channels: Sequence[int] = PERIOD_CHANNELS,
        spectral: bool = False,
        n_labels: int = 0,
        first_map: bool = True,
    ) -> None:
        if first_map:
            folds = [PeriodDiscriminator(period, channels=channels, spectral=spectral) for period in periods]
        else:
            own: dict[str, Any] = {"channels": channels, "spectral": spectral, "n_labels": n_labels}
            folds = [LabelledPeriodDiscriminator(period, **own) for period in periods]
        super().__init__(nn.ModuleList(folds))


class MultiScaleDiscriminator(WaveformDiscriminator):
    """HiFi-GAN's MSD: the waveform, its half rate, its quarter rate.

    Args:
        channels: of the convolutions.
        groups: of the convolutions.
        n_scales: sub-discriminators; 3 in HiFi-GAN.
        spectral_scales: those under spectral norm, instead of weight norm; in HiFi-GAN the first.
    """

    def __init__(
        self,
        *,
        channels: Sequence[int] = (128, 128, 256, 512, 1024, 1024, 1024),
        groups: Sequence[int] = (1, 4, 16, 16, 16, 16, 1),
        n_scales: int = 3,
        spectral_scales: Sequence[int] = (0,),
    ) -> None:
        scales = (
            ScaleDiscriminator(channels=channels, groups=groups, spectral=scale in spectral_scales)
            for scale in range(n_scales)
        )
        super().__init__(nn.ModuleList(scales), nn.AvgPool1d(4, 2, padding=2))


class ScaleAndPeriodDiscriminator(WaveformDiscriminator):
    """The discriminator of VITS and RVC: one on the waveform itself, then one a period.

    Kim et al. 2021 (arXiv 2106.06103). Upstream calls it MultiPeriodDiscriminator.

    Args:
        periods: 2, 3, 5, 7, 11 in VITS.
        period_channels: of the period discriminators' convolutions.
        scale_channels: of the first sub-discriminator's convolutions.
        scale_groups: of the first sub-discriminator's convolutions.
        spectral: spectral norm on every layer, instead of weight norm.
    """

    def __init__(
        self,
        *,
        periods: Sequence[int] = (2, 3, 5, 7, 11),
        period_channels: Sequence[int] = PERIOD_CHANNELS,
        scale_channels: Sequence[int] = (16, 64, 256, 1024, 1024, 1024),
        scale_groups: Sequence[int] = (1, 4, 16, 64, 256, 1),
        spectral: bool = False,
    ) -> None:
        whole = ScaleDiscriminator(channels=scale_channels, groups=scale_groups, spectral=spectral)
        folds = [PeriodDiscriminator(period, channels=period_channels, spectral=spectral) for period in periods]
        super().__init__(nn.ModuleList([whole, *folds]))
