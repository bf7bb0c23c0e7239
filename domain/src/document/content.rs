use std::collections::BTreeSet;

use chrono::NaiveDate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Currency, InvalidValue, Language, ProductId,
    billing::{
        Discount, FiscalPosition, PaymentTerms, Percentage, PriceBasis, PricedLine, Quantity, Totals, UnitPrice,
        VatReason, VatTreatment, totals,
    },
    product::{BillingPeriod, Taxation},
    value::{self, LABEL_MAX, NAME_MAX, Problem},
};

/// Rows of a document at most.
const ROWS_MAX: usize = 500;
/// Characters of a unit at most.
const UNIT_MAX: usize = 40;

/// What a document says between its head and its totals, and around them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Content {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    pub rows: Vec<Row>,
    #[serde(default)]
    pub price_basis: PriceBasis,
    /// Off the whole document, spread over the rates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Discount>,
    pub currency: Currency,
    pub payment_terms: PaymentTerms,
    /// Off when payment comes before it is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_payment_discount: Option<Percentage>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// The terms of the trade that go with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<String>,
    /// The customer's order, by their number (C. com. art. L441-9; BT-13).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase_order: Option<String>,
    /// When it was or will be delivered or done (CGI ann. II art. 242 nonies A, 10°).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<Period>,
    pub language: Language,
    #[serde(default)]
    pub layout: Layout,
}

/// From the first to the last day, both included; one day when they are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Period {
    pub start: NaiveDate,
    pub end: NaiveDate,
}

/// How a document is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Layout {
    /// Framed boxes.
    #[default]
    Classic,
    /// Open, in the company's colour.
    Modern,
}

impl Layout {
    pub const ALL: [Self; 2] = [Self::Classic, Self::Modern];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Classic => "CLASSIC",
            Self::Modern => "MODERN",
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Row {
    /// A heading over the rows up to the next one.
    Section {
        title: String,
    },
    Comment {
        text: String,
    },
    Line(Box<DocumentLine>),
}

/// A line by its number within the document: it keeps it from version to version, and is credited under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct LineId(pub u32);

/// Something that is sold, and its tax.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DocumentLine {
    pub id: LineId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductId>,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    pub unit: String,
    pub quantity: Quantity,
    pub unit_price: UnitPrice,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discount: Option<Discount>,
    /// For how long one unit is paid; `None` for what is sold once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period: Option<BillingPeriod>,
    /// The customer may take it or leave it: it counts only once taken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub optional: bool,
    pub taxation: Taxation,
    /// What the fiscal position made of the taxation.
    pub treatment: VatTreatment,
}

impl DocumentLine {
    pub const fn priced(&self) -> PricedLine {
        PricedLine {
            quantity: self.quantity,
            unit_price: self.unit_price,
            discount: self.discount,
            treatment: self.treatment,
        }
    }
}

impl DocumentLine {
    /// As it is, to be taxed again.
    pub fn wished(&self) -> WishedLine {
        WishedLine {
            id: Some(self.id),
            product: self.product,
            name: self.name.clone(),
            details: self.details.clone(),
            unit: self.unit.clone(),
            quantity: self.quantity,
            unit_price: self.unit_price,
            discount: self.discount,
            period: self.period,
            optional: self.optional,
            taxation: self.taxation,
        }
    }

    /// The same, as a line that was never there.
    pub fn wished_anew(&self) -> WishedLine {
        WishedLine {
            id: None,
            ..self.wished()
        }
    }
}

impl Content {
    /// The same for another document: its lines are new ones, and what is of one order and one time is left out.
    pub fn wished_anew(&self) -> WishedContent {
        let rows = self.rows.iter().map(|row| match row {
            Row::Section { title } => WishedRow::Section { title: title.clone() },
            Row::Comment { text } => WishedRow::Comment { text: text.clone() },
            Row::Line(line) => WishedRow::Line(Box::new(line.wished_anew())),
        });
        WishedContent {
            subject: self.subject.clone(),
            rows: rows.collect(),
            price_basis: self.price_basis,
            discount: self.discount,
            currency: self.currency,
            payment_terms: self.payment_terms.clone(),
            early_payment_discount: self.early_payment_discount,
            notes: self.notes.clone(),
            conditions: self.conditions.clone(),
            purchase_order: None,
            period: None,
            language: self.language,
            layout: self.layout,
        }
    }

    /// Whether it is subcontracted work in construction, as the tax of its lines says.
    pub fn is_construction_subcontract(&self) -> bool {
        self.lines()
            .any(|line| line.treatment.reason == Some(VatReason::ConstructionSubcontract))
    }

    pub fn lines(&self) -> impl Iterator<Item = &DocumentLine> {
        self.rows.iter().filter_map(|row| match row {
            Row::Line(line) => Some(&**line),
            Row::Section { .. } | Row::Comment { .. } => None,
        })
    }

    pub fn line(&self, id: LineId) -> Option<&DocumentLine> {
        self.lines().find(|line| line.id == id)
    }

    /// The lines that count: those that are not optional, and the optional ones that were chosen.
    pub fn taken<'a>(&'a self, chosen: &'a BTreeSet<LineId>) -> impl Iterator<Item = &'a DocumentLine> {
        self.lines().filter(|line| !line.optional || chosen.contains(&line.id))
    }

    /// What it comes to with these options, in the order of [`Content::taken`].
    pub fn totals(&self, chosen: &BTreeSet<LineId>) -> Result<Totals, InvalidValue> {
        let lines: Vec<PricedLine> = self.taken(chosen).map(DocumentLine::priced).collect();
        totals(&lines, self.price_basis, self.discount, self.currency)
    }
}

