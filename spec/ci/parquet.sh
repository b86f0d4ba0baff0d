#!/usr/bin/env bash
# Reads the parquet of `embed` and of the event writer with Python: `parquet.sh PYTHON`, which needs pandas and pyarrow.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
node dist/spec/ci/parquet-sample.js "$folder"
"$1" spec/ci/check_parquet.py "$folder/sample.parquet" "$folder/sample.json"

node dist/cli/main.js embed samples/fashion-mnist/production.npz --weights fashion-mnist-resnet18 --quiet \
  --out "$folder/embedded.parquet"
cat >"$folder/embedded.json" <<'JSON'
{"columns": ["embeddings", "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
             "Ankle boot", "target", "image_url", "event_id", "image_stat_brightness", "image_stat_contrast", "image_stat_sharpness",
             "image_stat_noise", "image_stat_saturation", "image_stat_red", "image_stat_green", "image_stat_blue",
             "image_stat_blockiness", "image_stat_flat", "image_stat_impulses", "image_stat_smooth", "image_stat_row_stripes",
             "image_stat_column_stripes", "image_stat_border", "image_stat_clipped_dark", "image_stat_clipped_bright",
             "image_stat_levels", "image_stat_skewness", "image_stat_hue", "image_stat_hue_axis_x", "image_stat_hue_axis_y",
             "image_stat_upright", "image_stat_diagonal",
             "image_phash", "image_dark_score", "image_bright_score", "image_blurred_score", "image_grid"],
 "rows": 1500, "metadata": {"tap": "fc.0", "dimensions": 128}}
JSON
"$1" spec/ci/check_parquet.py "$folder/embedded.parquet" "$folder/embedded.json"
