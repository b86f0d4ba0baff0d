#!/usr/bin/env bash
# `npm run demo` as a newcomer meets it: the packed package, installed into an empty project without any network but
# the registry, must end in the table.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm run --silent demo | tee /dev/stderr | grep -q 'week_3 .* drift .*darker'

folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
npm pack --silent --pack-destination "$folder" >/dev/null
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund ./image-drift-*.tgz
npx image-drift demo --out demo | tee /dev/stderr | grep -q 'week_3 .* drift .*darker'
node --input-type=module -e "
  import { Embedder, jensenShannonDistance } from 'image-drift';
  import { openEvents } from 'image-drift/data';
  const events = await openEvents('demo/week_1.parquet');
  if (events.rows !== 1500 || jensenShannonDistance([1, 0], [0, 1], { base: 2 }) !== 1 || !Embedder.load) process.exit(1);
  await events.close();"