/// [`Content`] as somebody wishes it: lines whose tax is not decided, and new ones without a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WishedContent {
    pub subject: Option<String>,
    pub rows: Vec<WishedRow>,
    pub price_basis: PriceBasis,
    pub discount: Option<Discount>,
    pub currency: Currency,
    pub payment_terms: PaymentTerms,
    pub early_payment_discount: Option<Percentage>,
    pub notes: Option<String>,
    pub conditions: Option<String>,
    pub purchase_order: Option<String>,
    pub period: Option<Period>,
    pub language: Language,
    pub layout: Layout,
}

/// [`Row`] as somebody wishes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum WishedRow {
    Section { title: String },
    Comment { text: String },
    Line(Box<WishedLine>),
}

/// [`DocumentLine`] as somebody wishes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WishedLine {
    /// The line that it was before; `None` for a new one.
    pub id: Option<LineId>,
    pub product: Option<ProductId>,
    pub name: String,
    pub details: Option<String>,
    pub unit: String,
    pub quantity: Quantity,
    pub unit_price: UnitPrice,
    pub discount: Option<Discount>,
    pub period: Option<BillingPeriod>,
    pub optional: bool,
    pub taxation: Taxation,
}

/// What the tax of a document is decided by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Taxed {
    pub position: FiscalPosition,
    /// Numbers from here on are free.
    pub next_line: LineId,
}

impl WishedContent {
    /// Checks every field, decides the tax of every line, numbers the new ones. Refuses what means nothing: no line, a
    /// line without quantity, a rate that there was not, more taken off than there is.
    pub fn decided(self, taxed: &Taxed) -> Result<Content, InvalidValue> {
        if self.rows.len() > ROWS_MAX {
            return Err(InvalidValue::new(
                "rows",
                Problem::TooMany {
                    max: ROWS_MAX,
                    found: self.rows.len(),
                },
            ));
        }
        let mut numbering = Numbering::new(taxed.next_line);
        let rows = self
            .rows
            .into_iter()
            .map(|row| row.decided(&taxed.position, &mut numbering))
            .collect::<Result<Vec<_>, _>>()?;
        let content = Content {
            subject: value::optional_line("subject", self.subject.as_deref(), NAME_MAX)?,
            rows,
            price_basis: self.price_basis,
            discount: self.discount,
            currency: self.currency,
            payment_terms: self.payment_terms,
            early_payment_discount: self.early_payment_discount,
            notes: value::optional_note("notes", self.notes.as_deref())?,
            conditions: value::optional_note("conditions", self.conditions.as_deref())?,
            purchase_order: value::optional_line("purchaseOrder", self.purchase_order.as_deref(), LABEL_MAX)?,
            period: self.period.map(Period::checked).transpose()?,
            language: self.language,
            layout: self.layout,
        };
        if content.lines().next().is_none() {
            return Err(InvalidValue::new("rows", Problem::Missing));
        }
        let all = content.lines().map(|line| line.id).collect();
        content.totals(&all)?;
        content.totals(&BTreeSet::new())?;
        Ok(content)
    }
}

impl Period {
    fn checked(self) -> Result<Self, InvalidValue> {
        value::date("period", self.start)?;
        value::date("period", self.end)?;
        if self.end < self.start {
            let days = (self.end - self.start).num_days();
            return Err(InvalidValue::new("period", Problem::EndBeforeStart { days }));
        }
        Ok(self)
    }
}

/// Gives new lines their numbers and refuses one that stands twice.
struct Numbering {
    next: u32,
    given: BTreeSet<LineId>,
}

impl Numbering {
    const fn new(next: LineId) -> Self {
        Self {
            next: next.0,
            given: BTreeSet::new(),
        }
    }

    fn number(&mut self, wished: Option<LineId>) -> Result<LineId, InvalidValue> {
        let id = match wished {
            Some(id) if id.0 >= self.next => return Err(InvalidValue::new("line", Problem::NoSuchLine)),
            Some(id) => id,
            None => {
                let id = LineId(self.next);
                self.next = self.next.saturating_add(1);
                return Ok(id);
            }
        };
        if self.given.insert(id) {
            Ok(id)
        } else {
            Err(InvalidValue::new("line", Problem::Repeated))
        }
    }
}

impl WishedRow {
    fn decided(self, position: &FiscalPosition, numbering: &mut Numbering) -> Result<Row, InvalidValue> {
        Ok(match self {
            Self::Section { title } => Row::Section {
                title: value::line("title", &title, NAME_MAX)?,
            },
            Self::Comment { text } => Row::Comment {
                text: value::note("text", &text)?,
            },
            Self::Line(line) => Row::Line(Box::new(line.decided(position, numbering)?)),
        })
    }
}

impl WishedLine {
    fn decided(self, position: &FiscalPosition, numbering: &mut Numbering) -> Result<DocumentLine, InvalidValue> {
        let Taxation {
            nature,
            rate_class,
            exemption,
        } = self.taxation;
        Ok(DocumentLine {
            id: numbering.number(self.id)?,
            product: self.product,
            name: value::line("name", &self.name, NAME_MAX)?,
            details: value::optional_note("details", self.details.as_deref())?,
            unit: value::line("unit", &self.unit, UNIT_MAX)?,
            quantity: self.quantity,
            unit_price: self.unit_price,
            discount: self.discount,
            period: self.period,
            optional: self.optional,
            taxation: self.taxation,
            treatment: position.treatment("rateClass", nature, rate_class, exemption)?,
        })
    }
}
