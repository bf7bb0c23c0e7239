//! What of an invoice's tax is claimed, paid and pending, by rate and by nature.
//!
//! The pending part is a function of what is claimed and what is paid, not of the way there: whatever the order of
//! payments, credit notes and withdrawals, what is paid in full leaves nothing pending to the cent.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::entry::Auxiliary;
use crate::{
    InvoiceId,
    billing::{Nature, Percentage, VatBreakdown, VatShare, VatTreatment, rounding},
    document::{Content, InvoiceKind},
};

/// What the books remember of an issued document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Claim {
    pub(super) kind: InvoiceKind,
    pub(super) number: String,
    pub(super) issued_on: NaiveDate,
    pub(super) customer: Auxiliary,
    /// Nothing in a currency without a rate is.
    pub(super) booked: bool,
    pub(super) groups: Vec<Group>,
    /// Credit notes of it that are not issued yet, and whether they take back an amount rather than lines.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) credits: BTreeMap<InvoiceId, bool>,
    /// A credit note of which nobody said yet what it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) waiting: Option<Box<(InvoiceId, Sold)>>,
}

/// A document, as far as the books need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sold {
    /// What it is about, without what was invoiced before.
    pub(super) parts: Vec<Part>,
    /// The same with the tax that is claimed by it: without that of what was invoiced before.
    pub(super) claimed: Vec<Part>,
    /// What was invoiced before as deposits, without tax.
    pub(super) deposits: i64,
    /// What was invoiced before as parts of the work, by what was sold.
    pub(super) progress: Vec<Part>,
    /// Tax included: what the customer owes by it.
    pub(super) due: i64,
    /// Without tax: what was sold by it, and what was invoiced.
    pub(super) revenue: i64,
    pub(super) invoiced: i64,
}

/// The tax of one treatment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Group {
    treatment: VatTreatment,
    /// Of goods and of services, as in what follows: without tax, what was sold.
    base: [i64; 2],
    /// The tax that the customer owes or paid.
    claimed: [i64; 2],
    paid: i64,
    /// Due before it is paid.
    released: i64,
    /// Whether it falls due only with the payment.
    on_receipt: [bool; 2],
}

impl Group {
    /// Of what is not paid, the part that waits for it: in proportion to what is claimed of each nature.
    fn pending(&self) -> i64 {
        let unpaid = (self.claimed.iter().sum::<i64>() - self.paid).max(0);
        let of_natures = portions(unpaid, &self.claimed.map(|claimed| claimed.max(0)));
        let waits = of_natures
            .iter()
            .zip(self.on_receipt)
            .filter(|(_, on_receipt)| *on_receipt);
        let pending: i64 = waits.map(|(part, _)| part).sum();
        (pending - self.released).max(0)
    }

    fn change(&mut self, change: impl FnOnce(&mut Self)) -> Shift {
        let claimed = |group: &Self| group.claimed.iter().sum::<i64>();
        let (before, pending) = (claimed(self), self.pending());
        change(self);
        let pending = self.pending() - pending;
        Shift {
            rate: self.treatment.rate,
            pending,
            due: claimed(self) - before - pending,
        }
    }
}

/// By how much the tax of a rate that is pending and that is due becomes more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    pub(super) rate: Percentage,
    pub(super) pending: i64,
    pub(super) due: i64,
}

/// A part of a document of one treatment and one nature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) treatment: VatTreatment,
    pub(super) nature: Nature,
    pub(super) base: i64,
    pub(super) vat: i64,
}

/// Splits the tax of a document by the natures of its lines.
pub(super) fn by_nature(content: &Content, breakdown: &VatBreakdown) -> Vec<Part> {
    let all = content.lines().map(|line| line.id).collect();
    let nets = content
        .totals(&all)
        .map(|totals| totals.net_of_lines)
        .unwrap_or_default();
    let mut parts = Vec::new();
    for group in breakdown.shares() {
        let of = |nature| -> i64 {
            content
                .lines()
                .zip(&nets)
                .filter(|(line, _)| line.treatment == group.treatment && line.taxation.nature == nature)
                .map(|(_, net)| net)
                .sum()
        };
        let mut weights = [of(Nature::Goods), of(Nature::Services)];
        if weights.iter().sum::<i64>() <= 0 {
            let goods = content.lines().all(|line| line.taxation.nature == Nature::Goods);
            weights = if goods { [1, 0] } else { [0, 1] };
        }
        parts.extend(split(*group, &weights));
    }
    parts
}

