# syntax=docker/dockerfile:1
# One image for the server, etcdctl, etcdutl and the operator: no shell, no package manager, not root, works on a read-only
# root. The files come from scripts/build-image.ts, which also makes the same image without a container engine
# (`npm run image`); see scripts/image/README.md. Volumes with data belong to user 65532.
#
#   docker build -t etcd-ts .
#   docker run --read-only -v etcd:/var/lib/etcd -p 2379:2379 etcd-ts \
#     etcd --listen-client-urls http://0.0.0.0:2379 --advertise-client-urls http://127.0.0.1:2379
#
# For amd64 and arm64. RocksDB's binary for arm64 is compiled here, from the sources in its npm package: minutes on an arm64
# machine, hours where that is emulated. `npm run image -- --arch arm64` cross compiles instead.
#
#   docker buildx build --platform linux/amd64,linux/arm64 -t REGISTRY/etcd-ts --push .

FROM node:24-trixie AS build
WORKDIR /src
COPY package.json package-lock.json ./
# No scripts: the store's would compile, on arm64 with flags for x86-64, and no other one does anything for the image.
RUN npm ci --ignore-scripts
# Apart from the rest, and with what it imports alone: a change of our code does not compile RocksDB again.
COPY scripts/build-addon.ts ./scripts/
COPY scripts/image/addon.ts scripts/image/addon-plan.ts scripts/image/debian-packages.ts scripts/image/image-config.ts \
  ./scripts/image/
RUN node scripts/build-addon.ts
COPY . .
RUN npm run build && node dist/scripts/build-image.js --node /usr/local/bin/node --rootfs /rootfs

FROM scratch
COPY --from=build /rootfs /
ENV PATH=/usr/local/bin:/usr/bin:/bin
ENV UV_THREADPOOL_SIZE=8
ENV NODE_ENV=production
LABEL org.opencontainers.image.title="etcd-ts"
LABEL org.opencontainers.image.description="A drop-in etcd, its command line tools, and the operator that runs it on Kubernetes"
LABEL org.opencontainers.image.licenses="Apache-2.0"
USER 65532:65532
WORKDIR /var/lib/etcd
EXPOSE 2379/tcp
EXPOSE 2380/tcp
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["/usr/local/bin/etcd-ts-healthcheck"]
CMD ["/usr/local/bin/etcd"]
