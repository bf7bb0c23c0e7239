//! The `alforis` binary. Everything it does lies in the library beside it, where tests can reach it.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    alforis::cli::run(std::env::args_os()).await
}
