#!/usr/bin/env bash
# Drives the transformer from PySpark with llava-tiny: pyspark-test.sh JAVA_HOME. Needs a python3 with pyspark, of the
# version of Spark in the parent pom: pip install pyspark==4.2.0.
set -euo pipefail
unset CDPATH
export JAVA_HOME=$1
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
python=${PYSPARK_PYTHON:-python3}
"$python" -c 'import pyspark, py4j' 2>/dev/null || {
  echo "pyspark-test: $python has no pyspark; run: pip install pyspark==4.2.0" >&2
  exit 2
}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mvn -B -ntp -f "$root/pom.xml" -pl llava4j-spark -am install -DskipTests
mvn -B -ntp -f "$root/pom.xml" -pl llava4j-spark dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$work/jars"
cp "$root"/llava4j-spark/target/llava4j-spark-*.jar "$work/jars"
rm -f "$work"/jars/*-sources.jar "$work"/jars/*-javadoc.jar "$work"/jars/*-tests.jar
PYSPARK_PYTHON=$python "$python" "$root/scripts/pyspark-test/check.py" "$work/jars" "$root/models/llava-tiny" "$root/examples/images" "$work"
