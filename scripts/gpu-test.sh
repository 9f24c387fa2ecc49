#!/usr/bin/env bash
# Tries how a GPU is reached, without one: gpu-test.sh. A folder with a false nvidia-smi, mvn and python3
# stands for the driver and the registries; libtorch for the processor stands for the one with CUDA, so
# that it can be loaded here.
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
  "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
  [ "$code" -eq "$wanted" ] || fail "'$*' ended with $code instead of $wanted"
}
says() { grep -qF -- "$1" "$work/err" || fail "'$1' is not said"; }
one_line() { [ "$(wc -l <"$work/err")" -eq 1 ] || fail "$1 must be one line on standard error"; }

llava=${1:-$root/llava}
run 0 "$llava" --version # builds where needed
[ "$(uname -sm)" = "Linux x86_64" ] || {
  echo "not run: there is libtorch with CUDA for Linux x86-64 only"
  exit 0
}
if [ -e /proc/driver/nvidia/version ]; then
  echo "not run: this machine has a driver, and a false one is wanted"
  exit 0
fi

question=(ask -m "$root/models/llava-tiny" "$root/examples/images/penguin.png" "What is in this image?")
run 0 "$llava" "${question[@]}"
answer=$(<"$work/out")

# --- no driver, an old one ---

export XDG_CACHE_HOME=$work/cache LLAVA_START_CACHE=off
mkdir -p "$work/bin" "$work/repository"
smi() {
  printf '#!/bin/sh\necho "%s"\n' "$1" >"$work/bin/nvidia-smi"
  chmod +x "$work/bin/nvidia-smi"
}
# false programs of the registries: they take from the folder, and count
cat >"$work/bin/mvn" <<'END'
#!/bin/sh
echo "mvn $*" >>"$REPOSITORY/calls"
[ ! -e "$REPOSITORY/offline" ] || { echo "[ERROR] Could not transfer: Unknown host"; exit 1; }
for word; do case $word in -Dartifact=*) artifact=${word#-Dartifact=} ;; esac; done
name=$(echo "$artifact" | awk -F: '{ print $2 "-" $3 "-" $5 ".jar" }')
cp "$REPOSITORY/$name" .
END
cat >"$work/bin/python3" <<'END'
#!/bin/sh
echo "pip $*" >>"$REPOSITORY/calls"
for word; do case $word in *==*) name=$(echo "$word" | sed 's/==/-/') ;; esac; done
cp "$REPOSITORY/$name.whl" "./$(echo "$name" | tr - _)-py3-none-any.whl"
END
chmod +x "$work/bin/mvn" "$work/bin/python3"
export REPOSITORY=$work/repository
fetched() { if [ -e "$REPOSITORY/calls" ]; then wc -l <"$REPOSITORY/calls"; else echo 0; fi; }

run 2 "$llava" "${question[@]}" --device cuda
says "this machine has no NVIDIA driver"
one_line "no driver"
run 2 env LLAVA_DEVICE=cuda:1 "$llava" "${question[@]}"
says "device cuda:1 cannot be used: this machine has no NVIDIA driver"
run 0 env LLAVA_DEVICE=cuda "$llava" "${question[@]}" --device=cpu
[ ! -s "$work/err" ] || fail "--device must win over LLAVA_DEVICE"
run 0 env LLAVA_DEVICE=cuda "$llava" ask --help
run 0 "$llava" "${question[@]}" --device auto
says "device auto is the processor: this machine has no NVIDIA driver"
[ "$answer" = "$(<"$work/out")" ] || fail "auto answers otherwise"
PATH=$work/bin:$PATH
smi "NVIDIA H100, 535.183.01, 9.0"
run 2 "$llava" "${question[@]}" --device cuda
says "driver 535.183.01 is too old for CUDA 13; install 580.65.06 or newer"
one_line "an old driver"
smi "Tesla V100, 580.65.06, 7.0"
run 2 "$llava" "${question[@]}" --device cuda
says "Tesla V100 has compute capability 7.0"
[ "$(fetched)" -eq 0 ] || fail "something was downloaded for a machine that cannot use it"
echo "refused before any download: no driver, an old one, an old GPU (after $SECONDS s)"

# --- from a repository ---

smi "NVIDIA H200, 580.65.06, 9.0"
home=$("$root/scripts/find-java.sh")
jar=$(tr : '\n' <"$root/target/launcher/class-path" | grep '/pytorch-[^/]*-linux-x86_64.jar$')
cp "$jar" "$REPOSITORY/torch-1-gpu.jar"
mkdir -p "$work/wheel/nvidia/cu13/lib"
echo false >"$work/wheel/nvidia/cu13/lib/libcublas.so.13"
"$home/bin/jar" --create --no-manifest --file "$REPOSITORY/nvidia-false-2.whl" -C "$work/wheel" nvidia
printf '%s\t%s\t%s\t%s\t%s\t%s\n' maven org.x:torch gpu 1 "$(sha1sum "$jar" | cut -d' ' -f1)" 88000000 >"$work/packages.tsv"
printf 'set\ttest\npypi\tnvidia-false\t2\nneeds\tlibjnitorch.so\nneeds\tlibcublas.so.13\n' >>"$work/packages.tsv"
export LLAVA_JAVA_OPTS="-Dllava.gpu.packages=$work/packages.tsv"

touch "$REPOSITORY/offline"
run 2 "$llava" "${question[@]}" --device cuda
says "Unknown host"
says "put torch-1-gpu.jar with SHA-1"
rm "$REPOSITORY/offline"
run 0 "$llava" "${question[@]}" --device auto
says "the libraries for the GPU are not here"
mv "$REPOSITORY/nvidia-false-2.whl" "$work/aside"
run 2 "$llava" "${question[@]}" --device cuda # ends in the middle
mv "$work/aside" "$REPOSITORY/nvidia-false-2.whl"
: >"$REPOSITORY/calls"
run 2 "$llava" "${question[@]}" --device cuda
says "libtorch sees no GPU" # it was loaded, and is one for the processor
[ "$(fetched)" -eq 1 ] || fail "what was there was downloaded again"
run 2 "$llava" "${question[@]}" --device cuda
[ "$(fetched)" -eq 1 ] || fail "a second start downloads again"
says "libtorch sees no GPU"
run 0 "$llava" "${question[@]}" --device auto
[ "$answer" = "$(<"$work/out")" ] || fail "libtorch from the folder answers otherwise"
run 0 env LLAVA_JAVA_OPTS="$LLAVA_JAVA_OPTS -Xlog:library=info:file=$work/libraries" "$llava" "${question[@]}" --device auto
grep -q "$work/cache/llava4j/packages/.*libjnitorch.so" "$work/libraries" || fail "libtorch was loaded from elsewhere"
echo "downloaded once, in two tries, and loaded from its folder (after $SECONDS s)"
