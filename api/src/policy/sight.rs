//! Which streams of the journal a viewer may know of: those of the records in their [scope](Scope), and of other things
//! as the [rules](super::rules) say.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use domain::{Event, Role, user::Visibility};
use engine::{Sees, Sight, Views, ViewsError};
use futures::{FutureExt, future::BoxFuture};
use journal::{Journal, Position, StreamId, Version};
use projections::imports;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{Record, Scope, Viewer, rules, scope::IMPORT};
use crate::{application::Application, graphql::reading::PATIENCE};

/// Streams of which a user is the only one, besides overseers.
const INBOX: &str = "inbox";

/// What decides which streams somebody may know of: who looks with the same eyes sees the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Eyes {
    role: u8,
    user: Option<Uuid>,
    visibility: u8,
}

/// Looks at streams for one viewer.
#[derive(Clone)]
pub struct StreamSight {
    visibility: Visibility,
    role: Role,
    user: Option<Uuid>,
    scope: Scope,
    views: Arc<Views<Event>>,
    journal: Arc<dyn Journal>,
}

impl StreamSight {
    pub fn new(viewer: &Viewer, application: &Application) -> Self {
        Self::of(viewer, application.views.clone(), application.journal.clone())
    }

    pub fn of(viewer: &Viewer, views: Arc<Views<Event>>, journal: Arc<dyn Journal>) -> Self {
        Self {
            role: viewer.role,
            user: viewer.user().map(|user| user.0),
            scope: viewer.scope(),
            visibility: viewer.visibility,
            views,
            journal,
        }
    }

    pub fn eyes(&self) -> Eyes {
        Eyes {
            role: self.role as u8,
            user: self.user,
            visibility: self.visibility as u8,
        }
    }

    /// Those of the streams that the viewer may know of, as things stand at `position` or later.
    pub async fn seen<'s>(
        &self,
        streams: impl IntoIterator<Item = &'s StreamId>,
        position: Position,
    ) -> Result<HashSet<StreamId>, ViewsError> {
        let mut seen = HashSet::new();
        let mut to_look_up: HashMap<Record, Vec<&StreamId>> = HashMap::new();
        let mut imports: Vec<&StreamId> = Vec::new();
        for stream in streams {
            match Record::of_category(&stream.category) {
                Some(record) if !self.scope.is_everything() => to_look_up.entry(record).or_default().push(stream),
                Some(_) => {
                    seen.insert(stream.clone());
                }
                None if self.may_know_of(stream) => {
                    seen.insert(stream.clone());
                }
                None if &*stream.category == IMPORT => imports.push(stream),
                None => {}
            }
        }
        if to_look_up.is_empty() && imports.is_empty() {
            return Ok(seen);
        }
        let handle = self.views.wait_for(position, PATIENCE).await?;
        if !imports.is_empty() {
            let own = imports::Entity::find()
                .filter(imports::Column::Id.is_in(imports.iter().map(|stream| stream.id)))
                .filter(self.scope.imports());
            let own = own.all(&handle.connection).await?;
            let own: HashSet<Uuid> = own.into_iter().map(|import| import.id).collect();
            seen.extend(imports.into_iter().filter(|stream| own.contains(&stream.id)).cloned());
        }
        for (record, streams) in to_look_up {
            let mut ids: Vec<Uuid> = streams.iter().map(|stream| stream.id).collect();
            ids.sort_unstable();
            ids.dedup();
            let visible = self.scope.visible(&handle.connection, record, &ids).await?;
            let visible = streams.into_iter().filter(|stream| visible.contains(&stream.id));
            seen.extend(visible.cloned());
        }
        Ok(seen)
    }

    /// Whether the viewer may know of a stream, as things stand now.
    pub async fn sees(&self, stream: &StreamId) -> Result<bool, ViewsError> {
        if self.seen([stream], Position::START).await?.contains(stream) {
            return Ok(true);
        }
        let is_looked_up = match Record::of_category(&stream.category) {
            Some(_) => !self.scope.is_everything(),
            None => &*stream.category == IMPORT,
        };
        if !is_looked_up {
            return Ok(false);
        }
        // The views may not have come to what made it visible.
        let head = self.journal.head().await?.position;
        Ok(self.seen([stream], head).await?.contains(stream))
    }

    fn may_know_of(&self, stream: &StreamId) -> bool {
        let own = &*stream.category == INBOX && self.user == Some(stream.id);
        own || rules::of_streams(&stream.category).contains(self.role)
    }

    /// For commands: what is hidden decides as if it did not exist. `None`: nothing is hidden.
    pub fn for_commands(self) -> Option<Sight> {
        (!self.scope.is_everything()).then(|| Sight::new(self))
    }
}

/// What a command may do to things that are no records is for the table of operations to say.
impl Sees for StreamSight {
    fn sees<'s>(&'s self, stream: &'s StreamId) -> BoxFuture<'s, Result<bool, String>> {
        async move {
            if Record::of_category(&stream.category).is_none() {
                return Ok(true);
            }
            let looked_up = async {
                let is_new = self.journal.stream_version(stream).await? == Version::NONE;
                Ok::<_, ViewsError>(is_new || StreamSight::sees(self, stream).await?)
            };
            looked_up.await.map_err(|error| error.to_string())
        }
        .boxed()
    }
}
