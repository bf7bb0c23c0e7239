//! Events into entries. The fold remembers what later events do not say again: what of an invoice's tax is pending, whose
//! payment it is, which code a customer has, what is locked.
//!
//! Deterministic by the order of the journal and by nothing else: what was recorded before a lock and counts for a day
//! inside it lies inside, what was recorded after it goes to the first open day.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Days, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{
    chart::{AccountRole, Chart, Journal},
    claim::{Claim, Part, Shift, Sold, by_nature, portions},
    entry::{Auxiliary, Booked, DocumentFact, Draft, Entry, Line, Matching, Unbooked},
};
use crate::{
    CompanyEvent, Currency, InvoiceId, OrganizationEvent, OrganizationId, PaymentId,
    accounting_period::AccountingEvent,
    billing::{Nature, VatBreakdown, VatTreatment},
    company::FiscalYearEnd,
    document::{Deduction, InvoiceKind, IssuedInvoice},
    invoice::InvoiceEvent,
    payment::{PaymentEvent, PaymentMethod},
};

/// Characters of a customer's code at most.
const CODE_MAX: usize = 17;

/// Where and when an event was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recording {
    pub position: u64,
    /// In the company's zone.
    pub on: NaiveDate,
}

/// What can matter to the books.
#[derive(Debug, Clone, Copy)]
pub enum Happened<'a> {
    Company(&'a CompanyEvent),
    Organization(OrganizationId, &'a OrganizationEvent),
    Invoice(InvoiceId, &'a InvoiceEvent),
    Payment(PaymentId, &'a PaymentEvent),
    Accounting(&'a AccountingEvent),
}

/// A part of what a [`Ledger`] remembers.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateKey {
    Settings,
    Customer(OrganizationId),
    /// Which customer has a code.
    Code(String),
    Invoice(InvoiceId),
    Payment(PaymentId),
}

impl std::fmt::Display for StateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Settings => f.write_str("settings"),
            Self::Customer(id) => write!(f, "customer:{id}"),
            Self::Code(code) => write!(f, "code:{code}"),
            Self::Invoice(id) => write!(f, "invoice:{id}"),
            Self::Payment(id) => write!(f, "payment:{id}"),
        }
    }
}

impl Happened<'_> {
    /// What [`Ledger::record`] has to know for it, and may change. Nothing: it does not matter to the books.
    pub fn touches(self) -> BTreeSet<StateKey> {
        match self {
            Self::Company(CompanyEvent::CompanyFiscalYearEndSet { .. }) | Self::Accounting(_) => {
                BTreeSet::from([StateKey::Settings])
            }
            Self::Organization(id, OrganizationEvent::OrganizationRegistered { external_reference, .. }) => {
                let code = external_reference.as_deref().and_then(code_of).map(StateKey::Code);
                code.into_iter().chain([StateKey::Customer(id)]).collect()
            }
            Self::Organization(id, OrganizationEvent::OrganizationRenamed { .. }) => {
                BTreeSet::from([StateKey::Customer(id)])
            }
            Self::Company(_) | Self::Organization(..) => BTreeSet::new(),
            Self::Invoice(id, event) => touched_by_invoice(id, event),
            Self::Payment(id, event) => match event {
                PaymentEvent::PaymentReceived { organization, .. } => BTreeSet::from([
                    StateKey::Settings,
                    StateKey::Payment(id),
                    StateKey::Customer(*organization),
                ]),
                PaymentEvent::PaymentRefunded { .. } | PaymentEvent::PaymentReversed { .. } => {
                    BTreeSet::from([StateKey::Settings, StateKey::Payment(id)])
                }
                PaymentEvent::PaymentApplied { .. } | PaymentEvent::PaymentUnapplied { .. } => BTreeSet::new(),
            },
        }
    }
}

