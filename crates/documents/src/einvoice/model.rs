//! An issued invoice in the terms of EN 16931.

use chrono::NaiveDate;
use domain::{
    Currency, PostalAddress, Siren, Siret,
    billing::{
        PriceBasis, Territory, VatCategory, VatTreatment,
        rounding::{half_away_from_zero, share},
    },
    document::{Buyer, DocumentLine, DocumentReference, InvoiceKind, IssuedInvoice, OperationNature},
    organization::OrganizationKind,
};
use rust_decimal::Decimal;

use super::unit;
use crate::{
    DocumentError,
    format::{self, Format},
    wording::{self, choose},
};

/// BT-24.
pub(super) const PROFILE: &str = "urn:cen.eu:en16931:2017";
/// SIREN (BT-30-1, BT-47-1), by ISO/IEC 6523.
pub(super) const SIREN: &str = "0002";
/// SIRET (BT-29-1, BT-46-1).
pub(super) const SIRET: &str = "0009";
/// An address in the French directory of platforms (BT-34-1, BT-49-1).
const DIRECTORY: &str = "0225";
/// An address of electronic mail.
const MAIL: &str = "EM";
/// Decimals of a price at most (BR-FR-DEC-02).
const PRICE_DECIMALS: u32 = 6;
/// Lines of an address (BT-35, BT-36, BT-162).
const ADDRESS_LINES: usize = 3;

/// Everything that both syntaxes say.
pub(super) struct EInvoice<'a> {
    pub(super) invoice: &'a IssuedInvoice,
    pub(super) currency: Currency,
    /// BT-23.
    pub(super) process: String,
    /// BG-1: subject codes and texts.
    pub(super) notes: Vec<(Option<&'static str>, String)>,
    pub(super) seller: Party<'a>,
    pub(super) buyer: Party<'a>,
    /// BG-13.
    pub(super) delivery: Delivery<'a>,
    /// BG-16: IBAN and BIC.
    pub(super) account: Option<(&'a str, Option<&'a str>)>,
    /// BT-20.
    pub(super) terms: String,
    /// BT-9.
    pub(super) due_on: Option<NaiveDate>,
    /// BG-3.
    pub(super) preceding: Vec<&'a DocumentReference>,
    /// Whether tax falls due with the invoice (BT-8).
    pub(super) on_debits: bool,
    /// BG-25.
    pub(super) lines: Vec<Line<'a>>,
    /// BG-20.
    pub(super) allowances: Allowances,
    /// BG-23.
    pub(super) groups: Vec<Group>,
    pub(super) reason: &'static str,
}

/// What is off the whole document, by what it is off of.
type Allowances = Vec<(VatTreatment, i64)>;

/// BG-4 and BG-7.
pub(super) struct Party<'a> {
    pub(super) name: String,
    pub(super) siren: Option<&'a Siren>,
    pub(super) siret: Option<&'a Siret>,
    pub(super) vat: Option<&'a str>,
    /// BT-32: by what the tax office knows a seller without a VAT number.
    pub(super) tax_registration: Option<&'a str>,
    pub(super) contact: Option<&'a str>,
    pub(super) phone: Option<&'a str>,
    pub(super) email: Option<&'a str>,
    pub(super) address: Address<'a>,
    /// Scheme and address (BT-34, BT-49).
    pub(super) endpoint: (&'static str, String),
}

/// BG-5, BG-8 and BG-15.
pub(super) struct Address<'a> {
    pub(super) lines: Vec<String>,
    pub(super) postcode: Option<&'a str>,
    pub(super) city: &'a str,
    pub(super) country: &'static str,
}

#[derive(Default)]
pub(super) struct Delivery<'a> {
    /// BT-72.
    pub(super) on: Option<NaiveDate>,
    /// BG-14.
    pub(super) period: Option<(NaiveDate, NaiveDate)>,
    /// BG-15.
    pub(super) to: Option<Address<'a>>,
}

