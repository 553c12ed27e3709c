"""SSIM and PSNR of a folder of PNG pairs: `ganloss eval` beside a DataLoader + torchmetrics script, in one run.

    python benchmarks/folder.py --pairs 200 --repeats 3

Both are whole processes, start-up included, run in turn (A B A B ...), because the speed of a machine drifts. A third
process only decodes the files, in a thread a processor: the floor that no tool can be under. CPU seconds of each stand
beside the wall clock, because a busy machine stretches only the latter. Needs the extra `bench`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image
from processes import Run, timed

# -P: of the interpreter's own environment, also where a checkout is the current folder
EVALUATE = ["-P", "-m", "ganloss_cli", "eval", "--losses", "ssim,psnr", "--format", "csv", "--data"]
PEER = """
import os
import sys
from pathlib import Path
import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision_operators import declare_torchvision_operators
declare_torchvision_operators()
from torchmetrics.image import PeakSignalNoiseRatio, StructuralSimilarityIndexMeasure

class Pairs(Dataset):
    def __init__(self, root):
        self.real = sorted((Path(root) / "real").iterdir())
        self.fake = sorted((Path(root) / "fake").iterdir())
    def __len__(self):
        return len(self.real)
    def load(self, path):
        return torch.from_numpy(np.asarray(Image.open(path).convert("RGB"))).permute(2, 0, 1).float() / 255
    def __getitem__(self, index):
        return self.load(self.real[index]), self.load(self.fake[index])

ssim = StructuralSimilarityIndexMeasure(data_range=1.0)
psnr = PeakSignalNoiseRatio(data_range=1.0, dim=(1, 2, 3), reduction="elementwise_mean")
for real, fake in DataLoader(Pairs(sys.argv[1]), batch_size=8, num_workers=os.cpu_count()):
    ssim.update(fake, real)
    psnr.update(fake, real)
print(float(ssim.compute()), float(psnr.compute()))
"""
DECODE = """
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
import numpy as np
from PIL import Image
paths = [p for folder in ("real", "fake") for p in (Path(sys.argv[1]) / folder).iterdir()]
with ThreadPoolExecutor(os.cpu_count()) as pool:
    print(sum(int(v.sum()) for v in pool.map(lambda p: np.asarray(Image.open(p)), paths)))
"""


def make_pairs(root: Path, count: int, side: int) -> None:
    """Crops of photographs and noisy copies of them, as PNG."""
    from skimage import data

    photographs = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    random = np.random.default_rng(0)
    for folder in ("real", "fake"):
        (root / folder).mkdir(parents=True)
    for k in range(count):
        source = photographs[k % len(photographs)]
        image = np.asarray(Image.fromarray(source).resize((side, side)).rotate(k))
        noisy = np.clip(image + random.normal(0, 12, image.shape), 0, 255).astype(np.uint8)
        Image.fromarray(image).save(root / "real" / f"{k:04d}.png")
        Image.fromarray(noisy).save(root / "fake" / f"{k:04d}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--side", type=int, default=512)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root, few = Path(folder) / "all", Path(folder) / "few"
        make_pairs(root, arguments.pairs, arguments.side)
        make_pairs(few, max(1, arguments.pairs // 10), arguments.side)
        ours = [sys.executable, *EVALUATE]
        commands = {
            "ganloss": [*ours, str(root)],
            "torchmetrics": [sys.executable, "-c", PEER, str(root)],
            "decoding alone": [sys.executable, "-c", DECODE, str(root)],
            "ganloss, a tenth": [*ours, str(few)],
            "torchmetrics, a tenth": [sys.executable, "-c", PEER, str(few)],
        }
        runs: dict[str, list[Run]] = {name: [] for name in commands}
        for name in ("ganloss, a tenth", "torchmetrics, a tenth"):  # compiles what is imported
            timed(commands[name])
        for _ in range(arguments.repeats):
            for name, command in commands.items():
                runs[name].append(timed(command))
        peak = {name: max(run.peak for run in of_one) for name, of_one in runs.items()}
        print(f"{arguments.pairs} pairs, {arguments.side} x {arguments.side}, {os.cpu_count()} processors")
        for name, of_one in runs.items():
            wall, cpu = statistics.median(run.wall for run in of_one), statistics.median(run.cpu for run in of_one)
            print(f"{name:<21} median {wall:7.2f} s   CPU {cpu:7.2f} s   peak {peak[name]:6.0f} MB")
        for name in ("torchmetrics", "decoding alone"):
            ratios = [peer.wall / own.wall for peer, own in zip(runs[name], runs["ganloss"], strict=True)]
            print(f"{name} / ganloss: {', '.join(f'{ratio:.2f}' for ratio in ratios)}")
        further = [
            (runs["torchmetrics"][k].wall - runs["torchmetrics, a tenth"][k].wall)
            / (runs["ganloss"][k].wall - runs["ganloss, a tenth"][k].wall)
            for k in range(arguments.repeats)
        ]
        print(f"torchmetrics / ganloss, for every further pair: {', '.join(f'{ratio:.2f}' for ratio in further)}")
        print(f"memory, all pairs less a tenth of them: {peak['ganloss'] - peak['ganloss, a tenth']:.0f} MB")


if __name__ == "__main__":
    main()