fn touched_by_invoice(id: InvoiceId, event: &InvoiceEvent) -> BTreeSet<StateKey> {
    let mut keys = BTreeSet::from([StateKey::Settings, StateKey::Invoice(id)]);
    match event {
        InvoiceEvent::InvoiceIssued {
            invoice, organization, ..
        } => {
            keys.insert(StateKey::Customer(*organization));
            keys.extend(invoice.corrects.iter().map(|of| StateKey::Invoice(of.invoice)));
            let deducted = invoice.deductions.iter().map(|deduction| deduction.of.invoice);
            keys.extend(deducted.map(StateKey::Invoice));
        }
        InvoiceEvent::InvoiceCredited { by, .. } => {
            keys.insert(StateKey::Invoice(by.invoice));
        }
        InvoiceEvent::PaymentAllocated { payment, .. } | InvoiceEvent::PaymentAllocationWithdrawn { payment, .. } => {
            keys.insert(StateKey::Payment(*payment));
        }
        InvoiceEvent::EarlyPaymentDiscountGranted { .. }
        | InvoiceEvent::InvoiceWrittenOff { .. }
        | InvoiceEvent::InvoiceWriteOffUndone { .. }
        | InvoiceEvent::LateInterestClaimed { .. } => {}
        _ => keys.clear(),
    }
    keys
}

/// Everything that entries need to know of what was before.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ledger {
    settings: Settings,
    customers: HashMap<OrganizationId, Customer>,
    codes: HashMap<String, OrganizationId>,
    invoices: HashMap<InvoiceId, Claim>,
    payments: HashMap<PaymentId, Receipt>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Settings {
    chart: Chart,
    locked_through: Option<NaiveDate>,
    fiscal_year_end: FiscalYearEnd,
    /// Customers who got a code from us.
    customers: u32,
    /// When the last entry became final.
    valid_on: Option<NaiveDate>,
    /// The last number of each fiscal year, by its last day.
    numbers: BTreeMap<NaiveDate, u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            chart: Chart::default(),
            locked_through: None,
            fiscal_year_end: FiscalYearEnd { month: 12, day: 31 },
            customers: 0,
            valid_on: None,
            numbers: BTreeMap::new(),
        }
    }
}

