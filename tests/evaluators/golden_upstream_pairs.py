"""Numbers of losses of pairs from public code bases, each computed by its own code on the inputs below.

`python tests/evaluators/upstream --upstream DIR` computes them again from clones. Many sources work in float32.
"""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.grad import conv2d_weight


def pictures(start: float, noise: float, height: int = 26, width: int = 21) -> Tensor:
    """Two RGB pictures on [0, 1], by a formula; `noise` is how far the copy is from the original."""
    n, c = torch.arange(2, dtype=torch.float64).view(-1, 1, 1, 1), torch.arange(3, dtype=torch.float64).view(-1, 1, 1)
    i, j = torch.arange(height, dtype=torch.float64).view(-1, 1), torch.arange(width, dtype=torch.float64)
    smooth = 0.5 + 0.35 * torch.sin(start + 0.11 * i + 0.07 * (c + 1) * j + n)
    return smooth + noise * torch.cos(0.9 * i + 1.3 * j + c + n)


def signal(start: float, samples: int, channels: int, length: int) -> Tensor:
    """Waveforms with a few tones, a rise, an offset and noise in every band, well inside [-1, 1]."""
    n = torch.arange(samples, dtype=torch.float64).view(-1, 1, 1) + 0.5 * torch.arange(channels).view(-1, 1)
    t = torch.arange(length, dtype=torch.float64)
    tones = sum(torch.sin((0.03 * k**2 + 0.01 * n) * t + k * start) / k for k in (1, 2, 3, 5, 8))
    noise = torch.remainder(torch.sin(12.9898 * (t + length * n + start)) * 43758.5453, 1) - 0.5
    return 0.2 * tones * (0.3 + t / length) * (1 + n) / 2 + 0.05 * noise + 0.02


def vgg(depth: int) -> nn.Sequential:
    """The layers of a VGG in their order, with few channels, and weights by a formula."""
    convolutions = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}[depth]
    layers: list[nn.Module] = []
    before = 3
    for after, count in zip((3, 4, 5, 6, 6), convolutions, strict=True):
        for _ in range(count):
            layer = nn.Conv2d(before, after, 3, padding=1, dtype=torch.float64)
            weights = torch.arange(layer.weight.numel(), dtype=torch.float64)
            layer.weight.data = (torch.sin(2.3 * weights + len(layers)) / math.sqrt(4 * before)).view_as(layer.weight)
            layer.bias.data = 0.1 * torch.cos(1.7 * torch.arange(after, dtype=torch.float64))  # type: ignore[union-attr]
            layers += [layer, nn.ReLU()]
            before = after
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def maps(depth: int, *positions: int) -> Callable[[Tensor], list[Tensor]]:
    """What those layers give."""

    def seen(images: Tensor) -> list[Tensor]:
        found = []
        for position, layer in enumerate(vgg(depth)):
            images = layer(images)
            if position in positions:
                found.append(images)
        return found

    return seen


class Looked:
    """That VGG16 with linear layers, as LPIPS sees it."""

    linear = tuple(torch.cos(torch.arange(width, dtype=torch.float64)).abs() for width in (3, 4, 5, 6, 6))

    def __call__(self, images: Tensor, channels: object = None, /) -> list[Tensor]:
        return maps(16, 3, 8, 15, 22, 29)(images)


def last_layer(slopes: Tensor) -> Tensor:
    """Gradients at pictures that a convolution made of HIDDEN as those at its weights."""
    pairs = zip(HIDDEN.split(1), slopes.split(1), strict=True)
    return torch.stack([conv2d_weight(one, LAST.shape, slope, padding=1).flatten() for one, slope in pairs])


def discriminator(images: Tensor) -> Tensor:
    """One smooth discriminator with patches, and steep enough that no weight of its loss is clamped."""
    seen = torch.tanh(functional.conv2d(images, _filled(0.6, 4, 3, 2, 2) / 3))
    return 900 * functional.conv2d(seen, _filled(0.7, 1, 4, 1, 1))


def _filled(start: float, *shape: int) -> Tensor:
    position = torch.arange(math.prod(shape), dtype=torch.float64)
    return (1.3 * torch.sin(start + 0.7 * position) + 0.4 * torch.cos(1.9 * position)).view(shape)


