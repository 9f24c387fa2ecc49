#!/usr/bin/env bash
# Makes the reference of all published modules, target/apidocs; a warning fails: docs.sh JAVA_HOME
set -euo pipefail
export JAVA_HOME=$1
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
mkdir -p target
log=target/docs-build.log
if ! mvn -B -ntp -DskipTests -Dspotless.check.skip=true package >"$log" 2>&1 </dev/null; then
  grep -E '^\[(ERROR|WARNING)\]' "$log" | head -n 20 >&2 || tail -n 20 "$log" >&2
  echo "the build failed; the whole log is $PWD/$log." >&2
  exit 1
fi
sources=$(ls -d llava4j-{core,data,train,eval,cli}/src/main/java | paste -sd:)
rm -rf target/apidocs
find llava4j-{core,data,train,eval,cli}/src/main/java -name '*.java' >target/docs-sources
# 'missing' would ask for comments on what names say already
"$JAVA_HOME/bin/javadoc" -quiet -Werror -Xdoclint:all,-missing -Xmaxwarns 1000 -Xmaxerrs 1000 -notimestamp \
  -encoding UTF-8 --release 25 --add-modules jdk.incubator.vector \
  --class-path "$(<llava4j-cli/target/runtime-class-path)" --source-path "$sources" \
  -windowtitle llava4j -doctitle llava4j -d target/apidocs @target/docs-sources
echo "$PWD/target/apidocs/index.html"
