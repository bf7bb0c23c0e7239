//! What of an invoice's tax is claimed, paid and pending, by rate and by nature.
//!
//! The pending part is a function of what is claimed and what is paid, not of the way there: whatever the order of
//! payments, credit notes and withdrawals, what is paid in full leaves nothing pending to the cent.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::entry::Auxiliary;
use crate::{
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
}

/// The part of one treatment and one nature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Group {
    treatment: VatTreatment,
    nature: Nature,
    /// Without tax: what it is split by where an event does not tell the natures apart.
    base: i64,
    /// The tax that the customer owes or paid.
    claimed: i64,
    paid: i64,
    /// Due before it is paid.
    released: i64,
    /// Whether it falls due only with the payment.
    on_receipt: bool,
}

impl Group {
    fn pending(&self) -> i64 {
        if self.on_receipt {
            (self.claimed - self.paid - self.released).max(0)
        } else {
            0
        }
    }

    /// What is neither paid nor taken back.
    fn open(&self) -> i64 {
        (self.claimed - self.paid).max(0)
    }

    fn change(&mut self, change: impl FnOnce(&mut Self)) -> Shift {
        let (claimed, pending) = (self.claimed, self.pending());
        change(self);
        let pending = self.pending() - pending;
        Shift {
            rate: self.treatment.rate,
            pending,
            due: self.claimed - claimed - pending,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) treatment: VatTreatment,
    pub(super) nature: Nature,
    pub(super) base: i64,
    pub(super) vat: i64,
}

/// Splits the tax of a document by the natures of its lines.
pub(super) fn by_nature(content: &Content, breakdown: &VatBreakdown) -> Vec<Part> {
    let all = content.lines().map(|line| line.id).collect();
    let nets = content.totals(&all).map(|totals| totals.net_of_lines).unwrap_or_default();
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

impl Claim {
    /// Claims the tax of parts that the claim begins with.
    pub(super) fn begin(&mut self, parts: &[Part], on_receipt: impl Fn(Nature) -> bool) -> Vec<Shift> {
        let mut shifts = Vec::new();
        for part in parts {
            let mut group = Group {
                treatment: part.treatment,
                nature: part.nature,
                base: part.base,
                claimed: 0,
                paid: 0,
                released: 0,
                on_receipt: on_receipt(part.nature),
            };
            shifts.push(group.change(|group| group.claimed = part.vat));
            self.groups.push(group);
        }
        shifts
    }

    /// Credits, discounts, write-offs: parts of known nature.
    pub(super) fn claim_less(&mut self, parts: &[Part]) -> Vec<Shift> {
        let shifts = parts.iter().map(|part| {
            let at = self.group(part.treatment, part.nature);
            self.groups[at].change(|group| {
                group.claimed -= part.vat;
                group.base -= part.base;
            })
        });
        shifts.collect()
    }

    /// What is taken back, by the natures of what is left to pay of each treatment; of what was sold where nothing is.
    pub(super) fn spread(&self, breakdown: &VatBreakdown) -> Vec<Part> {
        let mut parts = Vec::new();
        for share in breakdown.shares() {
            let weights = self.weights(share.treatment, Group::open);
            parts.extend(split(*share, &weights));
        }
        parts
    }

    /// What was invoiced by it, by the natures of what was sold.
    pub(super) fn by_base(&self, breakdown: &VatBreakdown) -> Vec<Part> {
        let mut parts = Vec::new();
        for share in breakdown.shares() {
            let weights = self.weights(share.treatment, |group| group.base.max(0));
            parts.extend(split(*share, &weights));
        }
        parts
    }

    /// Goods and services of a treatment by something, else by what was sold of them, else services.
    fn weights(&self, treatment: VatTreatment, of: impl Fn(&Group) -> i64) -> [i64; 2] {
        let by = |of: &dyn Fn(&Group) -> i64| {
            Nature::ALL.map(|nature| -> i64 {
                let groups = self.groups.iter();
                groups
                    .filter(|group| group.treatment == treatment && group.nature == nature)
                    .map(of)
                    .sum()
            })
        };
        [by(&of), by(&|group| group.base.max(0))]
            .into_iter()
            .find(|weights| weights.iter().sum::<i64>() > 0)
            .unwrap_or([0, 1])
    }

    pub(super) fn pay(&mut self, breakdown: &VatBreakdown) -> Vec<Shift> {
        self.move_paid(breakdown, 1, Group::open)
    }

    pub(super) fn unpay(&mut self, breakdown: &VatBreakdown) -> Vec<Shift> {
        self.move_paid(breakdown, -1, |group| group.paid.max(0))
    }

    fn move_paid(&mut self, breakdown: &VatBreakdown, sign: i64, of: impl Fn(&Group) -> i64) -> Vec<Shift> {
        let mut shifts = Vec::new();
        for share in breakdown.shares() {
            let weights = self.weights(share.treatment, &of);
            for (nature, vat) in Nature::ALL.into_iter().zip(portions(share.vat, &weights)) {
                if vat != 0 {
                    let at = self.group(share.treatment, nature);
                    shifts.push(self.groups[at].change(|group| group.paid += sign * vat));
                }
            }
        }
        shifts
    }

    /// What was delivered is due, paid or not: the tax that is pending for a deposit, as far as this share of it goes.
    pub(super) fn release(&mut self, treatment: VatTreatment, due: i64, whole: i64) -> Vec<Shift> {
        let mut shifts = Vec::new();
        for group in self.groups.iter_mut().filter(|group| group.treatment == treatment) {
            let pending = group.pending();
            let part = portions(pending, &[due.max(0), (whole - due).max(0)])[0];
            if part != 0 && due > 0 {
                shifts.push(group.change(|group| group.released += part));
            }
        }
        shifts
    }

    /// The place of a group; one that the document did not have is added, due at once.
    fn group(&mut self, treatment: VatTreatment, nature: Nature) -> usize {
        let found = self
            .groups
            .iter()
            .position(|group| group.treatment == treatment && group.nature == nature)
            .or_else(|| self.groups.iter().position(|group| group.treatment == treatment));
        found.unwrap_or_else(|| {
            self.groups.push(Group {
                treatment,
                nature,
                base: 0,
                claimed: 0,
                paid: 0,
                released: 0,
                on_receipt: false,
            });
            self.groups.len() - 1
        })
    }

    /// The tax that waits for its payment.
    #[cfg(test)]
    pub(super) fn pending(&self) -> i64 {
        self.groups.iter().map(Group::pending).sum()
    }
}
