use chrono::NaiveDate;
use rust_decimal::Decimal;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Bic, BlobHash, Currency, Iban, Money, PostalAddress, Siren, Siret, VatNumber,
    billing::{AddedRate, HalfYear, PaymentTerms, Percentage, PriceBasis, RateKey, SellerRegime},
    contract::IndexValue,
    document::{NumberPattern, Series},
    event::event_types,
    invoice::ReminderStep,
    recurring_revenue::{FxPolicy, PausePolicy},
};

/// What can have happened to the company.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all_fields = "camelCase")]
pub enum CompanyEvent {
    CompanyIdentified {
        identity: Box<LegalIdentity>,
    },
    CompanyVatSchemeSet {
        scheme: VatScheme,
    },
    CompanyBankAccountChanged {
        account: BankAccount,
    },
    CompanyAppearanceSet {
        appearance: Appearance,
    },
    CompanyDocumentDefaultsSet {
        defaults: DocumentDefaults,
    },
    LateInterestRateSet {
        half_year: HalfYear,
        rate: Percentage,
        source: String,
    },
    /// A rate of VAT that the program does not bring.
    CompanyVatRateSet {
        rate: AddedRate,
    },
    CompanyVatRateRemoved {
        key: RateKey,
    },
    CompanyFiscalYearEndSet {
        end: FiscalYearEnd,
    },
    CompanyElectronicInvoicingSet {
        from: Option<NaiveDate>,
    },
    CompanyNumberPatternSet {
        series: Series,
        pattern: NumberPattern,
    },
    CompanySalesRulesSet {
        rules: SalesRules,
    },
    CompanyRemindersSet {
        ladder: ReminderLadder,
    },
    /// What an index was for a month, and where it was read.
    IndexValueSet {
        value: IndexValue,
        source: String,
    },
    /// What one unit of a currency is worth in euros from a day on, and where it was read.
    ExchangeRateSet {
        currency: Currency,
        from: NaiveDate,
        #[schemars(with = "String")]
        rate: Decimal,
        source: String,
    },
    CompanyRevenueRulesSet {
        rules: RevenueRules,
    },
}

event_types!(CompanyEvent of "company" {
    CompanyIdentified = 1,
    CompanyVatSchemeSet = 1,
    CompanyBankAccountChanged = 1,
    CompanyAppearanceSet = 1,
    CompanyDocumentDefaultsSet = 1,
    LateInterestRateSet = 1,
    CompanyVatRateSet = 1,
    CompanyVatRateRemoved = 1,
    CompanyFiscalYearEndSet = 1,
    CompanyElectronicInvoicingSet = 1,
    CompanyNumberPatternSet = 1,
    CompanySalesRulesSet = 1,
    CompanyRemindersSet = 1,
    IndexValueSet = 1,
    ExchangeRateSet = 1,
    CompanyRevenueRulesSet = 1,
});

/// By which definitions recurring revenue is counted, until somebody asks by others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RevenueRules {
    /// Days that a renewal may come late and is no churn.
    #[serde(default)]
    pub renewal_grace_days: u16,
    #[serde(default)]
    pub pauses: PausePolicy,
    #[serde(default)]
    pub fx: FxPolicy,
}

/// What a document has to say of who issues it (CGI ann. II art. 242 nonies A, 1° and 2°; C. com. art. R123-237 and
/// R123-238).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LegalIdentity {
    pub name: String,
    pub form: LegalForm,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_capital: Option<Money>,
    pub siren: Siren,
    /// Of the seat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub siret: Option<Siret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<Registration>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vat_number: Option<VatNumber>,
    pub address: PostalAddress,
    /// Where customers write to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// The legal forms of companies and sole traders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum LegalForm {
    Sa,
    Sas,
    Sasu,
    Sarl,
    Eurl,
    Snc,
    Scop,
    Sci,
    /// Entrepreneur individuel: "EI" stands beside the name (C. com. art. R526-27).
    Ei,
    Association,
}

impl LegalForm {
    pub const ALL: [Self; 10] = [
        Self::Sa,
        Self::Sas,
        Self::Sasu,
        Self::Sarl,
        Self::Eurl,
        Self::Snc,
        Self::Scop,
        Self::Sci,
        Self::Ei,
        Self::Association,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sa => "SA",
            Self::Sas => "SAS",
            Self::Sasu => "SASU",
            Self::Sarl => "SARL",
            Self::Eurl => "EURL",
            Self::Snc => "SNC",
            Self::Scop => "SCOP",
            Self::Sci => "SCI",
            Self::Ei => "EI",
            Self::Association => "ASSOCIATION",
        }
    }

    /// Whether its documents name its capital and the register it stands in (C. com. art. R123-237 and R123-238).
    pub const fn has_capital(self) -> bool {
        !matches!(self, Self::Ei | Self::Association)
    }
}

