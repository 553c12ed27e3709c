"""Forms of logs as programs write them, and what only looks like one."""

import json
import math
import struct
import zlib
from pathlib import Path

import pytest

from ganloss_cli.errors import GanlossError
from ganloss_cli.io.logs.opening import open_logs

Points = dict[str, tuple[tuple[int | None, float], ...]]

# the lines that each project or logger prints
COQUI = """\x1b[1m > EPOCH: 0/1000\x1b[0m
 --> /runs/vits-May-01-2024
\x1b[1m > TRAINING (2024-05-01 12:00:00) \x1b[0m
\x1b[1m   --> TIME: 2024-05-01 12:00:05 -- STEP: 24/404 -- GLOBAL_STEP: 25\x1b[0m
     | > loss_disc: \x1b[91m 2.75 \x1b[0m (2.8)
     | > current_lr_0: 0.0002
\x1b[1m > EVALUATION \x1b[0m
\x1b[1m   --> STEP: 0\x1b[0m
     | > loss_disc: 3.25  (3.25)
  \x1b[1m--> EVAL PERFORMANCE\x1b[0m
     | > avg_loss_disc: \x1b[92m 3.5 \x1b[0m(+0.00)
\x1b[1m > EPOCH: 1/1000\x1b[0m
\x1b[1m > TRAINING (2024-05-01 12:10:00) \x1b[0m
\x1b[1m   --> STEP: 24/404 -- GLOBAL_STEP: 429\x1b[0m
     | > loss_disc: 2.5  (2.6)
     | > current_lr_0: 0.0001
"""
LOGURU = """2024-05-01 12:00:00.123 | INFO     | __main__:train:120 - step 100 d_loss = 0.5, g_loss = NaN
2024-05-01 12:00:01.123 | INFO     | __main__:train:120 - step 200 d_loss = 0.25, g_loss = -inf
2024-05-01 12:00:02.123 | INFO     | __main__:evaluate:140 - validation: step 200 g_loss = 1.5
"""
ABSL = """I0501 12:00:00.123456 139 train.py:120] step: 100, d_loss: 0.5
I0501 12:00:01.123456 139 train.py:120] step: 200, d_loss: 0.25
"""
BRACKETS = """[12:00:00] (train:120) GLOBAL_STEP = 1000, STEP = 10, D_LOSS = 0.5
[12:00:09] (train:120) STEP = 20, GLOBAL_STEP = 2000, D_LOSS = 0.25
[12:00:10] (train:131) [valid] D_LOSS = 0.75
"""
NARROW = """| name   | value | step |
|--------|-------|------|
| d_loss | 0.5   | 100  |
| g_loss | nan   | 100  |
| d_loss | 0.25  | 200  |
"""
RICH = """┏━━━━━━┳━━━━━━━━┓
┃ step ┃ d_loss ┃
┡━━━━━━╇━━━━━━━━┩
│ 100  │ 0.5    │
│ 200  │ 0.25   │
└──────┴────────┘
"""
TUTORIAL = """Epoch [0/200], Step [200/600], d_loss: 1.25, D(x): 0.5, D(G(z)): 0.25
Epoch [1/200], Step [200/600], d_loss: 1.5, D(x): 0.75, D(G(z)): 0.125
"""
LLAMAGEN = """[2024-05-01 12:00:00] (Generator) rec_loss: 0.5, vq_loss: 0.25 (Discriminator) disc_loss: 0.125
[2024-05-01 12:00:00] (Generator) rec_loss: 1.5, vq_loss: 1.25 (Discriminator) disc_loss: 1.125
"""
BAR = "Epoch 3: 45%|# | 45/100 [00:12<00:15, 3.50it/s, d_loss=0.5]\rEpoch 4: 1%| | 1/100 [00:12, d_loss=tensor(0.4)]\n"
TRAINER_STATE = json.dumps({
    "best_metric": None, "global_step": 20, "train_batch_size": 8, "stateful_callbacks": {"a": {"args": {"n": 1}}},
    "log_history": [
        {"loss": 0.5, "learning_rate": 5e-05, "epoch": 0.5, "step": 10},
        {"eval_loss": 0.75, "epoch": 1.0, "step": 20}, {"loss": "nan", "learning_rate": 0.0, "epoch": 1.0, "step": 20},
    ],
})  # fmt: skip
REPEATED = "step,d_loss\n1,0.5\n2,0.25\nstep,g_loss,fm\n3,1.5,2.5\nstep,g_loss,fm\n4,inf,NaN\n"
# open-mmlab/mmengine mmengine/hooks/logger_hook.py of old, mmcv's text logger
MMENGINE = """{"mode": "train", "epoch": 1, "iter": 10, "loss": 0.5}
{"mode": "train", "epoch": 1, "iter": 20, "loss": 0.25}
{"mode": "val", "epoch": 1, "iter": 20, "loss": 0.75}
"""
LONG = "name,value,step\nd_loss,0.5,1\ng_loss,1.5,1\nd_loss,0.25,2\n"


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("coqui.log", COQUI, {"loss_disc": ((25, 2.75), (429, 2.5)), "current_lr_0": ((25, 0.0002), (429, 0.0001)),
                              "val/loss_disc": ((25, 3.25),), "val/avg_loss_disc": ((25, 3.5),)}),
        ("loguru.log", LOGURU, {"d_loss": ((100, 0.5), (200, 0.25)), "g_loss": ((100, math.nan), (200, -math.inf)),
                                "val/g_loss": ((200, 1.5),)}),
        ("absl.log", ABSL, {"d_loss": ((100, 0.5), (200, 0.25))}),
        ("brackets.log", BRACKETS, {"D_LOSS": ((1000, 0.5), (2000, 0.25)), "val/D_LOSS": ((2000, 0.75),)}),
        ("narrow.txt", NARROW, {"d_loss": ((100, 0.5), (200, 0.25)), "g_loss": ((100, math.nan),)}),
        ("rich.txt", RICH, {"d_loss": ((100, 0.5), (200, 0.25))}),
        ("tutorial.log", TUTORIAL, {"d_loss": ((200, 1.25), (800, 1.5)), "D(x)": ((200, 0.5), (800, 0.75)),
                                    "D(G(z))": ((200, 0.25), (800, 0.125))}),
        ("llamagen.log", LLAMAGEN, {"rec_loss": ((None, 0.5), (None, 1.5)), "vq_loss": ((None, 0.25), (None, 1.25)),
                                    "disc_loss": ((None, 0.125), (None, 1.125))}),
        ("bar.log", BAR, {"d_loss": ((None, 0.5), (None, 0.4))}),
        ("trainer_state.json", TRAINER_STATE, {"loss": ((10, 0.5), (20, math.nan)), "eval_loss": ((20, 0.75),),
                                               "learning_rate": ((10, 5e-05), (20, 0.0))}),
        ("words.jsonl", '{"step": 1, "d": "nan", "g": "inf", "h": "-Infinity", "t": "infinity war", "k": "Infinity"}',
         {"d": ((1, math.nan),), "g": ((1, math.inf),), "h": ((1, -math.inf),), "k": ((1, math.inf),)}),
        ("counters.jsonl", '{"_step": 3, "step": 7, "trainer/global_step": 900, "d": 0.5}', {"d": ((900, 0.5),)}),
        ("repeated.csv", REPEATED, {"d_loss": ((1, 0.5), (2, 0.25)), "g_loss": ((3, 1.5), (4, math.inf)),
                                    "fm": ((3, 2.5), (4, math.nan))}),
        ("vis.jsonl", MMENGINE, {"loss": ((10, 0.5), (20, 0.25)), "val/loss": ((20, 0.75),)}),
        ("splits.csv", "epoch,step,split,d_loss\n1,10,train,0.5\n1,10,valid,0.75\n",
         {"d_loss": ((10, 0.5),), "val/d_loss": ((10, 0.75),)}),
        ("long.csv", LONG, {"d_loss": ((1, 0.5), (2, 0.25)), "g_loss": ((1, 1.5),)}),
        ("mark.csv", "\ufeffstep,d_loss\n5,0.5\n", {"d_loss": ((5, 0.5),)}),
    ],
)  # fmt: skip
def test_every_form_gives_the_values_that_were_written(name: str, text: str, expected: Points, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(text.encode())

    (log,) = open_logs(tmp_path / name)

    found = {tag: tuple(zip(one.steps, one.values, strict=True)) for tag, one in log.series.items()}
    assert repr(found) == repr({tag: expected[tag] for tag in found})
    assert set(found) == set(expected)


BANNER = "Namespace(batch_size=16, lr=0.0002, lambda_gan=1.0, loss_weight=3, epochs=200)\nbeta1: 0.5\n"


def test_options_and_banners_of_a_log_are_left_out_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "train.log"
    path.write_text(f"{BANNER}Epoch 1 step 10 d_loss: 0.5\nPeak memory: 1234\nEpoch 1 step 20 d_loss: 0.25\n")

    (log,) = open_logs(path)

    assert list(log.series) == ["d_loss"]
    assert [(finding.check, finding.severity, finding.evidence["names"]) for finding in log.findings] == [
        ("left_out_names", "note", ["batch_size", "lr", "lambda_gan", "loss_weight", "beta1", "Peak memory"])
    ]


NOTEBOOK = {
    "cells": [{"cell_type": "code", "execution_count": 1, "outputs": [{"text": ["step: 1 d_loss: 0.5"]}]}],
    "metadata": {}, "nbformat": 4, "nbformat_minor": 5,
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("run.ipynb", json.dumps(NOTEBOOK, indent=1), "a Jupyter notebook"),
        ("renamed.log", json.dumps(NOTEBOOK), "a Jupyter notebook"),
        ("hparams.yaml", "lr: 0.1\nd_loss: 0.5\n", "settings, not a log"),
        ("config.json", '{"loss": 0.5, "epoch": 3}', "settings, not a log"),
        ("a.json", '{"batch_size": 16, "epochs": 100, "lambda_l1": 10, "loss_weight": 2}', "left out batch_size"),
        (
            "overrides",
            "lr: 0.1\nlambda_gan: 0.5\nn_epochs: 100\nepoch: 100\nbatch_size: 8\n",
            "left out lr, lambda_gan",
        ),
        ("loss.py", "d_loss = 0.5\nstep = 100\n", "a program, not a log"),
        ("log.csv", "<!DOCTYPE html>\n<html>d_loss: 0.5</html>", "a web page"),
        ("log.jsonl", "version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 123\n", "a Git LFS pointer"),
        (
            "smi.txt",
            "| NVIDIA-SMI 535.104.05   Driver Version: 535.104.05  CUDA Version: 12.2 |\n",
            "CUDA Version",
        ),
        ("probe.txt", "  Duration: 00:00:10.00, start: 0.0, bitrate: 1411 kb/s\nsize= 17kB speed= 5x\n", "bitrate"),
        ("answer.txt", "HTTP/1.1 200 OK\nContent-Length: 1234\nAge: 12\nX-Spam-Score: 2.5\n", "Content-Length"),
        ("summary.txt", "Total params: 1,234,567\nInput size (MB): 0.57\n", "Total params"),
        ("prose.txt", "The loss: 3 of 5 games. The ratio: 3\n", "no scalars found"),
        ("bytes.log", "loss: 0.5\n\0\0", "not a log"),
    ],
)
def test_what_only_looks_like_a_log_gives_no_tag(name: str, text: str, told: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)

    with pytest.raises(GanlossError, match=told) as caught:
        open_logs(tmp_path / name)

    assert caught.value.status == 3


