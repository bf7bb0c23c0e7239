use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    DealId, InvalidValue, OrganizationId, UserId,
    value::{self, LABEL_MAX, NAME_MAX, Problem},
};

/// Assignees, and watchers, at most.
pub(super) const PEOPLE_MAX: usize = 20;
pub(super) const LINKS_MAX: usize = 50;

/// What comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Priority {
    Urgent,
    High,
    #[default]
    Normal,
    Low,
}

impl Priority {
    pub const ALL: [Self; 4] = [Self::Urgent, Self::High, Self::Normal, Self::Low];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Urgent => "URGENT",
            Self::High => "HIGH",
            Self::Normal => "NORMAL",
            Self::Low => "LOW",
        }
    }

    /// Its place, from 1 for what is most urgent.
    pub const fn rank(self) -> u8 {
        self as u8 + 1
    }
}

/// A record that work has to do with. Records of every kind are named alike, so that a new kind is a new word only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    pub category: LinkCategory,
    pub id: Uuid,
}

/// The kind of a record, spelt as the category of its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LinkCategory {
    Organization,
    Contact,
    Deal,
    Activity,
    Quote,
    Invoice,
    Contract,
}

impl LinkCategory {
    pub const ALL: [Self; 7] = [
        Self::Organization,
        Self::Contact,
        Self::Deal,
        Self::Activity,
        Self::Quote,
        Self::Invoice,
        Self::Contract,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Contact => "contact",
            Self::Deal => "deal",
            Self::Activity => "activity",
            Self::Quote => "quote",
            Self::Invoice => "invoice",
            Self::Contract => "contract",
        }
    }
}

impl From<OrganizationId> for Link {
    fn from(OrganizationId(id): OrganizationId) -> Self {
        let category = LinkCategory::Organization;
        Self { category, id }
    }
}

impl From<DealId> for Link {
    fn from(DealId(id): DealId) -> Self {
        let category = LinkCategory::Deal;
        Self { category, id }
    }
}

/// What a task says of itself apart from its times: also what the tasks of a series have in common.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Details {
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    #[serde(default)]
    pub priority: Priority,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub assignees: Vec<UserId>,
    /// The assignee as the system it was imported from wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee_name: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub watchers: Vec<UserId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
}

impl Details {
    pub fn titled(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    pub(crate) fn checked(&self) -> Result<Self, InvalidValue> {
        Ok(Self {
            title: value::line("title", &self.title, NAME_MAX)?,
            description: value::optional_note("description", self.description.as_deref())?,
            priority: self.priority,
            assignees: each_once("assignees", &self.assignees, PEOPLE_MAX)?,
            assignee_name: value::optional_line("assigneeName", self.assignee_name.as_deref(), LABEL_MAX)?,
            watchers: each_once("watchers", &self.watchers, PEOPLE_MAX)?,
            links: each_once("links", &self.links, LINKS_MAX)?,
        })
    }
}

/// In the order in which they were first named.
pub(crate) fn each_once<T: Copy + PartialEq>(
    field: &'static str,
    values: &[T],
    max: usize,
) -> Result<Vec<T>, InvalidValue> {
    let mut once = Vec::new();
    for value in values {
        if !once.contains(value) {
            once.push(*value);
        }
        if once.len() > max {
            let found = values.len();
            return Err(InvalidValue::new(field, Problem::TooMany { max, found }));
        }
    }
    Ok(once)
}
