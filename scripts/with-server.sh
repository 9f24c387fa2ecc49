# Sourced with $root set, by tests that drive `llava serve` with Node.js.

command -v node >/dev/null && command -v npm >/dev/null || {
  echo "${0##*/}: Node.js and npm are missing: install them (Node.js 20 or newer)." >&2
  exit 2
}

# npm_folder NAME: sets npm_folder to a copy of scripts/NAME with its libraries, as they are locked
npm_folder() {
  npm_folder=$root/target/$1
  mkdir -p "$npm_folder"
  cp "$root/scripts/$1"/* "$npm_folder"
  if ! cmp -s "$npm_folder/package-lock.json" "$npm_folder/node_modules/.locked"; then
    (cd "$npm_folder" && npm ci --loglevel=error --no-audit --no-fund) || {
      echo "FAILED: npm cannot fetch what scripts/$1/package-lock.json names; see its message above" >&2
      exit 1
    }
    cp "$npm_folder/package-lock.json" "$npm_folder/node_modules/.locked"
  fi
}

# start_server OPTIONS...: llava-tiny at $address until this shell ends
start_server() {
  server_work=$(mktemp -d)
  : >"$server_work/out"
  "$root/llava" serve "$root/models/llava-tiny" --port 0 "$@" >"$server_work/out" 2>"$server_work/log" &
  server=$!
  waited=0
  trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$server_work"' EXIT
  until address=$(sed -n 's,.* is served at \(http://.*\),\1,p' "$server_work/out") && [ -n "$address" ]; do
    kill -0 "$server" 2>/dev/null || {
      cat "$server_work/log" >&2
      echo "FAILED: the server does not start" >&2
      exit 1
    }
    [ "$((waited += 1))" -le 600 ] || {
      cat "$server_work/log" >&2
      echo "FAILED: the server is not ready after two minutes" >&2
      exit 1
    }
    sleep 0.2
  done
}