/// BG-25.
pub(super) struct Line<'a> {
    pub(super) id: String,
    pub(super) sold: &'a DocumentLine,
    pub(super) unit: &'static str,
    pub(super) quantity: Decimal,
    /// BT-146.
    pub(super) price: Decimal,
    /// BT-149, where the price is not for one.
    pub(super) price_for: Option<Decimal>,
    /// BG-27; below nothing it is BG-28.
    pub(super) allowance: i64,
    /// BT-131.
    pub(super) net: i64,
}

/// BG-23.
pub(super) struct Group {
    pub(super) treatment: VatTreatment,
    pub(super) base: i64,
    pub(super) vat: i64,
    /// BT-120 and BT-121.
    pub(super) exemption: Option<(String, &'static str)>,
}

impl<'a> EInvoice<'a> {
    pub(super) fn of(invoice: &'a IssuedInvoice) -> Result<Self, DocumentError> {
        let buyer = invoice
            .buyer
            .value()
            .ok_or_else(|| DocumentError::BuyerErased(invoice.number.clone()))?;
        let language = invoice.content.language;
        checked_currency(invoice)?;
        let groups = groups(invoice);
        let outside = groups
            .iter()
            .any(|group| group.treatment.category == VatCategory::OutOfScope);
        if outside && groups.len() > 1 {
            return Err(DocumentError::OutOfScopeBesideOthers(invoice.number.clone()));
        }
        let (lines, allowances) = priced(invoice)?;
        let this = Self {
            invoice,
            currency: invoice.content.currency,
            process: process(invoice),
            notes: notes(invoice, buyer),
            seller: seller(invoice, outside),
            buyer: customer(buyer, outside),
            delivery: delivery(invoice, buyer),
            account: account(invoice),
            terms: terms(invoice),
            due_on: invoice.due_on().filter(|_| !invoice.kind.is_credit()),
            preceding: invoice
                .corrects
                .iter()
                .chain(invoice.deductions.iter().map(|deduction| &deduction.of))
                .collect(),
            on_debits: wording::is_on_debits(invoice),
            lines,
            allowances,
            groups,
            reason: choose(language, "Discount", "Remise"),
        };
        this.checked()
    }

    /// Lines less allowances are the bases, group by group (BR-CO-10, BR-S-08 and its sisters).
    fn checked(self) -> Result<Self, DocumentError> {
        for group in &self.groups {
            let same = |treatment: &VatTreatment| {
                treatment.category == group.treatment.category && treatment.rate == group.treatment.rate
            };
            let lines: i64 = self
                .lines
                .iter()
                .filter(|line| same(&line.sold.treatment))
                .map(|line| line.net)
                .sum();
            let allowances: i64 = self
                .allowances
                .iter()
                .filter(|(treatment, _)| same(treatment))
                .map(|(_, amount)| amount)
                .sum();
            if lines - allowances != group.base {
                return Err(DocumentError::Inconsistent {
                    number: self.invoice.number.clone(),
                    what: "the lines of a rate are not its base",
                });
            }
        }
        let net: i64 = self.groups.iter().map(|group| group.base).sum();
        if self.sum_of_lines() - self.sum_of_allowances() != net {
            return Err(DocumentError::Inconsistent {
                number: self.invoice.number.clone(),
                what: "there is a line whose rate is not in the breakdown",
            });
        }
        Ok(self)
    }

    /// BT-106.
    pub(super) fn sum_of_lines(&self) -> i64 {
        self.lines.iter().map(|line| line.net).sum()
    }

    /// BT-107.
    pub(super) fn sum_of_allowances(&self) -> i64 {
        self.allowances.iter().map(|(_, amount)| amount).sum()
    }

    pub(super) fn amount(&self, minor_units: i64) -> String {
        Decimal::new(minor_units, self.currency.decimals()).to_string()
    }

    /// BT-6, where the tax has to be said in euros too (BR-FR-CO-12).
    pub(super) fn in_euros(&self) -> bool {
        self.currency != Currency::EUR
    }

