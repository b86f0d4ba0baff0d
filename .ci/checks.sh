# Everything that is checked before a change lands, in order; sourced by `.ci/run` and `.ci/all`. They differ in
# IMAGE_DRIFT_CHECKS: `slice` or `all`. `npm test` and the long specs use all cores; the steps after them run in lanes.

debian_packages() {
  local missing=()
  command -v chromium >/dev/null || missing+=(chromium)
  /usr/bin/python3 -c 'import torch, torchvision' 2>/dev/null || missing+=(python3-torch python3-torchvision)
  [ ${#missing[@]} -eq 0 ] && return
  local root=()
  [ "$(id -u)" -eq 0 ] || root=(sudo)
  "${root[@]}" apt-get update -qq && "${root[@]}" apt-get install -y -qq "${missing[@]}"
}

virtual_environment() {
  python3 -m venv "$scratch/venv" && "$scratch/venv/bin/pip" install -q --no-compile numpy pandas pyarrow fiddler-client==3.14.1 'moto[server]' kubernetes-validate
}

pack() {
  npm run --silent docs:api && mkdir -p "$scratch/pack" && npm pack --ignore-scripts --silent --pack-destination "$scratch/pack" &&
    tar -tzf "$scratch"/pack/image-drift-*.tgz package/docs/api.md
}

# The slice of a long check, or the whole of it: `amount SLICE WHOLE`.
amount() {
  [ "$IMAGE_DRIFT_CHECKS" = all ] && echo "$2" || echo "$1"
}

specs() {
  node scripts/spec.mjs --limit "$(amount 600 1800)" "$@"
}

# As on a machine without a GPU: `doctor` would take half a minute to measure one that software emulates.
without_gpu() {
  VK_DRIVER_FILES=/nowhere "$@"
}

# One of each way of building a network, and odd sizes; `all` takes every case of the scripts.
networks=(resnet18-45 resnet34-64 resnet50-33 resnext50_32x4d-77 vgg11-32 vgg11_bn-64 mobilenet_v2-32 mobilenet_v2-75)
precise=(resnet18-97x75 resnext50_32x4d-64x64 vgg11-33x47 mobilenet_v2-97x75)
# The oldest Node, and what people install today.
nodes=(20 26)
[ "$IMAGE_DRIFT_CHECKS" = all ] && networks=() precise=() nodes=()

step 'npm install' npm install --no-audit --no-fund
begin 'debian packages' debian_packages
begin 'python peers' virtual_environment
step 'npm test' npm test
# Not beside others: some of them wait for jobs of a server, and look while these run.
step 'long specs' specs --long only --except shared/ --except browser/ --except gpu/
step 'a second build compiles no kernel' bash -c '! npm run --silent build | grep wasm'
step 'pack' pack
tarball="$(echo "$scratch"/pack/image-drift-*.tgz)"
collect 'debian packages'
collect 'python peers'

# The longest lanes begin first.
lane publishing 'browser specs' specs browser/ --limit 900
lane publishing 'images from S3 and HTTPS' bash spec/ci/s3.sh "$scratch/s3" "$scratch/venv/bin/python"
lane publishing 'a run in a bucket' bash spec/ci/s3-run.sh "$scratch/s3" "$scratch/venv/bin/python" "$(amount 2000 100000)"
lane publishing 'parquet in pandas and pyarrow' bash spec/ci/parquet.sh "$scratch/venv/bin/python"
lane publishing 'embed killed, and gone on' node dist/spec/ci/kill-embed.js "$(amount 1000 8000)" "$(amount 2 20)"
lane publishing 'image files beside Pillow' bash spec/ci/images.sh "$scratch/images" "$(amount 100 1000)"
lane publishing 'hostile files' bash spec/ci/hostile-files.sh "$scratch/peer" "$(amount 1000 10000)"
lane publishing 'pixels beside Pillow, torchvision and timm' \
  bash spec/ci/pillow.sh "$scratch/pillow" "$(amount 200 2000)" "$(amount 2 30)"
lane publishing 'photographs through ResNets, beside PyTorch' \
  bash spec/ci/photographs.sh "$scratch/photographs" "$scratch/images/packages" "$scratch/pillow/venv" "$(amount 8 200)"
lane publishing 'EfficientNet-Lite0 with its real weights, beside PyTorch' \
  bash spec/ci/lite.sh "$scratch/lite" "$scratch/images/packages" "$scratch/pillow/venv"

lane publishing 'shards of a run, killed' bash spec/ci/kill-shards.sh "$scratch/venv/bin" "$(amount 3 50)" "$(amount 6 30)"
lane publishing 'a run on Slurm' bash spec/ci/slurm.sh "$scratch/slurm" "$(amount 8 24)" "$(amount 2 12)"

lane engines 'checkpoints in disguise, against PyTorch' bash spec/ci/disguises.sh "$scratch/disguises" "$(amount part all)"
lane engines 'the Python of convert --check-script' \
  bash spec/ci/check-scripts.sh "$scratch/check-scripts" "$scratch/disguises/venv" torch timm
lane engines 'networks of torchvision, against PyTorch' bash spec/ci/families.sh "$scratch/families" "$(amount slice all)"
if [ "$IMAGE_DRIFT_CHECKS" = all ] && [ -n "${IMAGE_DRIFT_VENV:-}" ]; then
  lane engines 'networks of timm and transformers, against PyTorch' \
    bash spec/ci/families.sh "$scratch/other-families" --venv "$IMAGE_DRIFT_VENV"
  lane engines '20 names of timm, against PyTorch' \
    node dist/spec/ci/names/main.js --venv "$IMAGE_DRIFT_VENV" --sample 20 --most 3e7 --seed "$(date +%j)"
  lane engines 'the Python of convert --check-script transformers' \
    bash spec/ci/check-scripts.sh "$scratch/check-scripts" "$IMAGE_DRIFT_VENV" transformers
fi
if [ -n "${IMAGE_DRIFT_VENV:-}" ]; then
  lane engines 'networks whose tensors do not say how they are used, beside their own programs' \
    bash spec/ci/forwards.sh "$scratch/forwards" "$IMAGE_DRIFT_VENV" "$(amount 1 all)"
else
  echo 'SKIPPED (IMAGE_DRIFT_VENV): networks whose tensors do not say how they are used'
fi
lane engines 'ONNX: the node cases of onnx, and networks beside onnxruntime' \
  bash spec/ci/onnx-cases.sh "$scratch/onnx-cases" "$(amount 4 1)" "$(amount slice all)"
lane engines 'ONNX: patterns and networks of our own' bash spec/ci/own.sh "$scratch/own" "$(amount 8 1)" 1
lane engines 'models of TensorFlow.js beside it' bash spec/ci/tfjs.sh "$scratch/tfjs" "$(amount slice all)"
lane engines 'damaged models beside the libraries of their formats' \
  bash spec/ci/model-mutants.sh "$scratch/model-mutants" "$(amount 20 1000)"
lane engines 'random graphs against PyTorch' bash spec/ci/fuzz.sh "$(amount 80 200)" 1 "$(amount 16 40)" "$(amount 80 200)"
lane engines 'precision beside PyTorch' bash spec/ci/precision.sh "${precise[@]}"
lane engines 'memory over many batches' node dist/spec/ci/memory-of-batches.js "$(amount 5000 10000)"

if shared="$(node scripts/check-data.mjs --folder)"; then
  goldens="$scratch/goldens"
  with_goldens=(env IMAGE_DRIFT_GOLDENS="$goldens")
  lane backends 'ONNX files' bash spec/ci/onnx.sh
  lane backends 'backbone goldens' bash spec/ci/make_backbone_goldens.sh "$shared" "$goldens" "${networks[@]}"
  lane backends 'onnxruntime' "${with_goldens[@]}" bash spec/ci/onnxruntime.sh "$scratch/onnxruntime"
  lane backends 'tensorflow' "${with_goldens[@]}" bash spec/ci/tensorflow.sh "$shared" "$scratch/tensorflow"
  lane backends 'WebGPU on a software device' "${with_goldens[@]}" bash spec/ci/webgpu.sh "$shared" "$goldens"
  lane backends 'the same on every engine' bash spec/ci/across-engines.sh "$scratch/onnxruntime" "$scratch/tensorflow"
  lane backends 'backbones against PyTorch' "${with_goldens[@]}" node scripts/spec.mjs --limit 1800 shared/backbones
  if [ "$IMAGE_DRIFT_CHECKS" = all ] && [ -n "${IMAGE_DRIFT_VENV:-}" ]; then
    lane engines 'checkpoints as people bring them, against PyTorch' \
      bash spec/ci/families.sh "$scratch/saved" --saved "$shared/tools/user_checkpoints.py" --venv "$IMAGE_DRIFT_VENV"
  fi
  lane publishing 'shared-data specs' specs shared/ --except shared/across-backends --except shared/random-graphs \
    --except shared/backbones
  lane events 'official Fiddler client against the emulator' \
    bash spec/ci/fiddler-client.sh "$shared/tools/fiddler_client_check.py" "$scratch/venv"
  lane events 'requests of a quickstart, beside the official client' \
    node dist/spec/ci/quickstart-traffic.js "$scratch/venv/bin/python"
  lane publishing 'memory is flat' node dist/spec/ci/memory.js "$(amount 3000 5000)" "$(amount 9000 15000)"
else
  echo 'SKIPPED: the shared test data is not here (see IMAGE_DRIFT_SHARED in CONTRIBUTING.md)'
fi

lane nodes 'the packed package on every Node' without_gpu bash spec/ci/installs.sh "$tarball" "${nodes[@]}"

lane packages 'lint' npm run lint
lane packages 'licences' node scripts/check-licences.mjs
lane packages 'known weaknesses of dependencies' bash spec/ci/audit.sh
lane packages 'package: publint' npx publint --strict "$tarball"
lane packages 'package: attw' npx attw --profile esm-only "$tarball"
lane packages 'what the container image installs' bash spec/ci/container.sh "$tarball" "$scratch/container"
lane packages 'demo' without_gpu bash spec/ci/demo.sh
lane packages 'the emulator’s package, and the core without it' bash spec/ci/installs-emulator.sh "$tarball"
lane packages 'one cache with huggingface_hub' bash spec/ci/hub.sh "$scratch/hub"

lane readme 'README’s commands' without_gpu bash spec/ci/readme.sh

lane events 'alert rules of the official Fiddler client, and onboard’s' \
  node dist/spec/ci/fiddler-alerts.js "$scratch/venv/bin/python"
lane events 'each event once' node dist/spec/ci/each-event-once/main.js "$(amount 1 10)" "$(amount 40 0)" "$(amount 2 100)"
run_lanes
