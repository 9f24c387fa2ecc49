#!/usr/bin/env bash
# Asks `llava serve` with the npm packages openai, ollama and @ai-sdk/openai-compatible.
#
# Needs Node.js 20 or newer, and npm, which fetches the clients (their versions are in
# npm-clients-test/package-lock.json).
set -euo pipefail
unset CDPATH
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=with-server.sh
. "$root/scripts/with-server.sh"

npm_folder npm-clients-test
start_server
cd "$npm_folder"
node npm-clients-test.mjs "$address" "$root/examples/images/penguin.png"
