"""Numbers of SSIM and PSNR by hand and from libraries, on pictures that a formula draws."""

import math

import torch


def pictures(samples: int, channels: int, height: int, width: int) -> dict[str, torch.Tensor]:
    """Waves on [0.1, 0.9] and a disturbed copy that stays within [0, 1]."""
    n = torch.arange(samples, dtype=torch.float64).view(-1, 1, 1, 1)
    c = torch.arange(channels, dtype=torch.float64).view(-1, 1, 1)
    i, j = torch.arange(height, dtype=torch.float64).view(-1, 1), torch.arange(width, dtype=torch.float64)
    real = 0.5 + 0.4 * torch.sin(0.11 * i + 0.07 * (c + 1) * j + n)
    return {"real": real, "fake": real + 0.06 * torch.cos(0.9 * i + 1.3 * j + c) + 0.02 * n}


def flat(*levels: float, side: int = 12) -> torch.Tensor:
    return torch.tensor(levels, dtype=torch.float64).view(-1, 1, 1, 1).expand(-1, 3, side, side).clone()


SMALL, LARGE, SCALES = pictures(2, 3, 24, 20), pictures(1, 1, 400, 390), pictures(1, 2, 192, 203)
FLAT = {"real": flat(0.25, 0.5), "fake": flat(0.75, 0.5)}
# flat images have no variance, so only the luminance term is left
LUMINANCE = (2 * 0.25 * 0.75 + 1e-4) / (0.25**2 + 0.75**2 + 1e-4)
GAUSSIAN = "gaussian_weights=True, sigma=1.5, use_sample_covariance=False"
FLAT_SCALES = {"real": flat(0.25, side=176), "fake": flat(0.75, side=176)}
SHIFTED = {"real": flat(0.5, 0.5), "fake": flat(0.6, 0.51)}
# 8 x 12 pixels, white on the left third: boxes of 8 x 8 four apart stand at two places
EDGE = (torch.arange(12) < 4).double().expand(1, 1, 8, 12).clone()
HALF_WHITE = {"real": EDGE, "fake": torch.full_like(EDGE, 0.5)}

