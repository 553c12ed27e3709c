"""Losses of pictures, masks and waveforms, by the public code bases."""

import importlib
import types
import typing
from typing import Any

import numpy as np
import torch
from clones import Upstream
from figures import AURALFLOW, DISCOGAN, LEFTTHOMAS, P, figure, pytorch_gan
from torch import Tensor, nn

BASICSR = "XPixelGroup/BasicSR@8d56e3a basicsr"
BASICSR_LOSS, BASICSR_METRIC = f"{BASICSR}/losses/basic_loss.py", f"{BASICSR}/metrics/psnr_ssim.py"
BASICSR_UTIL, BASICSR_COLOUR = f"{BASICSR}/metrics/metric_util.py", f"{BASICSR}/utils/color_util.py"
LEFTTHOMAS_LOSS = "leftthomas/SRGAN@7ddfdf2 loss.py"
PYTORCH_SSIM = "Po-Hsun-Su/pytorch-ssim@3add453 pytorch_ssim/__init__.py"
XU = "ifnspaml/Components-Loss@33d3dc5 Mask-based_CNN_3CL_training.py"
AURALOSS = "csteinmetz1/auraloss@0853e9e auraloss/time.py"
MS_SSIM_L1 = "psyrocloud/MS-SSIM_L1_LOSS@6c97918 MS_SSIM_L1_loss.py"
PL4NN = "NVlabs/PL4NN@f2019de src/loss.py"
DAC = "descriptinc/descript-audio-codec@c7cfc5d dac/nn/loss.py"
TENSORFLOW = "tensorflow 2.21.0 tf.image"
AUDIOCRAFT = "facebookresearch/audiocraft@896ec7c audiocraft/losses/sisnr.py"
XU_TWO = "ifnspaml/Components-Loss@33d3dc5 Mask-based_CNN_2CL_training.py"
OPEN_UNMIX = "sigsep/open-unmix-pytorch@fb672c9 scripts/train.py"
# a fork that has left this file as it is: the original is too large to be cloned for this
PIX2PIX = "BangwenHe/pytorch-CycleGAN-and-pix2pix@9dc5807 models/pix2pix_model.py"
CYCLEGAN = "taesungp/contrastive-unpaired-translation@b3ac297 models/cycle_gan_model.py"

REAL, FAKE = P.REAL, P.FAKE


def eight_bits(images: Tensor) -> Any:
    return [np.rint(image.clamp(0, 1).numpy() * 255).astype(np.uint8).transpose(1, 2, 0) for image in images]


@figure("ssim:pytorch_ssim", "PICTURES", PYTORCH_SSIM)
def _(up: Upstream) -> Any:
    functions = up.load(
        PYTORCH_SSIM, "gaussian", "create_window", "_ssim", "ssim", exp=importlib.import_module("math").exp
    )
    return functions.ssim(FAKE.float(), REAL.float())


def _tensorflow(measure: str, pair: str) -> Any:
    """It works in float32 whatever it is given."""
    images = importlib.import_module("tensorflow").image
    real, fake = (P.INPUTS[pair][role].permute(0, 2, 3, 1).numpy() for role in ("real", "fake"))
    return getattr(images, measure)(real, fake, 1.0).numpy().mean()


figure("ssim:keras", "PICTURES", f"{TENSORFLOW}.ssim")(lambda _: _tensorflow("ssim", "PICTURES"))
figure("psnr:keras", "PICTURES", f"{TENSORFLOW}.psnr")(lambda _: _tensorflow("psnr", "PICTURES"))
figure("ms_ssim:keras", "FIVE_SCALES", f"{TENSORFLOW}.ssim_multiscale")(
    lambda _: _tensorflow("ssim_multiscale", "FIVE_SCALES")
)


@figure("psnr:per_image", "PICTURES", BASICSR_METRIC)
def _(up: Upstream) -> Any:
    """Its images are on [0, 255]; they need not be whole numbers."""
    util = up.load(BASICSR_UTIL, "reorder_image")
    measure = up.load(BASICSR_METRIC, "calculate_psnr", reorder_image=util.reorder_image).calculate_psnr
    pairs = zip(REAL.numpy(), FAKE.numpy(), strict=True)
    return np.mean([measure(255 * fake, 255 * real, 0, input_order="CHW") for real, fake in pairs])


@figure("psnr:cap80", "PICTURES", BASICSR_METRIC)
def _(up: Upstream) -> Any:
    return up.load(BASICSR_METRIC, "calculate_psnr_pt").calculate_psnr_pt(FAKE, REAL, 0).mean()


