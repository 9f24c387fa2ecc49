#!/usr/bin/env bash
# Makes the bundled model from nothing: data, stages 0 to 2, scores. Stopped at any moment and
# started again, it goes on where it was.
#
#   recipes/llava-tiny/make.sh WORK     a folder with room for 2 GB
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
stage base/config.json init --text "$data/texts.json" "$data/captions.json" --out "$work/base"

# stage 0: the language model on text, then the vision tower on the words of pairs
stage text/hf/config.json train tinyText --base "$work/base" --data "$data/texts.json" --out "$work/text" \
  maxLength=512 maxSteps=90
stage tower/hf/config.json train tinyTower --base "$work/text/hf" --data "$data/pairs.json" --images "$data" \
  --out "$work/tower" maxLength=512 saveEvery=200

# stage 1: the connector; stage 2: everything, the tower too
stage connector/mm_projector.bin train tinyPretrain --base "$work/tower/hf" --data "$data/captions.json" \
  --images "$data" --out "$work/connector" maxLength=512 maxSteps=60 activation=KEEP deviceBatch=32
stage whole/hf/config.json train tinyFinetune --base "$work/tower/hf" --projector "$work/connector/mm_projector.bin" \
  --data "$data/instructions.json" --images "$data" --out "$work/whole" maxLength=512 trainVisionTower=true \
  activation=KEEP learningRate=1e-3 globalBatch=32 deviceBatch=32 maxSteps=800 saveEvery=100

stage model/config.json convert -m "$work/whole/hf" --to hf --dtype fp16 "$work/model"
"$llava" eval heldout -m "$work/model" --data "$data" --out "$work/scores" --batch 32 --sheet 1
"$llava" eval heldout --blind -m "$work/model" --data "$data" --out "$work/scores-blind" --batch 32
