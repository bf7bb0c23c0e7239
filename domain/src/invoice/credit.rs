//! What a credit note takes back of an invoice: all that is left of it, some lines, or an amount.
//!
//! Never more than is left, by rate and by line; whoever takes the rest of a rate takes the rest of its tax, so that
//! credits add up to the invoice.

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use super::{
    InvoiceError, InvoiceEvent, InvoiceState, PlatformStatus, Withdrawal,
    decide::Decision,
    rows::{Sold, by_nature, shortened},
    state::{Issued, negated, present},
};
use crate::{
    InvalidValue, InvoiceId, Language,
    billing::{
        Balance, CreditError, Discount, PriceBasis, Quantity, VatBreakdown, VatShare, rounding::half_away_from_zero,
    },
    document::{Content, Deduction, DocumentLine, DocumentReference, InvoiceKind, LineId, Row},
    value::Problem,
};

/// What somebody wants to take back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum CreditWish {
    /// All that is left. Of a final invoice its deductions too: the deposits are free again.
    Whole,
    Lines(Vec<(LineId, CreditedPart)>),
    /// Tax included, in minor units, of each rate in proportion to what is left of it.
    Amount(i64),
}

/// How much of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum CreditedPart {
    /// All that is left of it.
    Whole,
    /// So many of its units.
    Quantity(Quantity),
    /// Without tax and after the document's discount, in minor units.
    Net(i64),
}

/// A credit note before it is issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CreditPlan {
    pub kind: InvoiceKind,
    pub corrects: DocumentReference,
    pub content: Content,
    /// The tax of the credit note.
    pub breakdown: VatBreakdown,
    pub discount_shares: Vec<i64>,
    /// What a final invoice had taken off, when all of it is taken back.
    pub deductions: Vec<Deduction>,
    /// What the original is lowered by: `breakdown` without `deductions`.
    pub taken_off: VatBreakdown,
    /// By line of the original, without tax and after the document's discount.
    pub lines: Vec<(LineId, i64)>,
    /// Deposits that are free again: put `FreeDeposit` to each.
    pub frees: Vec<InvoiceId>,
    /// The platform never let the original through: the credit note is for the books, and not sent there.
    pub internal: bool,
}

impl InvoiceState {
    /// What a credit note has to say and what it takes off, without a decision: nothing has happened yet.
    pub fn credit(&self, own: InvoiceId, wish: &CreditWish) -> Result<CreditPlan, InvoiceError> {
        let issued = self.payable()?;
        let corrects = self.reference(own).ok_or(InvoiceError::NotIssued)?;
        let parts = issued.parts(wish)?;
        let internal = matches!(
            issued.submission.as_ref().and_then(|submission| submission.status),
            Some(PlatformStatus::Rejected | PlatformStatus::Refused)
        );
        Ok(CreditPlan {
            kind: match issued.invoice.kind {
                InvoiceKind::Deposit => InvoiceKind::DepositCreditNote,
                _ => InvoiceKind::CreditNote,
            },
            content: Content {
                subject: Some(corrected(&corrects, issued.invoice.content.language)),
                early_payment_discount: None,
                ..parts.content
            },
            corrects,
            breakdown: parts.breakdown,
            discount_shares: parts.discount_shares,
            frees: parts.deductions.iter().map(|deduction| deduction.of.invoice).collect(),
            deductions: parts.deductions,
            taken_off: parts.taken_off,
            lines: parts.lines,
            internal,
        })
    }

    /// Lowers the invoice by what a credit note takes back, and takes payments off it that are too much by now: the
    /// latest first.
    pub(super) fn take_credit(&self, by: DocumentReference, wish: &CreditWish, on: NaiveDate) -> Decision {
        let issued = self.payable()?;
        if by.issued_on < issued.invoice.issued_on {
            return Err(InvoiceError::CreditBeforeInvoice {
                issued_on: issued.invoice.issued_on,
            });
        }
        if issued.credits.iter().any(|credit| credit.by.invoice == by.invoice) {
            return Ok(Vec::new());
        }
        let parts = issued.parts(wish)?;
        let after = issued.open().without([&parts.taken_off]);
        let mut events = vec![InvoiceEvent::InvoiceCredited {
            by,
            breakdown: parts.taken_off,
            lines: parts.lines,
        }];
        events.extend(issued.paid_too_much(&after, on)?);
        Ok(events)
    }
}

/// What one wish comes to.
struct Parts {
    content: Content,
    breakdown: VatBreakdown,
    discount_shares: Vec<i64>,
    deductions: Vec<Deduction>,
    taken_off: VatBreakdown,
    lines: Vec<(LineId, i64)>,
}

impl Issued {
    fn parts(&self, wish: &CreditWish) -> Result<Parts, InvoiceError> {
        if let Some(by) = self.deducted_by {
            return Err(InvoiceError::DepositDeducted { by });
        }
        let parts = match wish {
            CreditWish::Whole => self.rest(),
            CreditWish::Lines(lines) => self.of_lines(lines),
            CreditWish::Amount(gross) => self.of_amount(*gross),
        };
        parts.map_err(|refused| match refused {
            InvoiceError::Credit(CreditError::Exceeds { left }) => {
                InvoiceError::CreditExceeds { left: self.money(left) }
            }
            refused => refused,
        })
    }

