//! A saved filter: which records of a list somebody looks at again and again, kept under a name, for themselves, for a
//! team, or for everybody.
//!
//! The filter itself is what the API takes, as JSON; whoever gives the command has checked that the list takes it. Whose
//! a filter is stays; who may change it is the owner, or whoever the policy lets act for them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Decider, InvalidValue, Language, Refusal, Root, TeamId, UserId,
    event::event_types,
    refusal::prints_in_english,
    value::{self, NAME_MAX},
};

pub type SavedFilter = Root<SavedFilterState>;

/// Characters of a filter's JSON at most.
const FILTER_MAX: usize = 20_000;

/// The lists that are filtered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FilteredList {
    Organizations,
    Contacts,
    Deals,
    Activities,
    Tasks,
}

impl FilteredList {
    pub const ALL: [Self; 5] = [
        Self::Organizations,
        Self::Contacts,
        Self::Deals,
        Self::Activities,
        Self::Tasks,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organizations => "ORGANIZATIONS",
            Self::Contacts => "CONTACTS",
            Self::Deals => "DEALS",
            Self::Activities => "ACTIVITIES",
            Self::Tasks => "TASKS",
        }
    }
}

/// Who sees a filter besides its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Sharing {
    Nobody,
    Team(TeamId),
    Everybody,
}

/// What one can ask of a saved filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum SavedFilterCommand {
    Save {
        name: String,
        list: FilteredList,
        /// As the list takes it, in JSON.
        filter: String,
        sharing: Sharing,
        /// None: the system's operator.
        owner: Option<UserId>,
    },
    /// What is left out stays.
    Change {
        name: Option<String>,
        filter: Option<String>,
        sharing: Option<Sharing>,
    },
    Remove,
}

/// What can have happened to a saved filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum SavedFilterEvent {
    FilterSaved {
        name: String,
        list: FilteredList,
        /// As the list takes it, in JSON.
        filter: String,
        sharing: Sharing,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        owner: Option<UserId>,
    },
    /// What is absent stays.
    FilterChanged {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        filter: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sharing: Option<Sharing>,
    },
    FilterRemoved {},
}

event_types!(SavedFilterEvent of "saved-filter" {
    FilterSaved = 1,
    FilterChanged = 1,
    FilterRemoved = 1,
});

/// What a saved filter remembers in order to decide.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SavedFilterState {
    known: Option<Known>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    name: String,
    list: FilteredList,
    filter: String,
    sharing: Sharing,
    owner: Option<UserId>,
    removed: bool,
}

impl SavedFilterState {
    /// Whose it is, or was; `None` when there never was one.
    pub fn owner(&self) -> Option<Option<UserId>> {
        self.known.as_ref().map(|known| known.owner)
    }

    pub fn list(&self) -> Option<FilteredList> {
        self.known.as_ref().map(|known| known.list)
    }
}

impl Decider for SavedFilterState {
    const TYPE: &'static str = "saved-filter";

    type Command = SavedFilterCommand;
    type Event = SavedFilterEvent;
    type Error = SavedFilterError;

    fn decide(&self, command: SavedFilterCommand) -> Result<Vec<SavedFilterEvent>, SavedFilterError> {
        match (command, &self.known) {
            (
                SavedFilterCommand::Save {
                    name,
                    list,
                    filter,
                    sharing,
                    owner,
                },
                None,
            ) => Ok(vec![SavedFilterEvent::FilterSaved {
                name: value::line("name", &name, NAME_MAX)?,
                list,
                filter: value::long_text("filter", &filter, FILTER_MAX)?,
                sharing,
                owner,
            }]),
            (SavedFilterCommand::Save { .. }, Some(_)) => Err(SavedFilterError::AlreadyExists),
            (_, None) => Err(SavedFilterError::NotFound),
            (SavedFilterCommand::Remove, Some(known)) if known.removed => Ok(Vec::new()),
            (_, Some(known)) if known.removed => Err(SavedFilterError::NotFound),
            (SavedFilterCommand::Remove, Some(_)) => Ok(vec![SavedFilterEvent::FilterRemoved {}]),
            (SavedFilterCommand::Change { name, filter, sharing }, Some(known)) => known.change(name, filter, sharing),
        }
    }

    fn evolve(&mut self, event: &SavedFilterEvent) {
        match (event, &mut self.known) {
            (
                SavedFilterEvent::FilterSaved {
                    name,
                    list,
                    filter,
                    sharing,
                    owner,
                },
                known,
            ) => {
                *known = Some(Known {
                    name: name.clone(),
                    list: *list,
                    filter: filter.clone(),
                    sharing: *sharing,
                    owner: *owner,
                    removed: false,
                });
            }
            (SavedFilterEvent::FilterChanged { name, filter, sharing }, Some(known)) => {
                if let Some(name) = name {
                    known.name.clone_from(name);
                }
                if let Some(filter) = filter {
                    known.filter.clone_from(filter);
                }
                known.sharing = sharing.unwrap_or(known.sharing);
            }
            (SavedFilterEvent::FilterRemoved {}, Some(known)) => known.removed = true,
            (_, None) => {}
        }
    }
}