impl Settings {
    /// The day that something counts for: its own, not after it was recorded; the first open one, where that is locked.
    fn day(&self, at: Recording, wanted: NaiveDate) -> NaiveDate {
        let wanted = wanted.min(at.on);
        match self.locked_through {
            Some(locked) if wanted <= locked => locked.checked_add_days(Days::new(1)).unwrap_or(locked),
            _ => wanted,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Customer {
    name: Option<String>,
    /// Never changed once it is there.
    code: Option<String>,
}

/// What the books remember of a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Receipt {
    customer: Auxiliary,
    piece: String,
    method: PaymentMethod,
    /// What of it is still here.
    left: i64,
    booked: bool,
}

impl Ledger {
    /// Puts back a part that was [dumped](Self::dump).
    pub fn load(&mut self, key: StateKey, json: &str) -> Result<(), serde_json::Error> {
        match key {
            StateKey::Settings => self.settings = serde_json::from_str(json)?,
            StateKey::Customer(id) => {
                self.customers.insert(id, serde_json::from_str(json)?);
            }
            StateKey::Code(code) => {
                self.codes.insert(code, serde_json::from_str(json)?);
            }
            StateKey::Invoice(id) => {
                self.invoices.insert(id, serde_json::from_str(json)?);
            }
            StateKey::Payment(id) => {
                self.payments.insert(id, serde_json::from_str(json)?);
            }
        }
        Ok(())
    }

    /// A part as text; `None`: nothing is known of it.
    pub fn dump(&self, key: &StateKey) -> Result<Option<String>, serde_json::Error> {
        match key {
            StateKey::Settings => serde_json::to_string(&self.settings).map(Some),
            StateKey::Customer(id) => self.customers.get(id).map(serde_json::to_string).transpose(),
            StateKey::Code(code) => self.codes.get(code).map(serde_json::to_string).transpose(),
            StateKey::Invoice(id) => self.invoices.get(id).map(serde_json::to_string).transpose(),
            StateKey::Payment(id) => self.payments.get(id).map(serde_json::to_string).transpose(),
        }
    }

    pub const fn chart(&self) -> &Chart {
        &self.settings.chart
    }

    pub const fn locked_through(&self) -> Option<NaiveDate> {
        self.settings.locked_through
    }

    #[cfg(test)]
    pub(super) fn claim(&self, id: InvoiceId) -> &Claim {
        &self.invoices[&id]
    }

    /// What an event writes into the books. Total: what is in the journal happened.
    pub fn record(&mut self, at: Recording, happened: Happened<'_>) -> Booked {
        match happened {
            Happened::Company(event) => self.company(event),
            Happened::Organization(id, event) => self.organization(id, event),
            Happened::Accounting(event) => self.accounting(event),
            Happened::Invoice(id, event) => return self.invoice(at, id, event),
            Happened::Payment(id, event) => return self.payment(at, id, event),
        }
        Booked::default()
    }

    fn company(&mut self, event: &CompanyEvent) {
        if let CompanyEvent::CompanyFiscalYearEndSet { end } = event {
            self.settings.fiscal_year_end = *end;
        }
    }

    fn organization(&mut self, id: OrganizationId, event: &OrganizationEvent) {
        match event {
            OrganizationEvent::OrganizationRegistered {
                name,
                external_reference,
                ..
            } => {
                let customer = self.customers.entry(id).or_default();
                customer.name = Some(name.clone());
                if let Some(code) = external_reference.as_deref().and_then(code_of)
                    && *self.codes.entry(code.clone()).or_insert(id) == id
                {
                    customer.code.get_or_insert(code);
                }
            }
            OrganizationEvent::OrganizationRenamed { name } => {
                self.customers.entry(id).or_default().name = Some(name.clone());
            }
            _ => {}
        }
    }

    fn accounting(&mut self, event: &AccountingEvent) {
        match event {
            AccountingEvent::PeriodLocked { through } => {
                let locked = self
                    .settings
                    .locked_through
                    .map_or(*through, |locked| locked.max(*through));
                self.settings.locked_through = Some(locked);
            }
            AccountingEvent::AccountMapped { role, account } => self.settings.chart.map(*role, account.clone()),
            AccountingEvent::JournalNamed { journal, name } => self.settings.chart.name(*journal, name.clone()),
            AccountingEvent::ExportMappingSaved { .. } => {}
        }
    }

    fn invoice(&mut self, at: Recording, id: InvoiceId, event: &InvoiceEvent) -> Booked {
        match event {
            InvoiceEvent::InvoiceIssued {
                invoice, organization, ..
            } => self.issued(at, id, *organization, invoice),
            InvoiceEvent::InvoiceCredited { by, lines, .. } => self.credited(at, id, by.invoice, lines.is_empty()),
            InvoiceEvent::PaymentAllocated {
                payment,
                amount,
                value_date,
                breakdown,
            } => self.allocated(at, id, *payment, *amount, *value_date, breakdown),
            InvoiceEvent::PaymentAllocationWithdrawn {
                payment,
                amount,
                breakdown,
                on,
                ..
            } => self.withdrawn(at, id, *payment, *amount, *on, breakdown),
            InvoiceEvent::EarlyPaymentDiscountGranted { breakdown, on } => {
                self.given_up(at, id, *on, breakdown, AccountRole::Discounts, "Escompte accordé")
            }
            InvoiceEvent::InvoiceWrittenOff { breakdown, on, .. } => {
                self.given_up(at, id, *on, breakdown, AccountRole::BadDebts, "Créance irrécouvrable")
            }
            // What was given up is owed again, by the same parts.
            InvoiceEvent::InvoiceWriteOffUndone { breakdown, on, .. } => {
                let again = VatBreakdown::default().without([breakdown]);
                self.given_up(
                    at,
                    id,
                    *on,
                    &again,
                    AccountRole::RecoveredDebts,
                    "Rentrée sur créance amortie",
                )
            }
            InvoiceEvent::LateInterestClaimed {
                until,
                interest,
                indemnity,
                ..
            } => self.interest(at, id, *until, *interest, *indemnity),
            _ => Booked::default(),
        }
    }

    fn issued(
        &mut self,
        at: Recording,
        id: InvoiceId,
        organization: OrganizationId,
        invoice: &IssuedInvoice,
    ) -> Booked {
        let customer = self.customer(organization);
        let booked = invoice.content.currency == Currency::EUR;
        let mut claim = Claim {
            kind: invoice.kind,
            number: invoice.number.text.clone(),
            issued_on: invoice.issued_on,
            customer: customer.clone(),
            booked,
            groups: Vec::new(),
            credits: BTreeMap::new(),
            waiting: None,
        };
        if !booked {
            self.invoices.insert(id, claim);
            return Booked {
                unbooked: Some(Unbooked {
                    position: at.position,
                    on: self.settings.day(at, invoice.issued_on),
                    piece: invoice.number.text.clone(),
                    amount: if invoice.kind.is_credit() { -1 } else { 1 } * invoice.due(),
                    currency: invoice.content.currency,
                }),
                ..Booked::default()
            };
        }
        let sold = self.sold(invoice);
        if let Some(corrected) = self.corrected(invoice) {
            let told = self.invoices.get_mut(&corrected).and_then(|of| of.credits.remove(&id));
            claim.waiting = Some(Box::new((corrected, sold)));
            self.invoices.insert(id, claim);
            return match told {
                Some(rebate) => self.take_back(at, id, rebate),
                None => Booked::default(),
            };
        }
        let mut draft = sales(&claim);
        if invoice.kind.is_credit() {
            self.lower(&claim, None, &sold, false, &mut draft);
        } else {
            self.sale(invoice, &sold, &mut claim, &mut draft);
        }
        self.documented(at, id, claim, &sold, draft)
    }

    /// What a document is about, by nature, and what of it was invoiced before.
    fn sold(&self, invoice: &IssuedInvoice) -> Sold {
        let parts = by_nature(&invoice.content, &invoice.breakdown);
        let (deposits, progress): (Vec<_>, Vec<_>) = invoice
            .deductions
            .iter()
            .partition(|deduction| deduction.of.kind == InvoiceKind::Deposit);
        let deposits: i64 = deposits.iter().map(|deduction| deduction.breakdown.net()).sum();
        let net = invoice.breakdown.net() - progress.iter().map(|deduction| deduction.breakdown.net()).sum::<i64>();
        let sign = if invoice.kind.is_credit() { -1 } else { 1 };
        Sold {
            claimed: taxed(&parts, &invoice.deductions),
            parts,
            deposits,
            progress: progress
                .iter()
                .flat_map(|deduction| self.natures_of(deduction))
                .collect(),
            due: invoice.due(),
            revenue: match invoice.kind {
                InvoiceKind::Deposit | InvoiceKind::DepositCreditNote => 0,
                _ => sign * net,
            },
            invoiced: sign * (net - deposits),
        }
    }

    /// A part of the work that was invoiced before, by what was sold then.
    fn natures_of(&self, deduction: &Deduction) -> Vec<Part> {
        let claim = self.invoices.get(&deduction.of.invoice);
        claim.map_or_else(
            || services(&deduction.breakdown),
            |claim| claim.by_base(&deduction.breakdown),
        )
    }

    fn documented(&mut self, at: Recording, id: InvoiceId, claim: Claim, sold: &Sold, mut draft: Draft) -> Booked {
        draft.balance_on(&claim.customer, Some(id.0));
        let document = DocumentFact {
            position: at.position,
            invoice: id,
            kind: claim.kind,
            number: claim.number.clone(),
            issued_on: claim.issued_on,
            on: self.settings.day(at, claim.issued_on),
            revenue: sold.revenue,
            invoiced: sold.invoiced,
        };
        self.invoices.insert(id, claim);
        Booked {
            document: Some(document),
            entries: self.post(at, draft),
            ..Booked::default()
        }
    }

    /// The invoice that a credit note is about, when the books have it: it will say what is taken back of it.
    fn corrected(&self, invoice: &IssuedInvoice) -> Option<InvoiceId> {
        let corrected = invoice.corrects.as_ref().filter(|_| invoice.kind.is_credit())?.invoice;
        self.invoices
            .get(&corrected)
            .filter(|claim| claim.booked)
            .map(|_| corrected)
    }

    /// What a credit note takes back is known once both have spoken: it, and the invoice that it is about.
    fn credited(&mut self, at: Recording, id: InvoiceId, by: InvoiceId, rebate: bool) -> Booked {
        if self.invoices.get(&by).is_some_and(|credit| credit.waiting.is_some()) {
            return self.take_back(at, by, rebate);
        }
        if let Some(claim) = self.invoices.get_mut(&id).filter(|claim| claim.booked) {
            claim.credits.insert(by, rebate);
        }
        Booked::default()
    }

    fn take_back(&mut self, at: Recording, id: InvoiceId, rebate: bool) -> Booked {
        let Some(mut claim) = self.invoices.remove(&id) else {
            return Booked::default();
        };
        let Some((corrected, sold)) = claim.waiting.take().map(|waiting| *waiting) else {
            self.invoices.insert(id, claim);
            return Booked::default();
        };
        let mut draft = sales(&claim);
        self.lower(&claim, Some(corrected), &sold, rebate, &mut draft);
        let of_same_customer = self
            .invoices
            .get(&corrected)
            .is_some_and(|corrected| corrected.customer == claim.customer);
        let matching = of_same_customer.then(|| Matching {
            position: at.position,
            on: self.settings.day(at, claim.issued_on),
            one: corrected.0,
            other: id.0,
            amount: sold.due,
        });
        Booked {
            matchings: matching.into_iter().collect(),
            ..self.documented(at, id, claim, &sold, draft)
        }
    }

    /// An invoice that asks for money.
    fn sale(&mut self, invoice: &IssuedInvoice, sold: &Sold, claim: &mut Claim, draft: &mut Draft) {
        let deposit = invoice.kind == InvoiceKind::Deposit;
        let on_debits = invoice.seller.vat_scheme.on_debits;
        let on_receipt = |nature| deposit || (nature == Nature::Services && !on_debits);
        for part in &sold.parts {
            let role = if deposit {
                AccountRole::Deposits
            } else {
                AccountRole::revenue(part.nature)
            };
            draft.credit(role, part.base);
        }
        invoiced_before(sold, 1, draft);
        for shift in claim.begin(&sold.claimed, Nature::ALL.map(on_receipt)) {
            book(draft, shift);
        }
        let deposits = invoice
            .deductions
            .iter()
            .filter(|of| of.of.kind == InvoiceKind::Deposit);
        for deduction in deposits {
            let Some(deducted) = self.invoices.get_mut(&deduction.of.invoice) else {
                continue;
            };
            for share in deduction.breakdown.shares() {
                let of_rate = sold.parts.iter().filter(|part| part.treatment == share.treatment);
                let whole: i64 = of_rate.clone().map(|part| part.vat).sum();
                let due: i64 = of_rate
                    .filter(|part| !on_receipt(part.nature))
                    .map(|part| part.vat)
                    .sum();
                if let Some(shift) = deducted.release(share.treatment, due, whole) {
                    book(draft, shift);
                }
            }
        }
    }

    /// What a credit note takes back: by lines from the accounts of what was sold, by amount as a rebate.
    fn lower(&mut self, claim: &Claim, corrected: Option<InvoiceId>, sold: &Sold, rebate: bool, draft: &mut Draft) {
        for part in &sold.parts {
            let role = match claim.kind {
                InvoiceKind::DepositCreditNote => AccountRole::Deposits,
                _ if rebate => AccountRole::Rebates,
                _ => AccountRole::revenue(part.nature),
            };
            draft.debit(role, part.base);
        }
        invoiced_before(sold, -1, draft);
        let shifts = match corrected.and_then(|corrected| self.invoices.get_mut(&corrected)) {
            Some(corrected) => corrected.claim_less(&sold.claimed),
            None => due_at_once(&sold.claimed),
        };
        for shift in shifts {
            book(draft, shift);
        }
    }

    fn allocated(
        &mut self,
        at: Recording,
        id: InvoiceId,
        payment: PaymentId,
        amount: i64,
        value_date: NaiveDate,
        breakdown: &VatBreakdown,
    ) -> Booked {
        let Some(claim) = self.invoices.get_mut(&id).filter(|claim| claim.booked) else {
            return Booked::default();
        };
        let wanted = value_date.max(claim.issued_on);
        let label = format!("Encaissement {} {}", claim.number, claim.customer.label);
        let mut draft = Draft::new(Journal::Miscellaneous, wanted, &claim.number, label);
        for shift in claim.pay(breakdown) {
            book(&mut draft, shift);
        }
        self.moved(at, id, payment, amount, draft)
    }

    fn withdrawn(
        &mut self,
        at: Recording,
        id: InvoiceId,
        payment: PaymentId,
        amount: i64,
        on: NaiveDate,
        breakdown: &VatBreakdown,
    ) -> Booked {
        let Some(claim) = self.invoices.get_mut(&id).filter(|claim| claim.booked) else {
            return Booked::default();
        };
        let label = format!("Annulation d'encaissement {} {}", claim.number, claim.customer.label);
        let mut draft = Draft::new(Journal::Miscellaneous, on, &claim.number, label);
        for shift in claim.unpay(breakdown) {
            book(&mut draft, shift);
        }
        self.moved(at, id, payment, -amount, draft)
    }

    /// A payment goes on an invoice, or off it. Where it is another customer's, the amount goes from account to account.
    fn moved(&mut self, at: Recording, id: InvoiceId, payment: PaymentId, amount: i64, mut draft: Draft) -> Booked {
        let on = self.settings.day(at, draft.on);
        let owner = self.invoices.get(&id).map(|claim| claim.customer.clone());
        let payer = self.payments.get(&payment).map(|receipt| receipt.customer.clone());
        let mut matchings = Vec::new();
        match (owner, payer) {
            (Some(owner), Some(payer)) if owner.code != payer.code => {
                draft.debit_customer(&payer, Some(payment.0), amount);
                draft.debit_customer(&owner, Some(id.0), -amount);
            }
            _ => matchings.push(Matching {
                position: at.position,
                on,
                one: id.0,
                other: payment.0,
                amount,
            }),
        }
        Booked {
            entries: self.post(at, draft),
            matchings,
            ..Booked::default()
        }
    }

    /// What the customer does not pay any more. Of a deposit nothing was sold: it goes out of 4191.
    fn given_up(
        &mut self,
        at: Recording,
        id: InvoiceId,
        on: NaiveDate,
        breakdown: &VatBreakdown,
        role: AccountRole,
        title: &str,
    ) -> Booked {
        let Some(claim) = self.invoices.get_mut(&id).filter(|claim| claim.booked) else {
            return Booked::default();
        };
        let role = if claim.kind == InvoiceKind::Deposit {
            AccountRole::Deposits
        } else {
            role
        };
        let label = format!("{title} {} {}", claim.number, claim.customer.label);
        let mut draft = Draft::new(Journal::Miscellaneous, on, &claim.number, label);
        draft.debit(role, breakdown.net());
        for shift in claim.claim_less(&claim.by_claim(breakdown)) {
            book(&mut draft, shift);
        }
        draft.balance_on(&claim.customer, Some(id.0));
        Booked {
            entries: self.post(at, draft),
            ..Booked::default()
        }
    }

    /// Interest and indemnity: outside VAT.
    fn interest(&mut self, at: Recording, id: InvoiceId, until: NaiveDate, interest: i64, indemnity: i64) -> Booked {
        let Some(claim) = self.invoices.get(&id).filter(|claim| claim.booked) else {
            return Booked::default();
        };
        let label = format!("Pénalités de retard {} {}", claim.number, claim.customer.label);
        let mut draft = Draft::new(Journal::Miscellaneous, until, &claim.number, label);
        draft.credit(AccountRole::LateInterest, interest);
        draft.credit(AccountRole::Indemnities, indemnity);
        draft.balance_on(&claim.customer, None);
        Booked {
            entries: self.post(at, draft),
            ..Booked::default()
        }
    }

    fn payment(&mut self, at: Recording, id: PaymentId, event: &PaymentEvent) -> Booked {
        let entries = match event {
            PaymentEvent::PaymentReceived {
                organization,
                amount,
                method,
                value_date,
                reference,
            } => {
                let customer = self.customer(*organization);
                let piece = reference.clone().unwrap_or_else(|| short(id));
                let booked = amount.currency == Currency::EUR;
                let receipt = Receipt {
                    customer: customer.clone(),
                    piece: piece.clone(),
                    method: *method,
                    left: amount.minor_units,
                    booked,
                };
                self.payments.insert(id, receipt);
                if !booked {
                    return Booked {
                        unbooked: Some(Unbooked {
                            position: at.position,
                            on: self.settings.day(at, *value_date),
                            piece,
                            amount: amount.minor_units,
                            currency: amount.currency,
                        }),
                        ..Booked::default()
                    };
                }
                let label = format!("Règlement par {} {}", french(*method), customer.label);
                let mut draft = Draft::new(Journal::Bank, *value_date, &piece, label);
                draft.debit(AccountRole::means(*method), amount.minor_units);
                draft.debit_customer(&customer, Some(id.0), -amount.minor_units);
                self.post(at, draft)
            }
            PaymentEvent::PaymentRefunded {
                amount,
                method,
                on,
                reference,
            } => self.paid_back(
                at,
                id,
                *on,
                Some(*amount),
                *method,
                reference.as_deref(),
                "Remboursement",
            ),
            PaymentEvent::PaymentReversed { on, .. } => {
                let method = self
                    .payments
                    .get(&id)
                    .map_or(PaymentMethod::Transfer, |receipt| receipt.method);
                self.paid_back(at, id, *on, None, method, None, "Impayé")
            }
            PaymentEvent::PaymentApplied { .. } | PaymentEvent::PaymentUnapplied { .. } => Vec::new(),
        };
        Booked {
            entries,
            ..Booked::default()
        }
    }

    /// Money that goes back to the customer; all that is left of it when no amount is given.
    #[expect(clippy::too_many_arguments, reason = "what two events of one kind say")]
    fn paid_back(
        &mut self,
        at: Recording,
        id: PaymentId,
        on: NaiveDate,
        amount: Option<i64>,
        method: PaymentMethod,
        reference: Option<&str>,
        title: &str,
    ) -> Vec<Entry> {
        let Some(receipt) = self.payments.get_mut(&id).filter(|receipt| receipt.booked) else {
            return Vec::new();
        };
        let amount = amount.unwrap_or(receipt.left);
        receipt.left -= amount;
        let label = format!("{title} {}", receipt.customer.label);
        let piece = reference.unwrap_or(&receipt.piece);
        let mut draft = Draft::new(Journal::Bank, on, piece, label);
        draft.debit_customer(&receipt.customer, Some(id.0), amount);
        draft.credit(AccountRole::means(method), amount);
        self.post(at, draft)
    }

    /// The account of a customer: under what another system calls it, where that can be a code and is nobody else's, or
    /// under a code that it gets with the first entry.
    fn customer(&mut self, id: OrganizationId) -> Auxiliary {
        let customer = self.customers.entry(id).or_default();
        let code = customer.code.get_or_insert_with(|| {
            self.settings.customers += 1;
            format!("C{:05}", self.settings.customers)
        });
        Auxiliary {
            label: customer.name.as_ref().unwrap_or(code).clone(),
            code: code.clone(),
        }
    }

    /// Gives an entry its day, its number and its accounts. An entry without lines is none.
    fn post(&mut self, at: Recording, draft: Draft) -> Vec<Entry> {
        if draft.is_empty() {
            return Vec::new();
        }
        let settings = &mut self.settings;
        let on = settings.day(at, draft.on);
        let valid_on = settings.valid_on.map_or(at.on, |last| last.max(at.on)).max(on);
        settings.valid_on = Some(valid_on);
        let closing = settings.fiscal_year_end.closing(on);
        let number = settings.numbers.entry(closing).or_default();
        *number += 1;
        let entry = Entry {
            position: at.position,
            closing,
            number: *number,
            journal: draft.journal,
            journal_name: settings.chart.journal(draft.journal),
            on,
            piece: draft.piece.clone(),
            piece_date: draft.on.min(valid_on),
            label: draft.label.clone(),
            valid_on,
            lines: draft
                .lines()
                .map(|line| Line {
                    role: line.role,
                    account: settings.chart.account(line.role),
                    auxiliary: line.auxiliary,
                    amount: line.amount,
                    key: line.key,
                })
                .collect(),
        };
        vec![entry]
    }
}

/// The entry of a document before its lines.
fn sales(claim: &Claim) -> Draft {
    let title = match claim.kind {
        InvoiceKind::Standard | InvoiceKind::Final => "Facture",
        InvoiceKind::Progress => "Facture de situation",
        InvoiceKind::Deposit => "Facture d'acompte",
        InvoiceKind::CreditNote => "Avoir",
        InvoiceKind::DepositCreditNote => "Avoir sur acompte",
    };
    let label = format!("{title} {} {}", claim.number, claim.customer.label);
    Draft::new(Journal::Sales, claim.issued_on, &claim.number, label)
}

/// What was invoiced before: a deposit is in 4191, a part of the work in the accounts of revenue already.
fn invoiced_before(sold: &Sold, sign: i64, draft: &mut Draft) {
    draft.debit(AccountRole::Deposits, sign * sold.deposits);
    for part in &sold.progress {
        draft.debit(AccountRole::revenue(part.nature), sign * part.base);
    }
}

/// The tax of a credit note on something that the books do not have.
fn due_at_once(parts: &[Part]) -> Vec<Shift> {
    let shifts = parts.iter().map(|part| Shift {
        rate: part.treatment.rate,
        pending: 0,
        due: -part.vat,
    });
    shifts.collect()
}

/// The parts with the tax that is claimed by them: that of the whole, less what was claimed before.
fn taxed(parts: &[Part], deductions: &[Deduction]) -> Vec<Part> {
    let before = |treatment: VatTreatment| -> i64 {
        let shares = deductions.iter().filter_map(|of| of.breakdown.get(treatment));
        shares.map(|share| share.vat).sum()
    };
    let mut taxed: Vec<Part> = parts.to_vec();
    let treatments: BTreeSet<VatTreatment> = parts.iter().map(|part| part.treatment).collect();
    for treatment in &treatments {
        let of: Vec<usize> = (0..parts.len())
            .filter(|at| parts[*at].treatment == *treatment)
            .collect();
        let vats: Vec<i64> = of.iter().map(|at| parts[*at].vat).collect();
        let left = vats.iter().sum::<i64>() - before(*treatment);
        for (at, vat) in of.iter().zip(portions(left, &vats)) {
            taxed[*at].vat = vat;
        }
    }
    let gone = VatBreakdown::of(deductions.iter().flat_map(|of| of.breakdown.shares()).copied());
    let gone = services(&gone)
        .into_iter()
        .filter(|part| !treatments.contains(&part.treatment));
    taxed.extend(gone.map(|part| Part {
        base: 0,
        vat: -part.vat,
        ..part
    }));
    taxed
}

fn services(breakdown: &VatBreakdown) -> Vec<Part> {
    let shares = breakdown.shares().iter();
    shares
        .map(|share| Part {
            treatment: share.treatment,
            nature: Nature::Services,
            base: share.base,
            vat: share.vat,
        })
        .collect()
}

fn book(draft: &mut Draft, shift: Shift) {
    draft.credit(AccountRole::VatPending(shift.rate), shift.pending);
    draft.credit(AccountRole::VatDue(shift.rate), shift.due);
}

/// A reference as a code: without blanks and signs that a file could trip over, and none of ours.
fn code_of(reference: &str) -> Option<String> {
    let code = reference.trim().to_uppercase();
    let sound = !code.is_empty()
        && code.len() <= CODE_MAX
        && code
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/'));
    let ours = code
        .strip_prefix('C')
        .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    (sound && !ours).then_some(code)
}

/// A payment that bears no reference.
fn short(id: PaymentId) -> String {
    let id = id.0.simple().to_string();
    format!("R{}", id[20..].to_uppercase())
}

const fn french(method: PaymentMethod) -> &'static str {
    match method {
        PaymentMethod::Transfer => "virement",
        PaymentMethod::Cheque => "chèque",
        PaymentMethod::Card => "carte",
        PaymentMethod::DirectDebit => "prélèvement",
        PaymentMethod::Cash => "espèces",
        PaymentMethod::Other => "autre moyen",
    }
}
