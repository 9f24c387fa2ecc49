#!/usr/bin/env bash
# Two machines with eight GPUs each; run it on both: torchrun.sh HOST, with the name of one of them.
# All need the same checkout, and storage that they share. torchrun starts all processes again, up to
# three times, when one is lost; they resume from the last checkpoint.
set -euo pipefail
# A store of our own for each start: the agents count restarts each for itself, so in a shared one the
# processes of one machine could meet what those of the other left behind.
export TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1
torchrun --no-python --nnodes 2 --nproc-per-node 8 --max-restarts 3 \
  --rdzv-backend c10d --rdzv-id llava-7b --rdzv-endpoint "$1:29400" \
  ./llava train finetune7b --base lmsys/vicuna-7b-v1.5 --projector /shared/llava-7b-pretrain/mm_projector.bin \
  --data /shared/llava_v1_5_mix665k.json --images /shared/images --out /shared/llava-7b deviceBatch=8 saveEvery=200 keepLast=2