LINEAR = Looked.linear
HIDDEN, LAST = _filled(0.2, 2, 4, 37, 41), _filled(0.5, 3, 4, 3, 3) / 12
LARGE_REAL, LARGE_FAKE = pictures(0.3, 0.0, 37, 41), pictures(0.3, 0.06, 37, 41)
LARGE = {"real": LARGE_REAL, "fake": LARGE_FAKE}
REAL, FAKE = pictures(0.3, 0.0), pictures(0.3, 0.06)
MONO = {"real": signal(0.4, 3, 1, 9000), "fake": signal(0.4, 3, 1, 9000) + 0.1 * signal(1.7, 3, 1, 9000)}
STEREO = {"real": signal(0.4, 2, 2, 3000), "fake": 0.8 * signal(0.4, 2, 2, 3000) + 0.1 * signal(1.7, 2, 2, 3000)}
SPECTROGRAMS = {
    "mask": pictures(1.0, 0.1), "target": pictures(2.0, 0.1),
    "residual": pictures(3.0, 0.1), "mixture": pictures(2.2, 0.1),
}  # fmt: skip
ADAPTED = {
    "real": 2 * LARGE_REAL - 1, "fake": functional.conv2d(HIDDEN, LAST, padding=1), "backbone": Looked(),
    "last_layer": last_layer, "discriminator": discriminator,
}  # fmt: skip
DOMAINS = {"real_A": REAL, "rec_A": FAKE, "real_B": pictures(1.0, 0.0), "rec_B": pictures(1.1, 0.1)}