GOLDEN = (
    {
        "loss": "ms_ssim_l1", "batch": FLAT, "settings": {"sigmas": (0.25,)},
        "expected": (0.84 * (1 - LUMINANCE) + 0.16 * 0.5) / 2,
        "source": "by hand: windows of one pixel have no variance and no border; the second pair is identical",
    },
    {
        "loss": "ms_ssim_l1", "batch": SMALL, "expected": 0.35699239562844187,
        "source": "kornia 0.9.0 MS_SSIMLoss(alpha=0.84, compensation=1) with windows in float64",
    },
    {
        "loss": "ms_ssim_l1", "convention": "pl4nn", "batch": SMALL, "expected": 6.2058342444547 / 200,
        "source": "kornia 0.9.0 MS_SSIMLoss(compensation=1) with windows in float64",
    },
    {
        "loss": "ssim", "convention": "sr_rgb", "batch": SMALL, "expected": 0.8301911233936967,
        "source": f"scikit-image 0.26.0 structural_similarity of 8-bit images without 4 pixels, {GAUSSIAN}",
    },
    {
        "loss": "psnr", "convention": "sr_rgb", "batch": SMALL, "expected": 26.98807198051916,
        "source": "scikit-image 0.26.0 peak_signal_noise_ratio of 8-bit images without 4 pixels",
    },
    {
        "loss": "ms_ssim_l1", "convention": "kornia", "batch": SMALL, "expected": 6.2058342444547,
        "source": "kornia 0.9.0 MS_SSIMLoss with windows in float64",
    },
    {
        "loss": "ms_ssim_l1", "convention": "kornia_before_0_9", "batch": SMALL, "expected": 7.899864826621914,
        "source": "kornia 0.8.2 MS_SSIMLoss with windows in float64",
    },
    {
        "loss": "ssim", "convention": "kornia_loss", "batch": SMALL, "expected": (1 - 0.7818138471518112) / 2,
        "source": "by hand of torchmetrics 1.9.0; kornia 0.9.0 ssim_loss gives 0.1090930767",
    },
    {
        "loss": "psnr", "convention": "kornia", "batch": SHIFTED, "expected": 10 * math.log10((1e-2 + 1e-4) / 2),
        "source": "by hand: minus dB of the mean squared error; kornia 0.9.0 psnr_loss gives -22.9671",
    },
    {
        "loss": "ssim", "convention": "ffmpeg", "batch": HALF_WHITE,
        "expected": (9e-4 / (16 / 63 + 9e-4) + 1e-4 / (0.25 + 1e-4)) / 2,
        "source": "by hand: C2 / (64/63 * 1/4 + C2) where half is white, C1 / (1/4 + C1) where all is black",
    },
    {
        "loss": "psnr", "convention": "twelve_bits", "batch": SHIFTED, "expected": 30 + 20 * math.log10(4095 / 255),
        "source": "by hand: 20 log10(4095 / 255) more",
    },
    {
        "loss": "ssim", "batch": FLAT, "expected": (LUMINANCE + 1) / 2,
        "source": "by hand: (2 mx my + C1) / (mx^2 + my^2 + C1), and 1 for the identical pair",
    },
    {
        "loss": "ssim", "batch": SMALL, "expected": 0.8151692090850036,
        "source": f"scikit-image 0.26.0 structural_similarity with {GAUSSIAN}",
    },
    {
        "loss": "ssim", "convention": "torchmetrics", "batch": SMALL, "expected": 0.7818138471518112,
        "source": "torchmetrics 1.9.0 structural_similarity_index_measure",
    },
    {
        "loss": "ssim", "convention": "piq", "batch": LARGE, "expected": 0.9374350068055733,
        "source": "piq 0.8.0 ssim",
    },
    {
        "loss": "ssim", "batch": LARGE, "settings": {}, "expected": 0.7222047886414805,
        "source": f"scikit-image 0.26.0 structural_similarity with {GAUSSIAN}",
    },
    {
        "loss": "ssim", "convention": "pytorch_msssim", "batch": SMALL, "expected": 0.999939457422084,
        "source": "pytorch-msssim 1.0.0 ssim",
    },
    {
        "loss": "ssim", "convention": "scikit_image", "batch": SMALL, "expected": 0.862634092050838,
        "source": "scikit-image 0.26.0 structural_similarity",
    },
    {
        "loss": "ssim", "convention": "symmetric_range", "batch": SMALL, "expected": 0.7898241587827641,
        "source": f"scikit-image 0.26.0 structural_similarity of 2 x - 1 with data_range=2, {GAUSSIAN}",
    },
    {
        "loss": "ssim", "convention": "symmetric_range_as_unit", "batch": SMALL, "expected": 0.7612282885097662,
        "source": f"scikit-image 0.26.0 structural_similarity of 2 x - 1 with data_range=1, {GAUSSIAN}",
    },
    {
        "loss": "ssim", "convention": "sr", "batch": SMALL, "expected": 0.9105881745810449,
        "source": f"scikit-image 0.26.0 rgb2ycbcr of 8-bit images, then structural_similarity with {GAUSSIAN}",
    },
    {
        "loss": "ssim", "convention": "luma", "batch": SMALL, "expected": 0.8592194908928561,
        "source": f"scikit-image 0.26.0 structural_similarity of 0.299 R + 0.587 G + 0.114 B with {GAUSSIAN}",
    },
    {
        "loss": "ssim", "convention": "one_minus", "batch": FLAT, "expected": (1 - LUMINANCE) / 2,
        "source": "by hand: 1 - SSIM of flat images",
    },
    {
        "loss": "ssim", "convention": "dssim", "batch": FLAT, "expected": (1 - LUMINANCE) / 4,
        "source": "by hand: (1 - SSIM) / 2 of flat images",
    },
    {
        "loss": "ssim", "convention": "blog", "batch": SMALL, "expected": 0.2695783108664295,
        "source": "torch 2.13.0: the blog's own lines with avg_pool2d, once they are indented",
    },
    {
        "loss": "ms_ssim", "batch": FLAT_SCALES, "expected": LUMINANCE**0.1333,
        "source": "by hand: the luminance of flat images, at the coarsest scale",
    },
    {
        "loss": "ms_ssim", "convention": "one_minus", "batch": FLAT_SCALES, "expected": 1 - LUMINANCE**0.1333,
        "source": "by hand: 1 - the above",
    },
    {
        "loss": "ms_ssim", "convention": "piq", "batch": SCALES, "expected": 0.9740411803793441,
        "source": "piq 0.8.0 multi_scale_ssim",
    },
    {
        "loss": "ms_ssim", "convention": "pytorch_msssim_unit", "batch": SCALES, "expected": 0.9740446319223478,
        "source": "pytorch-msssim 1.0.0 ms_ssim with data_range=1, whose window is float32", "tolerance": 1e-6,
    },
    {
        "loss": "ms_ssim", "convention": "pytorch_msssim", "batch": SCALES, "expected": 0.9999939806897016,
        "source": "pytorch-msssim 1.0.0 ms_ssim",
    },
    {
        "loss": "ms_ssim", "convention": "torchmetrics", "batch": SCALES, "expected": 0.9741130949696791,
        "source": "torchmetrics 1.9.0 multiscale_structural_similarity_index_measure, whose exponents are float32",
        "tolerance": 1e-7,
    },
    {
        "loss": "ms_ssim", "convention": "sewar", "batch": SCALES, "expected": 0.9665991384794496,
        "source": "sewar 0.4.10 msssim with MAX=1",
    },
    {
        "loss": "ssim", "convention": "sewar", "batch": SMALL, "expected": 0.9381395235298122,
        "source": "sewar 0.4.10 ssim with MAX=1",
    },
    {
        "loss": "ssim", "convention": "twelve_bits", "batch": SMALL, "expected": 0.9917987846268489,
        "source": "image-similarity-measures 0.3.6 ssim of 255 times the values",
    },
    {
        "loss": "ms_ssim", "convention": "torchmetrics_simple", "batch": SCALES, "expected": 0.9874656555957774,
        "source": "torchmetrics 1.9.0 with normalize='simple', whose exponents are float32", "tolerance": 1e-7,
    },
    {
        "loss": "gmsd", "batch": SMALL, "expected": 0.008960914308027635 * math.sqrt(120 / 119),
        "source": "piq 0.8.0 gmsd, times sqrt(n / (n - 1)) for its 12 x 10 pixels",
    },
    {
        "loss": "gmsd", "convention": "piq", "batch": SMALL, "expected": 0.008960914308027635,
        "source": "piq 0.8.0 gmsd",
    },
    {
        "loss": "gmsd", "convention": "full_size", "batch": {role: images[:, :1] for role, images in SMALL.items()},
        "expected": 0.15067366963698103 * math.sqrt(480 / 479),
        "source": "piq 0.8.0 _gmsd of grey images, times sqrt(n / (n - 1)) for their 24 x 20 pixels",
    },
    {
        "loss": "psnr", "batch": SHIFTED, "expected": (20 + 40) / 2,
        "source": "by hand: errors of 0.1 and 0.01 everywhere",
    },
    {
        "loss": "psnr", "batch": SMALL, "expected": 27.01243212369248,
        "source": "scikit-image 0.26.0 peak_signal_noise_ratio, the mean of two",
    },
    {
        "loss": "psnr", "convention": "pooled", "batch": SHIFTED, "expected": -10 * math.log10((1e-2 + 1e-4) / 2),
        "source": "by hand: dB of the mean squared error",
    },
    {
        "loss": "psnr", "convention": "pooled", "batch": SMALL, "expected": 26.990678874048708,
        "tolerance": 1e-7, "source": "torchmetrics 1.9.0 peak_signal_noise_ratio, which adds up in float32",
    },
    {
        "loss": "psnr", "convention": "cap80", "batch": {"real": flat(0.5), "fake": flat(0.5)}, "expected": 80.0,
        "source": "by hand: -10 log10(1e-8)",
    },
    {
        "loss": "psnr", "convention": "cap80", "batch": SMALL, "expected": 27.012410185460812,
        "source": "piq 0.8.0 psnr",
    },
    {
        "loss": "psnr", "convention": "half", "batch": SHIFTED, "expected": 15.0,
        "source": "by hand: 10 log10(1 / sqrt(MSE))",
    },
    {
        "loss": "psnr", "convention": "half_pooled", "batch": SHIFTED, "expected": -5 * math.log10((1e-2 + 1e-4) / 2),
        "source": "by hand: 10 log10(1 / sqrt(MSE of both))",
    },
    {
        "loss": "psnr", "convention": "luma", "batch": SMALL, "settings": {"floor": 1e-8},
        "expected": 28.50754309600682, "source": "piq 0.8.0 psnr with convert_to_greyscale=True",
    },
    {
        "loss": "psnr", "convention": "luma_limited", "batch": SMALL, "expected": 29.829495515906693,
        "source": "scikit-image 0.26.0 rgb2ycbcr, then peak_signal_noise_ratio",
    },
    {
        "loss": "psnr", "convention": "sr", "batch": SMALL, "expected": 29.827884192731027,
        "source": "scikit-image 0.26.0 rgb2ycbcr of 8-bit images, then peak_signal_noise_ratio",
    },
    {
        "loss": "psnr", "convention": "range_255", "batch": SHIFTED, "expected": 30 + 20 * math.log10(255),
        "source": "by hand: 20 log10(255) more",
    },
    {
        "loss": "psnr", "convention": "symmetric_range_as_unit", "batch": SHIFTED, "expected": 30 - 20 * math.log10(2),
        "source": "by hand: errors are twice as large on [-1, 1]",
    },
    {
        "loss": "psnr", "convention": "observed_span", "expected": -10 * math.log10((1e-2 + 1e-4) / 2 / 0.25**2),
        "batch": {"real": flat(0.5, 0.25), "fake": flat(0.6, 0.26)}, "source": "by hand: reals span 0.25",
    },
    {
        "loss": "psnr", "convention": "leftthomas", "expected": -10 * math.log10((1e-2 + 1e-4) / 2 / 0.5**2),
        "batch": {"real": flat(0.5, 0.25), "fake": flat(0.6, 0.26)}, "source": "by hand: the highest real is 0.5",
    },
)  # fmt: skip
