# The AWS SDK in FOLDER/packages, and keys for moto, which takes any; sourced by `s3.sh` and `s3-run.sh`. Needs the registry.

# aws_sdk FOLDER
aws_sdk() {
  mkdir -p "$1"
  [ -d "$1/packages" ] ||
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$1/packages" @aws-sdk/client-s3@3
  export IMAGE_DRIFT_PACKAGES="$1/packages"
  export AWS_ACCESS_KEY_ID=key AWS_SECRET_ACCESS_KEY=secret AWS_REGION=us-east-1
}
