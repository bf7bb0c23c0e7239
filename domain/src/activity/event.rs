use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    command::About,
    content::{ActivityContent, ActivityWords},
};
use crate::{BlobHash, FileDescription, FileId, Personal, UserId, event::event_types};

/// What can have happened to an activity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum ActivityEvent {
    ActivityRecorded {
        content: ActivityContent,
        about: About,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        words: Option<ActivityWords>,
        /// When they are about a person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        personal_words: Option<Personal<ActivityWords>>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        author: Option<UserId>,
        /// Its name in the system it was imported from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_reference: Option<String>,
    },
    /// What is absent was right.
    ActivityCorrected {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        content: Option<ActivityContent>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        words: Option<ActivityWords>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        personal_words: Option<Personal<ActivityWords>>,
    },
    /// The bytes lie beside the journal, under their hash.
    ActivityFileAttached {
        file: FileId,
        blob: BlobHash,
        /// In bytes.
        size: u64,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        description: Option<FileDescription>,
        /// When the activity is about a person. Their erasure removes the bytes, too.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        personal_description: Option<Personal<FileDescription>>,
    },
    /// The bytes stay: the history says that they were there.
    ActivityFileDetached { file: FileId },
    ActivityWithdrawn {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
}

event_types!(ActivityEvent of "activity" {
    ActivityRecorded = 1,
    ActivityCorrected = 1,
    ActivityFileAttached = 1,
    ActivityFileDetached = 1,
    ActivityWithdrawn = 1,
});
