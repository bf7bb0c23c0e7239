//! The keys of one journal: a data key per person and the journal's own secrets, wrapped in the vault.

use std::{
    collections::HashSet,
    num::NonZeroUsize,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use journal::{Journal, Timestamp, WrappedKey};
use lru::LruCache;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::{
    KeyError, MasterKey, NonceSource, RandomNonces, SecretKey,
    aead::{self, random_key},
};

/// Opened keys that are kept at hand.
const CACHED_KEYS: NonZeroUsize = NonZeroUsize::new(65_536).unwrap();
/// First byte of everything wrapped, so that the way of wrapping can change.
const WRAPPING: u8 = 1;
const CHECK_NAME: &str = "key-check";
const CHECK_TEXT: &[u8; 32] = b"alforis: the master key is right";

/// What is known of a person's key.
#[derive(Clone)]
pub(crate) enum SubjectKey {
    Live(Arc<SecretKey>),
    /// The person was erased, for ever.
    Destroyed,
    /// The person never had a key.
    Absent,
}

/// Opens and makes the keys of one journal.
pub struct KeyRing {
    journal: Arc<dyn Journal>,
    master: MasterKey,
    nonces: Arc<dyn NonceSource>,
    cache: Mutex<Cache>,
    erasures: AtomicU64,
}

struct Cache {
    live: LruCache<Uuid, Arc<SecretKey>>,
    destroyed: HashSet<Uuid>,
}

impl KeyRing {
    /// Checks that the master key is the one this journal was made with.
    pub async fn open(journal: Arc<dyn Journal>, master: MasterKey) -> Result<Arc<Self>, KeyError> {
        Self::open_with(journal, master, Arc::new(RandomNonces)).await
    }

    /// [`KeyRing::open`] with nonces of one's own, for test vectors.
    pub async fn open_with(
        journal: Arc<dyn Journal>,
        master: MasterKey,
        nonces: Arc<dyn NonceSource>,
    ) -> Result<Arc<Self>, KeyError> {
        let cache = Mutex::new(Cache {
            live: LruCache::new(CACHED_KEYS),
            destroyed: HashSet::new(),
        });
        let ring = Self {
            journal,
            master,
            nonces,
            cache,
            erasures: AtomicU64::new(0),
        };
        let check = ring.wrap(CHECK_NAME, CHECK_TEXT)?;
        let stored = ring.journal.vault().secret(CHECK_NAME, check).await?;
        let right = ring.unwrap(CHECK_NAME, &stored).is_ok_and(|text| *text == *CHECK_TEXT);
        if right {
            Ok(Arc::new(ring))
        } else {
            Err(KeyError::WrongMasterKey {
                location: ring.journal.info().location.clone(),
            })
        }
    }

    /// A secret of the journal, drawn at random when it is asked for the first time.
    pub(crate) async fn secret(&self, name: &str) -> Result<SecretKey, KeyError> {
        let proposed = self.wrap(name, &*random_key())?;
        let stored = self.journal.vault().secret(name, proposed).await?;
        self.unwrap(name, &stored)
    }

    /// What is at hand without asking the vault.
    pub(crate) fn cached(&self, person: Uuid) -> Option<SubjectKey> {
        let mut cache = self.cache();
        if cache.destroyed.contains(&person) {
            return Some(SubjectKey::Destroyed);
        }
        cache.live.get(&person).cloned().map(SubjectKey::Live)
    }

    /// The person's key.
    pub(crate) async fn key(&self, person: Uuid) -> Result<SubjectKey, KeyError> {
        if let Some(known) = self.cached(person) {
            return Ok(known);
        }
        match self.journal.vault().key(person).await? {
            Some(wrapped) => self.remember(person, &wrapped),
            None if self.journal.vault().is_destroyed(person).await? => {
                self.forget(person);
                Ok(SubjectKey::Destroyed)
            }
            None => Ok(SubjectKey::Absent),
        }
    }

    /// The person's key, made now when the person never had one.
    pub(crate) async fn key_for_sealing(&self, person: Uuid) -> Result<SubjectKey, KeyError> {
        match self.key(person).await? {
            SubjectKey::Absent => {
                let proposed = self.wrap(&subject(person), &*random_key())?;
                match self.journal.vault().put_key(person, proposed).await? {
                    Some(in_force) => self.remember(person, &in_force),
                    None => Ok(SubjectKey::Destroyed),
                }
            }
            known => Ok(known),
        }
    }

    /// Destroys the person's key: what is sealed under it can never be opened again.
    pub async fn erase(&self, person: Uuid, at: Timestamp) -> Result<(), KeyError> {
        self.forget(person);
        self.journal.vault().destroy_key(person, at).await?;
        Ok(())
    }

    /// From now on the person's data is not opened any more, here and whether or not the key still exists: the journal
    /// says that the person was erased.
    pub(crate) fn forget(&self, person: Uuid) {
        let mut cache = self.cache();
        cache.live.pop(&person);
        if cache.destroyed.insert(person) {
            self.erasures.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Grows with each person forgotten: whoever keeps opened data compares it and drops what is older.
    pub fn erasures(&self) -> u64 {
        self.erasures.load(Ordering::SeqCst)
    }

    pub(crate) fn journal_id(&self) -> Uuid {
        self.journal.info().id
    }

    pub(crate) fn nonces(&self) -> &dyn NonceSource {
        &*self.nonces
    }

    fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, person: Uuid, wrapped: &WrappedKey) -> Result<SubjectKey, KeyError> {
        let key = Arc::new(self.unwrap(&subject(person), wrapped)?);
        let mut cache = self.cache();
        if cache.destroyed.contains(&person) {
            return Ok(SubjectKey::Destroyed);
        }
        cache.live.put(person, key.clone());
        Ok(SubjectKey::Live(key))
    }

    /// Encrypts a small secret for the vault, bound to its name; [`KeyRing::reveal`] opens it.
    pub fn protect(&self, name: &str, secret: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.wrap(&protected(name), secret).map(|wrapped| wrapped.0)
    }

    /// Opens what [`KeyRing::protect`] encrypted under this name in this journal.
    pub fn reveal(&self, name: &str, protected_secret: Vec<u8>) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        self.open_wrapped(&protected(name), &WrappedKey(protected_secret))
    }

    fn wrap(&self, name: &str, key: &[u8]) -> Result<WrappedKey, KeyError> {
        let boxed = aead::seal(&self.master.0, &*self.nonces, key, &self.bound_to(name));
        let boxed = boxed.ok_or_else(|| KeyError::Damaged { name: name.to_owned() })?;
        Ok(WrappedKey([&[WRAPPING], boxed.as_slice()].concat()))
    }

    fn unwrap(&self, name: &str, wrapped: &WrappedKey) -> Result<SecretKey, KeyError> {
        let key = self.open_wrapped(name, wrapped)?;
        let key = key.as_slice().try_into().map(Zeroizing::new);
        key.map_err(|_| KeyError::Damaged { name: name.to_owned() })
    }

    fn open_wrapped(&self, name: &str, wrapped: &WrappedKey) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let damaged = || KeyError::Damaged { name: name.to_owned() };
        let Some((&WRAPPING, boxed)) = wrapped.0.split_first() else {
            return Err(damaged());
        };
        aead::open(&self.master.0, boxed, &self.bound_to(name)).ok_or_else(damaged)
    }

    /// A wrapped key moved to another name or journal does not open.
    fn bound_to(&self, name: &str) -> Vec<u8> {
        [
            b"alforis wrapped key".as_slice(),
            self.journal_id().as_bytes(),
            name.as_bytes(),
        ]
        .concat()
    }
}

fn protected(name: &str) -> String {
    format!("protected:{name}")
}

fn subject(person: Uuid) -> String {
    format!("person:{person}")
}