/// The trade register that a company stands in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Registration {
    /// The town of the registry: `RCS Metz`.
    pub city: String,
}

/// How the company stands to VAT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VatScheme {
    pub regime: VatRegime,
    /// Whether the tax on services falls due with the invoice rather than with the payment (CGI art. 269, 2, c); the
    /// invoice says so.
    pub on_debits: bool,
}

/// Whether VAT is charged, and how often it is declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VatRegime {
    Monthly,
    Quarterly,
    /// CGI art. 293 B: none is charged.
    Franchise,
}

impl VatRegime {
    pub const ALL: [Self; 3] = [Self::Monthly, Self::Quarterly, Self::Franchise];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Monthly => "MONTHLY",
            Self::Quarterly => "QUARTERLY",
            Self::Franchise => "FRANCHISE",
        }
    }

    pub const fn seller(self) -> SellerRegime {
        match self {
            Self::Monthly | Self::Quarterly => SellerRegime::Taxed,
            Self::Franchise => SellerRegime::Franchise,
        }
    }
}

/// Where customers pay to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BankAccount {
    pub iban: Iban,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bic: Option<Bic>,
}

/// What documents look like.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Appearance {
    /// `#RRGGBB`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// A PNG or JPEG file beside the journal, as it was checked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<BlobHash>,
}

/// What a document says unless somebody says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DocumentDefaults {
    pub payment_terms: PaymentTerms,
    /// For how many days a quote holds.
    pub quote_validity_days: u16,
    /// Off for early payment; none is what an invoice says otherwise (C. com. art. L441-9).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub early_payment_discount: Option<Percentage>,
    /// Below every quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote_conditions: Option<String>,
}

/// The last day of a fiscal year; 29 February counts as the last of the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FiscalYearEnd {
    pub month: u8,
    pub day: u8,
}

/// What an accepted quote leads to, and what a quote needs before it goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SalesRules {
    /// What becomes of the deal; one is opened where there is none.
    #[serde(default)]
    pub deal_on_acceptance: DealOnAcceptance,
    /// Which of the two amounts people are shown of a deal. Metrics count the net one.
    #[serde(default)]
    pub shown_basis: PriceBasis,
    #[serde(default)]
    pub invoice_on_acceptance: InvoiceOnAcceptance,
    /// Whoever takes off more, of a line or of the whole, asks a manager first; `None`: nobody has to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval_above: Option<Percentage>,
    /// How many days before a quote expires the customer is reminded; `None`: not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_before_expiry: Option<u16>,
}

/// Where the deal goes when its quote was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DealOnAcceptance {
    /// To the stage of offers: somebody still has to win it.
    Proposition,
    /// It is won.
    #[default]
    Signe,
}

impl DealOnAcceptance {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposition => "PROPOSITION",
            Self::Signe => "SIGNE",
        }
    }
}

/// The draft that an accepted quote leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum InvoiceOnAcceptance {
    Nothing,
    /// An invoice of the whole.
    #[default]
    Whole,
    Deposit(Percentage),
}

/// When customers are reminded of invoices.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReminderLadder {
    /// In the order of the days.
    pub steps: Vec<LadderStep>,
    /// Nobody is reminded of less, in minor units of euros.
    #[serde(default)]
    pub minimum: i64,
    /// Whether a step that falls on a weekend or a public holiday waits for the next working day. Due dates stay.
    #[serde(default = "yes", skip_serializing_if = "is_so")]
    pub working_days: bool,
}

const fn yes() -> bool {
    true
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks so
const fn is_so(flag: &bool) -> bool {
    *flag
}

/// One step of the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LadderStep {
    pub step: ReminderStep,
    /// After the due date; before it, when negative.
    pub days: i16,
}

impl Default for ReminderLadder {
    /// J-3, J+7, J+30.
    fn default() -> Self {
        let step = |step, days| LadderStep { step, days };
        Self {
            steps: vec![
                step(ReminderStep::Friendly, -3),
                step(ReminderStep::Firm, 7),
                step(ReminderStep::FormalNotice, 30),
            ],
            minimum: 0,
            working_days: true,
        }
    }
}
