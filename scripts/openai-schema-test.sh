#!/usr/bin/env bash
# Holds the answers of `llava serve` against OpenAI's own description: openai-schema-test.sh FILE
#
# FILE is openapi.yaml (or .json) of https://github.com/openai/openai-openapi; it is not part of this
# project. Needs Node.js 20 or newer, and npm, which fetches the validator (its version is in
# openai-schema-test/package-lock.json).
set -euo pipefail
unset CDPATH
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [ ! -f "${1:-}" ]; then
  echo "openai-schema-test.sh: ${1:-no file} is not OpenAI's description: name the file openapi.yaml of https://github.com/openai/openai-openapi (make openai-schema-test SPEC=file)." >&2
  exit 2
fi
spec=$(cd -P "$(dirname "$1")" && pwd)/$(basename "$1")
# shellcheck source=with-server.sh
. "$root/scripts/with-server.sh"

npm_folder openai-schema-test
export LLAVA_API_KEY=sk-of-this-test
start_server
cd "$npm_folder"
node openai-schema-test.mjs "$address" "$root/examples/images/penguin.png" "$spec" "$LLAVA_API_KEY"
