# syntax=docker/dockerfile:1
# One image for the server, etcdctl, etcdutl and the operator: no shell, no package manager, not root, works on a read-only
# root. The files come from scripts/build-image.ts, which also makes the same image without a container engine
# (`npm run image`); see scripts/image/README.md. Volumes with data belong to user 65532.
#
#   docker build -t etcd-ts .
#   docker run --read-only -v etcd:/var/lib/etcd -p 2379:2379 etcd-ts \
#     etcd --listen-client-urls http://0.0.0.0:2379 --advertise-client-urls http://127.0.0.1:2379

FROM node:24-trixie AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci
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
