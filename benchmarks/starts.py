"""How soon a command answers, and has looked at a checkpoint or at two files, beside what anybody waits for.

    python benchmarks/starts.py --repeats 7
    python benchmarks/starts.py --only audit

Whole processes in turn (A B A B ...); a ratio is the median of those of the pairs, in CPU seconds. It ends with 1 where
a target is missed.

What did not pay, and is not done:

- an audit with data in 1.5 times `import torch` and one reading, which is 2.4 s for eight images of 64 x 64 and a pair
  of 175 MB: it takes 3.5 to 4.8 s. Its checks look at two passes of the generator, of 0.14 s each, and at eleven of the
  discriminator and one back, of 0.1 s, which is 13 GFLOP and all that a core can; `PASSES` does nothing but these;
- the C unpickler in the place of the scan of a pickle: what it must be kept from, such as a memo of four billion places
  or a key that is hashed for hours, is only known once the operations were followed, which the scan does. What it
  follows a thousand tensors at a time takes a third of the time, and the unpickler reads what was scanned;
- Python's garbage collector turned off: no difference, for it is already told to look rarely;
- wide tables without rich: their rows are joined by our own `Listing`, and rich takes none of the time.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from cases import Case

MANY = """
import sys, torch
torch.save({"generator": {f"layer{k}.weight": torch.zeros(4) for k in range(10_000)}}, sys.argv[1])
"""
# a DCGAN of 180 channels with the heavy tails of trained weights, 92 and 83 MB
PAIR = """
import sys, torch
torch.manual_seed(0)
w, heavy = 180, torch.distributions.StudentT(5.0)
def state(ends, transposed):
    held = {}
    for k, (before, after) in enumerate(ends):
        shape = (before, after) if transposed else (after, before)
        held[f"main.{3 * k - (not transposed and k > 0)}.weight"] = 0.02 * heavy.sample((*shape, 4, 4))
        if k + 1 < len(ends) and (transposed or k):
            norm = f"main.{3 * k + 1 - (not transposed)}"
            held |= {f"{norm}.weight": torch.rand(after), f"{norm}.bias": torch.randn(after),
                     f"{norm}.running_mean": torch.randn(after), f"{norm}.running_var": torch.rand(after) + 0.5,
                     f"{norm}.num_batches_tracked": torch.tensor(9)}
    return held
torch.save(state([(100, 8 * w), (8 * w, 4 * w), (4 * w, 2 * w), (2 * w, w), (w, 3)], True), sys.argv[1])
torch.save(state([(3, w), (w, 2 * w), (2 * w, 4 * w), (4 * w, 8 * w), (8 * w, 1)], False), sys.argv[2])
"""
IMAGES = """
import sys, numpy as np
from PIL import Image
random = np.random.default_rng(0)
real = random.integers(0, 256, (512, 512, 3), dtype=np.uint8)
Image.fromarray(real).save(sys.argv[1])
Image.fromarray(np.clip(real + random.normal(0, 12, real.shape), 0, 255).astype(np.uint8)).save(sys.argv[2])
"""
PICTURES = """
import sys, numpy as np
from pathlib import Path
from PIL import Image
Path(sys.argv[1]).mkdir()
for k, values in enumerate(np.random.default_rng(0).integers(0, 256, (8, 64, 64, 3), dtype=np.uint8)):
    Image.fromarray(values).save(f"{sys.argv[1]}/{k}.png")
"""
# what an audit with data cannot do without: torch, both files, and the passes that its checks look at
PASSES = """
import sys, torch
from torch.nn.functional import conv2d, conv_transpose2d
g, d = ([w for w in torch.load(path).values() if w.dim() == 4] for path in sys.argv[1:])
def score(images):
    for k, w in enumerate(d):
        images = conv2d(images, w, stride=2 if k < 4 else 1, padding=1 if k < 4 else 0).relu()
    return images
