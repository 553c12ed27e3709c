"""Makes everything in this folder except nets.py: `python make.py`, then `python expected.py`.

The log of the pictures' training is made of expected.json: `python make.py log`, with wandb installed.

The photographs come with scikit-image and may be used freely: astronaut (NASA, public domain), chelsea (Stefan van der
Walt, CC0), coffee (Rachel Michetti, CC0), rocket (SpaceX, public domain). The sounds and the saved tensors are made by
formula, with seeds. Training takes about two minutes on one core.
"""

from __future__ import annotations

import json
import sys
import tempfile
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from safetensors.torch import save_file
from skimage import data, filters
from torch import Tensor, nn

from ganloss_cli.io.networks.patchgan import PatchGAN
from ganloss_cli.io.networks.resnet_generator import ResnetGenerator

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "audio"))

from nets import MultiPeriodDiscriminator  # noqa: E402  (it lies in audio/, as a user's own file would)

Floats = npt.NDArray[np.float64]

SIDE = 96
# photograph -> (by how much it is reduced, corners of its held-out crops)
PHOTOGRAPHS = {
    "astronaut": (2, ((10, 64), (140, 20))),
    "chelsea": (1, ((60, 120), (150, 250))),
    "coffee": (2, ((40, 60), (100, 190))),
    "rocket": (2, ((20, 130), (110, 140))),
}
IMAGE_STEPS = 3000
HISTORY = 0x12  # the first byte of that field of a record
AUDIO_STEPS = 600
SAMPLE_RATE = 16_000


def main() -> None:
    """Write the three cases."""
    torch.set_num_threads(1)  # sums of several threads are not the same on every machine
    torch.use_deterministic_algorithms(True)
    make_images()
    make_audio()
    make_tensors()


def make_log() -> None:
    """The file of an offline run of Weights & Biases that logged the training's last evaluation.

    Of the run's records only those of the history are kept: the others describe the machine it ran on.
    """
    import wandb  # type: ignore[import-not-found]  # nothing else here needs it

    values = json.loads((HERE / "expected.json").read_text(encoding="utf-8"))[0]["values"]
    names = {"val/psnr": "psnr", "val/ssim": "ssim", "d_loss": "d_lsgan", "g_loss": "g_lsgan"}
    with tempfile.TemporaryDirectory() as folder:
        run = wandb.init(mode="offline", dir=folder, project="restoration")
        run.log({tag: float(f"{values[name]:.6g}") for tag, name in names.items()}, step=IMAGE_STEPS)
        run.finish()
        wandb.teardown()  # until then the file may hold nothing yet
        (file,) = Path(folder).rglob("*.wandb")
        content = file.read_bytes()
    kept, at = content[:7], 7
    while at < len(content):
        end = at + 7 + int.from_bytes(content[at + 4 : at + 6], "little")
        if content[at + 9] == HISTORY:  # behind the header of the chunk, and the record's number
            kept += content[at:end]
        at = end
    (HERE / "log").mkdir(exist_ok=True)
    (HERE / "log" / "run-restoration.wandb").write_bytes(kept)