    /// BT-119 and BT-152: none for what is out of scope (BR-O-05).
    pub(super) fn rate(treatment: VatTreatment) -> Option<String> {
        (treatment.category != VatCategory::OutOfScope).then(|| {
            let mut rate = treatment.rate.as_decimal();
            if rate.scale() < 2 {
                rate.rescale(2);
            }
            rate.to_string()
        })
    }
}

fn checked_currency(invoice: &IssuedInvoice) -> Result<(), DocumentError> {
    let currency = invoice.content.currency;
    let fits = currency == Currency::EUR || (currency.decimals() <= 2 && invoice.breakdown.vat() == 0);
    fits.then_some(()).ok_or_else(|| DocumentError::CurrencyNotInEn16931 {
        number: invoice.number.clone(),
        currency,
    })
}

/// BT-23 by what is sold, and whether deposits were taken before (rule G1.02). A deposit is none of those itself
/// (BR-FR-CO-08).
fn process(invoice: &IssuedInvoice) -> String {
    let nature = match invoice.nature() {
        OperationNature::Goods => 'B',
        OperationNature::Services => 'S',
        OperationNature::Both => 'M',
    };
    let after_deposit = invoice.kind == InvoiceKind::Final && !invoice.deductions.is_empty();
    format!("{nature}{}", if after_deposit { '4' } else { '1' })
}

/// BG-1. PMT, PMD and AAB have to be there, each once, whoever buys (BR-FR-05).
fn notes(invoice: &IssuedInvoice, buyer: &Buyer) -> Vec<(Option<&'static str>, String)> {
    let content = &invoice.content;
    let language = content.language;
    let nobody_owes = || {
        language.choose(
            "Fixed indemnity for recovery costs: not owed by this customer.",
            "Indemnité forfaitaire pour frais de recouvrement : non due par ce client.",
        )
    };
    let mut notes = vec![
        (
            Some("REG"),
            wording::legal_identity(language, &invoice.seller).join(" - "),
        ),
        (
            Some("PMD"),
            wording::late_interest(language, buyer.kind, invoice.late_interest_rate),
        ),
        (
            Some("PMT"),
            wording::indemnity(language, buyer.kind).unwrap_or_else(nobody_owes),
        ),
        (
            Some("AAB"),
            wording::early_payment(language, content.early_payment_discount),
        ),
        (Some("BAR"), routing(buyer).to_owned()),
    ];
    let others = [
        wording::deposit_on(invoice),
        wording::is_on_debits(invoice).then(|| wording::on_debits(language).to_owned()),
        content.subject.clone(),
        content.notes.clone(),
    ];
    notes.extend(others.into_iter().flatten().map(|text| (None, text)));
    notes
}

/// Which way the administration hears of it (BR-FR-20). A customer without SIREN is reported as one who is not taxed
/// (external specifications, 2.3.3).
fn routing(buyer: &Buyer) -> &'static str {
    let at_home = Territory::of(buyer.address.country).is_some();
    match (buyer.kind, &buyer.siren, at_home) {
        (OrganizationKind::Professional, Some(_), _) => "B2B",
        (OrganizationKind::Professional, None, false) => "B2BINT",
        (_, _, false) => "B2CINT",
        (_, _, true) => "B2C",
    }
}

fn seller(invoice: &IssuedInvoice, outside: bool) -> Party<'_> {
    let identity = &invoice.seller.identity;
    let siren = identity.siren.as_str();
    let vat = identity
        .vat_number
        .as_ref()
        .map(domain::VatNumber::as_str)
        .filter(|_| !outside);
    Party {
        name: wording::seller_name(identity),
        siren: Some(&identity.siren),
        siret: identity
            .siret
            .as_ref()
            .filter(|siret| siret.as_str().starts_with(siren)),
        vat,
        // BR-E-02 and its sisters ask for one of the two; BR-O-02 forbids the first where nothing is in scope.
        tax_registration: (vat.is_none() && !outside).then_some(siren),
        contact: None,
        phone: identity.phone.as_deref(),
        email: identity.email.as_deref(),
        address: address(&identity.address),
        endpoint: (DIRECTORY, siren.to_owned()),
    }
}

