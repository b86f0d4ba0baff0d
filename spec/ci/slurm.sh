#!/usr/bin/env bash
# A run in shards on a real Slurm of two nodes, both on this machine: `slurm.sh FOLDER SHARDS KILLS [SEED]`. Installs Slurm
# where it is not. Everything that it starts ends with it.
set -euo pipefail
cd "$(dirname "$0")/../.."
source spec/ci/peers.sh
folder="$1"
shift
command -v slurmctld >/dev/null || debian_packages slurm-wlm munge
if [ "$(id -u)" -ne 0 ]; then
  echo 'SKIPPED: two slurmd on one machine need root'
  exit 0
fi
mkdir -p "$folder"/{log,state,spool.n1,spool.n2,bin}
folder="$(cd "$folder" && pwd)"
sed "s#@HOST@#$(hostname)#g; s#@DIR@#$folder#g" spec/ci/slurm/slurm.conf.in >"$folder/slurm.conf"
export SLURM_CONF="$folder/slurm.conf"

pids=()
cleanup() {
  kill "${pids[@]}" 2>/dev/null || true
  wait 2>/dev/null || true
}
trap cleanup EXIT
begin() {
  "$@" >>"$folder/log/$(basename "$1").out" 2>&1 &
  pids+=($!)
}

# A key and a socket of its own: another munged of this machine is left alone.
[ -e "$folder/munge.key" ] || (umask 077 && head -c 128 /dev/urandom >"$folder/munge.key")
chmod 711 "$folder"
begin munged --foreground --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" \
  --pid-file="$folder/munge.pid" --log-file="$folder/log/munge.log" --seed-file="$folder/munge.seed"
for _ in $(seq 50); do [ -S "$folder/munge.socket" ] && break || sleep 0.1; done
begin slurmctld -D -i
begin slurmd -D -N n1
begin slurmd -D -N n2
for _ in $(seq 100); do [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 2 ] && break || sleep 0.2; done
sinfo

printf '#!/bin/sh\nexec %q %q "$@"\n' "$(command -v node)" "$PWD/dist/cli/main.js" >"$folder/bin/image-drift"
chmod +x "$folder/bin/image-drift"
PATH="$folder/bin:$PATH" node dist/spec/ci/slurm/main.js "$folder" "$@"
