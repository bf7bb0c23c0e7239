//! The `alforis` binary. Everything it does lies in the library beside it, where tests can reach it.

use std::process::ExitCode;

#[cfg(unix)]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Of each thread, reserved rather than used. A filter may nest as deep as JSON may (128 levels), and reading a level of
/// it takes some tens of kilobytes of stack in a build without optimizations.
const STACK: usize = 32 * 1024 * 1024;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .thread_stack_size(STACK)
        .build();
    match runtime {
        Ok(runtime) => runtime.block_on(alforis::cli::run(std::env::args_os())),
        Err(error) => {
            eprintln!("error[INTERNAL]: no threads can be started: {error}");
            ExitCode::FAILURE
        }
    }
}
