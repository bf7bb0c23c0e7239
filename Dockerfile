# The same binary as `cargo build --release`, in an image with nothing else of ours.
FROM rust:1.95-bookworm AS build
WORKDIR /source
COPY . .
RUN cargo build --release --locked --bin alforis

FROM debian:bookworm-slim
RUN useradd --system --create-home --home-dir /var/lib/alforis alforis
COPY --from=build /source/target/release/alforis /usr/local/bin/alforis
USER alforis
WORKDIR /var/lib/alforis
VOLUME /var/lib/alforis
EXPOSE 8080
# The container's own address; publish it where you want it to be reached.
ENTRYPOINT ["alforis"]
CMD ["serve", "--listen", "0.0.0.0:8080"]
