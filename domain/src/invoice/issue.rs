//! An invoice and a credit note at the moment they are issued: everything that their papers will say.

use std::collections::BTreeSet;

use super::{
    InvoiceError, InvoiceEvent, InvoiceState, IssueCredit, IssueInvoice,
    decide::Decision,
    mentions,
    state::{Draft, Origin, present},
};
use crate::{
    Currency, Money, PersonId, Personal,
    billing::{Balance, FiscalPosition, Totals, VatBreakdown, VatCategory},
    document::{Buyer, Content, Deduction, InvoiceKind, IssuedInvoice, Row},
    organization::OrganizationKind,
    value,
};

impl InvoiceState {
    pub(super) fn issue(&self, issue: IssueInvoice) -> Decision {
        let (origin, draft) = self.drafted()?;
        if issue.buyer.organization != origin.organization {
            return Err(InvoiceError::AnotherBuyer);
        }
        let content = retaxed(draft.content.clone(), &issue.position)?;
        let totals = content.totals(&BTreeSet::new())?;
        let breakdown = within(issue.limit.as_ref(), &totals.breakdown, content.currency)?;
        must_not_mix_out_of_scope(&breakdown)?;
        if breakdown.gross() == 0 && origin.kind == InvoiceKind::Deposit {
            return Err(InvoiceError::NothingToInvoice);
        }
        let due = after_deductions(draft, &breakdown, &issue.deductions)?;
        let missing = mentions::missing(issue.seller.as_deref(), &issue.buyer, &breakdown);
        let seller = match issue.seller {
            Some(seller) if missing.is_empty() => seller,
            _ => return Err(InvoiceError::MentionsMissing(missing)),
        };
        if issue.buyer.kind == OrganizationKind::Professional {
            content.payment_terms.within_cap(issue.issued_on, false)?;
        }
        let invoice = IssuedInvoice {
            number: issue.number,
            kind: origin.kind,
            issued_on: issue.issued_on,
            through_platform: goes_through_platform(issue.electronic_invoicing_from, issue.issued_on, &issue.buyer),
            seller,
            buyer: Personal::new(PersonId::of_fiscal_year(issue.closing), issue.buyer),
            schedule: content.payment_terms.schedule(issue.issued_on, due),
            content,
            breakdown,
            discount_shares: discount_shares(&totals),
            deductions: issue.deductions,
            corrects: None,
            quote_number: issue.quote_number,
            late_interest_rate: issue.late_interest_rate,
        };
        Ok(vec![issued(invoice, origin)])
    }

    /// Comes to be issued: it has no draft.
    pub(super) fn issue_credit(&self, credit: IssueCredit) -> Decision {
        if self.exists() {
            return Err(InvoiceError::AlreadyExists);
        }
        let IssueCredit { plan, .. } = credit;
        if credit.buyer.organization != credit.organization {
            return Err(InvoiceError::AnotherBuyer);
        }
        if credit.issued_on < plan.corrects.issued_on {
            return Err(InvoiceError::CreditBeforeInvoice {
                issued_on: plan.corrects.issued_on,
            });
        }
        let reason = value::note("reason", &credit.reason)?;
        let missing = mentions::missing(credit.seller.as_deref(), &credit.buyer, &plan.breakdown);
        let seller = match credit.seller {
            Some(seller) if missing.is_empty() => seller,
            _ => return Err(InvoiceError::MentionsMissing(missing)),
        };
        let origin = Origin {
            kind: plan.kind,
            organization: credit.organization,
            deal: credit.deal,
            source: credit.source,
        };
        let from = credit.electronic_invoicing_from.filter(|_| !plan.internal);
        let invoice = IssuedInvoice {
            number: credit.number,
            kind: plan.kind,
            issued_on: credit.issued_on,
            through_platform: goes_through_platform(from, credit.issued_on, &credit.buyer),
            seller,
            buyer: Personal::new(PersonId::of_fiscal_year(credit.closing), credit.buyer),
            content: Content {
                notes: Some(reason),
                ..plan.content
            },
            breakdown: plan.breakdown,
            discount_shares: plan.discount_shares,
            deductions: plan.deductions,
            corrects: Some(plan.corrects),
            quote_number: None,
            schedule: Vec::new(),
            late_interest_rate: None,
        };
        Ok(vec![issued(invoice, &origin)])
    }
}

