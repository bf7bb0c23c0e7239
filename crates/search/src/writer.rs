//! Changing the index. One process at a time has a folder's writer; it is given back when dropped, or when the process
//! dies.

use tantivy::{
    IndexWriter, SegmentMeta, TantivyError, Term,
    indexer::{IndexWriterOptions, NoMergePolicy},
};
use uuid::Uuid;

use crate::{
    error::SearchError,
    fields::{Document, name},
    index::Index,
};

/// What may be gathered in memory before it is written, in bytes.
const MEMORY: usize = 48 * 1024 * 1024;
/// How many segments there may be before they are merged: each costs every query a little.
const SEGMENTS: usize = 10;
/// How often purging looks again for files that a search just ending still holds.
const PURGES: usize = 50;

/// The right to write, and what is not committed yet.
pub struct Writer {
    inner: IndexWriter,
}

impl Writer {
    pub(crate) fn take(index: &Index) -> Result<Self, TantivyError> {
        let options = IndexWriterOptions::builder()
            .num_worker_threads(1)
            .num_merge_threads(1)
            .memory_budget_per_thread(MEMORY)
            .build();
        let inner: IndexWriter = index.inner.writer_with_options(options)?;
        // Segments are merged here, between two commits, so that purging never meets a merge on its way.
        inner.set_merge_policy(Box::new(NoMergePolicy));
        Ok(Self { inner })
    }

    /// Everything is put in again.
    pub fn clear(&self) -> Result<(), SearchError> {
        self.inner.delete_all_documents()?;
        Ok(())
    }

    /// Takes out what the events of a stream made; put in again what is left of it.
    pub fn take_out(&self, index: &Index, source: Uuid) {
        self.inner
            .delete_term(Term::from_field_text(index.fields.source, &name(source)));
    }

    /// Takes out everything that holds data of a person.
    pub fn take_out_person(&self, index: &Index, person: Uuid) {
        self.inner
            .delete_term(Term::from_field_text(index.fields.person, &name(person)));
    }

    pub fn put(&self, index: &Index, document: &Document) -> Result<(), SearchError> {
        self.inner.add_document(index.fields.row(document))?;
        Ok(())
    }

    /// Makes it all seen: the index shows everything up to `position`.
    pub fn commit(&mut self, index: &Index, position: u64) -> Result<(), SearchError> {
        self.commit_at(Some(position))?;
        self.merge(index)?;
        index.refresh()?;
        Ok(())
    }

    /// As [`Writer::commit`], and before the position is shown, no word that was taken out stays in any file.
    pub fn commit_and_purge(&mut self, index: &Index, position: u64) -> Result<(), SearchError> {
        self.commit_at(index.position())?;
        for _ in 0..PURGES {
            let holding: Vec<_> = index
                .inner
                .searchable_segment_metas()?
                .into_iter()
                .filter(|segment| segment.num_deleted_docs() > 0)
                .map(|segment| segment.id())
                .collect();
            if !holding.is_empty() {
                self.inner.merge(&holding).wait()?;
            }
            index.reader.reload()?;
            self.inner.garbage_collect_files().wait()?;
            if index.leftovers()? == 0 {
                return self.commit(index, position);
            }
            // A search that has not ended holds files that are no longer part of the index.
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Err(SearchError::folder(
            index.folder(),
            "files with words that were taken out cannot be removed",
        ))
    }

    fn commit_at(&mut self, position: Option<u64>) -> Result<(), SearchError> {
        let mut prepared = self.inner.prepare_commit()?;
        if let Some(position) = position {
            prepared.set_payload(&position.to_string());
        }
        prepared.commit()?;
        Ok(())
    }

    /// Merges small segments into one, and all of them when the largest is no longer most of the index.
    fn merge(&mut self, index: &Index) -> Result<(), SearchError> {
        let mut segments = index.inner.searchable_segment_metas()?;
        if segments.len() <= SEGMENTS {
            return Ok(());
        }
        segments.sort_by_key(|segment| std::cmp::Reverse(segment.num_docs()));
        let rest: u32 = segments.iter().skip(1).map(SegmentMeta::num_docs).sum();
        let keep = usize::from(segments[0].num_docs() > 2 * rest && !segments[0].has_deletes_in_quantity());
        let merged: Vec<_> = segments.iter().skip(keep).map(SegmentMeta::id).collect();
        self.inner.merge(&merged).wait()?;
        Ok(())
    }
}

trait Worn {
    /// Whether so much was taken out that reading over it costs.
    fn has_deletes_in_quantity(&self) -> bool;
}

impl Worn for SegmentMeta {
    fn has_deletes_in_quantity(&self) -> bool {
        self.num_deleted_docs() > self.max_doc() / 4
    }
}
