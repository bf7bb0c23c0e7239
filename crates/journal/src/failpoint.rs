//! Named places in the commit where a test can stop the process, to kill it there.
//!
//! `ALFORIS_FAILPOINT=name` or `name:n` (the n-th time): the process prints `failpoint name` and stands still until it
//! is killed. Without the variable a failpoint costs one comparison.

use std::sync::{
    OnceLock,
    atomic::{AtomicU64, Ordering},
};

static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

struct Armed {
    name: String,
    remaining: AtomicU64,
}

/// Stops here for ever when the environment asks for it.
pub fn hit(name: &str) {
    let Some(armed) = ARMED.get_or_init(from_environment) else {
        return;
    };
    if armed.name == name && armed.remaining.fetch_sub(1, Ordering::SeqCst) == 1 {
        println!("failpoint {name}");
        loop {
            std::thread::park();
        }
    }
}

fn from_environment() -> Option<Armed> {
    let text = std::env::var("ALFORIS_FAILPOINT").ok()?;
    let (name, count) = text.split_once(':').unwrap_or((&text, "1"));
    Some(Armed {
        name: name.to_owned(),
        remaining: AtomicU64::new(count.parse().unwrap_or(1)),
    })
}
