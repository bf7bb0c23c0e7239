use super::Changes;
use crate::{
    AccountingEvent, CompanyEvent, ProductEvent,
    billing::{RateKey, Territory},
    product::{Description, Price, Taxation},
};

pub(super) fn company(event: &CompanyEvent) -> Changes {
    let changes = Changes::new();
    match event {
        CompanyEvent::CompanyIdentified { identity } => changes
            .set("name", &identity.name)
            .set("form", identity.form)
            .set("shareCapital", identity.share_capital)
            .set("siren", &identity.siren)
            .set("siret", &identity.siret)
            .set("registration", &identity.registration)
            .set("vatNumber", &identity.vat_number)
            .set("address", &identity.address)
            .set("email", &identity.email)
            .set("phone", &identity.phone),
        CompanyEvent::CompanyVatSchemeSet { scheme } => changes
            .set("vatRegime", scheme.regime)
            .set("vatOnDebits", scheme.on_debits),
        CompanyEvent::CompanyBankAccountChanged { account } => {
            changes.set("iban", &account.iban).set("bic", &account.bic)
        }
        CompanyEvent::CompanyAppearanceSet { appearance } => {
            changes.set("color", &appearance.color).set("logo", appearance.logo)
        }
        CompanyEvent::CompanyDocumentDefaultsSet { defaults } => changes
            .set("paymentTerms", &defaults.payment_terms)
            .set("quoteValidityDays", defaults.quote_validity_days)
            .set("earlyPaymentDiscount", defaults.early_payment_discount)
            .set("quoteConditions", &defaults.quote_conditions),
        CompanyEvent::LateInterestRateSet { half_year, rate, .. } => {
            changes.set(format!("lateInterest.{}-{}", half_year.year, half_year.half), rate)
        }
        CompanyEvent::IndexValueSet { value, .. } => changes.set(
            format!("index.{}.{}", value.index, value.point.month),
            value.point.value,
        ),
        CompanyEvent::ExchangeRateSet {
            currency, from, rate, ..
        } => changes.set(format!("exchangeRate.{currency}.{from}"), rate),
        CompanyEvent::CompanyRevenueRulesSet { rules } => changes
            .set("renewalGraceDays", rules.renewal_grace_days)
            .set("pauses", rules.pauses)
            .set("fx", rules.fx),
        CompanyEvent::CompanyVatRateSet { rate } => changes.set(vat_rate(rate.key), rate),
        CompanyEvent::CompanyVatRateRemoved { key } => changes.set(vat_rate(*key), None::<bool>),
        CompanyEvent::CompanyFiscalYearEndSet { end } => changes.set("fiscalYearEnd", end),
        CompanyEvent::CompanyElectronicInvoicingSet { from } => changes.set("electronicInvoicingFrom", from),
        CompanyEvent::CompanyNumberPatternSet { series, pattern } => {
            changes.set(format!("numberPattern.{}", series.as_str()), pattern)
        }
        CompanyEvent::CompanySalesRulesSet { rules } => changes
            .set("dealOnAcceptance", rules.deal_on_acceptance)
            .set("shownBasis", rules.shown_basis)
            .set("invoiceOnAcceptance", rules.invoice_on_acceptance)
            .set("approvalAbove", rules.approval_above)
            .set("remindBeforeExpiryDays", rules.remind_before_expiry),
        CompanyEvent::CompanyRemindersSet { ladder } => changes
            .set("reminderSteps", &ladder.steps)
            .set("reminderMinimum", ladder.minimum),
    }
}

fn vat_rate(key: RateKey) -> String {
    let territory = match key.territory {
        Territory::Mainland => "mainland",
        Territory::OverseasDepartment => "overseas",
        Territory::Untaxed => "untaxed",
    };
    format!("vatRates.{territory}.{}.{}", key.class.as_str(), key.from)
}

pub(super) fn accounting(event: &AccountingEvent) -> Changes {
    let changes = Changes::new();
    match event {
        AccountingEvent::PeriodLocked { through } => changes.set("lockedThrough", through),
        AccountingEvent::AccountMapped { role, account } => {
            let rate = role.rate().map_or_else(String::new, |rate| format!("-{rate}"));
            changes.set(format!("accounts.{}{rate}", role.as_str()), account)
        }
        AccountingEvent::JournalNamed { journal, name } => changes.set(format!("journals.{}", journal.as_str()), name),
        AccountingEvent::ExportMappingSaved { format, columns } => {
            changes.set(format!("exportColumns.{}", format.as_str()), columns)
        }
    }
}

pub(super) fn product(event: &ProductEvent) -> Changes {
    let changes = Changes::new();
    match event {
        ProductEvent::ProductAdded {
            code,
            description,
            price,
            taxation,
        } => taxed(
            priced(described(changes.set("code", code), description), price),
            *taxation,
        ),
        ProductEvent::ProductDescribed { description } => described(changes, description),
        ProductEvent::ProductRepriced { price } => priced(changes, price),
        ProductEvent::ProductRetaxed { taxation } => taxed(changes, *taxation),
        ProductEvent::ProductRecoded { code } => changes.set("code", code),
        ProductEvent::ProductArchived {} => changes.set("archived", true),
        ProductEvent::ProductRestored {} => changes.set("archived", false),
    }
}

fn described(changes: Changes, description: &Description) -> Changes {
    changes
        .set("name", &description.name)
        .set("details", &description.details)
        .set("unit", &description.unit)
        .set("category", &description.category)
}

fn priced(changes: Changes, price: &Price) -> Changes {
    changes
        .set("unitPrice", price.unit_price)
        .set("currency", price.currency)
        .set("period", price.period)
}

fn taxed(changes: Changes, taxation: Taxation) -> Changes {
    changes
        .set("nature", taxation.nature)
        .set("rateClass", taxation.rate_class)
        .set("exemption", taxation.exemption)
}
