"""A stand-in for a run of taming-transformers: `python tokenizer.py FOLDER`.

A Lightning checkpoint and its configuration as main.py leaves them, with random weights of reduced width: the VQGAN,
and in its loss the discriminator and LPIPS.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch

from ganloss_cli.io.architectures.backbones import layer_names
from ganloss_cli.io.networks.autoencoder import ConvolutionalAutoencoder
from ganloss_cli.io.networks.backbones import vgg_modules
from ganloss_cli.io.networks.patchgan import PatchGAN

WIDTHS = (8, 8, 8, 8, 8)  # of VGG16's blocks
LOSS = {"disc_start": 10000, "disc_weight": 0.8, "codebook_weight": 1.0}
_ENDS = (4, 9, 16, 23, 30)  # of richzhang's slices, behind relu1_2, relu2_2, relu3_3, relu4_3 and relu5_3


def networks() -> dict[str, torch.nn.Module]:
    """The auto-encoder and the discriminator."""
    torch.manual_seed(0)
    network = ConvolutionalAutoencoder(
        in_channels=3, out_channels=3, latent_channels=4, code_width=4, n_codes=8, bottleneck="vq", stem=32,
        widths=[32, 32], decoder_widths=[32, 32], n_blocks=1, attention=[False, False],
        decoder_attention=[False, False], middle=True, convolved=True, quant_conv=True, spatial=False, groups=32,
    )  # fmt: skip
    judge = PatchGAN(in_channels=3, ndf=4, n_layers=2, norm="batch", stack="main")
    return {"": network, "loss.discriminator.": judge}


def perceptual() -> dict[str, torch.Tensor]:
    """LPIPS: VGG16 in slices, and the linear layers that weigh its maps."""
    torch.manual_seed(1)
    vgg = torch.nn.Sequential(*vgg_modules(layer_names("vgg16"), WIDTHS))
    state = {f"lin{k}.model.1.weight": torch.rand(1, width, 1, 1) for k, width in enumerate(WIDTHS)}
    for name, value in vgg.state_dict().items():
        part = next(k for k, end in enumerate(_ENDS, 1) if int(name.partition(".")[0]) < end)
        state[f"net.slice{part}.{name}"] = value
    return state


def main(folder: Path) -> None:
    """Write the run's folder."""
    parts = {prefix: network.state_dict() for prefix, network in networks().items()}
    parts["loss.perceptual_loss."] = perceptual()
    state = {f"{prefix}{name}": value for prefix, part in parts.items() for name, value in part.items()}
    for name in ("checkpoints", "configs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    torch.save({"state_dict": state, "global_step": 20000, "epoch": 3}, folder / "checkpoints" / "last.ckpt")
    config = {"model": {"params": {"lossconfig": {"params": LOSS}}}}
    (folder / "configs" / f"{folder.name[:19]}-project.yaml").write_text(json.dumps(config))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
