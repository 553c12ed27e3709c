"""Make the picture of a page that the README shows: `python sample_data/page.py` writes .github/page.png.

Needs Chromium, found by GANLOSS_CHROMIUM or on PATH.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

from ganloss_cli.cli import main

SAMPLES = Path(__file__).resolve().parent
PICTURE = SAMPLES.parent / ".github" / "page.png"
# the example of the README
EXAMPLE = "eval --ckpt sample_data/g.pt --data sample_data/imgs --losses d_lsgan,g_lsgan,ssim,psnr"
WIDTH, HEIGHT = 1180, 1080


def make(chromium: str) -> None:
    """Write the page, and take its picture."""
    os.chdir(SAMPLES.parent)
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder) / "report.html", Path(folder) / "shot.png"
        main([*EXAMPLE.split(), "--no-progress", "--quiet", "--output", str(page)])
        words = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--force-device-scale-factor=1",
        ]
        subprocess.run(
            [chromium, *words, f"--user-data-dir={folder}/profile", f"--window-size={WIDTH},{HEIGHT}",
             "--blink-settings=preferredColorScheme=1", f"--screenshot={shot}", page.as_uri()],
            check=True, capture_output=True,
        )  # fmt: skip
        # 128 colours are enough for a page, and a third of the bytes
        Image.open(shot).convert("RGB").quantize(128).save(PICTURE, optimize=True)
    print(f"{PICTURE}: {PICTURE.stat().st_size} bytes")


if __name__ == "__main__":
    found = os.environ.get("GANLOSS_CHROMIUM") or shutil.which("chromium")
    if found is None:
        sys.exit("there is no Chromium: name it in GANLOSS_CHROMIUM")
    make(found)
