//! Taking a backup, of a server that runs or of one that does not.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::Utc;
use engine::{Codec, KeyRing};
use journal::{Journal, OpenOptions, verify};

use super::{BLOBS, BackupError, ERASURES, JOURNAL, KEYS, Manifest, erasures, files, manifest::FORM};
use crate::{
    application::{OpenError, master_key},
    config::Config,
};

/// Writes a backup into an empty folder: first the journal, so that every blob which one of its events mentions is there
/// when blobs are copied. The copy is read back and every hash recomputed before it counts.
pub async fn take(config: &Config, folder: &Path, with_keys: bool) -> Result<Manifest, BackupError> {
    files::make_empty(folder)?;
    let copy = folder.join(JOURNAL);
    journal::backup::copy(&config.journal, &copy).await?;
    let mut listed = vec![PathBuf::from(JOURNAL)];

    let journal = open(&format!("sqlite:{}", copy.display())).await?;
    let report = verify::verify(journal.as_ref(), None, &|_, _| ()).await;
    let report = report.map_err(|error| BackupError::Damaged(error.to_string()))?;
    let keys = KeyRing::open(journal.clone(), master_key(config).map_err(OpenError::from)?)
        .await
        .map_err(OpenError::from)?;
    let codec = Codec::new(projections::vocabulary(), keys);
    erasures::list(&journal, &codec).await?.write(&folder.join(ERASURES))?;
    listed.push(PathBuf::from(ERASURES));
    let id = journal.info().id;
    drop((codec, journal));

    if with_keys {
        let target = folder.join(KEYS);
        fs::create_dir_all(&target).map_err(BackupError::file(&target))?;
        let copied = files::copy_folder(&config.keys, &target)?;
        listed.extend(copied.into_iter().map(|path| Path::new(KEYS).join(path)));
    }
    let blobs = folder.join(BLOBS);
    let copied = files::copy_folder(&config.blobs, &blobs)?;
    // What came in and nobody attached is nobody's yet.
    let (kept, waiting): (Vec<_>, Vec<_>) = copied.into_iter().partition(|path| !path.starts_with("incoming"));
    for path in waiting {
        let copy = blobs.join(path);
        fs::remove_file(&copy).map_err(BackupError::file(&copy))?;
    }
    listed.extend(kept.into_iter().map(|path| Path::new(BLOBS).join(path)));
    let files = listed.iter().map(|path| files::describe(folder, path));
    let manifest = Manifest {
        form: FORM,
        taken_at: Utc::now(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        journal: id,
        position: report.events,
        root: report.root,
        files: files.collect::<Result<_, _>>()?,
    };
    manifest.write(folder)?;
    Ok(manifest)
}

pub(super) async fn open(url: &str) -> Result<Arc<dyn Journal>, BackupError> {
    let options = OpenOptions {
        create: false,
        ..OpenOptions::default()
    };
    Ok(journal::open(url, options).await?)
}
