//! An installation made of a backup, where there is none.

use std::path::{Path, PathBuf};

use super::{BLOBS, BackupError, ERASURES, Erasures, JOURNAL, KEYS, Manifest, files, take::open};
use crate::{
    application::{Application, Opening, master_key_file},
    config::Config,
};

/// What was made.
#[derive(Debug)]
pub struct Restored {
    pub manifest: Manifest,
    /// Persons that were erased again.
    pub erased_again: usize,
    /// The keys came from the backup.
    pub with_keys: bool,
}

/// Puts a backup back: the journal with its vault at the configured place, the bytes of files, the keys where there are none and
/// the backup has them. Then whoever is on its list of erasures, or on one of `newer`, is erased again. Sessions stay behind:
/// whoever was signed in signs in anew.
pub async fn restore(config: &Config, folder: &Path, newer: &[PathBuf]) -> Result<Restored, BackupError> {
    let manifest = Manifest::read(folder)?;
    let mut lists = vec![Erasures::read(&folder.join(ERASURES))?];
    for path in newer {
        lists.push(Erasures::read(path)?);
    }
    if let Some(list) = lists.iter().find(|list| list.journal != manifest.journal) {
        let reason = format!(
            "a list of erasures is of journal {}, the backup of {}",
            list.journal, manifest.journal
        );
        return Err(BackupError::Erasure(reason));
    }
    let keys = folder.join(KEYS);
    let with_keys = config.master_key.is_none() && !master_key_file(&config.keys).exists() && keys.exists();
    if !with_keys && config.master_key.is_none() && !master_key_file(&config.keys).exists() {
        return Err(BackupError::NotWhole {
            path: folder.to_owned(),
            reason: "the keys are not in it: put `master.key` into the directory of keys first".to_owned(),
        });
    }
    journal::backup::put_back(&folder.join(JOURNAL), &config.journal, &identity::NOT_RESTORED).await?;
    if with_keys {
        files::copy_folder(&keys, &config.keys)?;
    }
    files::copy_folder(&folder.join(BLOBS), &config.blobs)?;

    let journal = open(&config.journal).await?;
    let report = journal::verify::verify(journal.as_ref(), None, &|_, _| ()).await;
    let report = report.map_err(|error| BackupError::Damaged(error.to_string()))?;
    if (report.events, report.root.clone()) != (manifest.position, manifest.root.clone()) {
        let found = format!("{} events with root {}", report.events, report.root);
        return Err(BackupError::Damaged(format!(
            "the journal has {found} after it was put back"
        )));
    }
    drop(journal);

    let application = Application::open(config, Opening::existing()).await?;
    // Views that are there show a journal that is no more.
    application
        .views
        .discard_all()
        .await
        .map_err(|error| BackupError::Open(error.into()))?;
    let mut erased_again = 0;
    for list in &lists {
        erased_again += list.reapply(&application).await?;
    }
    Ok(Restored {
        manifest,
        erased_again,
        with_keys,
    })
}
