#!/usr/bin/env bash
# Builds everything and runs one benchmark: bench.sh JAVA_HOME NAME [OPTIONS]
set -euo pipefail
export JAVA_HOME=$1
shift
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p target
log=target/bench-build.log
if ! mvn -B -ntp -DskipTests -Dspotless.check.skip=true package >"$log" 2>&1 </dev/null; then
  grep -E '^\[(ERROR|WARNING)\]' "$log" | head -n 20 >&2 || tail -n 20 "$log" >&2
  echo "the build failed; the whole log is $PWD/$log." >&2
  exit 1
fi
read -r -a extra <<<"${LLAVA_JAVA_OPTS:-}"
# idle threads sleep, as ./llava has them
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE} OPENBLAS_THREAD_TIMEOUT=${OPENBLAS_THREAD_TIMEOUT:-4}
exec "$JAVA_HOME/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
  -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 ${extra[@]+"${extra[@]}"} \
  -cp "llava4j-benchmarks/target/classes:$(<llava4j-benchmarks/target/runtime-class-path)" \
  llava4j.benchmarks.Main "$@"