@figure("psnr:sr ssim:sr psnr:sr_rgb ssim:sr_rgb", "PICTURES", BASICSR_METRIC)
def _(up: Upstream) -> Any:
    """8-bit images in OpenCV's order, of luma and of all channels, a border of 4."""
    colour = up.load(BASICSR_COLOUR, "bgr2ycbcr", "_convert_input_type_range", "_convert_output_type_range")
    util = up.load(BASICSR_UTIL, "reorder_image", "to_y_channel", bgr2ycbcr=colour.bgr2ycbcr)
    known = {"cv2": importlib.import_module("cv2"), **vars(util)}
    measures = up.load(BASICSR_METRIC, "calculate_psnr", "calculate_ssim", "_ssim", **known)
    pairs = [(fake[..., ::-1], real[..., ::-1]) for real, fake in zip(eight_bits(REAL), eight_bits(FAKE), strict=True)]
    return tuple(
        np.mean([measure(*pair, 4, test_y_channel=of_luma) for pair in pairs])
        for of_luma in (True, False)
        for measure in (measures.calculate_psnr, measures.calculate_ssim)
    )


@figure("ms_ssim_l1:kornia_before_0_9", "PICTURES", MS_SSIM_L1)
def _(up: Upstream) -> Any:
    """Its windows stay on the processor, and are float64."""

    def in_float64(text: str) -> str:
        text = text.replace(".cuda(cuda_dev)", "").replace("torch.float)", "torch.float64)")
        return text.replace("torch.zeros((", "torch.zeros(dtype=torch.float64, size=(")

    return up.load(MS_SSIM_L1, "MS_SSIM_L1_LOSS", F=nn.functional, edit=in_float64).MS_SSIM_L1_LOSS()(FAKE, REAL)


@figure("ms_ssim_l1:pl4nn", "PICTURES", PL4NN)
def _(up: Upstream) -> Any:
    """A layer of Caffe in Python 2, which sees one patch at a time: here that around every pixel, with black beyond."""

    def of_python_3(text: str) -> str:
        return text.expandtabs(8).replace("width/2", "width//2").replace("/(2*", "/(2.*")

    layer = up.load(PL4NN, "MSSSIML1", edit=of_python_3, caffe=types.SimpleNamespace(Layer=object)).MSSSIML1()
    layer.param_str = "{}"
    values = []
    for real, fake in zip(REAL, FAKE, strict=True):
        patches = [_patches_around(image, 33) for image in (fake, real)]
        top = [types.SimpleNamespace(data=np.zeros(1), reshape=lambda _: None)]
        bottom = [
            types.SimpleNamespace(data=each, width=33, num=len(each), channels=3, count=each.size) for each in patches
        ]
        layer.setup(bottom, top)
        layer.reshape(bottom, top)
        layer.forward(bottom, top)
        values.append(top[0].data[0])
    return np.mean(values)


def _patches_around(image: Tensor, side: int) -> Any:
    reach = side // 2
    padded = nn.functional.pad(image, (reach,) * 4)
    windows = padded.unfold(1, side, 1).unfold(2, side, 1)  # (C, H, W, side, side)
    return windows.permute(1, 2, 0, 3, 4).flatten(0, 1).numpy()


@figure("psnr:leftthomas", "PICTURES", LEFTTHOMAS)
def _(up: Upstream) -> Any:
    first, last = up.passage(LEFTTHOMAS, "batch_mse = ((sr - hr) ** 2).data.mean()", 1)
    line, _ = up.passage(LEFTTHOMAS, "valing_results['psnr'] = 10 * log10(")
    known = {
        "sr": FAKE, "hr": REAL, "batch_size": 2, "log10": torch.log10,
        "valing_results": {"mse": 0, "batch_sizes": 2, "psnr": 0},
    }  # fmt: skip
    known = up.run(LEFTTHOMAS, first, last, **known)
    return up.run(LEFTTHOMAS, line, line, **known)["valing_results"]["psnr"]


@figure("charbonnier:basicsr", "PICTURES", BASICSR_LOSS)
def _(up: Upstream) -> Any:
    return up.load(BASICSR_LOSS, "charbonnier_loss").charbonnier_loss(FAKE, REAL).mean()


@figure("tv:basicsr", "PICTURE", BASICSR_LOSS)
def _(up: Upstream) -> Any:
    known = {
        "l1_loss": lambda one, other, weight, reduction: nn.functional.l1_loss(one, other),
        "_reduction_modes": ["mean"],
    }
    return up.load(BASICSR_LOSS, "L1Loss", "WeightedTVLoss", **known).WeightedTVLoss()(FAKE)


