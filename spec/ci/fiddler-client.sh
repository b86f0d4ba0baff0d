#!/usr/bin/env bash
# Checks that Fiddler's official Python client works with the emulator: every check of the driver passes, none is
# skipped.
# Usage: fiddler-client.sh DRIVER [VENV]   the driver is tools/fiddler_client_check.py of the shared data
set -euo pipefail
driver="$(realpath "$1")"
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
scratch="$(mktemp -d)"
venv="${2:-$scratch/venv}"
server=''
finish() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null && wait "$server" || true; }
  rm -rf "$scratch"
}
trap finish EXIT

peer fiddler "$venv"

export FIDDLER_TOKEN=token-of-the-check
node dist/cli/main.js emulator --port 0 --data "$scratch/data" --json >"$scratch/emulator.json" 2>"$scratch/emulator.log" &
server=$!
for _ in $(seq 100); do [ -s "$scratch/emulator.json" ] && break; sleep 0.1; done
FIDDLER_URL="$(node -p 'JSON.parse(require("fs").readFileSync(0, "utf8")).url' <"$scratch/emulator.json")"
export FIDDLER_URL

"$venv/bin/python" "$driver" | tee "$scratch/checks"
grep -q '^[0-9]* passed, 0 failed, 0 skipped$' "$scratch/checks"

# Ctrl-C ends it cleanly, and its output does not contain the token.
kill -INT "$server"
wait "$server"
server=''
! grep -rqF "$FIDDLER_TOKEN" "$scratch/emulator.json" "$scratch/emulator.log"
