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
version=$(sed -n 's:^  <version>\(.*\)</version>$:\1:p' "$root/pom.xml")
mvn -B -ntp -f "$root/pom.xml" -pl llava4j-spark -am package dependency:copy-dependencies \
  -DskipTests -DincludeScope=runtime -DoutputDirectory="$work/jars"
cp "$root/llava4j-spark/target/llava4j-spark-$version.jar" "$work/jars"
PYSPARK_PYTHON=$python "$python" "$root/scripts/pyspark-test/check.py" "$work/jars" "$root/models/llava-tiny" "$root/examples/images" "$work"
