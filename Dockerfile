# The image holds two programs: `einsichtd`, the service, and `einsicht`, which records, asks and verifies.
# It has no shell and no package manager, and runs as a user without rights on a read-only file system.
# What is written belongs into volumes; docker-compose.yml shows them.

FROM rust:1.95-slim-trixie AS build
WORKDIR /src
# .dockerignore lets through what the build needs and nothing else: other changes don't start it again.
COPY . .
# Without default features: the simulated week of `dev --sample` stays out of the image.
# The mounts keep downloads and object files between builds; the programs leave them for /out.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/src/target \
    cargo build --release --locked --no-default-features \
        --package einsicht-service --bin einsichtd \
        --package einsicht-cli --bin einsicht \
    && install -D --target-directory=/out/bin target/release/einsichtd target/release/einsicht \
    && install -d /out/empty

FROM gcr.io/distroless/cc-debian13:nonroot
LABEL org.opencontainers.image.title="Einsicht" \
      org.opencontainers.image.description="Data-access audit ledger for cities, and its verifier" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY LICENSE /usr/share/doc/einsicht/LICENSE
COPY --from=build /out/bin/ /usr/local/bin/
# A new named volume takes over the owner of the folder that it is mounted on.
COPY --from=build --chown=65532:65532 /out/empty /etc/einsicht/tls
COPY --from=build --chown=65532:65532 /out/empty /var/lib/einsicht
COPY --from=build --chown=65532:65532 /out/empty /var/lib/einsicht-keys
COPY --from=build --chown=65532:65532 /out/empty /var/lib/einsicht-reader
# By number, so that an orchestrator can see that it is not root.
USER 65532:65532
ENTRYPOINT ["/usr/local/bin/einsichtd"]
# The ports of the configuration in deploy/compose: recorders and auditors, and the public.
EXPOSE 7420 7443
CMD ["serve", "--config", "/etc/einsicht/einsichtd.toml"]