figure("tv:leftthomas", "PICTURE", LEFTTHOMAS_LOSS)(lambda up: up.load(LEFTTHOMAS_LOSS, "TVLoss").TVLoss()(FAKE))


@figure("component:auralflow", "MASKED", AURALFLOW)
def _(up: Upstream) -> Any:
    return _component(up)


@figure("component:two_term", "MASKED", AURALFLOW)
def _(up: Upstream) -> Any:
    return _component(up, beta=0.0)


def _component(up: Upstream, **weights: float) -> Any:
    """torch.linalg.norm takes no three axes any more, torch.linalg.vector_norm does."""
    functions = up.load(
        AURALFLOW, "component_loss", edit=lambda text: text.replace("linalg.norm", "linalg.vector_norm")
    )
    return functions.component_loss(**P.INPUTS["MASKED"], **weights)


@figure("component:auralflow_page", "MASKED", AURALFLOW)
def _(up: Upstream) -> Any:
    """All samples laid end to end are one: its norms are then of the whole tensor, and the code runs as it stands."""
    inputs = {name: tensor.flatten(0, -2)[None] for name, tensor in P.INPUTS["MASKED"].items()}
    return up.load(AURALFLOW, "component_loss").component_loss(**inputs)


@figure("component:xu2019", "MASKED", XU)
def _(up: Upstream) -> Any:
    """Keras' backend by torch, its mean squared error, and its weights, alpha, beta and what is left."""
    keras = types.SimpleNamespace(
        sum=torch.sum, sqrt=torch.sqrt, square=torch.square, mean=lambda tensor, axis: tensor.mean(axis)
    )
    quality = up.load(XU, "powernorm", "my_loss", K=keras).my_loss
    first, _ = up.passage(XU, "loss_weights=[")
    assert "loss_weights=[0.1, 0.8, 0.1]" in up.text(XU).splitlines()[first - 1]
    mask, target, residual = P.INPUTS["MASKED"].values()
    attenuation = (mask * residual).square().mean()
    separation = (mask * target - target).square().mean()
    return 0.1 * attenuation + 0.8 * quality(residual, mask * residual).mean() + 0.1 * separation


@figure("si_sdr:auralflow", "STEREO", AURALFLOW)
def _(up: Upstream) -> Any:
    return up.load(AURALFLOW, "si_sdr_loss").si_sdr_loss(P.STEREO["fake"], P.STEREO["real"])


@figure("si_sdr:auraloss snr:auraloss", "STEREO", AURALOSS)
def _(up: Upstream) -> Any:
    reduction = up.load("csteinmetz1/auraloss@0853e9e auraloss/utils.py", "apply_reduction").apply_reduction
    classes = up.load(AURALOSS, "SISDRLoss", "SNRLoss", T=Tensor, apply_reduction=reduction)
    return tuple(made()(P.STEREO["fake"], P.STEREO["real"]) for made in (classes.SISDRLoss, classes.SNRLoss))


@figure("si_sdr:dac", "STEREO", DAC)
def _(up: Upstream) -> Any:
    """References first."""
    audio = type("AudioSignal", (), {})
    return up.load(DAC, "SISDRLoss", AudioSignal=audio).SISDRLoss()(P.STEREO["real"], P.STEREO["fake"])


@figure("si_sdr:audiocraft", "STEREO", AUDIOCRAFT)
def _(up: Upstream) -> Any:
    """Segments of 5 s, as config/solver/compression/default.yaml, at a rate that makes three of them."""
    code = up.load(AUDIOCRAFT, "_unfold", "_center", "_norm2", "SISNR", tp=typing)
    return code.SISNR(sample_rate=400, segment=5.0)(P.STEREO["fake"], P.STEREO["real"])


@figure("component:xu2019_two_term", "MASKED", XU_TWO)
def _(up: Upstream) -> Any:
    """Keras' mean squared error, and its weights, alpha and 1 - alpha."""
    first, _ = up.passage(XU_TWO, "loss_weights=[")
    assert "loss_weights=[0.5, 0.5]" in up.text(XU_TWO).splitlines()[first - 1]
    mask, target, residual = P.INPUTS["MASKED"].values()
    return 0.5 * (mask * residual).square().mean() + 0.5 * (mask * target - target).square().mean()


@figure("mask_mse:open_unmix", "MIXED", OPEN_UNMIX)
def _(up: Upstream) -> Any:
    """The first of its two lines, in training; the other, in validation, is the same."""
    line = next(n for n, text in enumerate(up.text(OPEN_UNMIX).splitlines(), 1) if "mse_loss(Y_hat, Y)" in text)
    mask, mixture, target = P.INPUTS["MIXED"].values()
    return up.run(OPEN_UNMIX, line, line, Y_hat=mask * mixture, Y=target)["loss"]


