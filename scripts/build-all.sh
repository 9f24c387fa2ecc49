# shellcheck shell=bash
# Builds every module, or some, for other scripts, and shows the first problems if that fails: read in with '.', from the
# root of the checkout, with JAVA_HOME set

# $1: the name of the log in target; options of Maven may follow
build_all() {
  local log=target/$1
  shift
  mkdir -p target
  if ! mvn -B -ntp -DskipTests -Dspotless.check.skip=true "$@" package >"$log" 2>&1 </dev/null; then
    grep -E '^\[(ERROR|WARNING)\]' "$log" | head -n 20 >&2 || tail -n 20 "$log" >&2
    echo "the build failed; the whole log is $PWD/$log." >&2
    exit 1
  fi
}
