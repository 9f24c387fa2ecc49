#!/usr/bin/env bash
# Builds the command line for ./llava, with one line on the terminal: build.sh JAVA_HOME
set -euo pipefail
unset CDPATH
export JAVA_HOME=$1
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=build-state.sh
. "$root/scripts/build-state.sh"

command -v mvn >/dev/null || {
  echo "llava: the first start builds llava, which needs Maven 3.8 or newer: install it (for example package maven) and start again." >&2
  exit 2
}
mkdir -p "$state"

# Of two first starts the second waits here and then finds the work done. The lock is held through
# a descriptor, so it goes when the process goes, however it goes.
exec 8>"$state/lock"
if command -v flock >/dev/null; then
  flock -n 8 || {
    echo "llava: another start is building; waiting for it" >&2
    flock 8
  }
  build_is_current && exit 0
fi

log=$state/build.log
first=
[ -f "$state/class-path" ] || first=" (the first time downloads about 300 MB of libraries)"
new=$state/stamp.new
touch "$new" # before the build, so that what changes during it counts as newer
: >"$log"
started=$SECONDS

progress() {
  local seconds=$((SECONDS - started)) step
  step=$(sed -n -e 's/^.*Building \(llava4j[^ ]*\) .*\[\([0-9]\)\/\([0-9]\)\].*/\1 (\2 of \3)/p' "$log" | tail -n 1)
  printf '\r\033[Kllava: building %s%s, %d s' "${step:-llava4j}" "$first" "$seconds" >&2
}

cd "$root"
mvn -B -ntp -DskipTests -Dspotless.check.skip=true -pl llava4j-cli -am package >"$log" 2>&1 8>&- </dev/null &
maven=$!
trap 'kill "$maven" 2>/dev/null; [ -t 2 ] && echo >&2; exit 130' INT TERM
if [ -t 2 ]; then
  while kill -0 "$maven" 2>/dev/null; do
    progress
    sleep 0.5
  done
else
  echo "llava: building$first; its log is $log" >&2
fi
failed=0
wait "$maven" || failed=$?
[ -t 2 ] && printf '\r\033[K' >&2
if [ "$failed" -ne 0 ]; then
  # the first problems are the cause; Maven's last lines are advice
  if grep -q '^\[ERROR\]' "$log"; then
    grep -E '^\[(ERROR|WARNING)\]' "$log" | sed '/-> \[Help 1\]$/q' | head -n 20 >&2 || true
  else
    tail -n 20 "$log" >&2
  fi
  echo "llava: the build failed; the whole log is $log." >&2
  exit 2
fi

# by name, for sources and javadoc may lie beside it
ours=$root/llava4j-cli/target/llava4j-cli-$(sed -n 's,^  <version>\(.*\)</version>$,\1,p' pom.xml).jar
# and what parses the command line comes first: Java looks for each of its classes in all jars before
libraries=$(<"$root/llava4j-cli/target/runtime-class-path")
parser=
[[ :$libraries: =~ :([^:]*/picocli-[^:/]*\.jar): ]] && parser=${BASH_REMATCH[1]}:
libraries=:$libraries:
libraries=${libraries/":$parser"/:}
printf '%s:%s%s\n' "$ours" "$parser" "${libraries#:}" | sed 's/:$//' >"$state/class-path.new"
mv "$state/class-path.new" "$state/class-path"
mv "$new" "$state/stamp"
[ -t 2 ] && echo "llava: built in $((SECONDS - started)) s" >&2
exit 0