fn issued(invoice: IssuedInvoice, origin: &Origin) -> InvoiceEvent {
    InvoiceEvent::InvoiceIssued {
        invoice: Box::new(invoice),
        organization: origin.organization,
        deal: origin.deal,
        source: origin.source,
    }
}

/// The tax of every line as it is on the day of issue: a rate, a customer or our own scheme may have changed since the
/// draft.
fn retaxed(content: Content, position: &FiscalPosition) -> Result<Content, InvoiceError> {
    let rows = content.rows.into_iter().map(|row| match row {
        Row::Line(mut line) => {
            let taxation = line.taxation;
            line.treatment =
                position.treatment("rateClass", taxation.nature, taxation.rate_class, taxation.exemption)?;
            Ok(Row::Line(line))
        }
        other => Ok(other),
    });
    Ok(Content {
        rows: rows.collect::<Result<_, InvoiceError>>()?,
        ..content
    })
}

/// No more than the limit has, rate by rate; whoever takes the rest of a rate takes the rest of its tax.
fn within(
    limit: Option<&VatBreakdown>,
    breakdown: &VatBreakdown,
    currency: Currency,
) -> Result<VatBreakdown, InvoiceError> {
    let Some(limit) = limit else {
        return Ok(breakdown.clone());
    };
    let mut balance = Balance::new(limit, []);
    let shares = breakdown.shares().iter();
    let taken = shares.map(|share| {
        let taken = balance.take(share.treatment, share.base);
        taken.map_err(|_| InvoiceError::AboveSource {
            left: Money::new(limit.get(share.treatment).map_or(0, |left| left.base), currency),
        })
    });
    Ok(VatBreakdown::of(taken.collect::<Result<Vec<_>, _>>()?))
}

/// What is outside the scope of the tax stands on an invoice of its own (EN 16931, BR-O-11 to BR-O-14).
fn must_not_mix_out_of_scope(breakdown: &VatBreakdown) -> Result<(), InvoiceError> {
    let outside = |category| category == VatCategory::OutOfScope;
    let shares = breakdown.shares();
    let (any, all) = (
        shares.iter().any(|share| outside(share.treatment.category)),
        shares.iter().all(|share| outside(share.treatment.category)),
    );
    if any && !all {
        return Err(InvoiceError::OutOfScopeMixed);
    }
    Ok(())
}

/// What is left to pay once what was invoiced before is taken off, rate by rate.
fn after_deductions(draft: &Draft, whole: &VatBreakdown, deductions: &[Deduction]) -> Result<i64, InvoiceError> {
    let given: BTreeSet<_> = deductions.iter().map(|deduction| deduction.of.invoice).collect();
    let wanted: BTreeSet<_> = draft.deducts.iter().copied().collect();
    if given != wanted || given.len() != deductions.len() {
        return Err(InvoiceError::DeductionsDiffer);
    }
    let of_a_part = |deduction: &Deduction| matches!(deduction.of.kind, InvoiceKind::Deposit | InvoiceKind::Progress);
    if !deductions.iter().all(of_a_part) {
        return Err(InvoiceError::NotADeposit);
    }
    let left = present(&whole.without(deductions.iter().map(|deduction| &deduction.breakdown)));
    match left.shares().iter().find(|share| share.base < 0 || share.vat < 0) {
        Some(share) => Err(InvoiceError::DeductionsExceed {
            rate: share.treatment.rate,
            by: Money::new(-share.base.min(0) - share.vat.min(0), draft.content.currency),
        }),
        None => Ok(left.gross()),
    }
}

/// Between professionals in France who can be addressed there, from the company's day on.
fn goes_through_platform(from: Option<chrono::NaiveDate>, on: chrono::NaiveDate, buyer: &Buyer) -> bool {
    from.is_some_and(|from| from <= on) && buyer.kind == OrganizationKind::Professional && buyer.siren.is_some()
}

fn discount_shares(totals: &Totals) -> Vec<i64> {
    if totals.discount == 0 {
        return Vec::new();
    }
    totals.discount_shares.iter().map(|(_, share)| *share).collect()
}
