#!/usr/bin/env bash
# Starts ./llava the ways users do and looks at words, exit codes and streams: smoke-test.sh [GOLDEN]
set -euo pipefail
unset CDPATH
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $1" >&2
  sed 's/^/  /' "$work/out" "$work/err" >&2
  exit 1
}
# run CODE COMMAND...: the command must end with that exit code
run() {
  local wanted=$1 code=0
  shift
  "$@" >"$work/out" 2>"$work/err" || code=$?
  [ "$code" -eq "$wanted" ] || fail "'$*' ended with $code instead of $wanted"
}
one_line() { [ "$(wc -l <"$work/err")" -eq 1 ] || fail "'$1' must say one line on standard error"; }

"$root/llava" --version # builds where needed, with its progress visible

started=$(date +%s%N)
run 0 "$root/llava" --version
overhead=$((($(date +%s%N) - started) / 1000000))
grep -q '^llava [0-9]' "$work/out" || fail "--version prints no version"
[ ! -s "$work/err" ] || fail "--version says something on standard error"
echo "start: $overhead ms for --version"
[ "$overhead" -lt 2000 ] || fail "a start takes $overhead ms"

if [ -w /dev/full ]; then
  code=0
  "$root/llava" --version >/dev/full 2>"$work/err" || code=$?
  [ "$code" -eq 2 ] || fail "an output on a full disk ended with $code"
  one_line "a full disk"
  "$root/llava" --help | head -n 1 >"$work/out" 2>"$work/err"
fi
run 2 "$root/llava" --no-such-option
one_line "an unknown option"
run 2 "$root/llava"
one_line "no command"
run 0 "$root/llava" completion bash
bash -n "$work/out" || fail "the completion script is no bash"

# the cache of fast starts: used without a word, made again when damaged, which is said once
image=$root/examples/images/penguin.png
question=(ask -m "$root/models/llava-tiny" "$image" "What is in this image?")
run 0 "$root/llava" "${question[@]}"
said=$(cat "$work/out")
[ ! -s "$work/err" ] || fail "a start says something on standard error"
run 0 env LLAVA_START_CACHE=off "$root/llava" "${question[@]}"
[ "$said" = "$(cat "$work/out")" ] || fail "without the cache the answer differs"
# shellcheck source=start-cache.sh
names=$(. "$root/scripts/start-cache.sh" && for path in /a/b_c /a/b/c '/a/b c' /a/b_20_c /a/b-c; do
  start_cache_name "$path" && echo "$start_cache_folder"
done)
[ "$(sort -u <<<"$names" | wc -l)" -eq 5 ] || fail "two paths have one folder for their caches: $names"
cache=$root/target/launcher/start.aot
if [ -s "$cache" ]; then
  sleep 1
  truncate -s 100 "$cache"
  run 0 "$root/llava" "${question[@]}"
  one_line "a damaged cache"
  grep -q 'preparing fast starts again' "$work/err" || fail "nothing is said of a damaged cache"
  [ "$said" = "$(cat "$work/out")" ] || fail "after a damaged cache the answer differs"
  run 0 "$root/llava" --version
  [ ! -s "$work/err" ] || fail "the cache was made again, but its next start says something"
fi

mkdir "$work/a folder"
ln -s "$root/llava" "$work/a folder/first link"
ln -s "first link" "$work/a folder/llava"
run 0 env -C "$work/a folder" ./llava --version
run 0 env -C "$work/a folder" PATH="$work/a folder:$PATH" llava --version
run 0 env LLAVA_JAVA_OPTS="-Xmx64m -Dsome=thing" "$root/llava" --version
run 2 env LLAVA_JAVA_HOME=/nowhere "$root/llava" --version
one_line "a wrong LLAVA_JAVA_HOME"
golden=${1:-$root/llava4j-core/src/test/resources/golden}
image=$golden/images/extreme_ironing.jpg
said=
for model in "$golden/original" "$golden/hf_gqa" "$golden/gguf/model-f16.gguf"; do
  run 0 "$root/llava" ask -m "$model" --max-tokens 12 "$image" "Why is this strange?"
  [ -s "$work/out" ] || fail "$model says nothing"
  # the original and the GGUF file are one model in two dialects
  case $model in
    *original) said=$(cat "$work/out") ;;
    *gguf) [ "$said" = "$(cat "$work/out")" ] || fail "two dialects of one model differ" ;;
  esac
done
run 2 "$root/llava" ask -m "$golden/original" /no/such/image.png "What?"
one_line "a missing image"
run 0 "$root/llava" info -m "$golden/original"
"$root/scripts/gpu-test.sh"
echo "launcher: all well"
