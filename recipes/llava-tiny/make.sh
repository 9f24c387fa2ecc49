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

# bfloat16 is ten times as fast as fp32 where the processor has AMX, and far slower elsewhere
precision=${PRECISION:-$(grep -qs amx_bf16 /proc/cpuinfo && echo BF16 || echo FP32)}
language=(maxLength=512 order=LENGTH_BUCKETS activation=KEEP globalBatch=32 deviceBatch=32 "precision=$precision")

# stage 0: the language model on text, then the vision tower on the words of pairs
stage text/hf/config.json train tinyText --base "$work/base" --data "$data/texts.json" --out "$work/text" \
  maxLength=512 order=LENGTH_BUCKETS maxSteps=100 "precision=$precision"
stage tower/hf/config.json train tinyTower --base "$work/text/hf" --data "$data/pairs.json" --images "$data" \
  --out "$work/tower" maxLength=512 epochs=4 maxSteps=15000 saveEvery=500 "precision=$precision"

# stage 1: the connector, which the tower's stage has brought near already
stage connector/mm_projector.bin train tinyPretrain --base "$work/tower/hf" --data "$data/captions.json" \
  --images "$data" --out "$work/connector" maxLength=512 maxSteps=30 learningRate=1e-4 activation=KEEP deviceBatch=32 \
  "precision=$precision"

# stage 2, the tower frozen: questions that looking alone answers in a word, then everything
stage lessons/hf/config.json train tinyFinetune --base "$work/tower/hf" --projector "$work/connector/mm_projector.bin" \
  --data "$data/lessons.json" --images "$data" --out "$work/lessons" learningRate=5e-4 "${language[@]}" saveEvery=250
stage whole/hf/config.json train tinyFinetune --base "$work/lessons/hf" \
  --data "$data/instructions.json" --images "$data" --out "$work/whole" learningRate=5e-4 "${language[@]}" saveEvery=250

stage model/config.json convert -m "$work/whole/hf" --to hf --dtype fp16 "$work/model"
"$llava" eval heldout -m "$work/model" --data "$data" --out "$work/scores" --batch 32 --sheet 1
"$llava" eval heldout --blind -m "$work/model" --data "$data" --out "$work/scores-blind" --batch 32
