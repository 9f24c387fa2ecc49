#!/usr/bin/env bash
# sbatch slurm.sh: two machines with eight GPUs each. Two minutes before its time is over, and when a
# process is lost, the job goes back into the queue and resumes from its last checkpoint.
#SBATCH --job-name=llava-7b
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=8
#SBATCH --gpus-per-node=8
#SBATCH --cpus-per-task=8
#SBATCH --time=24:00:00
#SBATCH --signal=TERM@120
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail
MASTER_ADDR=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
MASTER_PORT=$((20000 + SLURM_JOB_ID % 10000))
export MASTER_ADDR MASTER_PORT

code=0
srun --wait=90 \
  ./llava train finetune7b --base lmsys/vicuna-7b-v1.5 --projector /shared/llava-7b-pretrain/mm_projector.bin \
  --data /shared/llava_v1_5_mix665k.json --images /shared/images --out /shared/llava-7b deviceBatch=8 saveEvery=200 keepLast=2 || code=$?

# 2: a person has to correct something. 75 and signals: a process was lost. 130: stopped, with a checkpoint.
case $code in
  0 | 1 | 2) exit "$code" ;;
  *)
    if [ "${SLURM_RESTART_COUNT:-0}" -ge 20 ]; then
      echo "llava: lost or stopped ${SLURM_RESTART_COUNT} times; look at the log before it goes on" >&2
      exit "$code"
    fi
    scontrol requeue "$SLURM_JOB_ID"
    ;;
esac
