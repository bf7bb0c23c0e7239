use serde::{Deserialize, Serialize};

use super::{
    command::About,
    content::{ActivityContent, ActivityKind},
    event::ActivityEvent,
};
use crate::{PersonId, Personal, UserId, file::Files};

/// What an activity remembers in order to decide: what kind it was and about what, not what was said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ActivityState {
    pub(super) known: Option<Known>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) kind: ActivityKind,
    pub(super) about: About,
    pub(super) author: Option<UserId>,
    /// Whom its words are about.
    pub(super) person: Option<PersonId>,
    /// Whose place it says.
    pub(super) place_of: Option<PersonId>,
    pub(super) withdrawn: bool,
    #[serde(default)]
    pub(super) files: Files,
}

impl ActivityState {
    pub const fn exists(&self) -> bool {
        self.known.is_some()
    }

    pub fn kind(&self) -> Option<ActivityKind> {
        self.known.as_ref().map(|known| known.kind)
    }

    pub fn about(&self) -> Option<About> {
        self.known.as_ref().map(|known| known.about)
    }

    pub fn author(&self) -> Option<UserId> {
        self.known.as_ref().and_then(|known| known.author)
    }

    pub fn is_withdrawn(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.withdrawn)
    }

    /// Whose place a check-in says.
    pub fn place_of(&self) -> Option<PersonId> {
        self.known.as_ref().and_then(|known| known.place_of)
    }

    pub(super) fn apply(&mut self, event: &ActivityEvent) {
        match (event, &mut self.known) {
            (
                ActivityEvent::ActivityRecorded {
                    content,
                    about,
                    personal_words,
                    author,
                    ..
                },
                known,
            ) => {
                *known = Some(Known {
                    kind: content.kind(),
                    about: *about,
                    author: *author,
                    person: personal_words.as_ref().map(Personal::person),
                    place_of: place_of(content),
                    withdrawn: false,
                    files: Files::default(),
                });
            }
            (ActivityEvent::ActivityCorrected { content, .. }, Some(known)) => {
                if let Some(content) = content {
                    known.kind = content.kind();
                    known.place_of = place_of(content);
                }
            }
            (ActivityEvent::ActivityFileAttached { file, .. }, Some(known)) => {
                known.files.attached(*file);
            }
            (ActivityEvent::ActivityFileDetached { file }, Some(known)) => {
                known.files.detached(*file);
            }
            (ActivityEvent::ActivityWithdrawn { .. }, Some(known)) => known.withdrawn = true,
            (_, None) => {}
        }
    }
}

const fn place_of(content: &ActivityContent) -> Option<PersonId> {
    match content {
        ActivityContent::CheckIn { place } => Some(place.person()),
        _ => None,
    }
}
