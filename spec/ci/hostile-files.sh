#!/usr/bin/env bash
# Damaged files of every kind that a command reads, beside the libraries whose formats they are:
#   hostile-files.sh FOLDER [MUTANTS] [SEED]
# FOLDER gets a virtual environment over Debian's torch.
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
peer readers "$1"
node dist/spec/ci/hostile-files/main.js "$1/bin/python" "${2:-1000}" "${3:-1}"
