use domain::{
    AccountingEvent, CompanyEvent, ProductEvent,
    company::VatRegime,
    product::{Price, Taxation},
};

use super::{day, listed};

pub(super) fn company(event: &CompanyEvent) -> String {
    match event {
        CompanyEvent::CompanyIdentified { identity } => {
            let vat = identity.vat_number.as_ref().map(|number| format!("VAT {number}"));
            let form = identity.form.as_str();
            listed(
                format!("identified as “{}”, {form}, SIREN {}", identity.name, identity.siren),
                [vat],
            )
        }
        CompanyEvent::CompanyVatSchemeSet { scheme } => {
            let debits = scheme.on_debits.then(|| "on debits".to_owned());
            let regime = match scheme.regime {
                VatRegime::Monthly => "VAT declared monthly",
                VatRegime::Quarterly => "VAT declared quarterly",
                VatRegime::Franchise => "no VAT charged (art. 293 B)",
            };
            listed(regime.to_owned(), [debits])
        }
        CompanyEvent::CompanyBankAccountChanged { account } => format!("paid to {}", account.iban),
        CompanyEvent::CompanyAppearanceSet { appearance } => {
            let color = appearance.color.as_deref().unwrap_or("no colour");
            format!("documents in {color}")
        }
        CompanyEvent::CompanyDocumentDefaultsSet { defaults } => format!(
            "quotes hold {} days, invoices are due {}",
            defaults.quote_validity_days,
            super::value(&serde_json::to_value(&defaults.payment_terms).unwrap_or_default())
        ),
        CompanyEvent::LateInterestRateSet {
            half_year,
            rate,
            source,
        } => format!(
            "late interest of {}-{}: {rate} % ({source})",
            half_year.year, half_year.half
        ),
        CompanyEvent::CompanyVatRateSet { rate } => format!(
            "VAT {} from {}: {} ({})",
            rate.key.class.as_str(),
            day(rate.key.from),
            rate.rate.map_or_else(|| "none".to_owned(), |rate| format!("{rate} %")),
            rate.reason
        ),
        CompanyEvent::CompanyVatRateRemoved { key } => {
            format!(
                "VAT {} from {}: as the program has it",
                key.class.as_str(),
                day(key.from)
            )
        }
        CompanyEvent::CompanyFiscalYearEndSet { end } => format!("fiscal year ends on {:02}-{:02}", end.month, end.day),
        CompanyEvent::CompanyElectronicInvoicingSet { from } => match from {
            Some(from) => format!("invoices go through a platform from {}", day(*from)),
            None => "when invoices have to go through a platform is not known".to_owned(),
        },
        CompanyEvent::CompanyNumberPatternSet { series, pattern } => {
            format!("numbers of {} written as {pattern}", series.as_str())
        }
        CompanyEvent::CompanySalesRulesSet { rules } => format!(
            "an accepted quote leads to {}{}",
            rules.deal_on_acceptance.as_str(),
            rules.approval_above.map_or(String::new(), |above| format!(
                ", discounts above {above} % need approval"
            ))
        ),
        CompanyEvent::IndexValueSet { value, source } => format!(
            "{} of {}: {} ({source})",
            value.index,
            value.point.month.format("%Y-%m"),
            value.point.value
        ),
        CompanyEvent::ExchangeRateSet {
            currency,
            from,
            rate,
            source,
        } => format!("1 {currency} is {rate} EUR from {} ({source})", day(*from)),
        CompanyEvent::CompanyRevenueRulesSet { rules } => {
            format!(
                "a renewal may come {} days late and is no churn",
                rules.renewal_grace_days
            )
        }
        CompanyEvent::CompanyRemindersSet { ladder } => {
            let days = ladder.steps.iter().map(|step| format!("J{:+}", step.days));
            format!("reminders at {}", days.collect::<Vec<_>>().join(", "))
        }
    }
}

pub(super) fn accounting(event: &AccountingEvent) -> String {
    match event {
        AccountingEvent::PeriodLocked { through } => format!("the books are closed up to {}", day(*through)),
        AccountingEvent::AccountMapped { role, account } => {
            let rate = role.rate().map(|rate| format!(" of {rate} %")).unwrap_or_default();
            let role = role.as_str().to_lowercase().replace('_', " ");
            format!("{role}{rate} in {} “{}”", account.number, account.label)
        }
        AccountingEvent::JournalNamed { journal, name } => {
            let journal = journal.as_str().to_lowercase();
            format!("the journal of {journal} is {} “{}”", name.code, name.label)
        }
        AccountingEvent::ExportMappingSaved { format, columns } => {
            let titles: Vec<&str> = columns.iter().map(|column| column.title.as_str()).collect();
            format!("exports for {} with the columns {}", format.as_str(), titles.join(", "))
        }
    }
}

pub(super) fn product(event: &ProductEvent) -> String {
    match event {
        ProductEvent::ProductAdded {
            code,
            description,
            price,
            taxation,
        } => format!(
            "added as {code} “{}”, {}, {}",
            description.name,
            priced(price, &description.unit),
            taxed(*taxation)
        ),
        ProductEvent::ProductDescribed { description } => format!("described as “{}”", description.name),
        ProductEvent::ProductRepriced { price } => format!("now {}", priced(price, "unit")),
        ProductEvent::ProductRetaxed { taxation } => format!("taxed as {}", taxed(*taxation)),
        ProductEvent::ProductRecoded { code } => format!("code {code}"),
        ProductEvent::ProductArchived {} => "archived".to_owned(),
        ProductEvent::ProductRestored {} => "restored".to_owned(),
    }
}

fn priced(price: &Price, unit: &str) -> String {
    let period = price
        .period
        .map(|period| format!("a {}", period.as_str().to_lowercase()));
    let amount = price.unit_price.as_decimal();
    let first = format!("{amount} {} per {unit}", price.currency);
    match period {
        Some(period) => format!("{first} {period}"),
        None => first,
    }
}

fn taxed(taxation: Taxation) -> String {
    let nature = taxation.nature.as_str().to_lowercase();
    match taxation.exemption {
        Some(reason) => format!("{nature}, exempt ({})", reason.as_str()),
        None => format!("{nature}, {} rate", taxation.rate_class.as_str().to_lowercase()),
    }
}
