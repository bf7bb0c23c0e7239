//! Global ids: opaque, type-prefixed, stable for ever.
//!
//! An id is the base64url text of the type's name, a colon and the sixteen bytes of the object's UUID. Clients treat it
//! as opaque; a field that names its type (`deal(id:)`) takes the bare UUID too, because receipts, the command line and
//! streams speak of objects by UUID.

use async_graphql::ID;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use journal::StreamId;
use uuid::Uuid;

use super::errors::{ApiError, ApiResult};

/// The types that are nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Organization,
    Contact,
    Activity,
    Deal,
    Task,
    TaskSeries,
    User,
    Team,
    Delivery,
    Pipeline,
    Product,
    Quote,
    Invoice,
    Payment,
    Contract,
    Import,
}

impl Kind {
    const ALL: [Self; 16] = [
        Self::Organization,
        Self::Contact,
        Self::Activity,
        Self::Deal,
        Self::Task,
        Self::TaskSeries,
        Self::User,
        Self::Team,
        Self::Delivery,
        Self::Pipeline,
        Self::Product,
        Self::Quote,
        Self::Invoice,
        Self::Payment,
        Self::Contract,
        Self::Import,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Organization => "Organization",
            Self::Contact => "Contact",
            Self::Activity => "Activity",
            Self::Deal => "Deal",
            Self::Task => "Task",
            Self::TaskSeries => "TaskSeries",
            Self::User => "User",
            Self::Team => "Team",
            Self::Delivery => "Delivery",
            Self::Pipeline => "Pipeline",
            Self::Product => "Product",
            Self::Quote => "Quote",
            Self::Invoice => "Invoice",
            Self::Payment => "Payment",
            Self::Contract => "Contract",
            Self::Import => "Import",
        }
    }

    /// The category of the object's stream in the journal.
    pub const fn category(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Contact => "contact",
            Self::Activity => "activity",
            Self::Deal => "deal",
            Self::Task => "task",
            Self::TaskSeries => "task-series",
            Self::User => "user",
            Self::Team => "team",
            Self::Delivery => "delivery",
            Self::Pipeline => "pipeline",
            Self::Product => "product",
            Self::Quote => "quote",
            Self::Invoice => "invoice",
            Self::Payment => "payment",
            Self::Contract => "contract",
            Self::Import => "import",
        }
    }

    pub fn of_category(category: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.category() == category)
    }

    fn named(name: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().as_bytes() == name)
    }
}

/// Writes the global id of an object.
pub fn global(kind: Kind, id: Uuid) -> ID {
    let mut bytes = Vec::with_capacity(32);
    bytes.extend_from_slice(kind.name().as_bytes());
    bytes.push(b':');
    bytes.extend_from_slice(id.as_bytes());
    ID(URL_SAFE_NO_PAD.encode(bytes))
}

/// Reads a global id of any type; or, for whoever makes ids where there is no network, `category:uuid`.
pub fn parse(id: &ID) -> ApiResult<(Kind, Uuid)> {
    decode(id)
        .or_else(|| stream(id))
        .ok_or_else(|| ApiError::bad_input("This is not an id of this API. Use an `id` that a query returned."))
}

/// Reads the id of an object of one type: its global id or its bare UUID.
pub fn parse_as(kind: Kind, id: &ID) -> ApiResult<Uuid> {
    if let Ok(uuid) = Uuid::parse_str(id) {
        return Ok(uuid);
    }
    let (found, uuid) = parse(id)?;
    if found == kind {
        return Ok(uuid);
    }
    Err(ApiError::bad_input(format!(
        "This is the id of a {}, not of a {}.",
        found.name(),
        kind.name()
    )))
}

fn stream(id: &ID) -> Option<(Kind, Uuid)> {
    let StreamId { category, id } = id.parse().ok()?;
    Some((Kind::of_category(&category)?, id))
}

fn decode(id: &ID) -> Option<(Kind, Uuid)> {
    let bytes = URL_SAFE_NO_PAD.decode(id.as_bytes()).ok()?;
    let (name, uuid) = bytes.split_at_checked(bytes.len().checked_sub(17)?)?;
    let uuid = uuid.strip_prefix(b":")?;
    Some((Kind::named(name)?, Uuid::from_slice(uuid).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: Uuid = Uuid::from_u128(0x018f_3a5e_0000_7000_8000_0000_0000_0001);

    #[test]
    fn an_id_reads_back_as_what_it_names() {
        for kind in Kind::ALL {
            assert_eq!(parse(&global(kind, SOME)).unwrap(), (kind, SOME));
            assert_eq!(parse_as(kind, &global(kind, SOME)).unwrap(), SOME);
        }
    }

    #[test]
    fn ids_are_stable_for_ever() {
        assert_eq!(global(Kind::Deal, SOME).as_str(), "RGVhbDoBjzpeAABwAIAAAAAAAAAB");
    }

    #[test]
    fn a_bare_uuid_is_taken_where_the_type_is_known() {
        assert_eq!(parse_as(Kind::Task, &ID(SOME.to_string())).unwrap(), SOME);
    }

    #[test]
    fn a_stream_names_its_object() {
        let named = ID(format!("deal:{SOME}"));
        assert_eq!(parse(&named).unwrap(), (Kind::Deal, SOME));
        assert!(parse_as(Kind::Task, &named).is_err());
        assert!(parse(&ID(format!("inbox:{SOME}"))).is_err());
    }

    #[test]
    fn the_id_of_another_type_and_garbage_are_refused() {
        assert!(parse_as(Kind::Task, &global(Kind::Deal, SOME)).is_err());
        for garbage in [
            "",
            "x",
            "RGVhbDo",
            "💥",
            "../../etc/passwd",
            "VW5rbm93bjoBjzpeAABwAIAAAAAAAAAB",
        ] {
            assert!(parse(&ID(garbage.to_owned())).is_err(), "{garbage}");
        }
    }
}
