# What a newcomer types. `make run` first.

.PHONY: run demo test check simulate bench

LISTEN ?= 127.0.0.1:8080
TOKEN ?= demo

# Build, then serve the demo company.
run:
	cargo run --quiet --bin alforis -- serve --demo --listen $(LISTEN) --token $(TOKEN)

# Build, then fill an empty journal with the demo company and stop.
demo:
	cargo run --quiet --bin alforis -- demo

# Everything, with a private PostgreSQL that is installed by name when it is missing.
test:
	scripts/with-postgres scripts/test

# Format, lints, licences, direction of dependencies. Needs no database.
check:
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
	cargo test --package alforis --test acceptance --locked --quiet -- house::

# Ten years of five hundred contracts on both back ends, with the server stopped and killed on the way; `make test` has a
# smaller portfolio. Another history: `make simulate SIZE=1000x3 SEED=7`.
SIZE ?= 500x10
SEED ?= 2024
simulate:
	cargo build --release --quiet --bin alforis
	ALFORIS_TEST_BINARY=$(CURDIR)/target/release/alforis ALFORIS_SIMULATION=$(SIZE) ALFORIS_SIMULATION_SEED=$(SEED) \
		scripts/with-postgres cargo test --package alforis --test acceptance --locked -- simulation:: --nocapture

# How fast this machine runs the journal and the engine, beside bare loops and other stores.
bench:
	scripts/with-postgres benches/run
