use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::content::{ActivityWords, ContentInput};
use crate::{AttachedFile, ContactId, DealId, FileId, OrganizationId, PersonId, UserId};

/// What one can ask of an activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum ActivityCommand {
    /// It happened. When, the command's own time says.
    Record(Box<RecordActivity>),
    /// It was otherwise; what is left out was right.
    Correct {
        content: Option<ContentInput>,
        words: Option<ActivityWords>,
    },
    /// A file goes with it. Its bytes are there already.
    AttachFile(AttachedFile),
    /// A file does not go with it after all.
    DetachFile { file: FileId },
    /// It did not happen, or not with them.
    Withdraw { reason: Option<String> },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RecordActivity {
    pub content: ContentInput,
    pub about: About,
    pub words: ActivityWords,
    /// Whom the words are about: they are sealed under this person's key.
    pub person: Option<PersonId>,
    /// Who of us took part, or wrote it down.
    pub author: Option<UserId>,
    pub external_reference: Option<String>,
}

/// What it was about; at least one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct About {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<OrganizationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<ContactId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deal: Option<DealId>,
}

impl About {
    pub(super) const fn nothing(&self) -> bool {
        self.organization.is_none() && self.contact.is_none() && self.deal.is_none()
    }
}
