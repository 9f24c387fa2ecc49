#!/usr/bin/env bash
# Compares the table of libraries in THIRD-PARTY-NOTICES.md with what we run with: third-party.sh [--write]
#
# Licences come from the libraries' poms and must agree with the licence files in their jars. The
# drawings, texts and fonts of the small mixture must stand in the bundled model's page, too.
set -euo pipefail
unset CDPATH
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
home=$("$root/scripts/find-java.sh")
notices=$root/THIRD-PARTY-NOTICES.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$root/llava" --version >/dev/null # builds where needed
# shellcheck source=build-all.sh
(cd "$root" && . scripts/build-all.sh && JAVA_HOME=$home build_all examples-build.log -pl examples -am)
launcher=$(<"$root/target/launcher/class-path")
libraries() {
  "$home/bin/java" "$root/scripts/third-party/Libraries.java" "$@"
}
libraries "$launcher" "$root" >"$work/libraries"
libraries "$(<"$root/examples/target/runtime-class-path")" "$root" "$launcher" >"$work/frameworks"
awk -v tables="$work" '
  /^<!-- \/(libraries|frameworks) -->$/ { inside = 0 }
  !inside { print }
  /^<!-- (libraries|frameworks) -->$/ { inside = 1; table = tables "/" $2; while ((getline line < table) > 0) print line }' \
  "$notices" >"$work/notices"
if [ "${1:-}" = --write ]; then
  cp "$work/notices" "$notices"
elif ! diff "$notices" "$work/notices" >"$work/difference"; then
  sed 's/^/  /' "$work/difference" >&2
  echo "FAILED: THIRD-PARTY-NOTICES.md is out of date; run scripts/third-party.sh --write" >&2
  exit 1
fi
count=$(cat "$work/libraries" "$work/frameworks" | grep -c '^| [a-z].*:')

# what Maven puts into the server's jar is not on the class path
for name in marked dompurify; do
  version=$(sed -n "s,^ *<$name.version>\(.*\)</$name.version>$,\1,p" "$root/pom.xml")
  grep -qF "| org.webjars.npm:$name | $version | " "$notices" || {
    echo "FAILED: THIRD-PARTY-NOTICES.md does not name $name ${version:-without a version} of the page" >&2
    exit 1
  }
done

# name, version, hash, licence and credit stand one on a line behind the registry
page=$root/models/llava-tiny/README.md
packages=0
while IFS='|' read -r name version licence credit; do
  [[ $licence == *BY-SA* ]] && continue # only for who asks for them
  grep -qF "| $name | $version | $licence | $credit |" "$page" || {
    echo "FAILED: $page has no line '| $name | $version | $licence | $credit |'" >&2
    exit 1
  }
  packages=$((packages + 1))
done < <(awk '
  function text(line) { return match(line, /".*"/) ? substr(line, RSTART + 1, RLENGTH - 2) : "" }
  /^      Registry\./ { at = 1; next }
  at { value[at] = text($0); if (at++ == 5) { print value[1] "|" value[2] "|" value[4] "|" value[5]; at = 0 } }' \
  "$root/llava4j-tiny/src/main/java/llava4j/tiny/data/TinyPackage.java")
[ "$packages" -gt 0 ] || { echo "FAILED: no package was found in TinyPackage.java" >&2; exit 1; }
echo "$count libraries and $packages packages of data are credited"
