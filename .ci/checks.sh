# Everything that is checked before a change lands, in order; sourced by `.ci/run` and `.ci/all`. They differ in
# IMAGE_DRIFT_CHECKS: `slice` or `all`. What waits for the network, or for one core, runs beside other steps.

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
  python3 -m venv "$scratch/venv" && "$scratch/venv/bin/pip" install -q numpy pandas pyarrow fiddler-client==3.14.1
}

pack() {
  mkdir -p "$scratch/pack" && npm pack --ignore-scripts --silent --pack-destination "$scratch/pack"
}

# The slice of a long check, or the whole of it: `amount SLICE WHOLE`.
amount() {
  [ "$IMAGE_DRIFT_CHECKS" = all ] && echo "$2" || echo "$1"
}

specs() {
  node scripts/spec.mjs --limit "$(amount 600 1800)" "$@"
}

# One of each way of building a network, and odd sizes; `all` takes every case of the scripts.
networks=(resnet18-45 resnet34-64 resnet50-33 resnext50_32x4d-77 vgg11-32 vgg11_bn-64 mobilenet_v2-32 mobilenet_v2-75)
precise=(resnet18-97x75 resnext50_32x4d-64x64 vgg11-33x47 mobilenet_v2-97x75)
[ "$IMAGE_DRIFT_CHECKS" = all ] && networks=() precise=()

step 'npm install' npm install --no-audit --no-fund
begin 'debian packages' debian_packages
begin 'python peers' virtual_environment
step 'npm test' npm test
step 'long specs' specs --long only --except shared/ --except browser/ --except gpu/
step 'a second build has nothing to do' bash -c 'npm run --silent build | grep -x "Nothing to build."'
step 'lint' npm run lint
step 'licences' node scripts/check-licences.mjs
step 'known weaknesses of dependencies' bash spec/ci/audit.sh
step 'pack' pack
tarball="$(echo "$scratch"/pack/image-drift-*.tgz)"
step 'package: publint' npx publint --strict "$tarball"
step 'package: attw' npx attw --profile esm-only "$tarball"
collect 'debian packages'
collect 'python peers'
begin 'the packed package on every Node' bash spec/ci/installs.sh "$tarball"
step 'demo' bash spec/ci/demo.sh "$tarball"
step 'browser specs' specs browser/
step 'parquet in pandas and pyarrow' bash spec/ci/parquet.sh "$scratch/venv/bin/python"
step 'hostile files' bash spec/ci/hostile-files.sh "$scratch/peer" "$(amount 1000 10000)"
step 'each event once' node dist/spec/ci/each-event-once/main.js "$(amount 1 10)" "$(amount 40 0)" "$(amount 2 100)"
step 'checkpoints in disguise, against PyTorch' bash spec/ci/disguises.sh "$scratch/disguises" "$(amount part all)"
step 'random graphs against PyTorch' bash spec/ci/fuzz.sh "$(amount 80 200)" 1 "$(amount 16 40)"
step 'precision beside PyTorch' bash spec/ci/precision.sh "${precise[@]}"
collect 'the packed package on every Node'
begin 'the emulator’s package, and the core without it' bash spec/ci/installs-emulator.sh "$tarball"
if shared="$(node scripts/check-data.mjs --folder)"; then
  begin 'ONNX files' bash spec/ci/onnx.sh
  step 'backbone goldens' bash spec/ci/make_backbone_goldens.sh "$shared" "$scratch/goldens" "${networks[@]}"
  export IMAGE_DRIFT_GOLDENS="$scratch/goldens"
  step 'onnxruntime' bash spec/ci/onnxruntime.sh "$scratch/onnxruntime"
  collect 'ONNX files'
  step 'tensorflow' bash spec/ci/tensorflow.sh "$shared" "$scratch/tensorflow"
  step 'WebGPU on a software device' bash spec/ci/webgpu.sh "$shared" "$scratch/goldens"
  step 'the same on every engine' bash spec/ci/across-engines.sh "$scratch/onnxruntime" "$scratch/tensorflow"
  step 'shared-data specs' specs shared/ --except shared/across-backends --except shared/random-graphs
  step 'official Fiddler client against the emulator' \
    bash spec/ci/fiddler-client.sh "$shared/tools/fiddler_client_check.py" "$scratch/venv"
  step 'requests of a quickstart, beside the official client' \
    node dist/spec/ci/quickstart-traffic.js "$scratch/venv/bin/python"
  step 'memory is flat' node dist/spec/ci/memory.js "$(amount 3000 5000)" "$(amount 9000 15000)"
else
  echo 'SKIPPED: the shared test data is not here (see IMAGE_DRIFT_SHARED in CONTRIBUTING.md)'
fi
collect 'the emulator’s package, and the core without it'
begin 'README’s commands' bash spec/ci/readme.sh
step 'memory over many batches' node dist/spec/ci/memory-of-batches.js "$(amount 5000 10000)"
collect 'README’s commands'
