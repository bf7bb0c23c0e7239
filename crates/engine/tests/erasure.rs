//! An erased person is gone from every file.

use std::{
    error::Error,
    fs,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use engine::{Erasure, ErasureError, ErasureHook, PolicyRunner};
use journal::Position;
use uuid::Uuid;

use crate::{
    bank::{Account, AccountCommand, EraseHolder, Holder, Personal},
    world::{World, someone},
};

const NAME: &str = "Augusta Ada King, Countess of Lovelace";

/// The files below a folder that contain the words, in any of the forms in which a file may hold them.
fn files_with(folder: &Path, words: &str) -> Vec<String> {
    let forms = [
        words.as_bytes().to_vec(),
        words.encode_utf16().flat_map(u16::to_le_bytes).collect(),
    ];
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files_with(&entry.path(), words));
            continue;
        }
        let content = fs::read(entry.path()).unwrap();
        if forms
            .iter()
            .any(|form| content.windows(form.len()).any(|window| window == form))
        {
            found.push(entry.path().display().to_string());
        }
    }
    found
}

/// Stands for a read model: keeps the name in a file of its own until it is told.
struct Notes {
    file: std::path::PathBuf,
    failures: AtomicUsize,
    told: AtomicUsize,
}

impl Notes {
    fn new(world: &World, failures: usize) -> Arc<Self> {
        let file = world.folder.join("notes.txt");
        fs::write(&file, NAME).unwrap();
        Arc::new(Self {
            file,
            failures: AtomicUsize::new(failures),
            told: AtomicUsize::new(0),
        })
    }
}

#[async_trait]
impl ErasureHook for Notes {
    async fn erased(&self, _: Uuid, _: Position) -> Result<(), Box<dyn Error + Send + Sync>> {
        self.told.fetch_add(1, Ordering::SeqCst);
        if self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
            .is_ok()
        {
            return Err("the notes are being read".into());
        }
        fs::write(&self.file, "")?;
        Ok(())
    }
}

#[tokio::test]
async fn no_file_holds_anything_of_an_erased_person() {
    let world = World::new().await;
    let (ada, bob) = (Uuid::now_v7(), Uuid::now_v7());
    let (of_ada, of_bob) = (
        world.account_of(ada, NAME, 5).await,
        world.account_of(bob, "Robert Tables", 6).await,
    );
    let wrapped = world.journal.vault().key(ada).await.unwrap().unwrap().0;
    let notes = Notes::new(&world, 0);
    let erasure = Erasure::new(world.bus.clone(), "holder", vec![notes.clone()]);
    assert_eq!(
        files_with(&world.folder, NAME).len(),
        1,
        "only the notes hold it in the clear"
    );

    erasure
        .erase::<Holder>(&someone(), ada, EraseHolder { person: ada })
        .await
        .unwrap();

    assert_eq!(notes.told.load(Ordering::SeqCst), 1);
    assert_eq!(files_with(&world.folder, NAME), Vec::<String>::new());
    for entry in fs::read_dir(&world.folder).unwrap().map(Result::unwrap) {
        let content = fs::read(entry.path()).unwrap();
        assert!(
            !content.windows(wrapped.len()).any(|window| window == wrapped),
            "a key is left in {entry:?}"
        );
    }
    for world in [&world, &world.another().await] {
        let account = world.bus.load::<Account>(of_ada).await.unwrap().unwrap().0;
        assert_eq!(account.holder, Some(Personal::Erased { person: ada }));
        assert_eq!(account.cents, 5);
        let other = world.bus.load::<Account>(of_bob).await.unwrap().unwrap().0;
        assert_eq!(other.holder, Some(Personal::new(bob, "Robert Tables")));
    }
}

#[tokio::test]
async fn erased_live_reads_as_erased_and_read_again() {
    let world = World::new().await;
    let ada = Uuid::now_v7();
    world.account_of(ada, NAME, 5).await;
    let erasure = Erasure::new(world.bus.clone(), "holder", Vec::new());
    erasure
        .erase::<Holder>(&someone(), ada, EraseHolder { person: ada })
        .await
        .unwrap();
    assert_eq!(world.events().await, world.another().await.events().await);
}

#[tokio::test]
async fn another_process_shows_nothing_any_more_once_it_has_read_of_the_erasure() {
    let world = World::new().await;
    let ada = Uuid::now_v7();
    let id = world.account_of(ada, NAME, 5).await;
    let other = world.another().await;
    assert_eq!(
        other.bus.load::<Account>(id).await.unwrap().unwrap().0.holder,
        Some(Personal::new(ada, NAME))
    );

    let erasure = Erasure::new(world.bus.clone(), "holder", Vec::new());
    erasure
        .erase::<Holder>(&someone(), ada, EraseHolder { person: ada })
        .await
        .unwrap();

    other.events().await;
    let account = other.bus.load::<Account>(id).await.unwrap().unwrap().0;
    assert_eq!(account.holder, Some(Personal::Erased { person: ada }));
    other.execute(id, AccountCommand::Deposit { cents: 1 }).await.unwrap();
}

#[tokio::test]
async fn what_a_crash_left_undone_is_done_at_the_next_start() {
    let world = World::new().await;
    let ada = Uuid::now_v7();
    world.account_of(ada, NAME, 5).await;
    // The process dies between the event and the destruction of the key.
    world
        .bus
        .execute::<Holder>(&someone(), ada, EraseHolder { person: ada })
        .await
        .unwrap();
    assert!(world.journal.vault().key(ada).await.unwrap().is_some());

    let world = world.another().await;
    let notes = Notes::new(&world, 2);
    let erasure = Erasure::new(world.bus.clone(), "holder", vec![notes.clone()]);
    let runner = PolicyRunner::new(world.bus.clone(), vec![erasure]);
    while runner.drain().await.is_err() {}
    assert_eq!(notes.told.load(Ordering::SeqCst), 3);
    assert!(world.journal.vault().key(ada).await.unwrap().is_none());
    assert!(world.journal.vault().is_destroyed(ada).await.unwrap());
    assert_eq!(files_with(&world.folder, NAME), Vec::<String>::new());
}

#[tokio::test]
async fn an_erasure_that_is_not_finished_says_so() {
    let world = World::new().await;
    let ada = Uuid::now_v7();
    world.account_of(ada, NAME, 5).await;
    let notes = Notes::new(&world, 1);
    let erasure = Erasure::new(world.bus.clone(), "holder", vec![notes]);
    let context = someone();
    let pending = erasure
        .erase::<Holder>(&context, ada, EraseHolder { person: ada })
        .await
        .unwrap_err();
    assert!(matches!(pending, ErasureError::Pending { .. }), "{pending}");
    assert_eq!(pending.code(), engine::Code::ErasurePending);
    assert!(
        erasure
            .erase::<Holder>(&context, ada, EraseHolder { person: ada })
            .await
            .unwrap()
            .replayed
    );
}

#[tokio::test]
async fn a_person_of_whom_nothing_is_known_can_be_erased() {
    let world = World::new().await;
    let nobody = Uuid::now_v7();
    let erasure = Erasure::new(world.bus.clone(), "holder", Vec::new());
    erasure
        .erase::<Holder>(&someone(), nobody, EraseHolder { person: nobody })
        .await
        .unwrap();
    let open = AccountCommand::Open {
        holder: Personal::new(nobody, NAME),
    };
    let error = world.execute(Uuid::now_v7(), open).await.unwrap_err();
    assert_eq!(error.code(), engine::Code::PersonErased);
}
