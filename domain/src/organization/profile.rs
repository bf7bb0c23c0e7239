//! What is publicly known of a company.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Change, Country, InvalidValue, Money, OrganizationId,
    value::{self, LABEL_MAX, Problem},
};

/// The oldest companies still trading are from the sixth century.
const FOUNDED: std::ops::RangeInclusive<i32> = 500..=2199;
/// More than any employer has.
const EMPLOYEES_MAX: u32 = 100_000_000;

/// Whom the law sees in a customer: other terms of payment and other information are due to each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrganizationKind {
    /// Acts in its trade (Code de la consommation, article liminaire).
    Professional,
    /// A legal person that does not: a charity, an owners' association.
    NonProfessional,
    /// A natural person that does not.
    Consumer,
}

impl OrganizationKind {
    pub const ALL: [Self; 3] = [Self::Professional, Self::NonProfessional, Self::Consumer];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Professional => "PROFESSIONAL",
            Self::NonProfessional => "NON_PROFESSIONAL",
            Self::Consumer => "CONSUMER",
        }
    }
}

/// The classes of décret n° 2008-1354, by headcount, turnover and balance sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum OrganizationSize {
    /// Microentreprise: fewer than 10 people.
    Micro,
    /// PME: fewer than 250.
    Sme,
    /// ETI: fewer than 5,000.
    MidCap,
    /// Grande entreprise.
    Large,
}

impl OrganizationSize {
    pub const ALL: [Self; 4] = [Self::Micro, Self::Sme, Self::MidCap, Self::Large];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Micro => "MICRO",
            Self::Sme => "SME",
            Self::MidCap => "MID_CAP",
            Self::Large => "LARGE",
        }
    }
}

/// What is publicly known of a company.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Profile {
    pub sector: Option<String>,
    /// Code of ISO 3166 or name, as the source had it. A name that is known becomes the code.
    pub country: Option<String>,
    pub employees: Option<u32>,
    pub annual_revenue: Option<Money>,
    pub founded_year: Option<i32>,
    /// The organization that owns this one.
    pub parent: Option<OrganizationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<OrganizationKind>,
    /// What it is to us: prescriber, dealer, key account, in words of the house.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The part of the country, in words of the house.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<OrganizationSize>,
}

/// What becomes of each part of a [`Profile`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct ProfileChanges {
    pub sector: Change<String>,
    pub country: Change<String>,
    pub employees: Change<u32>,
    pub annual_revenue: Change<Money>,
    pub founded_year: Change<i32>,
    pub parent: Change<OrganizationId>,
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub kind: Change<OrganizationKind>,
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub category: Change<String>,
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub region: Change<String>,
    #[serde(skip_serializing_if = "Change::is_keep")]
    pub size: Change<OrganizationSize>,
}

impl ProfileChanges {
    pub(super) fn apply(self, profile: &mut Profile) {
        self.sector.apply(&mut profile.sector);
        self.country.apply(&mut profile.country);
        self.employees.apply(&mut profile.employees);
        self.annual_revenue.apply(&mut profile.annual_revenue);
        self.founded_year.apply(&mut profile.founded_year);
        self.parent.apply(&mut profile.parent);
        self.kind.apply(&mut profile.kind);
        self.category.apply(&mut profile.category);
        self.region.apply(&mut profile.region);
        self.size.apply(&mut profile.size);
    }
}

impl Profile {
    pub(super) fn checked(&self) -> Result<Self, InvalidValue> {
        if self.founded_year.is_some_and(|year| !FOUNDED.contains(&year)) {
            let (min, max) = (i64::from(*FOUNDED.start()), i64::from(*FOUNDED.end()));
            return Err(InvalidValue::new("foundedYear", Problem::OutOfRange { min, max }));
        }
        if self.employees.is_some_and(|employees| employees > EMPLOYEES_MAX) {
            let max = i64::from(EMPLOYEES_MAX);
            return Err(InvalidValue::new("employees", Problem::TooLarge { max }));
        }
        let label = |field, text: &Option<String>| value::optional_line(field, text.as_deref(), LABEL_MAX);
        let country = label("country", &self.country)?;
        Ok(Self {
            sector: label("sector", &self.sector)?,
            country: country.map(|text| Country::named(&text).map_or(text, |country| country.code().to_owned())),
            annual_revenue: self
                .annual_revenue
                .map(|revenue| revenue.checked("annualRevenue"))
                .transpose()?,
            category: label("category", &self.category)?,
            region: label("region", &self.region)?,
            ..self.clone()
        })
    }

    /// The country as events keep it: a code, or the words of a source that no country is known by.
    pub(super) fn country(&self) -> (Option<Country>, Option<String>) {
        let code = self.country.as_deref().and_then(|text| text.parse().ok());
        match code {
            Some(code) => (Some(code), None),
            None => (None, self.country.clone()),
        }
    }

    /// With what another one knows where this one does not.
    pub(super) fn completed_by(self, other: Self) -> Self {
        Self {
            sector: self.sector.or(other.sector),
            country: self.country.or(other.country),
            employees: self.employees.or(other.employees),
            annual_revenue: self.annual_revenue.or(other.annual_revenue),
            founded_year: self.founded_year.or(other.founded_year),
            parent: self.parent.or(other.parent),
            kind: self.kind.or(other.kind),
            category: self.category.or(other.category),
            region: self.region.or(other.region),
            size: self.size.or(other.size),
        }
    }
}
