#!/usr/bin/env bash
# Installs onnxruntime-node for the CPU into a folder, unless it is there: `install-onnxruntime.sh FOLDER`.
set -euo pipefail
mkdir -p "$1"
cd "$1"
[ -d node_modules/onnxruntime-node ] && exit
[ -f package.json ] || echo '{"private": true}' >package.json
# The libraries for the CPU come with the package; its install script would only fetch those for CUDA.
ONNXRUNTIME_NODE_INSTALL=skip ONNXRUNTIME_NODE_INSTALL_CUDA=skip \
  npm install --ignore-scripts --no-audit --no-fund onnxruntime-node@1.30.0
