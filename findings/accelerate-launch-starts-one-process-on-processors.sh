#!/usr/bin/env bash
# accelerate launch --cpu --num_processes 2 SCRIPT starts one process, sets no WORLD_SIZE, and says nothing of the two
# that were asked for; so does --num_processes 2 alone on a machine without GPUs. One would expect two processes over
# gloo, as torchrun --nproc-per-node 2 starts them. What starts two on processors is --multi_gpu, with no GPU in sight.
# Seen with accelerate 1.15.0, torch 2.13.0. Hurt: whoever tests a distributed training or evaluation on processors
# before the cluster has tested one process, and a batch size that was to be divided by two is not. Look at WORLD_SIZE,
# or use torchrun.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/venv"
"$work/venv/bin/pip" install -q --no-compile torch==2.13.0 numpy==2.4.6 accelerate==1.15.0
cd "$work"
cat > worker.py <<'PYTHON'
import os
from pathlib import Path

from accelerate import Accelerator

accelerator = Accelerator(cpu=True)
text = f"process {accelerator.process_index} of {accelerator.num_processes}, WORLD_SIZE {os.environ.get('WORLD_SIZE')}"
Path(f"seen-{os.getpid()}").write_text(text + "\n")
PYTHON
"$work/venv/bin/python" -c 'import accelerate, torch; print("accelerate", accelerate.__version__, "torch", torch.__version__)'

launched() {
    rm -f seen-*
    "$work/venv/bin/accelerate" launch "$@" --num_processes 2 --num_machines 1 --mixed_precision no --dynamo_backend no \
        --main_process_port 0 worker.py 2> said
    echo "accelerate launch $* --num_processes 2:"
    sort seen-* | sed 's/^/    /'
}
export CUDA_VISIBLE_DEVICES=""
launched --cpu
[ "$(cat seen-*)" = "process 0 of 1, WORLD_SIZE None" ]
! grep -qi 'num_processes' said
launched
[ "$(cat seen-*)" = "process 0 of 1, WORLD_SIZE None" ]
launched --multi_gpu
[ "$(cat seen-* | wc -l)" = 2 ]
grep -q "process 1 of 2, WORLD_SIZE 2" seen-*

# seen:
#   accelerate 1.15.0 torch 2.13.0+cpu
#   accelerate launch --cpu --num_processes 2:
#       process 0 of 1, WORLD_SIZE None
#   accelerate launch  --num_processes 2:
#       process 0 of 1, WORLD_SIZE None
#   accelerate launch --multi_gpu --num_processes 2:
#       process 0 of 2, WORLD_SIZE 2
#       process 1 of 2, WORLD_SIZE 2
