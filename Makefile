# What a newcomer types. `make run` first.

.PHONY: run demo test check bench

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

# How fast this machine runs the journal and the engine, beside bare loops and other stores.
bench:
	scripts/with-postgres benches/run
