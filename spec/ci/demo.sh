#!/usr/bin/env bash
# Runs `npm run demo` as a newcomer does: in the checkout, then from the packed package in an empty project, with no
# network except the registry: `demo.sh TARBALL`. `check-demo.ts` checks the results.
set -euo pipefail
tarball="$(realpath "$1")"
cd "$(dirname "$0")/../.."
check="$PWD/dist/spec/ci/check-demo.js"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
npm run --silent demo -- --out "$folder/here" | tee /dev/stderr >"$folder/here.txt"
node "$check" "$folder/here.txt" "$folder/here"

mkdir "$folder/project"
cd "$folder/project"
npm init -y >/dev/null
npm install --no-audit --no-fund "$tarball"
npx image-drift demo --out demo | tee /dev/stderr >table.txt
node "$check" table.txt demo
node --input-type=module -e "
  import { Embedder, jensenShannonDistance } from 'image-drift';
  import { openEvents } from 'image-drift/data';
  const events = await openEvents('demo/week_1.parquet');
  if (events.rows !== 1500 || jensenShannonDistance([1, 0], [0, 1], { base: 2 }) !== 1 || !Embedder.load) process.exit(1);
  await events.close();"
