#!/usr/bin/env bash
# Makes the reference of all published modules, target/apidocs; a warning fails: docs.sh JAVA_HOME
set -euo pipefail
unset CDPATH
export JAVA_HOME=$1
cd -P "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=build-all.sh
. scripts/build-all.sh
build_all docs-build.log
sources=$(ls -d llava4j-{constraint,core,data,train,tiny,eval,experiment,server,cli,langchain4j,spring-ai,spring-boot-starter,spark}/src/main/java | paste -sd:)
rm -rf target/apidocs
find llava4j-{constraint,core,data,train,tiny,eval,experiment,server,cli,langchain4j,spring-ai,spring-boot-starter,spark}/src/main/java -name '*.java' >target/docs-sources
# 'missing' would ask for comments on what names say already
"$JAVA_HOME/bin/javadoc" -quiet -Werror -Xdoclint:all,-missing -Xmaxwarns 1000 -Xmaxerrs 1000 -notimestamp \
  -encoding UTF-8 --release 25 --add-modules jdk.incubator.vector \
  --class-path "$(<llava4j-cli/target/runtime-class-path):$(<examples/target/runtime-class-path):$(<llava4j-spring-boot-starter/target/compile-class-path):$(<llava4j-spark/target/whole-class-path)" --source-path "$sources" \
  -windowtitle llava4j -doctitle llava4j -d target/apidocs @target/docs-sources
echo "$PWD/target/apidocs/index.html"