impl Known {
    fn change(
        &self,
        name: Option<String>,
        filter: Option<String>,
        sharing: Option<Sharing>,
    ) -> Result<Vec<SavedFilterEvent>, SavedFilterError> {
        let name = name.map(|name| value::line("name", &name, NAME_MAX)).transpose()?;
        let filter = filter
            .map(|filter| value::long_text("filter", &filter, FILTER_MAX))
            .transpose()?;
        let name = name.filter(|name| *name != self.name);
        let filter = filter.filter(|filter| *filter != self.filter);
        let sharing = sharing.filter(|sharing| *sharing != self.sharing);
        if name.is_none() && filter.is_none() && sharing.is_none() {
            return Ok(Vec::new());
        }
        Ok(vec![SavedFilterEvent::FilterChanged { name, filter, sharing }])
    }
}

/// Why a saved filter refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SavedFilterError {
    NotFound,
    AlreadyExists,
    Value(InvalidValue),
}

impl From<InvalidValue> for SavedFilterError {
    fn from(value: InvalidValue) -> Self {
        Self::Value(value)
    }
}

prints_in_english!(SavedFilterError);

impl Refusal for SavedFilterError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "SAVED_FILTER_NOT_FOUND",
            Self::AlreadyExists => "SAVED_FILTER_ALREADY_EXISTS",
            Self::Value(value) => value.code(),
        }
    }

    fn field(&self) -> Option<&'static str> {
        match self {
            Self::Value(value) => value.field(),
            _ => None,
        }
    }

    fn allowed(&self) -> Vec<&'static str> {
        match self {
            Self::NotFound => vec!["Save"],
            Self::AlreadyExists => vec!["Change", "Remove"],
            Self::Value(value) => value.allowed(),
        }
    }

    fn message(&self, language: Language) -> String {
        match self {
            Self::NotFound => language.choose(
                "There is no such filter of yours: save one.",
                "Aucun filtre enregistré de ce nom ne vous appartient : enregistrez-en un.",
            ),
            Self::AlreadyExists => language.choose(
                "This filter exists already: save another one under another id.",
                "Ce filtre existe déjà : enregistrez-en un autre sous un autre identifiant.",
            ),
            Self::Value(value) => value.message(language),
        }
    }
}

#[cfg(test)]
mod tests {
    use cqrs_es::test::{AggregateTestExecutor, TestFramework};
    use uuid::Uuid;

    use super::*;

    const INES: UserId = UserId(Uuid::from_u128(1));

    fn saved() -> SavedFilterEvent {
        SavedFilterEvent::FilterSaved {
            name: "Mes affaires".to_owned(),
            list: FilteredList::Deals,
            filter: "{}".to_owned(),
            sharing: Sharing::Nobody,
            owner: Some(INES),
        }
    }

    fn save() -> SavedFilterCommand {
        SavedFilterCommand::Save {
            name: " Mes affaires ".to_owned(),
            list: FilteredList::Deals,
            filter: "{}".to_owned(),
            sharing: Sharing::Nobody,
            owner: Some(INES),
        }
    }

    fn given(events: Vec<SavedFilterEvent>) -> AggregateTestExecutor<SavedFilter> {
        TestFramework::<SavedFilter>::with(()).given(events)
    }

    fn change(name: Option<&str>, sharing: Option<Sharing>) -> SavedFilterCommand {
        SavedFilterCommand::Change {
            name: name.map(str::to_owned),
            filter: None,
            sharing,
        }
    }

    #[test]
    fn a_filter_is_saved_once() {
        given(vec![]).when(save()).then_expect_events(vec![saved()]);
        given(vec![saved()])
            .when(save())
            .then_expect_error(SavedFilterError::AlreadyExists);
    }

    #[test]
    fn only_what_changes_is_said() {
        given(vec![saved()])
            .when(change(Some("Mes affaires"), Some(Sharing::Everybody)))
            .then_expect_events(vec![SavedFilterEvent::FilterChanged {
                name: None,
                filter: None,
                sharing: Some(Sharing::Everybody),
            }]);
        given(vec![saved()])
            .when(change(None, Some(Sharing::Nobody)))
            .then_expect_events(vec![]);
    }

    #[test]
    fn what_was_removed_is_gone() {
        let removed = || vec![saved(), SavedFilterEvent::FilterRemoved {}];
        given(vec![saved()])
            .when(SavedFilterCommand::Remove)
            .then_expect_events(vec![SavedFilterEvent::FilterRemoved {}]);
        given(removed())
            .when(SavedFilterCommand::Remove)
            .then_expect_events(vec![]);
        given(removed())
            .when(change(Some("Autre"), None))
            .then_expect_error(SavedFilterError::NotFound);
    }
}
