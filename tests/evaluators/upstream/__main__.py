"""Recompute every figure of golden_upstream.py and golden_upstream_pairs.py with the code that it is from.

    python tests/evaluators/upstream --upstream DIR

DIR holds clones: DIR/OWNER/NAME, DIR/NAME or DIR/OWNER+NAME/repo. Functions and passages are cut out of the file at the
commit named and run as they stand on the inputs of those files; what little is edited is said beside it. Prints
recorded and recomputed figures, and exits 1 where they differ by more than the float32 that some sources work in, or
where one could not be computed for want of a package. Beside what the tests need: tensorflow 2.21, librosa,
opencv-python-headless and torchaudio (without its lib/, where that was built for another torch).
"""

import argparse
import math
import sys
from pathlib import Path

import adversarial  # noqa: F401  each enters its computations
import backbones  # noqa: F401
import features  # noqa: F401
import frameworks  # noqa: F401
import latent  # noqa: F401
import logged  # noqa: F401
import pairs  # noqa: F401
import penalties  # noqa: F401
import relativistic  # noqa: F401
import spectral  # noqa: F401
import tokenizers  # noqa: F401
import torch
from clones import Upstream
from figures import FIGURES, G, P


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--upstream", type=Path, required=True, help="folder of clones")
    up = Upstream(parser.parse_args().upstream)
    recorded = {(row["loss"], row["convention"], row["inputs"], row["source"]): row for row in (*G.GOLDEN, *P.GOLDEN)}
    if recorded.keys() != FIGURES.keys():
        sys.stdout.write(f"recorded or computed alone: {sorted(recorded.keys() ^ FIGURES.keys())}\n")
        return 1
    n_same = 0
    for key, row in recorded.items():
        try:
            computed = repr(value := FIGURES[key](up))
            verdict = "same" if _same(value, row["expected"]) else "DIFFERS"
        except ModuleNotFoundError as error:
            verdict, computed = "MISSING", f"needs {error.name}"
        n_same += verdict == "same"
        name = f"{row['loss']}:{row['convention']}"
        sys.stdout.write(f"{verdict:8}{name:30}{row['expected']!r:24}{computed:24}{row['source']}\n")
    sys.stdout.write(f"{n_same} of {len(recorded)} figures are those recorded\n")
    return 0 if n_same == len(recorded) else 1


def _same(value: float, recorded: float) -> bool:
    # of a source that works in float32, the last digit is another one on another processor
    in_float32 = torch.tensor(recorded, dtype=torch.float32).item() == recorded
    return math.isclose(value, recorded, rel_tol=2**-22 if in_float32 else 1e-7)


if __name__ == "__main__":
    sys.exit(main())
