"""CPU seconds of one computation, ours or a peer's; `all.py` sets two of them beside each other.

    python benchmarks/measured.py ssim 1

The first round warms up. The number is that of torch's threads, all of them by default. Threads that wait for each
other take CPU time too, and more on a busy machine; one thread shows the arithmetic alone.

On one core the multi-resolution STFT loss takes 0.2 to 0.25 of auraloss's time. Its windows and transforms alone
(`transforms`) take 0.13, which is the least that torch's transforms allow; magnitudes 0.02, logarithms 0.02, and what
is done once with every pair of bins the rest. What did not pay: blocks of other sizes, which leave the cache or are
overhead of calls; memory that is used again for every block; torch's `log1p` and `rsqrt`,
which are faster than its `log` and `sqrt` with AVX-512 alone. Packing real and fake into one complex transform was not
tried: the quieter of the two is lost in the rounding of the louder.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

Computation = Callable[[], object]

RATE, N_FFT, HOP, BANDS = 22050, 1024, 256, 80  # of HiFi-GAN's mel spectrogram
ROUNDS, SECONDS = 9, 5.0  # whichever is first


def _normal(*shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def _pictures() -> tuple[Tensor, Tensor]:
    real = torch.rand(8, 3, 512, 512, generator=torch.Generator().manual_seed(0))
    return real, (real + 0.1 * _normal(*real.shape)).clamp(0, 1)


def of_pictures(name: str) -> Computation:
    """A loss of 8 x 3 x 512 x 512 pixels."""
    from ganloss_cli.evaluators import losses

    return partial(getattr(losses, name), *_pictures())


def one_pass() -> Computation:
    """What every loss of pixels has to do at least: read both arrays."""
    real, fake = (images.numpy() for images in _pictures())
    return lambda: real.sum() + fake.sum()


def _waveforms() -> tuple[Tensor, Tensor]:
    real = 0.1 * _normal(8, 1, 88200)
    return real, real + 0.01 * _normal(*real.shape).flip(-1)


def of_waveforms(name: str, **settings: Any) -> Computation:
    """A loss of 8 waveforms of 4 s at 22 kHz."""
    from ganloss_cli.evaluators import losses

    return partial(getattr(losses, name), *_waveforms(), **settings)


def auraloss() -> Computation:
    """The loss that `mrstft:auraloss` is the convention of."""
    from auraloss.freq import MultiResolutionSTFTLoss

    real, fake = _waveforms()
    return partial(MultiResolutionSTFTLoss(), fake, real)


def transforms() -> Computation:
    """The windows and transforms of that loss alone, in blocks that stay in a cache."""
    signals = torch.cat(_waveforms())[:, 0]
    sizes = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))

    def compute() -> None:
        for n_fft, hop, window in sizes:
            shape = functional.pad(torch.hann_window(window), ((n_fft - window) // 2,) * 2)
            frames = functional.pad(signals, (n_fft // 2,) * 2).unfold(1, n_fft, hop)
            for block in (part for signal in frames for part in signal.split((1 << 18) // n_fft)):
                torch.fft.rfft(block * shape)

    return compute


def dense_mel() -> Computation:
    """jik876/hifi-gan@4769534 meldataset.py, mel_spectrogram, and the loss of train.py."""
    from ganloss_cli.evaluators.losses.mel_filters import mel_filters

    filters = mel_filters(RATE, N_FFT, BANDS, 0.0, None, "slaney").float()
    window = torch.hann_window(N_FFT)

    def spectrogram(waves: Tensor) -> Tensor:
        padded = functional.pad(waves, ((N_FFT - HOP) // 2,) * 2, mode="reflect").squeeze(1)
        spectrum = torch.view_as_real(torch.stft(padded, N_FFT, HOP, N_FFT, window, center=False, return_complex=True))
        magnitudes = torch.sqrt(spectrum.pow(2).sum(-1) + 1e-9)
        return torch.log(torch.clamp(filters @ magnitudes, min=1e-5))

    real, fake = _waveforms()
    return lambda: functional.l1_loss(spectrogram(real), spectrogram(fake))


def _discriminator() -> nn.Module:
    """rosinality's StyleGAN2 discriminator of 64 x 64 pixels, with all of its 512 channels."""
    from ganloss_cli.io.networks.stylegan2_discriminator import StyleGAN2Discriminator

    network = StyleGAN2Discriminator(channels=[512] * 5)
    for weights in network.parameters():
        weights.data.copy_(_normal(*weights.shape))
    return network


def _faces() -> tuple[Tensor, Tensor]:
    return _normal(4, 3, 64, 64), _normal(4, 3, 64, 64).flip(-1)


def own_r1() -> Computation:
    """rosinality/stylegan2-pytorch train.py, d_r1_loss, which training differentiates once more."""
    network, (real, _) = _discriminator(), _faces()

    @torch.enable_grad()
    def compute() -> Tensor:
        images = real.detach().requires_grad_()
        (slopes,) = torch.autograd.grad(network(images)[0][0].sum(), images, create_graph=True)
        return slopes.pow(2).reshape(len(slopes), -1).sum(1).mean()

    return compute


def own_gp() -> Computation:
    """caogang/wgan-gp gan_mnist.py, calc_gradient_penalty, with one number a sample."""
    network, (real, fake) = _discriminator(), _faces()

    @torch.enable_grad()
    def compute() -> Tensor:
        share = torch.rand(len(real), 1, 1, 1)
        between = (share * real + (1 - share) * fake).detach().requires_grad_()
        scores = network(between)[0][0]
        (slopes,) = torch.autograd.grad(
            scores, between, grad_outputs=torch.ones_like(scores), create_graph=True, retain_graph=True
        )
        return ((slopes.flatten(1).norm(2, dim=1) - 1) ** 2).mean()

    return compute


def of_critic(name: str) -> Computation:
    """R1 or the gradient penalty, as an evaluation computes it."""
    from ganloss_cli.evaluators import losses

    network, (real, fake) = _discriminator(), _faces()

    def critic(images: Tensor) -> list[Tensor]:
        return network(images)[0]  # type: ignore[no-any-return]

    if name == "r1":
        return lambda: losses.r1(real, critic)
    return lambda: losses.gp(real, fake, critic, lambda _, shape, kind: torch.rand(len(real), *shape))


MEASURED: dict[str, Callable[[], Computation]] = {
    **{name: partial(of_pictures, name) for name in ("ssim", "ms_ssim", "psnr", "mse", "l1")},
    "one_pass": one_pass,
    "mrstft": partial(of_waveforms, "mrstft", norms="set", floor=1e-8),
    "auraloss": auraloss,
    "transforms": transforms,
    "mel": partial(of_waveforms, "mel", sample_rate=RATE),
    "dense_mel": dense_mel,
    "r1": partial(of_critic, "r1"),
    "own_r1": own_r1,
    "gp": partial(of_critic, "gp"),
    "own_gp": own_gp,
}


def main() -> None:
    name, *threads = sys.argv[1:]
    if threads:
        torch.set_num_threads(int(threads[0]))
    compute = MEASURED[name]()
    seconds: list[float] = []
    with torch.no_grad():
        while len(seconds) <= ROUNDS and sum(seconds) < SECONDS:
            started = time.process_time()
            compute()
            seconds.append(time.process_time() - started)
    print(statistics.median(seconds[1:] or seconds))


if __name__ == "__main__":
    main()
