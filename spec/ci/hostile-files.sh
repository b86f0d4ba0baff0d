#!/usr/bin/env bash
# Damaged files of every kind that a command reads, beside the libraries whose formats they are:
#   hostile-files.sh FOLDER [MUTANTS] [SEED]
# FOLDER gets a virtual environment over Debian's torch. pyarrow 17 is the last that takes its NumPy 1.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ -d "$1" ] || {
  /usr/bin/python3 -m venv --system-site-packages "$1"
  "$1/bin/pip" install -q --no-compile pyarrow==17.0.0 safetensors==0.8.0
}
node dist/spec/ci/hostile-files/main.js "$1/bin/python" "${2:-1000}" "${3:-1}"