@figure("mask_mse:ideal_ratio", "MIXED", AURALFLOW)
def _(up: Upstream) -> Any:
    known = {"FloatTensor": Tensor, "SpectrogramMaskModel": object, "SpectrogramNetVAE": object}
    mask, mixture, target = P.INPUTS["MIXED"].values()
    return up.load(AURALFLOW, "MaskLoss", **known).MaskLoss(loss_fn="l2")(mask, mixture, target)


@figure("l1:pix2pix", "PICTURES", PIX2PIX)
def _(up: Upstream) -> Any:
    """Images on [-1, 1]."""
    options = types.SimpleNamespace(lambda_L1=100.0)
    me = types.SimpleNamespace(criterionL1=nn.L1Loss(), opt=options, fake_B=2 * FAKE - 1, real_B=2 * REAL - 1)
    up.run(PIX2PIX, *up.passage(PIX2PIX, "self.loss_G_L1 = "), self=me)
    return me.loss_G_L1


def symmetric(name: str) -> Tensor:
    """Its networks see images on [-1, 1]."""
    return 2 * (P.INPUTS["DOMAINS"] | P.INPUTS["STILL"])[name] - 1


@figure("cycle:cyclegan", "DOMAINS", CYCLEGAN)
def _(up: Upstream) -> Any:
    first, last = up.passage(CYCLEGAN, "self.loss_cycle_A = self.criterionCycle", 2)
    images = {name: symmetric(name) for name in ("real_A", "rec_A", "real_B", "rec_B")}
    me = types.SimpleNamespace(criterionCycle=nn.L1Loss(), **images)
    up.run(CYCLEGAN, first, last, self=me, lambda_A=10.0, lambda_B=10.0)
    return me.loss_cycle_A + me.loss_cycle_B


@figure("identity:cyclegan", "STILL", CYCLEGAN)
def _(up: Upstream) -> Any:
    """Its G_A makes B, so its idt_A is an image of B."""
    first, last = up.passage(CYCLEGAN, "self.idt_A = self.netG_A(self.real_B)", 4)
    me = types.SimpleNamespace(
        criterionIdt=nn.L1Loss(), real_A=symmetric("real_A"), real_B=symmetric("real_B"),
        netG_A=lambda _: symmetric("idt_B"), netG_B=lambda _: symmetric("idt_A"),
    )  # fmt: skip
    up.run(CYCLEGAN, first, last, self=me, lambda_A=10.0, lambda_B=10.0, lambda_idt=0.5)
    return me.loss_idt_A + me.loss_idt_B


@figure("cycle:pytorch_gan", "DOMAINS", pytorch_gan("cyclegan"))
def _(up: Upstream) -> Any:
    source = pytorch_gan("cyclegan")
    first, last = up.passage(source, "loss_cycle_A = criterion_cycle(recov_A, real_A)", 4)
    known = {"criterion_cycle": nn.L1Loss(), "recov_A": symmetric("rec_A"), "recov_B": symmetric("rec_B")}
    known |= {"real_A": symmetric("real_A"), "real_B": symmetric("real_B")}
    lines = "\n".join(line.strip() for line in up.text(source).splitlines()[first - 1 : last] if "loss_cycle" in line)
    exec(lines, known)
    return known["loss_cycle"]


@figure("identity:pytorch_gan", "STILL", pytorch_gan("cyclegan"))
def _(up: Upstream) -> Any:
    source = pytorch_gan("cyclegan")
    known = {
        "criterion_identity": nn.L1Loss(), "G_BA": lambda _: symmetric("idt_A"), "G_AB": lambda _: symmetric("idt_B"),
        "real_A": symmetric("real_A"), "real_B": symmetric("real_B"),
    }  # fmt: skip
    first, last = up.passage(source, "loss_id_A = criterion_identity(", 3)
    return up.run(source, first, last, **known)["loss_identity"]


@figure("cycle:discogan", "DOMAINS", DISCOGAN)
def _(up: Upstream) -> Any:
    first, last = up.passage(DISCOGAN, "recon_loss_A = recon_criterion( ABA, A )", 1)
    images = {
        name: P.DOMAINS[role] for name, role in {"A": "real_A", "ABA": "rec_A", "B": "real_B", "BAB": "rec_B"}.items()
    }
    found = up.run(DISCOGAN, first, last, recon_criterion=nn.MSELoss(), **images)
    return found["recon_loss_A"] + found["recon_loss_B"]
