# image-drift as the tasks of a scheduler run it: docker build --tag image-drift .
# Built from this folder. The first stage has the tools that build; the second one has what runs.
FROM node:24-slim AS build
WORKDIR /source
COPY . .
RUN npm ci --no-audit --no-fund && npm run build && mkdir /packed && npm pack --ignore-scripts --pack-destination /packed

FROM node:24-slim
COPY --from=build /packed /packed
# Beside the package: what reads s3:// URLs, and what decodes WebP and TIFF.
RUN npm install --global --no-audit --no-fund /packed/image-drift-*.tgz @aws-sdk/client-s3@3 sharp@0.35
# The user `node`, by its number: a cluster that allows no root checks that.
USER 1000
WORKDIR /run
ENTRYPOINT ["image-drift"]
