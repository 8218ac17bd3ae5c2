//! Runs the models of `tests/loom.rs` by `shuttle`, which chooses at random who goes on: plain interleavings that loom
//! prunes are among them. The crate and its models are built for loom, and find shuttle in its place:
//! `loom/src/lib.rs`.
//!
//! `RUSTFLAGS="--cfg loom" cargo test --release --manifest-path tests/shuttle/Cargo.toml -- --nocapture`