fn customer(buyer: &Buyer, outside: bool) -> Party<'_> {
    Party {
        name: buyer.name.clone(),
        siren: buyer.siren.as_ref(),
        siret: buyer.siret.as_ref().filter(|siret| {
            buyer
                .siren
                .as_ref()
                .is_none_or(|siren| siret.as_str().starts_with(siren.as_str()))
        }),
        // BR-O-02 to BR-O-04.
        vat: buyer
            .vat_number
            .as_ref()
            .map(domain::VatNumber::as_str)
            .filter(|_| !outside),
        tax_registration: None,
        contact: buyer.contact.as_deref(),
        phone: None,
        email: None,
        address: address(&buyer.address),
        endpoint: endpoint(buyer),
    }
}

/// BT-49 has to be there (BR-FR-12): the directory's for those who stand in it, else where the document is mailed to; and
/// who has neither gets an address that can belong to nobody (RFC 2606).
fn endpoint(buyer: &Buyer) -> (&'static str, String) {
    match (&buyer.siren, &buyer.email) {
        (Some(siren), _) => (DIRECTORY, siren.to_string()),
        (None, Some(email)) => (MAIL, email.clone()),
        (None, None) => (MAIL, format!("{}@no-address.invalid", buyer.organization)),
    }
}

fn address(address: &PostalAddress) -> Address<'_> {
    let mut lines: Vec<String> = address.lines.clone();
    if lines.len() > ADDRESS_LINES {
        let rest = lines.split_off(ADDRESS_LINES - 1).join(", ");
        lines.push(rest);
    }
    Address {
        lines,
        postcode: address.postcode.as_deref(),
        city: &address.city,
        country: address.country.code(),
    }
}

/// When it was done or delivered: on the last day of the period, or else on the day of the invoice (CGI ann. II
/// art. 242 nonies A, 10°); a deposit or a credit note delivers nothing. Goods to another member state have to say when
/// and where to (BR-IC-11 and BR-IC-12), and one of the two is always said, for the element around them may not be empty
/// (PEPPOL-EN16931-R008).
fn delivery<'a>(invoice: &'a IssuedInvoice, buyer: &'a Buyer) -> Delivery<'a> {
    let intra_community = invoice
        .breakdown
        .shares()
        .iter()
        .any(|share| share.treatment.category == VatCategory::IntraCommunity);
    let delivers = match invoice.kind {
        InvoiceKind::Standard | InvoiceKind::Progress | InvoiceKind::Final => true,
        InvoiceKind::Deposit | InvoiceKind::CreditNote | InvoiceKind::DepositCreditNote => intra_community,
    };
    let period = invoice.content.period;
    let on = period
        .map(|period| period.end)
        .or_else(|| delivers.then_some(invoice.issued_on));
    let elsewhere = buyer.delivery_address.as_ref();
    Delivery {
        on,
        period: period
            .filter(|period| period.start != period.end)
            .map(|period| (period.start, period.end)),
        to: elsewhere
            .or_else(|| (intra_community || on.is_none()).then_some(&buyer.address))
            .map(address),
    }
}

fn account(invoice: &IssuedInvoice) -> Option<(&str, Option<&str>)> {
    let account = invoice.seller.bank_account.as_ref()?;
    let to_pay = !invoice.kind.is_credit() && invoice.due() > 0;
    to_pay.then(|| (account.iban.as_str(), account.bic.as_ref().map(domain::Bic::as_str)))
}

fn terms(invoice: &IssuedInvoice) -> String {
    let content = &invoice.content;
    let language = content.language;
    if invoice.kind.is_credit() {
        return language.choose("To be set off or paid back", "À déduire ou à rembourser");
    }
    let mut terms = wording::terms(language, &content.payment_terms);
    if invoice.schedule.len() > 1 {
        let format = Format {
            language,
            currency: content.currency,
        };
        let parts = invoice.schedule.iter().map(|part| {
            let (day, amount) = (format::date(language, part.due), format.money(part.amount));
            language.choose(format!("\n{day}: {amount}"), format!("\n{day} : {amount}"))
        });
        terms.extend(parts);
    }
    terms
}