    /// All that is left. A final invoice is taken back with what it had deducted, so that its deposits stand alone again.
    fn rest(&self) -> Result<Parts, InvoiceError> {
        let lines: Vec<_> = self.left_of_lines().into_iter().filter(|(_, net)| *net != 0).collect();
        let taken_off = present(&self.claim());
        let deductions = if lines.is_empty() {
            Vec::new()
        } else {
            self.invoice.deductions.clone()
        };
        let deducted = deductions.iter().flat_map(|deduction| deduction.breakdown.shares());
        let breakdown = VatBreakdown::of(taken_off.shares().iter().chain(deducted).copied());
        if breakdown.gross() == 0 {
            return Err(InvoiceError::NothingToCredit);
        }
        let untouched = breakdown == self.invoice.breakdown;
        let (content, discount_shares) = if untouched {
            (self.invoice.content.clone(), self.invoice.discount_shares.clone())
        } else {
            (self.by_rate(&breakdown)?, Vec::new())
        };
        Ok(Parts {
            content,
            breakdown,
            discount_shares,
            deductions,
            taken_off,
            lines,
        })
    }

    fn of_lines(&self, wishes: &[(LineId, CreditedPart)]) -> Result<Parts, InvoiceError> {
        let left = self.left_of_lines();
        let mut rows = Vec::new();
        let mut lines: Vec<(LineId, i64)> = Vec::new();
        let mut bases = Vec::new();
        for (id, part) in wishes {
            if lines.iter().any(|(known, _)| known == id) {
                return Err(InvalidValue::new("line", Problem::Repeated).into());
            }
            let unknown = || InvoiceError::from(InvalidValue::new("line", Problem::NoSuchLine));
            let line = self.invoice.content.line(*id).ok_or_else(unknown)?;
            let of_line = |nets: &[(LineId, i64)]| nets.iter().find(|(known, _)| known == id).map(|(_, net)| *net);
            let (whole, left) = (of_line(&self.nets), of_line(&left));
            let (whole, left) = whole.zip(left).ok_or_else(unknown)?;
            let before = self
                .credits
                .iter()
                .filter(|credit| credit.lines.iter().any(|(of, _)| of == id));
            let (quantity, net) = part.of(line, whole, left, before.count())?;
            rows.push(Row::Line(Box::new(self.credited_line(line, quantity, net)?)));
            lines.push((*id, net));
            bases.push(VatShare {
                treatment: line.treatment,
                base: net,
                vat: 0,
            });
        }
        if lines.iter().all(|(_, net)| *net == 0) {
            return Err(InvoiceError::NothingToCredit);
        }
        let mut balance = Balance::new(&self.claim(), []);
        let taken = VatBreakdown::of(bases);
        let shares = taken.shares().iter();
        let breakdown = shares
            .map(|share| balance.take(share.treatment, share.base))
            .collect::<Result<Vec<_>, _>>()?;
        let breakdown = VatBreakdown::of(breakdown);
        Ok(Parts {
            content: self.with_rows(rows),
            taken_off: breakdown.clone(),
            breakdown,
            discount_shares: Vec::new(),
            deductions: Vec::new(),
            lines,
        })
    }

    fn of_amount(&self, gross: i64) -> Result<Parts, InvoiceError> {
        if gross == 0 {
            return Err(InvalidValue::new("amount", Problem::Zero).into());
        }
        let breakdown = present(&Balance::new(&self.claim(), []).take_gross(gross)?);
        Ok(Parts {
            content: self.by_rate(&breakdown)?,
            taken_off: breakdown.clone(),
            breakdown,
            discount_shares: Vec::new(),
            deductions: Vec::new(),
            lines: Vec::new(),
        })
    }

    /// One line of the credit note: as many units at the line's own price when that comes to no less, and what it comes
    /// to less is its discount. Otherwise the amount alone.
    fn credited_line(
        &self,
        line: &DocumentLine,
        quantity: Option<Quantity>,
        net: i64,
    ) -> Result<DocumentLine, InvoiceError> {
        let content = &self.invoice.content;
        let counted = quantity.map(|quantity| DocumentLine {
            quantity,
            discount: None,
            ..line.clone()
        });
        if let Some(counted) = counted.filter(|_| content.price_basis == PriceBasis::Net) {
            let full = counted
                .priced()
                .amount(content.currency, "unitPrice", "discount")?
                .amount();
            if full >= net && net > 0 {
                let discount = (full > net).then_some(Discount::Amount(full - net));
                return Ok(DocumentLine { discount, ..counted });
            }
        }
        let amount = Sold::of(line, net).line(line.name.clone(), content.currency, content.language)?;
        Ok(DocumentLine {
            id: line.id,
            product: line.product,
            details: line.details.clone(),
            ..amount
        })
    }

