# cred-proxy as a container: the runtime's own image, this repository's sources, and nothing fetched from anywhere.
#
#     docker build -t cred-proxy .
#
# DENO_IMAGE names the runtime by version. The owner of a tag can move it, so a release build also gives the digest that
# was checked, and the registry must then deliver exactly those bytes:
#
#     docker buildx imagetools inspect docker.io/denoland/deno:debian-2.9.6      # or: skopeo inspect docker://…
#     docker build --build-arg DENO_DIGEST=sha256:… -t cred-proxy .
#
# The default is empty because a digest is worth only as much as the check of it, so it belongs to the build that checked. The
# label `org.opencontainers.image.base.digest` says which one a build used.
#
# For the labels, a release build also gives SOURCE (the repository's URL), REVISION (the commit) and VERSION, which stands in
# deno.json alone:
#
#     docker build --build-arg VERSION="$(bin/cred-proxy version | cut -d' ' -f2)" --build-arg REVISION="$(git rev-parse HEAD)" …
ARG DENO_IMAGE=docker.io/denoland/deno:debian-2.9.6
ARG DENO_DIGEST=
FROM ${DENO_IMAGE}${DENO_DIGEST:+@${DENO_DIGEST}}

# The runtime's cache lies next to the sources, is written once, below, and belongs to root: the service can change neither. The
# image needs no deno.lock, since the service imports no package.
ENV DENO_DIR=/app/.deno
WORKDIR /app
USER 0:0
COPY deno.json main.ts ./
COPY bin ./bin
COPY lib ./lib

# `--no-remote --no-npm`: an import of a package fails the build here, instead of fetching something at the start. The compiled
# modules stay in the cache, and so do its databases of what each module imports: a start takes twice as long without them, and
# 18 MB more. Where nothing can be written, the runtime reads a database only if its log (-wal, -shm) lies beside it. A program
# leaves that behind when it exits by itself, as `version` does. The modes are set because COPY keeps those of the checkout: under
# a strict umask the user below could not read the code. /run/cred-proxy is where a route table is mounted, or copied to before
# the start.
RUN deno cache --quiet --no-remote --no-npm main.ts lib/commands/permissions_program.ts lib/commands/serve_program.ts \
 && bin/cred-proxy version \
 && chmod -R u=rwX,go=rX /app \
 && mkdir -p /run/cred-proxy

# The base image's user `deno`, by number: Kubernetes verifies `runAsNonRoot` by number only. Any other number works too.
USER 1993:1993
EXPOSE 9099
STOPSIGNAL SIGTERM
ENTRYPOINT ["/app/bin/cred-proxy"]
CMD ["serve"]
HEALTHCHECK --interval=30s --timeout=5s --start-period=5s --retries=3 CMD ["/app/bin/cred-proxy", "healthcheck"]

# Last, so that a new version or revision changes nothing above.
ARG DENO_IMAGE
ARG DENO_DIGEST
ARG VERSION=
ARG REVISION=
ARG SOURCE=
LABEL org.opencontainers.image.title="cred-proxy" \
      org.opencontainers.image.description="Holds API credentials so that a sandboxed agent never sees them" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.base.name="${DENO_IMAGE}" \
      org.opencontainers.image.base.digest="${DENO_DIGEST}"
