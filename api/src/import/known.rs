//! The names that rows may use: each object that a file names is looked up once, before the rows are carried out.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::{
    Contact, Deal, Event, Organization, Pipeline, PipelineError, PipelineId,
    pipeline::{StageCode, StageRef},
};
use engine::{Code, CommandBus, Sight, bus::LoadError};
use journal::StreamId;
use uuid::Uuid;

use super::{
    ImportError, Kind, Names, Referred, deals,
    mapping::Bound,
    run::{Job, Source, TURN},
};
use crate::deal_request;

/// The names that rows may use, as one source knows them.
pub(super) struct Known<'a> {
    pub(super) bus: &'a CommandBus<Event>,
    pub(super) source: &'a str,
    /// How many rows the file has.
    pub(super) rows: u64,
    /// What whoever asks may know of; without it, everything.
    sight: Option<&'a Sight>,
    /// What exists or is about to, by its key.
    objects: HashSet<(Referred, String)>,
    /// The pipelines that rows name.
    pipelines: HashMap<PipelineId, Pipeline>,
}

impl<'a> Known<'a> {
    pub(super) async fn collect(
        bus: &'a CommandBus<Event>,
        job: &'a Job<'_>,
        bound: &'a Bound<'_>,
        file: &Source,
    ) -> Result<Self, ImportError> {
        let mut known = Self {
            bus,
            source: &job.mapping.source,
            rows: 0,
            sight: job.sight.as_ref(),
            objects: HashSet::new(),
            pipelines: HashMap::new(),
        };
        let mut named = BTreeSet::new();
        let kind = job.kind;
        let mut reader = file.rows(job.mapping.delimiter)?;
        while let Some(row) = reader.next_row().map_err(|error| file.unreadable(&error))? {
            known.rows += 1;
            if known.rows.is_multiple_of(TURN) {
                tokio::task::yield_now().await;
            }
            let is_carried_out = job.most.is_none_or(|most| known.rows <= most);
            let Ok(record) = row else { continue };
            let Ok(mut row) = bound.row(&record) else { continue };
            if is_carried_out {
                for (field, referred) in kind.references() {
                    if let Ok(Some(key)) = row.text(field) {
                        named.insert((*referred, key));
                    }
                }
            }
            if kind == Kind::Deals
                && is_carried_out
                && let Ok(pipeline) = deals::pipeline(&mut row)
                && !known.pipelines.contains_key(&pipeline)
            {
                let loaded = deal_request::load(bus, pipeline).await;
                let (stages, _) = loaded.map_err(|error| ImportError::stopped(error.code(), &error))?;
                known.pipelines.insert(pipeline, stages);
            }
            if kind == Kind::Organizations
                && let Ok(key) = row.key()
            {
                known.objects.insert((Referred::Organization, key.to_owned()));
            }
        }
        for (referred, key) in named {
            let one = (referred, key);
            if !known.objects.contains(&one) && known.exists(one.0, &one.1).await? {
                known.objects.insert(one);
            }
        }
        Ok(known)
    }

    async fn exists(&self, referred: Referred, key: &str) -> Result<bool, ImportError> {
        let id = self.id(referred.kind(), key);
        let loaded: Result<bool, LoadError> = match referred {
            Referred::Organization => self.bus.load::<Organization>(id).await.map(|found| found.is_some()),
            Referred::Contact => self.bus.load::<Contact>(id).await.map(|found| found.is_some()),
            Referred::Deal => self.bus.load::<Deal>(id).await.map(|found| found.is_some()),
        };
        let exists = loaded.map_err(|error| ImportError::stopped(error.code(), &error))?;
        let Some(sight) = self.sight.filter(|_| exists) else {
            return Ok(exists);
        };
        // What whoever asks may not know of does not exist.
        let stream = StreamId::new(referred.category(), id);
        let seen = sight.sees(&stream).await;
        seen.map_err(|message| ImportError::Stopped {
            code: Code::ViewsBehind,
            message,
        })
    }
}

impl Names for Known<'_> {
    fn id(&self, kind: &str, key: &str) -> Uuid {
        self.bus.derived_id(&["import", self.source, kind, key])
    }

    fn knows(&self, referred: Referred, key: &str) -> bool {
        self.objects.contains(&(referred, key.to_owned()))
    }

    fn stage(&self, pipeline: PipelineId, code: &StageCode) -> Result<StageRef, PipelineError> {
        let stages = self.pipelines.get(&pipeline).ok_or(PipelineError::NotCreated)?;
        stages.stage(pipeline, code)
    }

    fn beginning(&self, pipeline: PipelineId) -> Result<StageRef, PipelineError> {
        let stages = self.pipelines.get(&pipeline).ok_or(PipelineError::NotCreated)?;
        stages.beginning(pipeline)
    }
}
