#!/usr/bin/env bash
# Checks llava on a GPU and writes what came out as one JSON file: gpu-check.sh [OPTIONS]
#
#   --out FILE      the file; gpu-check.json by default
#   --model FOLDER  a LLaVA-1.5-7B to measure; by default one of its shapes with random weights is made
#   --device NAME   cuda by default; cpu rehearses the script with a small model where there is no GPU
#
# Under eight minutes once the libraries are there; what there is no time for is "not run". Without a
# GPU every line is "not run", with the reason, and the exit code is 0; 1 if a line failed. The file is
# written after every line. The model with random weights needs 13.5 GB in TMPDIR, /tmp by default.
set -euo pipefail
unset CDPATH
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
home=$("$root/scripts/find-java.sh") || exit 2
"$root/llava" --version >/dev/null # builds where needed
exec "$home/bin/java" -Djava.io.tmpdir="${TMPDIR:-/tmp}" -cp "$(<"$root/target/launcher/class-path")" "$root/scripts/gpu-check/GpuCheck.java" "$root" "$@"
