#!/usr/bin/env bash
# The tasks of `label-plan` and the labelling configuration of docs/report.md, checked by Label Studio's own package:
# `label-studio.sh FOLDER`; FOLDER gets a virtual environment.
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
peer label-studio "$1/venv"
"$1/venv/bin/python" spec/ci/label_studio.py events "$1"
cli=(node dist/cli/main.js)
scores=(--scores cat,dog)
"${cli[@]}" baseline "$1/events.csv" "${scores[@]}" --clusters 2 --out "$1/profile.json" >/dev/null
"${cli[@]}" label-plan "$1/events.csv" "${scores[@]}" --budget 40 --profile "$1/profile.json" --out "$1/plan.csv" \
  --tasks "$1/tasks.json" --tasks-root "$1/images"
"$1/venv/bin/python" spec/ci/label_studio.py check "$1"