    /// One row for each rate and nature.
    fn by_rate(&self, breakdown: &VatBreakdown) -> Result<Content, InvoiceError> {
        let content = &self.invoice.content;
        let lines = content.lines();
        let sold: Vec<Sold> = lines
            .zip(&self.nets)
            .map(|(line, (_, net))| Sold::of(line, *net))
            .collect();
        let mut rows = Vec::new();
        for share in breakdown.shares() {
            for part in by_nature(&sold, share.treatment, share.base) {
                let described = part.described(content.language);
                let name = content
                    .language
                    .choose(format!("Credit — {described}"), format!("Avoir — {described}"));
                let line = part.line(shortened(&name), content.currency, content.language)?;
                let id = LineId(u32::try_from(rows.len()).unwrap_or(u32::MAX).saturating_add(1));
                rows.push(Row::Line(Box::new(DocumentLine { id, ..line })));
            }
        }
        Ok(self.with_rows(rows))
    }

    fn with_rows(&self, rows: Vec<Row>) -> Content {
        Content {
            rows,
            price_basis: PriceBasis::Net,
            discount: None,
            ..self.invoice.content.clone()
        }
    }

    /// What has to come off the payments so that no rate is paid more than it has. `after` is what would be left to pay,
    /// by rate: where that is below nothing, the latest payments of the rate give it back, as far as the other rates do
    /// not need it. An amount of nothing then only moves tax from one rate to another.
    fn paid_too_much(&self, after: &VatBreakdown, on: NaiveDate) -> Decision {
        let settled = after.gross() <= 0;
        let (over, under): (Vec<_>, Vec<_>) = after
            .shares()
            .iter()
            .partition(|share| share.gross() < 0 || (settled && share.gross() == 0));
        let mut over = negated(&VatBreakdown::of(over));
        let mut others = Balance::new(&VatBreakdown::of(under), []);
        let mut excess = -after.gross().min(0);
        let mut events = Vec::new();
        for allocation in self.latest_first() {
            let taken = overlap(&over, &allocation.breakdown);
            over = present(&over.without([&taken]));
            let amount = excess.min(taken.gross());
            excess -= amount;
            let moved = others.take_gross(taken.gross() - amount)?;
            let breakdown = present(&taken.without([&moved]));
            if breakdown.shares().is_empty() {
                continue;
            }
            events.push(InvoiceEvent::PaymentAllocationWithdrawn {
                payment: allocation.payment,
                amount,
                breakdown,
                cause: Withdrawal::Credited,
                on,
            });
        }
        Ok(events)
    }

    fn latest_first(&self) -> Vec<&super::Allocation> {
        let mut allocations: Vec<_> = self.allocations.iter().collect();
        allocations.reverse();
        allocations.sort_by_key(|allocation| std::cmp::Reverse(allocation.value_date));
        allocations
    }
}

/// What of too much a payment holds, rate by rate.
fn overlap(over: &VatBreakdown, paid: &VatBreakdown) -> VatBreakdown {
    VatBreakdown::of(over.shares().iter().map(|over| match paid.get(over.treatment) {
        Some(paid) if paid.gross() < over.gross() => *paid,
        None if over.gross() > 0 => VatShare {
            base: 0,
            vat: 0,
            ..*over
        },
        _ => *over,
    }))
}

impl CreditedPart {
    /// How many units that is, where it is some, and what it comes to. `before` is how many credits took something of the
    /// line already.
    fn of(
        self,
        line: &DocumentLine,
        whole: i64,
        left: i64,
        before: usize,
    ) -> Result<(Option<Quantity>, i64), InvoiceError> {
        let (quantity, net) = match self {
            Self::Whole if left == whole => (Some(line.quantity), left),
            Self::Whole => (None, left),
            Self::Net(net) => (None, net),
            Self::Quantity(quantity) if quantity == line.quantity => (Some(quantity), whole),
            Self::Quantity(quantity) => {
                let share = Decimal::from(whole) * quantity.as_decimal() / line.quantity.as_decimal();
                let net = half_away_from_zero(share).ok_or(CreditError::Exceeds { left })?;
                // Each of these credits was rounded by half a cent at most: what differs by no more, and is far from a
                // unit, is the last one, which takes what rounding left.
                let differs = (left - net).abs();
                let rounded = i64::try_from(before.div_ceil(2)).unwrap_or(i64::MAX);
                let of_a_unit = Decimal::from(differs) * line.quantity.as_decimal() * Decimal::TWO;
                let is_last = differs <= rounded && of_a_unit < (quantity.as_decimal() * Decimal::from(whole)).abs();
                (Some(quantity), if is_last { left } else { net })
            }
        };
        if net != 0 && net.signum() != whole.signum() {
            return Err(CreditError::Negative.into());
        }
        if net.abs() > left.abs() {
            return Err(CreditError::Exceeds { left }.into());
        }
        Ok((quantity, net))
    }
}

fn corrected(reference: &DocumentReference, language: Language) -> String {
    let (number, day) = (&reference.number, reference.issued_on);
    language.choose(
        format!("Credit note on invoice {number} of {day}"),
        format!("Avoir sur la facture {number} du {}", day.format("%d/%m/%Y")),
    )
}