/// A group by the weights of goods and services; parts of nothing are left out.
fn split(group: VatShare, weights: &[i64; 2]) -> Vec<Part> {
    let bases = portions(group.base, weights);
    let vats = portions(group.vat, weights);
    Nature::ALL
        .into_iter()
        .zip(bases.into_iter().zip(vats))
        .filter(|(_, (base, vat))| *base != 0 || *vat != 0)
        .map(|(nature, (base, vat))| Part {
            treatment: group.treatment,
            nature,
            base,
            vat,
        })
        .collect()
}

/// In proportion, and all of it: where the weights say nothing, the first takes it.
pub(super) fn portions(total: i64, weights: &[i64]) -> Vec<i64> {
    rounding::share(total, weights).unwrap_or_else(|| {
        let mut parts = vec![0; weights.len()];
        if let Some(first) = parts.first_mut() {
            *first = total;
        }
        parts
    })
}

const fn place(nature: Nature) -> usize {
    match nature {
        Nature::Goods => 0,
        Nature::Services => 1,
    }
}

impl Claim {
    /// Claims the tax of parts that the claim begins with.
    pub(super) fn begin(&mut self, parts: &[Part], on_receipt: [bool; 2]) -> Vec<Shift> {
        let shifts = parts.iter().map(|part| {
            let group = self.group(part.treatment);
            group.on_receipt = on_receipt;
            group.change(|group| {
                group.claimed[place(part.nature)] += part.vat;
                group.base[place(part.nature)] += part.base;
            })
        });
        shifts.collect()
    }

    /// Credits, discounts, write-offs.
    pub(super) fn claim_less(&mut self, parts: &[Part]) -> Vec<Shift> {
        let shifts = parts.iter().map(|part| {
            self.group(part.treatment)
                .change(|group| group.claimed[place(part.nature)] -= part.vat)
        });
        shifts.collect()
    }

    /// What is given up, by the natures of what is claimed.
    pub(super) fn by_claim(&self, breakdown: &VatBreakdown) -> Vec<Part> {
        self.split_by(breakdown, |group| group.claimed)
    }

    /// What was invoiced by it, by the natures of what was sold.
    pub(super) fn by_base(&self, breakdown: &VatBreakdown) -> Vec<Part> {
        self.split_by(breakdown, |group| group.base)
    }

    fn split_by(&self, breakdown: &VatBreakdown, of: impl Fn(&Group) -> [i64; 2]) -> Vec<Part> {
        let mut parts = Vec::new();
        for share in breakdown.shares() {
            let group = self.groups.iter().find(|group| group.treatment == share.treatment);
            let weights = group.map_or([0, 1], |group| {
                let positive = |weights: [i64; 2]| weights.map(|weight| weight.max(0));
                let by = [positive(of(group)), positive(group.base), [0, 1]];
                by.into_iter()
                    .find(|weights| weights.iter().sum::<i64>() > 0)
                    .unwrap_or([0, 1])
            });
            parts.extend(split(*share, &weights));
        }
        parts
    }

    pub(super) fn pay(&mut self, breakdown: &VatBreakdown) -> Vec<Shift> {
        self.move_paid(breakdown, 1)
    }

    pub(super) fn unpay(&mut self, breakdown: &VatBreakdown) -> Vec<Shift> {
        self.move_paid(breakdown, -1)
    }

    fn move_paid(&mut self, breakdown: &VatBreakdown, sign: i64) -> Vec<Shift> {
        let shifts = breakdown.shares().iter().map(|share| {
            self.group(share.treatment)
                .change(|group| group.paid += sign * share.vat)
        });
        shifts.collect()
    }

    /// What was delivered is due, paid or not: of the tax that is pending for a deposit, so much of the whole.
    pub(super) fn release(&mut self, treatment: VatTreatment, due: i64, whole: i64) -> Option<Shift> {
        let group = self.groups.iter_mut().find(|group| group.treatment == treatment)?;
        let pending = group.pending();
        let part = rounding::share(pending, &[due.max(0), (whole - due).max(0)])?[0];
        (part != 0).then(|| group.change(|group| group.released += part))
    }

    /// The group of a treatment; one that the document did not have is added, due at once.
    fn group(&mut self, treatment: VatTreatment) -> &mut Group {
        let found = self.groups.iter().position(|group| group.treatment == treatment);
        let at = found.unwrap_or_else(|| {
            self.groups.push(Group {
                treatment,
                base: [0; 2],
                claimed: [0; 2],
                paid: 0,
                released: 0,
                on_receipt: [false; 2],
            });
            self.groups.len() - 1
        });
        &mut self.groups[at]
    }

    /// The tax that waits for its payment.
    #[cfg(test)]
    pub(super) fn pending(&self) -> i64 {
        self.groups.iter().map(Group::pending).sum()
    }
}
