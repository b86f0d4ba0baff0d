#!/usr/bin/env bash
# The node cases of PyPI's onnx, its nine light networks, networks of other packages, and quantised ones that run as they are,
# beside onnxruntime: `onnx-cases.sh FOLDER EVERY NETWORKS`. EVERY 1 takes every case; NETWORKS is `all` or `slice`. The folder keeps a virtual
# environment and onnxruntime-node.
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
repository="$PWD"
mkdir -p "$1/empty" "$1/packages"
work="$(cd "$1" && pwd)"
python="$work/venv/bin/python"
peer onnx "$work/venv"
# The package loads a file nt.py of the folder that it runs in.
(cd "$work/empty" && "$python" "$repository/spec/ci/onnx_cases.py" "$work/cases")
node dist/spec/ci/onnx-cases.js "$work/cases" "$2"

peer onnx-networks "$work/packages"
"$python" spec/ci/onnx_networks.py "$work" "$3"

peer onnxruntime "$work/node"
IMAGE_DRIFT_PACKAGES="$work/node" "$python" spec/ci/onnx_files.py "$work" "$3"
