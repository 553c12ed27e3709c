"""A run of an image auto-encoder against its discriminator, as taming-transformers and latent-diffusion leave it."""

import functools
import json
import math

import pytest
import torch
from PIL import Image
from torch import nn
from torch.nn import functional

from ganloss_cli import evaluate
from ganloss_cli.io.networks.autoencoder import ConvolutionalAutoencoder
from ganloss_cli.io.networks.patchgan import PatchGAN

WIDTHS = (8, 8, 8, 8, 8)
DEPTHS = (2, 2, 3, 3, 3)


def vgg16():
    layers, before = [], 3
    for width, depth in zip(WIDTHS, DEPTHS, strict=True):
        for _ in range(depth):
            layers += [nn.Conv2d(before, width, 3, padding=1), nn.ReLU()]
            before = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers)


def lpips_state(vgg, linear):
    """As richzhang's class keeps it: VGG16 cut behind relu1_2, relu2_2, relu3_3, relu4_3 and relu5_3."""
    ends = (4, 9, 16, 23, 30)
    state = {}
    for name, value in vgg.state_dict().items():
        part = next(k for k, end in enumerate(ends, 1) if int(name.split(".")[0]) < end)
        state[f"net.slice{part}.{name}"] = value
    return state | {f"lin{k}.model.1.weight": weight.view(1, -1, 1, 1) for k, weight in enumerate(linear)}