INPUTS = {
    "PICTURES": {"real": REAL, "fake": FAKE},
    "PICTURE": {"fake": FAKE},
    "MONO": MONO,
    "STEREO": STEREO,
    "MASKED": {name: SPECTROGRAMS[name] for name in ("mask", "target", "residual")},
    "MIXED": {name: SPECTROGRAMS[name] for name in ("mask", "mixture", "target")},
    "DOMAINS": DOMAINS,
    "FIVE_SCALES": {"real": pictures(0.3, 0.0, 180, 190), "fake": pictures(0.3, 0.06, 180, 190)},
    # conv1_2 ... conv5_4, relu1_1 ... relu5_1 and the poolings, by torchvision's positions
    "VGG_BEFORE": LARGE | {"backbone": maps(19, 2, 7, 16, 25, 34)},
    "VGG_FIRST": LARGE | {"backbone": maps(19, 1, 6, 11, 20, 29)},
    "VGG_POOLED": LARGE | {"backbone": maps(16, 4, 9, 16, 23, 30)},
    "RECONSTRUCTED": {
        "real": (ADAPTED["real"] + 1) / 2,
        "fake": (ADAPTED["fake"] + 1) / 2,
        "backbone": Looked(),
    },
    "ADAPTED": ADAPTED,
    "STILL": {name.replace("rec", "idt"): images for name, images in DOMAINS.items()},
}
SEVEN = (32, 64, 128, 256, 512, 1024, 2048)  # window lengths of DAC
RATES = {
    "vocos": 24000, "audiocraft": 24000, "bigvgan_24k": 24000, "dac": 44100, "bigvgan_v2": 24000, "applio": 48000,
} | {f"rvc_{rate}k{logged}": 1000 * rate for rate in (32, 40, 48) for logged in ("", "_logged")}  # fmt: skip
# By source: loss, convention, inputs, and the number that the source gives.
FIGURES: dict[str, tuple[tuple[str, str, str, float], ...]] = {
    "Po-Hsun-Su/pytorch-ssim@3add453 pytorch_ssim/__init__.py": (
        ("ssim", "pytorch_ssim", "PICTURES", 0.8696598410606384),
    ),
    "XPixelGroup/BasicSR@8d56e3a basicsr/metrics/psnr_ssim.py": (
        ("psnr", "per_image", "PICTURES", 27.44736072498807),
        ("psnr", "cap80", "PICTURES", 27.447336597107245),
        ("psnr", "sr", "PICTURES", 30.4218488403344),
        ("ssim", "sr", "PICTURES", 0.8628184057132275),
        ("psnr", "sr_rgb", "PICTURES", 27.432992256840862),
        ("ssim", "sr_rgb", "PICTURES", 0.8024520555907553),
    ),
    "psyrocloud/MS-SSIM_L1_LOSS@6c97918 MS_SSIM_L1_loss.py": (
        ("ms_ssim_l1", "kornia_before_0_9", "PICTURES", 8.120349304427917),
    ),
    "NVlabs/PL4NN@f2019de src/loss.py": (("ms_ssim_l1", "pl4nn", "PICTURES", 0.032378135922108656),),
    "leftthomas/SRGAN@7ddfdf2 train.py": (("psnr", "leftthomas", "PICTURES", 26.03573808845752),),
    "XPixelGroup/BasicSR@8d56e3a basicsr/losses/basic_loss.py": (
        ("charbonnier", "basicsr", "PICTURES", 0.038188224825094416),
        ("tv", "basicsr", "PICTURE", 0.09094215045853127),
        ("perceptual", "esrgan", "VGG_BEFORE", 0.015423044702419125),
        ("perceptual", "realesrgan", "VGG_BEFORE", 0.1401120828477276),
        ("gram", "basicsr", "VGG_BEFORE", 0.03758606954799548),
        ("gram", "basicsr_l2", "VGG_BEFORE", 0.0015783041429492685),
    ),
    "leftthomas/SRGAN@7ddfdf2 loss.py": (
        ("tv", "leftthomas", "PICTURE", 0.012343708068893552),
        ("perceptual", "leftthomas", "VGG_POOLED", 0.0008473153735706063),
    ),
    "kianzohoury/auralflow@503e249 auralflow/losses/losses.py": (
        ("component", "auralflow", "MASKED", 0.009226478198098576),
        ("component", "two_term", "MASKED", 0.05512776956581417),
        ("component", "auralflow_page", "MASKED", 0.009155380466728305),
        ("si_sdr", "auralflow", "STEREO", -18.116295224890287),
        ("mask_mse", "ideal_ratio", "MIXED", 0.36536225802564515),
    ),
    "ifnspaml/Components-Loss@33d3dc5 Mask-based_CNN_3CL_training.py": (
        ("component", "xu2019", "MASKED", 0.010367948130177801),
    ),
    "csteinmetz1/auraloss@0853e9e auraloss/time.py": (
        ("si_sdr", "auraloss", "STEREO", -18.064471722979793),
        ("snr", "auraloss", "STEREO", -13.01625447091817),
    ),
    "descriptinc/descript-audio-codec@c7cfc5d dac/nn/loss.py": (
        ("si_sdr", "dac", "STEREO", -18.055471518220013),
        ("mel", "dac", "MONO", 0.17864744365215302),
        ("mrstft", "dac", "MONO", 0.25718218088150024),
    ),
    "taesungp/contrastive-unpaired-translation@b3ac297 models/cycle_gan_model.py": (
        ("cycle", "cyclegan", "DOMAINS", 2.075078960404247),
        ("identity", "cyclegan", "STILL", 1.0375394802021236),
    ),
    "eriklindernoren/PyTorch-GAN@36d3c77 implementations/cyclegan/cyclegan.py": (
        ("cycle", "pytorch_gan", "DOMAINS", 0.10375394802021236),
        ("identity", "pytorch_gan", "STILL", 0.10375394802021236),
    ),
    "SKTBrain/DiscoGAN@f044178 discogan/image_translation.py": (
        ("cycle", "discogan", "DOMAINS", 0.007407625939426612),
    ),
    "jik876/hifi-gan@4769534 meldataset.py": (("mel", "hifigan", "MONO", 0.03992612287402153),),
    "jaywalnut310/vits@2e561ba mel_processing.py": (
        ("mel", "vits", "MONO", 0.03992452472448349),
        ("mel", "vits_logged", "MONO", 1.7966035604476929),
    ),
    "RVC-Project/Retrieval-based-Voice-Conversion-WebUI@4338f12 train/mel_processing.py": (
        ("mel", "rvc_32k", "MONO", 0.042550716549158096),
        ("mel", "rvc_32k_logged", "MONO", 1.9147822856903076),
        ("mel", "rvc_40k", "MONO", 0.039805423468351364),
        ("mel", "rvc_40k_logged", "MONO", 1.7912440299987793),
        ("mel", "rvc_48k", "MONO", 0.040747348219156265),
        ("mel", "rvc_48k_logged", "MONO", 1.8336306810379028),
    ),
    "descriptinc/melgan-neurips@6488045 mel2wav/modules.py": (("mel", "melgan", "MONO", 0.017339693382382393),),
    "kan-bayashi/ParallelWaveGAN@8674037 parallel_wavegan/losses/mel_loss.py": (
        ("mel", "parallel_wavegan", "MONO", 0.019733309745788574),
        ("mel", "parallel_wavegan_hifigan", "MONO", 0.04101656377315521),
    ),
    "gemelo-ai/vocos@c859e3b vocos/loss.py": (("mel", "vocos", "MONO", 0.04338657483458519),),
    "NVIDIA/BigVGAN@7d2b454 meldataset.py": (("mel", "bigvgan_24k", "MONO", 0.04343227297067642),),
    "NVIDIA/BigVGAN@7d2b454 loss.py": (("mel", "bigvgan_v2", "MONO", 0.16697975993156433),),
    "IAHispano/Applio@b9c0ccb1 rvc/train/mel_processing.py": (("mel", "applio", "MONO", 0.17044363915920258),),
    "kan-bayashi/ParallelWaveGAN@8674037 parallel_wavegan/losses/stft_loss.py": (
        ("mrstft", "parallel_wavegan", "MONO", 0.1528363972902298),
    ),
    "csteinmetz1/auraloss@0853e9e auraloss/freq.py": (("mrstft", "auraloss", "MONO", 0.15285366773605347),),
    "Stability-AI/stable-audio-tools@50049e3 stable_audio_tools/training/losses/auraloss.py": (
        ("mrstft", "stable_audio", "STEREO", 0.5685867071151733),
        ("mrstft", "stable_audio_left", "STEREO", 0.5682308077812195),
        ("mrstft", "stable_audio_right", "STEREO", 0.5672388672828674),
    ),
    "mindslab-ai/nuwave@88aba86 lightning_model.py": (("lsd", "nuwave", "MONO", 0.16520772874355316),),
    "haoheliu/ssr_eval@7129ee8 ssr_eval/metrics.py": (("lsd", "ssr_eval", "MONO", 0.14147944748401642),),
    "NVIDIA/pix2pixHD@14b3b3c models/networks.py": (("perceptual", "pix2pixhd", "VGG_FIRST", 0.020937116780452493),),
    "tensorflow 2.21.0 tf.image.ssim": (("ssim", "keras", "PICTURES", 0.7874813079833984),),
    "tensorflow 2.21.0 tf.image.psnr": (("psnr", "keras", "PICTURES", 27.44736099243164),),
    "tensorflow 2.21.0 tf.image.ssim_multiscale": (("ms_ssim", "keras", "FIVE_SCALES", 0.9743725061416626),),
    "facebookresearch/audiocraft@896ec7c audiocraft/losses/sisnr.py": (
        ("si_sdr", "audiocraft", "STEREO", -18.061187251680202),
    ),
    "ifnspaml/Components-Loss@33d3dc5 Mask-based_CNN_2CL_training.py": (
        ("component", "xu2019_two_term", "MASKED", 0.051490066575465676),
    ),
    "sigsep/open-unmix-pytorch@fb672c9 scripts/train.py": (("mask_mse", "open_unmix", "MIXED", 0.056506171286159125),),
    "BangwenHe/pytorch-CycleGAN-and-pix2pix@9dc5807 models/pix2pix_model.py": (
        ("l1", "pix2pix", "PICTURES", 7.637644956618645),
    ),
    "facebookresearch/audiocraft@896ec7c audiocraft/losses/specloss.py": (
        ("mel", "audiocraft", "MONO", 0.004843744914978743),
    ),
    "CompVis/taming-transformers@3ba01b2 taming/modules/losses/vqperceptual.py": (
        ("nll", "taming", "RECONSTRUCTED", 1.2187866091334352),
        ("adaptive_weight", "taming", "ADAPTED", 0.38994484321592643),
        ("nll", "lpips", "RECONSTRUCTED", 0.6906234854828421),
    ),
    "CompVis/latent-diffusion@a506df5 ldm/modules/losses/contperceptual.py": (
        ("nll", "latent_diffusion", "RECONSTRUCTED", 5546.697858166263),
        ("adaptive_weight", "latent_diffusion", "ADAPTED", 1774.638981475688),
    ),
    "FoundationVision/LlamaGen@ce98ec4 tokenizer/tokenizer_image/vq_loss.py": (
        ("nll", "llamagen", "RECONSTRUCTED", 1.1046214665405936),
        ("adaptive_weight", "llamagen", "ADAPTED", 0.4690797415427395),
    ),
    "huggingface/diffusers@58eb52c examples/research_projects/autoencoderkl/train_autoencoderkl.py": (
        ("nll", "diffusers", "RECONSTRUCTED", 3455.6185530100333),
        ("adaptive_weight", "diffusers", "ADAPTED", 1180.2219618776837),
    ),
}


def settings(loss: str, convention: str) -> dict[str, int]:
    if (loss, convention) == ("si_sdr", "audiocraft"):
        return {"sample_rate": 400}  # three segments of 2000 samples
    if convention.startswith("stable_audio"):
        return {"sample_rate": 44100}
    return {"sample_rate": RATES.get(convention, 22050)} if loss == "mel" else {}


GOLDEN = tuple(
    {
        "loss": loss, "convention": convention, "inputs": inputs, "batch": INPUTS[inputs], "expected": expected,
        "source": source, "settings": settings(loss, convention), "tolerance": 1e-5,
    }
    for source, figures in FIGURES.items()
    for loss, convention, inputs, expected in figures
)  # fmt: skip
