//! What stands in an invoice that comes from a quote: the whole, a deposit, a part as the work goes on.
//!
//! The rows of a final invoice are those of [`whole`]: what was invoiced before is taken off below the totals, not in
//! them.

use std::collections::BTreeSet;

use rust_decimal::Decimal;

use super::InvoiceError;
use crate::{
    Currency, InvalidValue, Language,
    billing::{
        Balance, Nature, PaymentTerms, Percentage, PriceBasis, Quantity, UnitPrice, VatBreakdown, VatTreatment,
        balance, rounding::share,
    },
    document::{Content, DocumentLine, LineId, Row, WishedContent, WishedLine, WishedRow},
    product::Taxation,
    value::{NAME_MAX, Problem},
};

/// Numbers of lines from here on are free.
pub fn next_line(content: &Content) -> LineId {
    let last = content.lines().map(|line| line.id.0).max().unwrap_or(0);
    LineId(last.saturating_add(1))
}

/// The whole of a content with these of its options, to be drafted: nothing is optional any more. Lines keep their
/// numbers.
pub fn whole(content: &Content, chosen: &BTreeSet<LineId>) -> WishedContent {
    let rows = content.rows.iter().filter_map(|row| match row {
        Row::Section { title } => Some(WishedRow::Section { title: title.clone() }),
        Row::Comment { text } => Some(WishedRow::Comment { text: text.clone() }),
        Row::Line(line) if line.optional && !chosen.contains(&line.id) => None,
        Row::Line(line) => Some(WishedRow::Line(Box::new(WishedLine {
            optional: false,
            ..line.wished()
        }))),
    });
    WishedContent {
        rows: rows.collect(),
        price_basis: content.price_basis,
        discount: content.discount,
        early_payment_discount: content.early_payment_discount,
        ..frame(content)
    }
}

/// A deposit of a share of a content with these of its options: for each rate `base = round(share × base of the rate)`,
/// one line for its goods and one for its services, payable on receipt.
///
/// `earlier` are the deposits before, as they say what is left of them: of no rate more is taken than they leave. Refuses
/// a deposit of nothing.
pub fn deposit(
    content: &Content,
    chosen: &BTreeSet<LineId>,
    percent: Percentage,
    earlier: &[VatBreakdown],
) -> Result<WishedContent, InvoiceError> {
    let whole = content.totals(chosen)?;
    let left = Balance::new(&whole.breakdown, earlier);
    let sold: Vec<Sold> = content
        .taken(chosen)
        .zip(&whole.net_of_lines)
        .map(|(line, net)| Sold::of(line, *net))
        .collect();
    let mut rows = Vec::new();
    for wish in balance::deposit(&whole.breakdown, percent).shares() {
        let at_most = left.left().get(wish.treatment).map_or(0, |left| left.base);
        for part in by_nature(&sold, wish.treatment, wish.base.min(at_most)) {
            let line = part.line(
                deposit_name(content.language, percent, &part),
                content.currency,
                content.language,
            )?;
            rows.push(WishedRow::Line(Box::new(line.wished_anew())));
        }
    }
    if rows.is_empty() {
        return Err(InvoiceError::NothingToInvoice);
    }
    Ok(WishedContent {
        rows,
        payment_terms: PaymentTerms::Net { days: 0 },
        ..frame(content)
    })
}

/// A part of a content with these of its options, as the work goes on: of each line `round(cumulated × line)` less what
/// was invoiced of it before, without tax and with its share of the document's discount. Lines keep their numbers; those
/// that are not named have not moved.
///
/// Refuses a line that goes back, and a part of nothing.
pub fn progress(
    content: &Content,
    chosen: &BTreeSet<LineId>,
    cumulated: &[(LineId, Percentage)],
    before: &[(LineId, i64)],
) -> Result<WishedContent, InvoiceError> {
    let is_there = |id: &LineId| content.taken(chosen).any(|line| line.id == *id);
    if !cumulated.iter().all(|(id, _)| is_there(id)) {
        return Err(InvalidValue::new("line", Problem::NoSuchLine).into());
    }
    let whole = content.totals(chosen)?;
    let mut rows = Vec::new();
    for (line, net) in content.taken(chosen).zip(&whole.net_of_lines) {
        let Some((_, percent)) = cumulated.iter().find(|(id, _)| *id == line.id) else {
            continue;
        };
        let invoiced: i64 = before.iter().filter(|(id, _)| *id == line.id).map(|(_, net)| net).sum();
        let part = percent.of(*net) - invoiced;
        if part.signum() * net.signum() < 0 {
            return Err(InvoiceError::ProgressGoesBack { line: line.id });
        }
        if part == 0 {
            continue;
        }
        let name = shortened(&content.language.choose(
            format!("{} — {percent} % done", line.name),
            format!("{} — avancement {} %", line.name, comma(*percent)),
        ));
        let sold = Sold::of(line, part);
        let done = sold.line(name, content.currency, content.language)?;
        rows.push(WishedRow::Line(Box::new(WishedLine {
            id: Some(line.id),
            product: line.product,
            details: line.details.clone(),
            ..done.wished()
        })));
    }
    if rows.is_empty() {
        return Err(InvoiceError::NothingToInvoice);
    }
    Ok(WishedContent {
        rows,
        early_payment_discount: content.early_payment_discount,
        ..frame(content)
    })
}