/// One group for each category and rate. Where several reasons meet in one, all are said; a code there is room for only
/// one.
fn groups(invoice: &IssuedInvoice) -> Vec<Group> {
    let language = invoice.content.language;
    let mut groups: Vec<Group> = Vec::new();
    for share in invoice.breakdown.shares() {
        let exemption = share
            .treatment
            .reason
            .map(|reason| (reason.wording(language).to_owned(), reason.vatex()));
        let same = groups.iter_mut().find(|group| {
            group.treatment.category == share.treatment.category && group.treatment.rate == share.treatment.rate
        });
        match (same, exemption) {
            (None, exemption) => groups.push(Group {
                treatment: share.treatment,
                base: share.base,
                vat: share.vat,
                exemption,
            }),
            (Some(group), exemption) => {
                group.base += share.base;
                group.vat += share.vat;
                if let (Some((said, _)), Some((more, _))) = (&mut group.exemption, exemption) {
                    said.push_str(" ; ");
                    said.push_str(&more);
                }
            }
        }
    }
    groups
}

/// Lines and document allowances without tax, so that each group's lines less its allowance are its base exactly.
fn priced(invoice: &IssuedInvoice) -> Result<(Vec<Line<'_>>, Allowances), DocumentError> {
    let content = &invoice.content;
    let off: Allowances = invoice
        .breakdown
        .shares()
        .iter()
        .map(|share| share.treatment)
        .zip(invoice.discount_shares.iter().copied())
        .collect();
    let mut lines = Vec::new();
    for (index, line) in content.lines().enumerate() {
        let amount = line
            .priced()
            .amount(content.currency, "unitPrice", "discount")
            .map_err(|_| DocumentError::Inconsistent {
                number: invoice.number.clone(),
                what: "a line cannot be priced",
            })?;
        lines.push(Line {
            id: (index + 1).to_string(),
            sold: line,
            unit: unit::code(&line.unit),
            quantity: line.quantity.as_decimal(),
            price: line.unit_price.as_decimal(),
            price_for: None,
            allowance: amount.discount,
            net: amount.amount(),
        });
    }
    let off = match content.price_basis {
        PriceBasis::Net => off,
        PriceBasis::Gross => without_tax(invoice, &mut lines, &off),
    };
    Ok((lines, off.into_iter().filter(|(_, amount)| *amount != 0).collect()))
}

/// Turns prices that include tax into such that do not. A group's base and what is off it say what its lines come to;
/// each line gets its share of that, and its price follows from the line.
fn without_tax(invoice: &IssuedInvoice, lines: &mut [Line<'_>], off: &[(VatTreatment, i64)]) -> Allowances {
    let decimals = invoice.content.currency.decimals();
    let mut allowances = Vec::new();
    for group in invoice.breakdown.shares() {
        let of_group = |line: &&mut Line<'_>| line.sold.treatment == group.treatment;
        let gross_off = off
            .iter()
            .find(|(treatment, _)| *treatment == group.treatment)
            .map_or(0, |(_, amount)| *amount);
        let net_off = gross_off - group.treatment.rate.within(gross_off);
        allowances.push((group.treatment, net_off));
        let mut lines: Vec<&mut Line<'_>> = lines.iter_mut().filter(of_group).collect();
        let gross: Vec<i64> = lines.iter().map(|line| line.net).collect();
        let net = share(group.base + net_off, &gross).unwrap_or_else(|| vec![0; gross.len()]);
        for (line, net) in lines.iter_mut().zip(net) {
            line.allowance -= group.treatment.rate.within(line.allowance);
            line.net = net;
            let before = Decimal::new(net + line.allowance, decimals);
            (line.price, line.price_for) = unit_price(before, line.quantity, decimals);
        }
    }
    allowances
}

/// A price whose product with the quantity is this amount to the cent: for one where six decimals are enough, else for the
/// whole quantity.
fn unit_price(amount: Decimal, quantity: Decimal, decimals: u32) -> (Decimal, Option<Decimal>) {
    let price = (amount / quantity).round_dp(PRICE_DECIMALS).normalize();
    let cents = |amount: Decimal| half_away_from_zero(amount * Decimal::from(10_i64.pow(decimals)));
    if price >= Decimal::ZERO && cents(price * quantity) == cents(amount) {
        (price, None)
    } else {
        (amount.abs(), Some(quantity.abs()))
    }
}
