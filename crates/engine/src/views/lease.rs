//! Who works: leases on the control store's time, renewed while their holder lives.

use std::time::Duration;

use tokio::{sync::watch, task::JoinHandle, time};
use uuid::Uuid;

use super::{ViewsError, control::Control};

/// The lease to keep the views of a fingerprint up to date.
pub(crate) fn worker(fingerprint: &str) -> String {
    format!("worker:{fingerprint}")
}

/// The lease to build a generation beside the active one.
pub(crate) fn rebuild(fingerprint: &str) -> String {
    format!("rebuild:{fingerprint}")
}

/// The lease to send what leaves the house by one kind of carrier.
pub(crate) fn deliveries(carrier: &str) -> String {
    format!("deliveries:{carrier}")
}

/// The lease to do what is no work of the views or of a carrier.
pub(crate) fn work(name: &str) -> String {
    format!("work:{name}")
}

/// A lease that is held and renewed. Dropped without release, it runs out.
pub struct Lease {
    control: Control,
    name: String,
    holder: Uuid,
    lost: watch::Receiver<bool>,
    renewing: JoinHandle<()>,
}

impl Lease {
    /// Takes the lease; `None` when another holds it.
    pub(crate) async fn take(
        control: &Control,
        name: String,
        holder: Uuid,
        length: Duration,
    ) -> Result<Option<Self>, ViewsError> {
        if !control.take_lease(&name, holder, length).await? {
            return Ok(None);
        }
        let (losing, lost) = watch::channel(false);
        let renewing = tokio::spawn(renew(control.clone(), name.clone(), holder, length, losing));
        Ok(Some(Self {
            control: control.clone(),
            name,
            holder,
            lost,
            renewing,
        }))
    }

    pub(crate) fn watchdog(&self, stopped: watch::Receiver<bool>) -> Watchdog {
        Watchdog {
            stopped,
            lost: self.lost.clone(),
        }
    }

    /// Completes when the lease is held no longer.
    pub async fn lost(&self) {
        // A sender that is gone renews no longer, which comes to the same.
        let _ = self.lost.clone().wait_for(|lost| *lost).await;
    }

    /// Gives it back, so that another process need not wait until it runs out.
    pub async fn release(self) {
        self.renewing.abort();
        if let Err(error) = self.control.release_lease(&self.name, self.holder).await {
            tracing::warn!(lease = self.name, %error, "a lease could not be given back; it will run out");
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

async fn renew(control: Control, name: String, holder: Uuid, length: Duration, losing: watch::Sender<bool>) {
    let mut good_until = time::Instant::now() + length;
    loop {
        time::sleep(length / 4).await;
        let asked = time::Instant::now();
        match control.take_lease(&name, holder, length).await {
            Ok(true) => good_until = asked + length,
            Err(error) if asked < good_until => tracing::warn!(lease = name, %error, "a lease could not be renewed"),
            Ok(false) | Err(_) => break,
        }
    }
    tracing::warn!(lease = name, "a lease was lost");
    losing.send_replace(true);
}

/// Tells work when to end.
#[derive(Clone)]
pub(crate) struct Watchdog {
    stopped: watch::Receiver<bool>,
    lost: watch::Receiver<bool>,
}

impl Watchdog {
    pub(crate) fn check(&self) -> Result<(), ViewsError> {
        // A sender that is gone can stop nobody any more: whoever ran the work has dropped it.
        if *self.stopped.borrow() || self.stopped.has_changed().is_err() {
            return Err(ViewsError::Stopped);
        }
        if *self.lost.borrow() {
            Err(ViewsError::TakenOver)
        } else {
            Ok(())
        }
    }

    /// Completes with the reason to end.
    pub(crate) async fn barked(&mut self) -> ViewsError {
        tokio::select! {
            _ = self.stopped.wait_for(|stopped| *stopped) => ViewsError::Stopped,
            _ = self.lost.wait_for(|lost| *lost) => ViewsError::TakenOver,
        }
    }
}
