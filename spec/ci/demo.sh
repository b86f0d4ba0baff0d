#!/usr/bin/env bash
# Runs `npm run demo` in the checkout, as a newcomer does. `check-demo.ts` checks the results; `installs.sh` has the same from
# the packed package.
set -euo pipefail
cd "$(dirname "$0")/../.."
check="$PWD/dist/spec/ci/check-demo.js"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
npm run --silent demo -- --out "$folder/here" | tee /dev/stderr >"$folder/here.txt"
node "$check" "$folder/here.txt" "$folder/here"
