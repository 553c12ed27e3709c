#!/bin/bash
#SBATCH --job-name=ganloss
#SBATCH --array=1-8
#SBATCH --cpus-per-task=2
#SBATCH --output=part-%a.log

# One set of samples over the tasks of a Slurm array: each computes its share of the steps.
#
#   sbatch slurm-array.sh --ckpt g.pt --data imgs --losses ssim,psnr
#   ganloss merge part-*.json --output report.json     # once all of them are done
#
# A task that is run again goes on where it was. With a number of threads of its own, each gives the last digits of a
# run with as many threads.

set -eu
export OMP_NUM_THREADS="${SLURM_CPUS_PER_TASK:-1}"
task=$SLURM_ARRAY_TASK_ID
exec ganloss eval "$@" --shard "$task/$SLURM_ARRAY_TASK_COUNT" --journal "part-$task.jsonl" --output "part-$task.json"
