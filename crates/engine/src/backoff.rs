//! Pauses between attempts at something that may heal by itself.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(30);

/// Doubles up to half a minute; each pause is somewhere between its half and its whole.
#[derive(Debug)]
pub(crate) struct Backoff(Duration);

impl Default for Backoff {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl Backoff {
    pub(crate) async fn pause(&mut self) {
        tokio::time::sleep(self.next()).await;
    }

    /// The length of the pause to make now.
    pub(crate) fn next(&mut self) -> Duration {
        let pause = self.0.mul_f64(rand::random_range(0.5..=1.0));
        self.0 = (self.0 * 2).min(LONGEST);
        pause
    }

    pub(crate) fn reset(&mut self) {
        self.0 = FIRST;
    }
}
