"""Numbers of the losses of speech: each library called by hand on two seconds of a synthetic voice."""

import math

import torch

RATE = 22050  # what the contract tests tell a loss
TIME = torch.arange(2 * RATE, dtype=torch.float64) / RATE
PITCH = 120 + 20 * torch.sin(2 * math.pi * 1.5 * TIME)
VOICE = sum((torch.sin(2 * math.pi * k * PITCH * TIME) / k for k in range(1, 12)), start=torch.zeros(()).double())
REAL = 0.2 * VOICE * torch.sin(2 * math.pi * 2 * TIME).clamp(min=0)
# later by 20 ms, and hissing
HISS = torch.randn(len(TIME), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
FAKE = 0.8 * REAL.roll(441) + 0.01 * HISS
SPEECH = {"real": REAL[None, None], "fake": FAKE[None, None]}
PESQ, STOI = "pesq 0.0.4 called by hand", "pystoi 0.4.1 called by hand"
PYIN, WORLD = "librosa 0.11.0 pyin called by hand", "pyworld 0.3.5 called by hand"
CREPE = "torchcrepe 0.0.24 called by hand"
MCD, LOUDNESS = "pysptk 1.0.1 and fastdtw 0.3.4 called by hand", "pyloudnorm 0.2.0 called by hand"
FIGURES = {
    ("pesq", ""): (1.0267454385757446, PESQ),
    ("pesq", "nb"): (1.2495896816253662, PESQ),
    ("pesq", "nb_raw"): (1.3082388817455797, PESQ),
    ("pesq", "wb_raw"): (-0.8351874029248115, PESQ),
    ("pesq", "swapped"): (1.0611170530319214, PESQ),
    ("stoi", ""): (0.7573445594994171, STOI),
    ("stoi", "extended"): (0.4678648672010051, STOI),
    ("estoi", ""): (0.4678648672010051, STOI),
    ("mcd", ""): (13.197820721953013, MCD),
    ("mcd", "frames"): (13.62610529349258, MCD),
    ("mcd", "without_c0"): (5.328480964206282, MCD),
    ("mcd", "kubichek1993"): (6.324580264623135, MCD),
    ("f0_rmse", ""): (92.98469683853277, PYIN),
    ("f0_rmse", "harvest"): (280.19638661505513, WORLD),
    ("f0_rmse", "dio"): (285.59987605629175, WORLD),
    ("f0_rmse", "crepe"): (97.43887402054008, CREPE),
    ("f0_rmse", "cargan"): (97.43887402054008, CREPE),
    ("vuv_error", ""): (0.034482758620689655, PYIN),
    ("vuv_error", "harvest"): (0.23690773067331672, WORLD),
    ("vuv_error", "dio"): (0.1571072319201995, WORLD),
    ("vuv_error", "crepe"): (0.05232558139534884, CREPE),
    ("vuv_error", "f1"): (0.9454545454545454, PYIN),
    ("periodicity", ""): (0.11223144110268443, PYIN),
    ("periodicity", "crepe"): (0.140793622676779, CREPE),
    ("periodicity", "cargan"): (0.140793622676779, CREPE),
    ("loudness", ""): (1.6570933102044805, LOUDNESS),
    ("loudness", "deman"): (1.656984159877645, LOUDNESS),
    ("loudness", "fake"): (-24.420954637369864, LOUDNESS),
    ("loudness", "real"): (-22.763861327165383, LOUDNESS),
}

GOLDEN = tuple(
    {
        "loss": loss, "batch": SPEECH, "expected": expected, "source": source, "tolerance": 1e-5,
        **({"convention": convention} if convention else {}),
    }
    for (loss, convention), (expected, source) in FIGURES.items()
)  # fmt: skip
