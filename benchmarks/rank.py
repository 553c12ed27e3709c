"""Forty checkpoints of a small GAN over 200 images: `ganloss rank` in one process beside forty `ganloss eval`.

    git worktree add --detach /tmp/before COMMIT
    python benchmarks/rank.py --before /tmp/before

The training is made here: a DCGAN on drawn discs, saved forty times. The single process and the forty are run in turn
(A B A B ...), whole processes with their start-up, because the speed of a machine drifts; the numbers of all of them
must be equal to the last bit. CPU seconds stand beside the wall clock, which a busy machine stretches. `--before` names
the checkout whose `ganloss eval` is run forty times; by default this one's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from processes import Run, timed

HERE = Path(__file__).resolve().parent.parent
# another checkout stands before this one, wherever it is installed
PROGRAM = "import sys; sys.path.insert(0, sys.argv.pop(1)); from ganloss_cli.cli import main; sys.exit(main())"
LOSSES = "d_bce,g_bce,d_lsgan,g_lsgan,d_hinge,tv"
TRAIN = """
import sys
from pathlib import Path
import numpy as np, torch
from PIL import Image
from torch import nn
folder, count = Path(sys.argv[1]), int(sys.argv[2])
torch.manual_seed(0)
pictures = [np.asarray(Image.open(path)).copy() for path in sorted((folder / "imgs").iterdir())]
images = torch.from_numpy(np.stack(pictures))
images = images.permute(0, 3, 1, 2).float() / 127.5 - 1

class G(nn.Module):
    def __init__(self):
        super().__init__()
        up = lambda i, o, *s: [nn.ConvTranspose2d(i, o, 4, *s, bias=False), nn.BatchNorm2d(o), nn.ReLU(True)]
        last = nn.ConvTranspose2d(8, 3, 4, 2, 1, bias=False)
        inner = [*up(32, 32, 1, 0), *up(32, 16, 2, 1), *up(16, 8, 2, 1), *up(8, 8, 2, 1)]
        self.main = nn.Sequential(*inner, last, nn.Tanh())
    def forward(self, z):
        return self.main(z)

class D(nn.Module):
    def __init__(self):
        super().__init__()
        down = lambda i, o: [nn.Conv2d(i, o, 4, 2, 1, bias=False), nn.BatchNorm2d(o), nn.LeakyReLU(0.2, True)]
        first, last = nn.Conv2d(3, 8, 4, 2, 1, bias=False), nn.Conv2d(32, 1, 4, 1, 0, bias=False)
        inner = [*down(8, 16), *down(16, 32), *down(32, 32)]
        self.main = nn.Sequential(first, nn.LeakyReLU(0.2, True), *inner, last, nn.Sigmoid())
    def forward(self, x):
        return self.main(x).flatten()

g, d, bce = G(), D(), nn.BCELoss()
optimizers = [torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999)) for net in (g, d)]
for step in range(1, 5 * count + 1):
    real = images[torch.randint(0, len(images), (32,))]
    fake = g(torch.randn(32, 32, 1, 1))
    for optimizer, loss in (
        (optimizers[1], lambda: bce(d(real), torch.ones(32)) + bce(d(fake.detach()), torch.zeros(32))),
        (optimizers[0], lambda: bce(d(fake), torch.ones(32))),
    ):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
    if step % 5 == 0:
        torch.save(g.state_dict(), folder / "run" / f"netG_step_{step}.pth")
        torch.save(d.state_dict(), folder / "run" / f"netD_step_{step}.pth")
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, default=HERE)
    parser.add_argument("--checkpoints", type=int, default=40)
    parser.add_argument("--images", type=int, default=200)
    parser.add_argument("--repeats", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        draw(folder / "imgs", asked.images)
        (folder / "run").mkdir()
        timed([sys.executable, "-c", TRAIN, str(folder), str(asked.checkpoints)])
        shares = []
        for _ in range(asked.repeats):
            together = one_process(folder)
            apart = many_processes(folder, asked.before)
            compare(folder)
            wall, cpu = sum(run.wall for run in apart), sum(run.cpu for run in apart)
            shares.append((together.wall / wall, together.cpu / cpu))
            print(f"one process {together.wall:.1f} s, CPU {together.cpu:.1f} s; {len(apart)} processes {wall:.1f} s,"
                  f" CPU {cpu:.1f} s")  # fmt: skip
        wall, cpu = (statistics.median(share) for share in zip(*shares, strict=True))
        print(f"share of the time {wall:.3f}, of CPU seconds {cpu:.3f}; all numbers are equal")


def draw(folder: Path, count: int) -> None:
    """Discs of every colour, size and place, 64 pixels a side."""
    folder.mkdir()
    random = np.random.default_rng(0)
    rows, columns = np.mgrid[:64, :64]
    for k in range(count):
        image = np.empty((64, 64, 3), dtype=np.uint8)
        image[:] = random.integers(0, 256, 3)
        row, column, radius = random.integers(16, 48), random.integers(16, 48), random.integers(6, 20)
        image[(rows - row) ** 2 + (columns - column) ** 2 < radius**2] = random.integers(0, 256, 3)
        Image.fromarray(image).save(folder / f"{k:04d}.png")


def one_process(folder: Path) -> Run:
    """What `ganloss rank` takes."""
    words = ["rank", folder / "run", "--data", folder / "imgs", "--losses", LOSSES, "-o", folder / "rank.json", "-q"]
    return timed([sys.executable, "-c", PROGRAM, str(HERE), *map(str, words)])


def many_processes(folder: Path, checkout: Path) -> list[Run]:
    """What a `ganloss eval` a checkpoint takes, one after the other."""
    runs = []
    for g in sorted((folder / "run").glob("netG_*")):
        d, report = g.with_name(g.name.replace("netG", "netD")), folder / f"{g.stem}.json"
        words = ["eval", "--ckpt", g, "--disc", d, "--data", folder / "imgs", "--losses", LOSSES, "-o", report, "-q"]
        runs.append(timed([sys.executable, "-c", PROGRAM, str(checkout), *map(str, words)]))
    return runs


def compare(folder: Path) -> None:
    """Hold every number of the single process against that of the process of its own.

    Raises:
        SystemExit: one differs.
    """
    whole = json.loads((folder / "rank.json").read_text())
    for row in whole["ranking"]["checkpoints"]:
        alone = json.loads((folder / f"{Path(row['name']).stem}.json").read_text())
        for result in alone["results"]:
            ours = whole["results"][row["standings"][result["typed"]]["result"]]
            if (ours["value"], ours["standard_error"]) != (result["value"], result["standard_error"]):
                raise SystemExit(f"{row['name']}: {result['typed']} is {ours['value']}, alone {result['value']}")


if __name__ == "__main__":
    main()
