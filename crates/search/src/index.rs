//! The index in its folder: opened or made, read by every process that shares the folder, written by one.

use std::{
    collections::{BTreeSet, HashSet},
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use tantivy::{
    IndexReader, ReloadPolicy, SegmentReader, TantivyError,
    directory::{MmapDirectory, error::LockError},
};

use crate::{
    error::SearchError,
    fields::Fields,
    words::{self, SPELT, STEMMED},
    writer::Writer,
};

/// The index for one mark.
pub struct Index {
    /// Where the indexes of all marks lie.
    root: PathBuf,
    folder: PathBuf,
    pub(crate) fields: Fields,
    pub(crate) inner: tantivy::Index,
    pub(crate) reader: IndexReader,
    /// How far what `reader` shows has come.
    shown: Mutex<Option<u64>>,
    /// Locked, together with all who use the folder, so that nobody removes it.
    _in_use: File,
}

/// Name of the file that everybody locks who uses a folder.
const IN_USE: &str = "in-use.lock";
/// Name of the file that whoever opens a folder locks meanwhile.
const OPENING: &str = "opening.lock";

impl Index {
    /// Opens the index for `mark` below `root`, or makes an empty one; also where what lies there cannot be read and nobody
    /// else uses it.
    pub fn open(root: &Path, mark: &str) -> Result<Self, SearchError> {
        let folder = root.join(mark);
        let fields = Fields::new();
        make_private(&folder)?;
        // One process at a time opens: making an index, or making it anew, must not meet another one that does.
        let opening = lock_file(&folder, OPENING)?;
        let failed = |error: std::io::Error| SearchError::folder(&folder, error);
        opening.lock().map_err(failed)?;
        let in_use = lock_file(&folder, IN_USE)?;
        let (inner, reader) = match Self::open_folder(&folder, &fields) {
            Err(error) if in_use.try_lock().is_ok() => {
                tracing::warn!(%error, folder = %folder.display(), "the search index is made anew");
                empty(&folder).map_err(failed)?;
                in_use.unlock().map_err(failed)?;
                Self::open_folder(&folder, &fields)?
            }
            opened => opened?,
        };
        in_use.lock_shared().map_err(failed)?;
        drop(opening);
        let index = Self {
            root: root.to_owned(),
            folder,
            fields,
            inner,
            reader,
            shown: Mutex::new(None),
            _in_use: in_use,
        };
        index.refresh()?;
        Ok(index)
    }

    fn open_folder(folder: &Path, fields: &Fields) -> Result<(tantivy::Index, IndexReader), SearchError> {
        let directory = MmapDirectory::open(folder).map_err(|error| SearchError::folder(folder, error))?;
        let inner = tantivy::Index::open_or_create(directory, fields.schema.clone())?;
        inner.tokenizers().register(SPELT, words::spelt());
        inner.tokenizers().register(STEMMED, words::stemmed());
        // Opens every file that the index names.
        let reader = inner.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
        Ok((inner, reader))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Files of segments that are no longer part of the index.
    pub(crate) fn leftovers(&self) -> Result<usize, SearchError> {
        let segments: HashSet<String> = self
            .inner
            .searchable_segment_ids()?
            .into_iter()
            .map(|id| id.uuid_string())
            .collect();
        let files = segment_files(&self.folder)?;
        Ok(files.iter().filter(|name| !segments.contains(&name[..SEGMENT])).count())
    }

    /// Up to which position of the journal what is found comes; `None` while nothing was put in.
    pub fn position(&self) -> Option<u64> {
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks whether another process has put something in, and shows it.
    pub fn refresh(&self) -> Result<Option<u64>, SearchError> {
        let committed = self.committed()?;
        if committed != self.position() {
            self.reader.reload()?;
            *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = committed;
        }
        Ok(committed)
    }

    fn committed(&self) -> Result<Option<u64>, SearchError> {
        let payload = self.inner.load_metas()?.payload;
        Ok(payload.and_then(|text| text.parse().ok()))
    }

    /// The right to write; `None` while another process has it. Also removes the indexes of other marks that nobody uses
    /// any more.
    pub fn writer(&self) -> Result<Option<Writer>, SearchError> {
        match Writer::take(self) {
            Ok(writer) => {
                self.remove_others();
                Ok(Some(writer))
            }
            Err(TantivyError::LockFailure(LockError::LockBusy, _)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// What stays of another version of the program would keep what is erased here.
    fn remove_others(&self) {
        let Ok(entries) = fs::read_dir(&self.root) else {
            return;
        };
        let others = entries.flatten().map(|entry| entry.path());
        for folder in others.filter(|folder| *folder != self.folder && folder.join(IN_USE).exists()) {
            let removed = lock_file(&folder, IN_USE)
                .map_err(|error| error.to_string())
                .and_then(|lock| {
                    lock.try_lock().map_err(|error| error.to_string())?;
                    fs::remove_dir_all(&folder).map_err(|error| error.to_string())
                });
            match removed {
                Ok(()) => tracing::info!(folder = %folder.display(), "an index of another version is removed"),
                Err(reason) => tracing::debug!(folder = %folder.display(), reason, "an index of another version stays"),
            }
        }
    }
}

/// Every word that is kept in the files of an index, for whoever checks that nothing is left of a person. A file that the
/// index does not name stands for itself: nobody knows what is in it.
pub fn words_in_files(folder: &Path) -> Result<BTreeSet<String>, SearchError> {
    let inner = tantivy::Index::open_in_dir(folder)?;
    let mut words = BTreeSet::new();
    let mut named = HashSet::new();
    for segment in inner.searchable_segments()? {
        named.insert(segment.id().uuid_string());
        let reader = SegmentReader::open(&segment)?;
        for (field, _) in inner.schema().fields().filter(|(_, entry)| entry.field_type().is_str()) {
            let inverted = reader.inverted_index(field)?;
            let mut terms = inverted
                .terms()
                .stream()
                .map_err(|error| SearchError::folder(folder, error))?;
            while terms.advance() {
                words.insert(String::from_utf8_lossy(terms.key()).into_owned());
            }
        }
    }
    words.extend(
        segment_files(folder)?
            .into_iter()
            .filter(|name| !named.contains(&name[..SEGMENT])),
    );
    Ok(words)
}

/// Letters of a segment's name, with which the names of its files begin.
const SEGMENT: usize = 32;

fn segment_files(folder: &Path) -> Result<Vec<String>, SearchError> {
    let entries = fs::read_dir(folder).map_err(|error| SearchError::folder(folder, error))?;
    let names = entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names
        .filter(|name| name.as_bytes().get(SEGMENT) == Some(&b'.'))
        .collect())
}

fn lock_file(folder: &Path, name: &str) -> Result<File, SearchError> {
    File::create(folder.join(name)).map_err(|error| SearchError::folder(folder, error))
}

/// Removes everything but the locks.
fn empty(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name() != IN_USE && entry.file_name() != OPENING {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Words tell of persons: the folder is for the program's own user.
fn make_private(folder: &Path) -> Result<(), SearchError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
        .create(folder)
        .map_err(|error| SearchError::folder(folder, error))
}
