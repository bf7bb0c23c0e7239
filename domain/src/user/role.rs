use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What somebody is here for; what each may do is the policy's matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Runs the system: accounts, settings, erasure.
    Admin,
    /// Leads a team of salespeople.
    Manager,
    /// Sells.
    Sales,
    /// Keeps the books.
    Accountant,
    /// Checks what happened; changes nothing.
    Auditor,
    /// Reads figures; sees no personal data.
    Analyst,
}

impl Role {
    pub const ALL: [Self; 6] = [
        Self::Admin,
        Self::Manager,
        Self::Sales,
        Self::Accountant,
        Self::Auditor,
        Self::Analyst,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "ADMIN",
            Self::Manager => "MANAGER",
            Self::Sales => "SALES",
            Self::Accountant => "ACCOUNTANT",
            Self::Auditor => "AUDITOR",
            Self::Analyst => "ANALYST",
        }
    }

    /// Which records somebody with this role sees unless their account says otherwise.
    pub const fn visibility(self) -> Visibility {
        match self {
            Self::Sales => Visibility::Own,
            Self::Manager => Visibility::Team,
            Self::Admin | Self::Accountant | Self::Auditor | Self::Analyst => Visibility::All,
        }
    }
}

/// Which records somebody sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Visibility {
    /// What is theirs.
    Own,
    /// What belongs to them, to those who share a team with them, or to nobody.
    Team,
    /// Everything.
    All,
}

impl Visibility {
    pub const ALL: [Self; 3] = [Self::Own, Self::Team, Self::All];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "OWN",
            Self::Team => "TEAM",
            Self::All => "ALL",
        }
    }
}
