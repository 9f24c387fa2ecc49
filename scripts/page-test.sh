#!/usr/bin/env bash
# Drives the page of `llava serve` with Chromium: page-test.sh [--screenshots]
#
# Needs Chromium, Node.js 20 or newer, and npm, which fetches the test's libraries (their versions
# are in page-test/package-lock.json). With --screenshots, those in docs/ are made anew.
set -euo pipefail
unset CDPATH
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=with-server.sh
. "$root/scripts/with-server.sh"

chromium=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$chromium" ] || {
  echo "page-test: Chromium is missing: install it (Debian's package chromium), or set CHROMIUM to its path." >&2
  exit 2
}
shots=
[ "${1:-}" != --screenshots ] || shots=$root/docs

npm_folder page-test
start_server
cd "$npm_folder"
node page-test.mjs "$chromium" "$address/" "$root/examples/images" ${shots:+"$shots"}
