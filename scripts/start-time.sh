#!/usr/bin/env bash
# Measures the time from the start of ./llava to the first token of an answer of the bundled model,
# with the cache of fast starts and without it, in turns: start-time.sh [ROUNDS]
# Needs an idle machine; prints the medians and their ratio.
set -euo pipefail
unset CDPATH
export LC_ALL=C.UTF-8 # times with a point
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
rounds=${1:-7}
"$root/llava" --version >/dev/null # builds and prepares where needed

# Prints the milliseconds until the first character on standard output.
first_token() {
  local start=$EPOCHREALTIME
  "$root/llava" ask --stream -m "$root/models/llava-tiny" "$root/examples/images/penguin.png" \
    "What is in this image?" 2>/dev/null | {
    IFS= read -r -n 1 _
    echo $(((${EPOCHREALTIME/./} - ${start/./}) / 1000))
    cat >/dev/null
  }
}
median() { sort -n | sed -n "$(((rounds + 1) / 2))p"; }

first_token >/dev/null
LLAVA_START_CACHE=off first_token >/dev/null
with=()
without=()
for ((round = 0; round < rounds; round++)); do
  with+=("$(first_token)")
  without+=("$(LLAVA_START_CACHE=off first_token)")
done
fast=$(printf '%s\n' "${with[@]}" | median)
slow=$(printf '%s\n' "${without[@]}" | median)
echo "start to first token: $fast ms with the cache, $slow ms without it, ratio $((fast * 100 / slow)) % (medians of $rounds)"
