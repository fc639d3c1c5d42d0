# The images of Stoa: gateway, worker, and s3 (MinIO). One is built with: docker build --target gateway .
# The package registries are those of the base images; --build-arg npm_config_registry=... and GOPROXY=... name others.

ARG NODE_IMAGE=node:24-bookworm-slim
ARG GO_IMAGE=golang:1.26-bookworm
ARG DEBIAN_IMAGE=debian:bookworm-slim

FROM ${NODE_IMAGE} AS build
ARG npm_config_registry
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
# Nothing optional: that would be Node once more, and the native parts of the linter and the test runner.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=optional --ignore-scripts
COPY nest-cli.json tsconfig.json ./
COPY libs libs
COPY apps apps
RUN node_modules/.bin/nest build api worker cli && rm -f dist/*.tsbuildinfo

FROM ${GO_IMAGE} AS go
# What an unset GOPROXY, GOSUMDB, ... means: the gateway has no go command that could be asked.
FROM go AS go-defaults
RUN go env -json GOPROXY GONOPROXY GOPRIVATE GOSUMDB GONOSUMDB GOINSECURE GOVCS GOAUTH >/go-env.json

# /opt/stoa as it is in both images.
FROM ${NODE_IMAGE} AS runtime
ARG npm_config_registry
WORKDIR /opt/stoa
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --omit=optional --ignore-scripts && \
    rm package-lock.json .npmrc && \
    find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete
COPY --from=go-defaults /go-env.json ./
COPY --from=build /src/dist dist

FROM ${NODE_IMAGE} AS base
ARG STOA_VERSION=unreleased
LABEL org.opencontainers.image.vendor="Stoa" \
      org.opencontainers.image.version="${STOA_VERSION}" \
      org.opencontainers.image.licenses="Apache-2.0"
ENV NODE_ENV=production STOA_DATA_DIR=/var/lib/stoa
WORKDIR /opt/stoa
# A volume that is mounted here for the first time belongs to the same user.
RUN install -d -o node -g node -m 0700 /var/lib/stoa
# In exec form, so that SIGTERM reaches Node.
# A small young generation: see bin/stoa.
ENTRYPOINT ["node", "--min-semi-space-size=2", "--max-semi-space-size=2", "/opt/stoa/dist/apps/cli/src/main.js"]

FROM base AS gateway
LABEL org.opencontainers.image.title="Stoa gateway" \
      org.opencontainers.image.description="Serves Go modules from storage, and asks the workers for the rest"
COPY --from=runtime /opt/stoa /opt/stoa
EXPOSE 3000 3001
USER node
CMD ["api"]

FROM base AS worker
LABEL org.opencontainers.image.title="Stoa worker" \
      org.opencontainers.image.description="Fetches, verifies and stores Go modules"
RUN apt-get update && \
    apt-get install --yes --no-install-recommends ca-certificates git openssh-client && \
    apt-get clean && rm -rf /var/lib/apt/lists/*
# The go command alone: a worker downloads modules and compiles nothing.
COPY --from=go /usr/local/go/VERSION /usr/local/go/go.env /usr/local/go/LICENSE /usr/local/go/
COPY --from=go /usr/local/go/bin/go /usr/local/go/bin/go
# It takes for its own folder the one that has this.
RUN mkdir -p /usr/local/go/pkg/tool
ENV PATH=/usr/local/go/bin:$PATH
COPY --from=runtime /opt/stoa /opt/stoa
EXPOSE 3002
USER node
CMD ["worker"]

FROM go AS minio
ARG GOPROXY
ARG MINIO_VERSION=v0.0.0-20260212201848-7aac2a2c5b7c
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 GOBIN=/out go install -trimpath -ldflags='-s -w' "github.com/minio/minio@${MINIO_VERSION}"

FROM ${DEBIAN_IMAGE} AS s3
ARG MINIO_VERSION=v0.0.0-20260212201848-7aac2a2c5b7c
LABEL org.opencontainers.image.title="MinIO for Stoa" \
      org.opencontainers.image.description="The S3 server of the compose stack, built from its Go module" \
      org.opencontainers.image.version="${MINIO_VERSION}" \
      org.opencontainers.image.licenses="AGPL-3.0-or-later"
COPY --from=minio /out/minio /usr/local/bin/minio
RUN useradd --system --uid 1000 --home-dir /data --shell /usr/sbin/nologin minio && install -d -o minio -g minio -m 0700 /data
ENV MINIO_BROWSER=off MINIO_UPDATE=off
EXPOSE 9000
USER minio
ENTRYPOINT ["minio"]
CMD ["server", "/data"]
