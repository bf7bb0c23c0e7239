//! The tables that both back ends have, column by column.

use rusqlite::types::Value;

/// How a column's values are written in PostgreSQL; SQLite knows whole numbers, texts and bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Small,
    Whole,
    Big,
    Text,
    Bytes,
    Id,
}

pub(super) struct Table {
    pub(super) name: &'static str,
    /// Those that order the rows come first.
    pub(super) columns: &'static [(&'static str, Kind)],
    /// How many of the columns name a row.
    pub(super) key: usize,
}

pub(super) const TABLES: [Table; 7] = [
    Table {
        name: "events",
        columns: &[
            ("position", Kind::Big),
            ("aggregate_type", Kind::Text),
            ("aggregate_id", Kind::Id),
            ("sequence", Kind::Big),
            ("event_id", Kind::Id),
            ("event_type", Kind::Text),
            ("event_version", Kind::Whole),
            ("recorded_at", Kind::Big),
            ("occurred_at", Kind::Big),
            ("actor", Kind::Text),
            ("command_id", Kind::Id),
            ("correlation_id", Kind::Id),
            ("causation_id", Kind::Id),
            ("leaf_hash", Kind::Bytes),
            ("payload", Kind::Bytes),
            ("metadata", Kind::Bytes),
        ],
        key: 1,
    },
    Table {
        name: "subtrees",
        columns: &[("level", Kind::Small), ("node", Kind::Big), ("hash", Kind::Bytes)],
        key: 2,
    },
    Table {
        name: "commands",
        columns: &[
            ("issuer", Kind::Text),
            ("command_id", Kind::Id),
            ("first_position", Kind::Big),
            ("last_position", Kind::Big),
            ("fingerprint", Kind::Bytes),
        ],
        key: 2,
    },
    Table {
        name: "keys",
        columns: &[
            ("subject", Kind::Id),
            ("wrapped", Kind::Bytes),
            ("destroyed_at", Kind::Big),
        ],
        key: 1,
    },
    Table {
        name: "secrets",
        columns: &[("name", Kind::Text), ("wrapped", Kind::Bytes)],
        key: 1,
    },
    Table {
        name: "consumers",
        columns: &[("name", Kind::Text), ("position", Kind::Big)],
        key: 1,
    },
    Table {
        name: "vault_records",
        columns: &[
            ("kind", Kind::Text),
            ("key", Kind::Bytes),
            ("subject", Kind::Id),
            ("value", Kind::Bytes),
            ("expires_at", Kind::Big),
        ],
        key: 2,
    },
];

/// Values of one row, in the order of the table's columns.
pub(super) type Row = Vec<Value>;

impl Table {
    pub(super) fn names(&self) -> String {
        let names = self.columns.iter().map(|(name, _)| *name);
        names.collect::<Vec<_>>().join(", ")
    }

    /// The query for the rows after one (`$1…` are the values of its key), or for the first ones.
    pub(super) fn page(&self, after: bool, limit: usize, place: impl Fn(usize) -> String) -> String {
        let key = self.columns[..self.key].iter().map(|(name, _)| *name);
        let key = key.collect::<Vec<_>>().join(", ");
        let condition = if after {
            let places = (1..=self.key).map(place).collect::<Vec<_>>().join(", ");
            format!("WHERE ({key}) > ({places})")
        } else {
            String::new()
        };
        let (names, name) = (self.names(), self.name);
        format!("SELECT {names} FROM {name} {condition} ORDER BY {key} LIMIT {limit}")
    }
}