/// What stands around the rows, with net prices and no discount.
fn frame(content: &Content) -> WishedContent {
    WishedContent {
        subject: content.subject.clone(),
        rows: Vec::new(),
        price_basis: PriceBasis::Net,
        discount: None,
        currency: content.currency,
        payment_terms: content.payment_terms.clone(),
        early_payment_discount: None,
        notes: content.notes.clone(),
        conditions: content.conditions.clone(),
        purchase_order: content.purchase_order.clone(),
        period: content.period,
        language: content.language,
        layout: content.layout,
    }
}

/// How much was sold, without tax, of what is taxed alike.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sold {
    taxation: Taxation,
    treatment: VatTreatment,
    net: i64,
}

impl Sold {
    pub(super) const fn of(line: &DocumentLine, net: i64) -> Self {
        Self {
            taxation: line.taxation,
            treatment: line.treatment,
            net,
        }
    }

    pub(super) const fn nature(&self) -> Nature {
        self.taxation.nature
    }

    pub(super) const fn treatment(&self) -> VatTreatment {
        self.treatment
    }

    pub(super) const fn net(&self) -> i64 {
        self.net
    }

    /// A line that comes to this amount and nothing else.
    pub(super) fn line(
        &self,
        name: String,
        currency: Currency,
        language: Language,
    ) -> Result<DocumentLine, InvalidValue> {
        let price = Decimal::new(self.net.abs(), currency.decimals());
        let quantity = if self.net < 0 {
            Decimal::NEGATIVE_ONE
        } else {
            Decimal::ONE
        };
        Ok(DocumentLine {
            id: LineId(0),
            product: None,
            name,
            details: None,
            unit: language.choose("lump sum", "forfait"),
            quantity: Quantity::new("quantity", quantity)?,
            unit_price: UnitPrice::new("unitPrice", price)?,
            discount: None,
            period: None,
            optional: false,
            taxation: self.taxation,
            treatment: self.treatment,
        })
    }

    /// "prestations, TVA 20 %".
    pub(super) fn described(&self, language: Language) -> String {
        let nature = match self.taxation.nature {
            Nature::Goods => language.choose("goods", "livraisons de biens"),
            Nature::Services => language.choose("services", "prestations de services"),
        };
        let rate = self.treatment.rate;
        if rate == Percentage::ZERO {
            return language.choose(format!("{nature}, without VAT"), format!("{nature}, sans TVA"));
        }
        language.choose(
            format!("{nature}, VAT {rate} %"),
            format!("{nature}, TVA {} %", comma(rate)),
        )
    }
}

fn deposit_name(language: Language, percent: Percentage, part: &Sold) -> String {
    language.choose(
        format!("Deposit of {percent} % — {}", part.described(language)),
        format!("Acompte de {} % — {}", comma(percent), part.described(language)),
    )
}

/// Shares the base of a treatment between the goods and the services that were sold under it, in proportion. The
/// taxation is that of the first of each.
pub(super) fn by_nature(sold: &[Sold], treatment: VatTreatment, base: i64) -> Vec<Sold> {
    let mut groups: Vec<Sold> = Vec::new();
    for one in sold.iter().filter(|one| one.treatment == treatment) {
        match groups.iter_mut().find(|group| group.nature() == one.nature()) {
            Some(group) => group.net += one.net,
            None => groups.push(*one),
        }
    }
    let weights: Vec<i64> = groups.iter().map(|group| group.net.max(0)).collect();
    // Nothing to go by: the first takes it all.
    let parts = share(base, &weights).unwrap_or_else(|| vec![base]);
    let shared = groups.iter().zip(parts).map(|(group, net)| Sold { net, ..*group });
    shared.filter(|part| part.net > 0).collect()
}

/// As French writes it: `5,5`.
pub(super) fn comma(percent: Percentage) -> String {
    percent.to_string().replace('.', ",")
}

pub(super) fn shortened(name: &str) -> String {
    name.chars().take(NAME_MAX).collect()
}
