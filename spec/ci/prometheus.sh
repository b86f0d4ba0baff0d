#!/usr/bin/env bash
# A monitor beside Debian's node_exporter, Prometheus and Alertmanager, which are installed if they are not there: FOLDER.
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
command -v promtool >/dev/null && command -v prometheus-alertmanager >/dev/null &&
  command -v prometheus-node-exporter >/dev/null ||
  debian_packages prometheus prometheus-alertmanager prometheus-node-exporter
mkdir -p "$1"
node dist/spec/ci/monitor/prometheus.js "$1"
