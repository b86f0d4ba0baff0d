#!/usr/bin/env bash
# What the Dockerfile installs, without a container engine: `container.sh TARBALL FOLDER`. Runs the command of its second stage
# with the packed package, and then a run in two shards as a task would, from a folder that is no clone.
set -euo pipefail
cd "$(dirname "$0")/../.."
tarball="$(realpath "$1")"
mkdir -p "$2"
folder="$(realpath "$2")"
grep -qx 'USER 1000' Dockerfile
install="$(sed -n '/^FROM node:24-slim$/,$ s/^RUN //p' Dockerfile)"
[ "$(wc -l <<<"$install")" -eq 1 ]
export npm_config_prefix="$folder/prefix"
bash -euo pipefail -c "${install//\/packed\/image-drift-\*.tgz/$tarball}"
cd "$folder"
drift=("$folder/prefix/bin/image-drift")
# A container has no GPU: no package of 130 MB for one.
[ -z "$(find "$folder/prefix" -path '*/node_modules/webgpu')" ]
"${drift[@]}" --version
node -e "require('module').createRequire(process.argv[1])('@aws-sdk/client-s3')" "$(realpath "${drift[0]}")"
node -e "require('module').createRequire(process.argv[1])('sharp')" "$(realpath "${drift[0]}")"
node "$OLDPWD/dist/spec/ci/write-jpegs.js" "$folder" 20
"${drift[@]}" plan photos --weights fashion-mnist-resnet18 --shards 2 --out run --quiet
for index in 0 1; do JOB_COMPLETION_INDEX=$index "${drift[@]}" embed --plan run/plan.json --shard auto --quiet; done
"${drift[@]}" gather run --out events.parquet
