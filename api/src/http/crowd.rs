//! How many operations each client has open, over all its connections.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Open operations of one account, or one program's token, at most.
const MAX_OF_CLIENT: usize = 5_000;

/// Who has how many open.
pub(super) struct Crowd {
    limit: usize,
    open: Mutex<HashMap<Arc<str>, usize>>,
}

/// A place for one operation; given back when it is dropped.
pub(super) struct Seat {
    crowd: Arc<Crowd>,
    client: Arc<str>,
}

impl Default for Crowd {
    fn default() -> Self {
        Self {
            limit: MAX_OF_CLIENT,
            open: Mutex::default(),
        }
    }
}

impl Crowd {
    /// A place for one more operation of a client, unless it has too many.
    pub(super) fn seat(self: &Arc<Self>, client: &Arc<str>) -> Option<Seat> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(client.clone()).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Seat {
            crowd: self.clone(),
            client: client.clone(),
        })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.crowd.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.client) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.client);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_has_so_many_places_and_gets_them_back() {
        let crowd = Arc::new(Crowd {
            limit: 2,
            open: Mutex::default(),
        });
        let (one, other) = ("user:1".into(), "user:2".into());
        let first = crowd.seat(&one);
        let second = crowd.seat(&one);
        assert!(first.is_some() && second.is_some() && crowd.seat(&one).is_none());
        assert!(crowd.seat(&other).is_some());
        drop(first);
        assert!(crowd.seat(&one).is_some());
        drop(second);
        assert!(crowd.open.lock().unwrap().is_empty());
    }
}