def make(latents):
    for k, w in enumerate(g):
        latents = conv_transpose2d(latents, w, stride=2 if k else 1, padding=1 if k else 0).relu()
    return latents
images = make(torch.randn(8, 100, 1, 1))
make(torch.randn(8, 100, 1, 1))
for _ in range(10):
    score(images)
torch.autograd.grad(score(images.requires_grad_()).sum(), images)
"""
READ = """
import sys, zipfile
import numpy as np
for path in sys.argv[1:]:
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.rpartition("/")[2].isdigit():
                values = np.frombuffer(archive.read(name), np.float32)
                values.mean(), values.std(), values.min(), values.max()
"""


def cases(folder: Path) -> Iterator[Case]:
    """Every case, its files in a folder."""
    many, real, fake, generator, discriminator, pictures = (
        str(folder / name) for name in ("many.pt", "a.png", "b.png", "netG.pth", "netD.pth", "pictures")
    )
    for code, *files in ((MANY, many), (IMAGES, real, fake), (PAIR, generator, discriminator), (PICTURES, pictures)):
        subprocess.run([sys.executable, "-c", code, *files], check=True)
    ganloss = [sys.executable, "-m", "ganloss_cli"]
    bare = {"beside": "python -c pass", "other": python("pass")}
    beside_typer = {"beside": "import typer", "other": python("import typer")}
    beside_torch = {"beside": "import torch", "other": python("import torch")}
    yield Case(what="start: --version", command=[*ganloss, "--version"], **bare, target=2)
    mistyped = [*ganloss, "eval", "--btach-size", "3"]
    yield Case(what="start: a mistyped option", command=mistyped, expected=2, **beside_typer, target=1.2)
    yield Case(what="start: --help", command=[*ganloss, "--help"], **beside_typer, target=1.8)
    yield Case(what="inspect, 10 000 tensors", command=[*ganloss, "inspect", many], **bare, target=19)
    yield Case(what="the same, --tensors", command=[*ganloss, "inspect", many, "--tensors"], **bare, target=30)
    pair = [*ganloss, "eval", "--real", real, "--fake", fake, "--losses"]
    yield Case(what="one pair, ssim,psnr", command=[*pair, "ssim,psnr"], **beside_torch, target=0.5)
    yield Case(what="one pair, gmsd by torch", command=[*pair, "gmsd"], **beside_torch, target=1.1)
    yield Case(what="one pair, its memory", command=[*pair, "ssim,psnr"], of="peak", **beside_torch, target=1.1)
    audit = [*ganloss, "audit", "checkpoint", generator, discriminator]
    both = {"beside": "numpy, read once", "other": [*python(READ), generator, discriminator]}
    yield Case(what="audit of a 175 MB pair", command=audit, **both, target=3)
    with_data = [*audit, "--data", pictures]
    passes = {"beside": "torch and the passes", "other": [*python(PASSES), generator, discriminator]}
    yield Case(what="the same, with data", command=with_data, expected=1, **passes, target=1.5)


def python(code: str) -> list[str]:
    """A command that runs code."""
    return [sys.executable, "-c", code]


def show(found: Iterator[Case], only: str, repeats: int, seconds: float) -> int:
    """Print the cases whose name holds a word; how many missed their target."""
    missed = 0
    for case in found:
        if only not in case.what:
            continue
        if not case.is_possible():
            print(f"{case.what:<28} left out: {case.needs} is not installed", flush=True)
            continue
        ratio = case.ratio(repeats, seconds)
        missed += ratio > case.target
        verdict = "" if ratio <= case.target else "   missed"
        unit = "MB over" if case.of == "growth" else "x"
        print(f"{case.what:<28} {ratio:6.2f} {unit} {case.beside:<24} at most {case.target:.3g}{verdict}", flush=True)
    return missed


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=30, help="after which a case starts no further pair")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(show(cases(Path(folder)), arguments.only, arguments.repeats, arguments.seconds) > 0)


if __name__ == "__main__":
    main()