def photograph(name: str) -> Floats:
    """A photograph in [0, 1], reduced by averaging squares of pixels; (H, W, 3)."""
    factor, _ = PHOTOGRAPHS[name]
    pixels = getattr(data, name)().astype(np.float64) / 255
    height, width = (side // factor for side in pixels.shape[:2])
    return pixels[: height * factor, : width * factor].reshape(height, factor, width, factor, 3).mean((1, 3))


def degraded(picture: Floats, rng: np.random.Generator) -> Floats:
    """A picture out of focus and noisy, in [0, 1]."""
    blurred = filters.gaussian(picture, sigma=1.2, channel_axis=-1)
    return np.clip(blurred + rng.normal(0, 0.1, picture.shape), 0, 1)


def make_images() -> None:
    """`imgs/input` and `imgs/real`, and a generator and a discriminator trained on the rest of the photographs."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    for name, (_, corners) in PHOTOGRAPHS.items():
        whole = photograph(name)
        for number, (top, left) in enumerate(corners):
            clean = whole[top : top + SIDE, left : left + SIDE]
            for folder, picture in (("input", degraded(clean, rng)), ("real", clean)):
                path = HERE / "imgs" / folder / f"{name}_{number}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.fromarray((picture * 255).round().astype(np.uint8)).save(path, optimize=True)
    generator, discriminator = train_restoration(rng)
    parts = {"generator": generator.state_dict(), "discriminator": discriminator.state_dict(), "step": IMAGE_STEPS}
    torch.save(parts, HERE / "g.pt")


def training_crop(rng: np.random.Generator, pictures: dict[str, Floats], side: int = 64) -> Floats:
    """A crop that shares no pixel with a held-out one, perhaps mirrored; (side, side, 3)."""
    while True:
        name = list(pictures)[rng.integers(len(pictures))]
        whole = pictures[name]
        top, left = (int(rng.integers(size - side + 1)) for size in whole.shape[:2])
        held_out = PHOTOGRAPHS[name][1]
        if all(abs(top + side / 2 - t - SIDE / 2) >= (side + SIDE) / 2
               or abs(left + side / 2 - x - SIDE / 2) >= (side + SIDE) / 2 for t, x in held_out):  # fmt: skip
            crop = whole[top : top + side, left : left + side]
            return crop[:, ::-1] if rng.integers(2) else crop


def training_batch(rng: np.random.Generator, pictures: dict[str, Floats], size: int = 8) -> tuple[Tensor, Tensor]:
    """Degraded and clean crops in [-1, 1]; (N, 3, H, W) each."""
    clean = [training_crop(rng, pictures) for _ in range(size)]
    pairs = [[degraded(crop, rng) for crop in clean], clean]
    inputs, reals = (torch.from_numpy(np.stack(side)).permute(0, 3, 1, 2).float() * 2 - 1 for side in pairs)
    return inputs, reals


def train_restoration(rng: np.random.Generator) -> tuple[nn.Module, nn.Module]:
    """LSGAN with an L1 term of weight 100, as pix2pix weighs it."""
    pictures = {name: photograph(name) for name in PHOTOGRAPHS}
    generator = ResnetGenerator(ngf=8, n_blocks=3, norm="batch")
    discriminator = PatchGAN(ndf=8, norm="instance")
    g_step = torch.optim.Adam(generator.parameters(), lr=2e-3, betas=(0.5, 0.999))
    d_step = torch.optim.Adam(discriminator.parameters(), lr=5e-4, betas=(0.5, 0.999))
    for step in range(IMAGE_STEPS):
        for optimizer in (g_step, d_step):
            optimizer.param_groups[0]["lr"] *= 1 if step < IMAGE_STEPS // 2 else 0.998
        inputs, reals = training_batch(rng, pictures)
        fakes = generator(inputs)
        (real_map,), _ = discriminator(reals)
        (fake_map,), _ = discriminator(fakes.detach())
        descend(d_step, 0.5 * ((real_map - 1).square().mean() + fake_map.square().mean()))
        (fake_map,), _ = discriminator(fakes)
        distance = (fakes - reals).abs().mean()
        descend(g_step, (fake_map - 1).square().mean() + 100 * distance)
        if step % 100 == 0:
            print(f"step {step}: L1 {distance.item():.4f}")
    return generator.eval(), discriminator.eval()


def descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """One step down."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()


def tone(pitch: float, seconds: float) -> Floats:
    """A plucked note: eight harmonics that decay the faster the higher they are; (T,)."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    harmonics = [np.sin(2 * np.pi * k * pitch * time) / k * np.exp(-1.5 * k * time) for k in range(1, 9)]
    attack = np.minimum(time / 0.01, 1)
    return 0.4 * attack * np.sum(harmonics, axis=0)


def make_audio() -> None:
    """`audio/real` and `audio/fake`, and a discriminator that has seen them for a moment."""
    torch.manual_seed(1)
    rng = np.random.default_rng(1)
    waves: dict[str, list[Tensor]] = {"real": [], "fake": []}
    for number, pitch in enumerate((110.0, 146.83, 196.0, 261.63, 329.63, 440.0)):
        clean = tone(pitch, 0.8 if number < 4 else 0.6)  # two lengths: a batch holds only one of them
        late = np.concatenate([np.zeros(2), clean[:-2]])
        noisy = 0.9 * late + 0.03 * rng.normal(size=clean.shape)
        for side, sound in (("real", clean), ("fake", noisy)):
            samples = np.clip((sound * 32768).round(), -32768, 32767).astype("<i2")
            write_wave(HERE / "audio" / side / f"note_{number}.wav", samples)
            waves[side].append(torch.from_numpy(samples.astype(np.float32) / 32768)[None, None])
    discriminator = MultiPeriodDiscriminator()
    optimizer = torch.optim.Adam(discriminator.parameters(), lr=3e-3)
    for step in range(AUDIO_STEPS):
        real_logits, _ = discriminator(waves["real"][step % 6])
        fake_logits, _ = discriminator(waves["fake"][step % 6])
        sides = zip(real_logits, fake_logits, strict=True)
        descend(optimizer, sum((((real - 1) ** 2).mean() + (fake**2).mean() for real, fake in sides), torch.zeros(())))
    save_file(discriminator.state_dict(), HERE / "audio" / "d.safetensors")


def write_wave(path: Path, samples: npt.NDArray[np.int16]) -> None:
    """One channel, 16 bits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(samples.tobytes())


def make_tensors() -> None:
    """`tensors/`: what training loops would dump, six samples, every role that a loss of saved tensors reads."""
    rng = np.random.default_rng(2)
    save_tensors("losses", {**judged(rng), **latents(rng), **separated(rng)})
    pictures = ("real", "rec", "idt")
    save_tensors("cycle", {f"{name}_{domain}": rng.uniform(size=(6, 3, 8, 8)) for domain in "AB" for name in pictures})


def judged(rng: np.random.Generator, n: int = 6) -> dict[str, Floats]:
    """Pairs of pictures in [0, 1], scores of three sub-discriminators and feature maps of two."""
    real = rng.uniform(size=(n, 3, 24, 24))
    tensors = {"real": real, "fake": np.clip(real + 0.1 * rng.normal(size=real.shape), 0, 1)}
    for number, patches in enumerate(((), (5,), (3, 4))):  # a score, a row of them, a map of them
        tensors[f"real_logits.{number}"] = rng.normal(0.8, 1, (n, *patches))
        tensors[f"fake_logits.{number}"] = rng.normal(-0.5, 1, (n, *patches))
    for number in range(2):
        for layer, shape in enumerate(((4, 9), (8, 5), (1, 5))):
            for side in ("real", "fake"):
                tensors[f"{side}_features.{number}.{layer}"] = rng.normal(size=(n, *shape))
    return tensors


def latents(rng: np.random.Generator, n: int = 6) -> dict[str, Floats]:
    """VITS's latents, with a mask of each sample's length, and a plain Gaussian posterior."""
    tensors = {name: rng.normal(size=(n, 16, 12)) for name in ("z_p", "m_p")}
    tensors |= {name: rng.normal(0, 0.3, (n, 16, 12)) for name in ("logs_p", "logs_q")}
    lengths = np.array([12, 10, 7, 12, 3, 9])[:, None, None]
    posterior = {"mu": rng.normal(size=(n, 10)), "sigma": np.exp(rng.normal(0, 0.4, (n, 10)))}
    return {**tensors, "z_mask": (np.arange(12) < lengths).astype(np.float64), **posterior}


def separated(rng: np.random.Generator, n: int = 6) -> dict[str, Floats]:
    """A mask, and the magnitudes of target and residual."""
    magnitudes = {name: np.abs(rng.normal(size=(n, 1, 33, 20))) for name in ("target", "residual")}
    return {"mask": rng.uniform(size=(n, 1, 33, 20)), **magnitudes}


def save_tensors(name: str, tensors: dict[str, Floats]) -> None:
    """In float32, as training has them."""
    (HERE / "tensors").mkdir(exist_ok=True)
    whole = {role: torch.from_numpy(values).float().contiguous() for role, values in tensors.items()}
    save_file(whole, HERE / "tensors" / f"{name}.safetensors")


if __name__ == "__main__":
    make_log() if sys.argv[1:] == ["log"] else main()
