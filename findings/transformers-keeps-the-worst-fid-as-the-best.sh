#!/usr/bin/env bash
# TrainingArguments(metric_for_best_model="fid", load_best_model_at_end=True) takes the HIGHEST FID for the best:
# where greater_is_better is not given it is True for every name that does not end in "loss". lpips, kid, mcd and wer
# fare the same. One would expect to be asked for the direction, as an unknown metric has none. No warning. Seen with
# transformers 5.24.0, accelerate 1.15.0. Hurt: whoever fine-tunes a generator or codec with the Trainer: the model in
# memory at the end is the worst one evaluated. Give greater_is_better=False.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 transformers==5.24.0 accelerate==1.15.0
cd "$work"
"$work/venv/bin/python" - <<'PYTHON'
import logging
import tempfile
import warnings

import torch
import transformers
from torch import nn
from transformers import Trainer, TrainingArguments

warnings.simplefilter("ignore")
transformers.logging.set_verbosity_error()
print("transformers", transformers.__version__, "torch", torch.__version__)
FIDS = iter([50.0, 5.0, 30.0])


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(1, 1)

    def forward(self, x, labels):
        made = self.layer(x)
        return {"loss": (made - labels).square().mean(), "logits": made}


data = [{"x": torch.ones(1), "labels": torch.ones(1)} for _ in range(4)]
arguments = TrainingArguments(
    output_dir=tempfile.mkdtemp(dir="."), num_train_epochs=3, per_device_train_batch_size=4, use_cpu=True, disable_tqdm=True,
    eval_strategy="epoch", save_strategy="epoch", load_best_model_at_end=True, metric_for_best_model="fid", report_to=[],
)
trainer = Trainer(model=Network(), args=arguments, train_dataset=data, eval_dataset=data, compute_metrics=lambda _: {"fid": next(FIDS)})
trainer.log = lambda *args, **kwargs: None
trainer.train()
best = trainer.state.best_model_checkpoint.rsplit("/", 1)[-1]
print("FID by checkpoint: checkpoint-1 50.0, checkpoint-2 5.0, checkpoint-3 30.0")
print("best_metric", trainer.state.best_metric, "best checkpoint", best)
names = ("fid", "lpips", "kid", "mcd", "wer", "g_loss")
higher = {n: TrainingArguments(output_dir=".", metric_for_best_model=n, report_to=[]).greater_is_better for n in names}
print("greater_is_better:", higher)
assert (trainer.state.best_metric, best) == (50.0, "checkpoint-1")
assert higher == {"fid": True, "lpips": True, "kid": True, "mcd": True, "wer": True, "g_loss": False}
PYTHON

# seen:
#   transformers 5.24.0 torch 2.13.0+cpu
#   FID by checkpoint: checkpoint-1 50.0, checkpoint-2 5.0, checkpoint-3 30.0
#   best_metric 50.0 best checkpoint checkpoint-1
#   greater_is_better: {'fid': True, 'lpips': True, 'kid': True, 'mcd': True, 'wer': True, 'g_loss': False}
