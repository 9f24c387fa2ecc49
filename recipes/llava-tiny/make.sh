#!/usr/bin/env bash
# Makes the bundled model from nothing: data, stages 0 to 2, scores. Stopped at any moment and
# started again, it goes on where it was.
#
#   recipes/llava-tiny/make.sh WORK     a folder with room for 5 GB
set -euo pipefail

[ $# = 1 ] || { echo "usage: recipes/llava-tiny/make.sh WORK" >&2; exit 2; }
work=$1
llava=$(cd "$(dirname "$0")/../.." && pwd)/llava
mkdir -p "$work"

# What a stage has left is not made again.
stage() {
  local result=$1
  shift
  [ -e "$work/$result" ] || "$llava" "$@"
}

data=$work/data
stage data/heldout.jsonl data build tiny --cache "$work/packages" --out "$data"
stage base/config.json init --text "$data/texts.json" "$data/captions.json" "$data/instructions.json" --out "$work/base"

# bfloat16 is ten times as fast as fp32 where the processor has AMX, half as fast again where it has
# AVX512-BF16, and far slower elsewhere; two processes of one thread are a fifth faster than one of
# two, a GPU wants one
precision=${PRECISION:-$(grep -qsE 'amx_bf16|avx512_bf16' /proc/cpuinfo && echo BF16 || echo FP32)}
processes=${PROCESSES:-2}
learn() {
  local result=$1 preset=$2 batch=$3
  shift 3
  stage "$result" train "$preset" --processes "$processes" --images "$data" maxLength=512 activation=KEEP \
    "precision=$precision" "globalBatch=$batch" "deviceBatch=$((batch / processes))" saveEvery=250 "$@"
}

# stage 0: the language model on text, then the vision tower on the words of pairs
learn text/hf/config.json tinyText 64 --base "$work/base" --data "$data/texts.json" --out "$work/text" \
  order=LENGTH_BUCKETS maxSteps=100
learn tower/hf/config.json tinyTower 16 --base "$work/text/hf" --data "$data/pairs.json" --out "$work/tower" \
  epochs=4 maxSteps=22000 learningRate=3e-4

# stage 1: the connector, which the tower's stage has brought near already
learn connector/mm_projector.bin tinyPretrain 32 --base "$work/tower/hf" --data "$data/captions.json" \
  --out "$work/connector" maxSteps=30 learningRate=1e-4

# stage 2: single questions that only looking answers, everything, and everything with the tower
learn lessons/hf/config.json tinyFinetune 16 --base "$work/tower/hf" --projector "$work/connector/mm_projector.bin" \
  --data "$data/lessons.json" --out "$work/lessons" order=LENGTH_BUCKETS learningRate=7e-4
learn whole/hf/config.json tinyFinetune 16 --base "$work/lessons/hf" --data "$data/instructions.json" \
  --out "$work/whole" order=LENGTH_BUCKETS maxSteps=2700 learningRate=7e-4
learn together/hf/config.json tinyFinetune 16 --base "$work/whole/hf" --data "$data/instructions.json" \
  --out "$work/together" order=LENGTH_BUCKETS maxSteps=3400 learningRate=4e-4 \
  trainVisionTower=true visionTowerLearningRate=2e-4 seed=7

stage model/config.json convert -m "$work/together/hf" --to hf --dtype fp16 "$work/model"
"$llava" eval heldout -m "$work/model" --data "$data" --out "$work/scores" --batch 32 --sheet 1
"$llava" eval heldout --blind -m "$work/model" --data "$data" --out "$work/scores-blind" --batch 32
