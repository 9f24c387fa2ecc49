#!/usr/bin/env bash
# Builds everything and runs one benchmark: bench.sh JAVA_HOME NAME [OPTIONS]
set -euo pipefail
unset CDPATH
export JAVA_HOME=$1
shift
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=build-all.sh
. scripts/build-all.sh
build_all bench-build.log
read -r -a extra <<<"${LLAVA_JAVA_OPTS:-}"
# idle threads sleep, as ./llava has them
export OMP_WAIT_POLICY=${OMP_WAIT_POLICY:-PASSIVE} OPENBLAS_THREAD_TIMEOUT=${OPENBLAS_THREAD_TIMEOUT:-4}
exec "$JAVA_HOME/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
  -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 ${extra[@]+"${extra[@]}"} \
  -cp "llava4j-benchmarks/target/classes:$(<llava4j-benchmarks/target/runtime-class-path)" \
  llava4j.benchmarks.Main "$@"