def event(step: int, tag: str, value: float) -> bytes:
    """One record as torch's SummaryWriter writes it."""
    name = tag.encode()
    scalar = b"\x0a" + bytes([len(name)]) + name + b"\x15" + struct.pack("<f", value)
    summary = b"\x0a" + bytes([len(scalar)]) + scalar
    content = b"\x09" + struct.pack("<d", 1.0) + b"\x10" + bytes([step]) + b"\x2a" + bytes([len(summary)]) + summary
    return struct.pack("<QI", len(content), 0) + content + bytes(4)


def test_the_curves_of_add_scalars_are_tags_of_their_own(tmp_path: Path) -> None:
    version = b"\x09" + bytes(8) + b"\x1a\x0dbrain.Event:2"
    header = struct.pack("<QI", len(version), zlib.crc32(b"")) + version + bytes(4)
    for folder, tag, value in (("loss_d", "loss", 0.5), ("loss_g", "loss", 0.25), ("val_adv_real x", "val/adv", 1.5),
                               (".", "loss", 0.75)):  # fmt: skip
        path = tmp_path / folder / "events.out.tfevents.1.host.7.0"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(header + event(3, tag, value))

    found = {tag: one.values for log in open_logs(tmp_path) for tag, one in log.series.items()}

    assert found == {"loss/d": (0.5,), "loss/g": (0.25,), "val/adv/real x": (1.5,), "loss": (0.75,)}