def distance(real, fake, vgg, linear):
    """LPIPS of images on [-1, 1], written out."""
    shift, scale = (torch.tensor(v).view(3, 1, 1) for v in ((-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)))
    total = 0
    one, other = ((images - shift) / scale for images in (real, fake))
    for k, layer in enumerate(vgg):
        one, other = layer(one), layer(other)
        if k in (3, 8, 15, 22, 29):
            difference = functional.normalize(one, dim=1) - functional.normalize(other, dim=1)
            weight = linear[(3, 8, 15, 22, 29).index(k)].view(1, -1, 1, 1)
            total = total + (weight * difference**2).sum(1).mean((1, 2))
    return total.mean()


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """logs/..._custom_vqgan with last.ckpt, its configuration, and pictures."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("vqgan")
    network = ConvolutionalAutoencoder(
        in_channels=3, out_channels=3, latent_channels=4, code_width=4, n_codes=8, bottleneck="vq", stem=32,
        widths=[32, 32], decoder_widths=[32, 32], n_blocks=1, attention=[False, False],
        decoder_attention=[False, False], middle=True, convolved=True, quant_conv=True, spatial=False, groups=32,
    ).eval()  # fmt: skip
    judge = PatchGAN(in_channels=3, ndf=4, n_layers=2, norm="batch", stack="main").eval()
    vgg, linear = vgg16(), [torch.rand(width) for width in WIDTHS]
    logs = folder / "logs" / "2026-01-01T00-00-00_custom_vqgan"
    for name in ("checkpoints", "configs"):
        (logs / name).mkdir(parents=True)
    state = {
        **network.state_dict(),
        **{f"loss.discriminator.{name}": value for name, value in judge.state_dict().items()},
        **{f"loss.perceptual_loss.{name}": value for name, value in lpips_state(vgg, linear).items()},
    }
    torch.save({"state_dict": state, "global_step": 20, "epoch": 1}, logs / "checkpoints" / "last.ckpt")
    loss = {"disc_start": 10, "disc_weight": 0.8, "codebook_weight": 0.5}
    (logs / "configs" / "2026-01-01T00-00-00-project.yaml").write_text(config(loss))
    (folder / "imgs").mkdir()
    for k in range(3):
        pixels = torch.randint(80 * k, 80 * k + 90, (32, 32, 3), dtype=torch.uint8)
        Image.fromarray(pixels.numpy()).save(folder / "imgs" / f"{k}.png")
    return folder, logs, (network, judge, vgg, linear), state


def config(loss):
    return json.dumps({"model": {"params": {"lossconfig": {"params": loss}}}})


def by_name(report):
    return {result.typed: result.value for result in report.results}


def images(folder):
    pictures = [Image.open(file) for file in sorted((folder / "imgs").iterdir())]
    return torch.stack([torch.frombuffer(bytearray(p.tobytes()), dtype=torch.uint8).view(32, 32, 3) for p in pictures])


def test_a_run_alone_gives_every_number_of_its_log(run):
    folder, logs, (network, judge, vgg, linear), _ = run
    real = images(folder).permute(0, 3, 1, 2) / 127.5 - 1
    for parameter in (*network.parameters(), *judge.parameters(), *vgg.parameters()):
        parameter.requires_grad_(False)
    network.decoder.conv_out.weight.requires_grad_(True)
    fake, latents, codes = network(real)
    p_loss = distance(real, fake, vgg, linear)
    nll = (real - fake).abs().mean() + p_loss
    g_loss = -judge(fake)[0][0].mean()
    norms = [torch.autograd.grad(value, network.decoder.conv_out.weight, retain_graph=True)[0].norm() for value in
             (nll, g_loss)]  # fmt: skip
    weight = 0.8 * norms[0] / (norms[1] + 1e-4)
    quant = 1.25 * (latents - codes).square().mean()
    hinge = [functional.relu(1 + sign * judge(of)[0][0]).mean() for sign, of in ((-1, real), (1, fake))]
    expected = {
        "train/nll_loss": nll, "train/rec_loss": nll, "train/p_loss": p_loss, "train/g_loss": g_loss,
        "train/d_weight": weight, "train/quant_loss": quant, "train/disc_factor": 1.0,
        "train/total_loss": nll + weight * g_loss + 0.5 * quant, "train/disc_loss": 0.5 * sum(hinge),
    }  # fmt: skip

    found = by_name(evaluate(ckpt=logs, data=folder / "imgs"))

    for name, value in expected.items():
        assert found[name] == pytest.approx(float(torch.as_tensor(value).detach()), rel=1e-4, abs=1e-6), name
    assert set(found) == {*expected, "train/logits_real", "train/logits_fake"}


def test_before_the_discriminator_starts_its_terms_weigh_nothing(run):
    folder, logs, *_ = run
    project = next((logs / "configs").iterdir())
    before = project.read_text()
    project.write_text(config({"disc_start": 21, "disc_weight": 0.8, "perceptual_weight": 0.0}))
    try:
        found = by_name(evaluate(ckpt=logs, data=folder / "imgs"))
    finally:
        project.write_text(before)

    assert found["train/disc_factor"] == 0
    assert found["train/disc_loss"] == 0
    assert found["train/total_loss"] == pytest.approx(found["train/nll_loss"] + found["train/quant_loss"])
    assert found["train/p_loss"] > found["train/nll_loss"] * 1e-3


def test_without_lpips_in_the_file_the_table_says_what_is_missing(run, tmp_path):
    folder, _, _, state = run
    torch.save({"state_dict": {k: v for k, v in state.items() if "perceptual" not in k}}, tmp_path / "last.ckpt")

    report = evaluate(ckpt=tmp_path / "last.ckpt", data=folder / "imgs")

    lacking = {result.typed: result.recipe.unavailable for result in report.results if result.value is None}
    assert "LPIPS's VGG16, which lies in no checkpoint here" in lacking["train/nll_loss"]
    assert lacking["train/total_loss"] == "without train/nll_loss, train/d_weight"


def test_the_weight_does_not_depend_on_how_samples_are_batched(run):
    folder, logs, *_ = run

    weights = {
        size: by_name(evaluate(ckpt=logs, data=folder / "imgs", batch_size=size, dtype="float64"))["train/d_weight"]
        for size in (1, 2, 3)
    }

    assert weights[1] == pytest.approx(weights[3], rel=1e-9)
    assert weights[2] == pytest.approx(weights[3], rel=1e-9)


def test_a_trained_log_variance_is_read_from_the_loss(run, tmp_path):
    folder, _, _, state = run
    gaussian = ConvolutionalAutoencoder(
        in_channels=3, out_channels=3, latent_channels=2, code_width=2, n_codes=0, bottleneck="gaussian", stem=32,
        widths=[32, 32], decoder_widths=[32, 32], n_blocks=1, attention=[False, False],
        decoder_attention=[False, False], middle=False, convolved=True, quant_conv=True, spatial=False, groups=32,
    )  # fmt: skip
    of_loss = {name: value for name, value in state.items() if name.startswith("loss.")}
    whole = gaussian.state_dict() | of_loss | {"loss.logvar": torch.tensor(0.25)}
    torch.save({"state_dict": whole, "global_step": 3}, tmp_path / "last.ckpt")

    found = by_name(evaluate(ckpt=tmp_path / "last.ckpt", data=folder / "imgs"))

    elements = 3 * 32 * 32
    assert found["train/logvar"] == 0.25
    assert found["train/nll_loss"] == pytest.approx(elements * (found["train/rec_loss"] / math.exp(0.25) + 0.25))
    total = found["train/nll_loss"] + 1e-6 * found["train/kl_loss"] + found["train/d_weight"] * found["train/g_loss"]
    assert found["train/total_loss"] == pytest.approx(total)


@pytest.mark.parametrize("kind", ["hinge", "non-saturating"])
def test_a_tokenizer_of_llamagen_tells_its_losses_by_its_options(kind, run, tmp_path):
    folder, _, (_, judge, *_), _ = run
    tokenizer = ConvolutionalAutoencoder(
        in_channels=3, out_channels=3, latent_channels=4, code_width=4, n_codes=8, bottleneck="spherical", stem=32,
        widths=[32], decoder_widths=[32], n_blocks=1, attention=[True], decoder_attention=[True], middle=True,
        convolved=True, quant_conv=True, spatial=False, groups=32,
    )  # fmt: skip
    named = [
        ("encoder.down.0.block.", "encoder.conv_blocks.0.res."), ("encoder.down.", "encoder.conv_blocks."),
        ("decoder.up.0.block.", "decoder.conv_blocks.0.res."), ("decoder.up.", "decoder.conv_blocks."),
        (".mid.block_1.", ".mid.0."), (".mid.attn_1.", ".mid.1."), (".mid.block_2.", ".mid.2."),
    ]  # fmt: skip
    state = {functools.reduce(lambda key, pair: key.replace(*pair), named, name): value
             for name, value in tokenizer.state_dict().items()}  # fmt: skip
    args = {"commit_loss_beta": 0.5, "disc_loss": kind, "disc_weight": 0.3, "disc_start": 5}
    whole = {"model": state, "discriminator": judge.state_dict(), "steps": 9, "args": args}
    torch.save(whole, tmp_path / "0000009.pt")

    found = by_name(evaluate(ckpt=tmp_path / "0000009.pt", data=folder / "imgs"))

    assert found["commit_loss"] == pytest.approx(0.5 * found["vq_loss"])
    made = -found["logits_fake"] + (math.log(1 + math.e) if kind == "non-saturating" else 0)
    assert found["generator_adv_loss"] == pytest.approx(0.3 * made, rel=1e-5)
    assert found["disc_weight"] == 0.3


def test_path_lengths_are_not_those_of_latents_that_a_network_makes_itself(run):
    folder, logs, *_ = run

    report = evaluate(ckpt=logs, data=folder / "imgs", losses=["all"])

    assert "latents that the generator takes" in report.not_applicable["path_length"]
    assert {"vq_commit", "adaptive_weight", "nll"} <= {result.loss for result in report.results}
