//! The life of an invoice at a platform (external specifications of the tax administration, table 8).

use chrono::{DateTime, Utc};

use super::{InvoiceError, InvoiceEvent, InvoiceState, PlatformStatus, decide::Decision, rows::Sold, state::Issued};
use crate::{
    PaymentId,
    billing::{Nature, VatBreakdown, VatCategory, VatShare, rounding::share},
    company::VatRegime,
    document::InvoiceKind,
    value::{self, LABEL_MAX, NAME_MAX},
};

/// What becomes of a status that comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// It is the status from now on.
    Taken,
    /// It was so already, or a later one overtook it on the way.
    Nothing,
    Refused,
}

impl PlatformStatus {
    pub const ALL: [Self; 8] = [
        Self::Deposited,
        Self::Rejected,
        Self::Received,
        Self::MadeAvailable,
        Self::Approved,
        Self::Disputed,
        Self::Refused,
        Self::Cashed,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deposited => "DEPOSITED",
            Self::Rejected => "REJECTED",
            Self::Received => "RECEIVED",
            Self::MadeAvailable => "MADE_AVAILABLE",
            Self::Approved => "APPROVED",
            Self::Disputed => "DISPUTED",
            Self::Refused => "REFUSED",
            Self::Cashed => "CASHED",
        }
    }

    /// Nothing comes after it: the invoice is taken back by a credit note for the books.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Rejected | Self::Refused)
    }

    /// How far on the way to the buyer; what the buyer and the seller say of it comes after all of them.
    const fn on_the_way(self) -> Option<u8> {
        match self {
            Self::Deposited => Some(1),
            Self::Received => Some(2),
            Self::MadeAvailable => Some(3),
            Self::Rejected | Self::Approved | Self::Disputed | Self::Refused | Self::Cashed => None,
        }
    }

    /// Platforms leave statuses out and tell of them late: what is on the way may skip, and does not go back.
    fn after(self, now: Option<Self>) -> Step {
        let Some(now) = now else {
            return Step::Taken;
        };
        if now == self {
            return Step::Nothing;
        }
        if now.is_final() {
            return Step::Refused;
        }
        if let Some(place) = self.on_the_way() {
            return match now.on_the_way() {
                Some(reached) if reached < place => Step::Taken,
                _ => Step::Nothing,
            };
        }
        let allowed = match self {
            // A platform rejects what it could not deliver.
            Self::Rejected => matches!(now, Self::Deposited | Self::Received),
            Self::Approved => now != Self::Cashed,
            Self::Refused => !matches!(now, Self::Approved | Self::Cashed),
            _ => true,
        };
        if allowed { Step::Taken } else { Step::Refused }
    }
}

impl InvoiceState {
    pub(super) fn submit(&self, platform: &str, reference: &str) -> Decision {
        let issued = self.issued()?;
        let platform = value::line("platform", platform, LABEL_MAX)?;
        let reference = value::line("reference", reference, NAME_MAX)?;
        if !issued.invoice.through_platform {
            return Err(InvoiceError::NotThroughPlatform);
        }
        if issued.documents.is_none() {
            return Err(InvoiceError::DocumentsMissing);
        }
        match &issued.submission {
            Some(known) if known.platform == platform && known.reference == reference => Ok(Vec::new()),
            Some(_) => Err(InvoiceError::AlreadySubmitted),
            None => Ok(vec![InvoiceEvent::InvoiceSubmitted { platform, reference }]),
        }
    }

    pub(super) fn receive(&self, status: PlatformStatus, at: DateTime<Utc>, reason: Option<&str>) -> Decision {
        let submission = self.issued()?.submission.as_ref().ok_or(InvoiceError::NotSubmitted)?;
        match status.after(submission.status) {
            Step::Nothing => Ok(Vec::new()),
            Step::Refused => Err(InvoiceError::StatusNotExpected {
                now: submission.status,
                status,
            }),
            Step::Taken => Ok(vec![InvoiceEvent::PlatformStatusReceived {
                status,
                at: value::moment("at", at)?,
                reason: value::optional_note("reason", reason)?,
            }]),
        }
    }

    /// Whether its tax falls due with the payment, at least in part, so that the platform is told of it.
    pub fn reports_cashing(&self) -> bool {
        self.issued.as_ref().is_some_and(|issued| issued.due_on_receipt())
    }

    /// What the platform is told of a payment: the rates whose tax falls due with it.
    pub fn cashing(&self, payment: PaymentId) -> Option<VatBreakdown> {
        let issued = self.issued.as_ref().filter(|issued| issued.due_on_receipt())?;
        let allocation = issued.allocations.iter().find(|one| one.payment == payment)?;
        Some(issued.due_with(&allocation.breakdown))
    }

    pub(super) fn report_cashing(&self, payment: PaymentId) -> Decision {
        let issued = self.payable()?;
        if issued.submission.is_none() {
            return Err(InvoiceError::NotSubmitted);
        }
        if !issued.due_on_receipt() {
            return Err(InvoiceError::NotDueOnReceipt);
        }
        if issued.reported.contains(&payment) {
            return Ok(Vec::new());
        }
        let breakdown = self.cashing(payment).ok_or(InvoiceError::NotAllocated)?;
        Ok(vec![InvoiceEvent::CashingReported { payment, breakdown }])
    }
}

impl Issued {
    /// Deposits always, goods too (CGI art. 269, 2, a); services unless the company opted for debits (art. 269, 2, c).
    fn due_on_receipt(&self) -> bool {
        let scheme = self.invoice.seller.vat_scheme;
        let deposit = self.invoice.kind == InvoiceKind::Deposit;
        let services = self
            .invoice
            .content
            .lines()
            .any(|line| line.taxation.nature == Nature::Services);
        scheme.regime != VatRegime::Franchise && (deposit || (services && !scheme.on_debits))
    }

    /// Of each rate that is charged the part that services have in it; of a deposit all.
    fn due_with(&self, paid: &VatBreakdown) -> VatBreakdown {
        let charged = paid
            .shares()
            .iter()
            .filter(|share| share.treatment.category == VatCategory::Standard);
        if self.invoice.kind == InvoiceKind::Deposit {
            return VatBreakdown::of(charged.copied());
        }
        let sold: Vec<Sold> = self
            .invoice
            .content
            .lines()
            .zip(&self.nets)
            .map(|(line, (_, net))| Sold::of(line, *net))
            .collect();
        let parts = charged.map(|paid| {
            let of = |nature: Nature| -> i64 {
                let alike = sold
                    .iter()
                    .filter(|one| one.treatment() == paid.treatment && one.nature() == nature);
                alike.map(Sold::net).sum::<i64>().max(0)
            };
            let weights = [of(Nature::Services), of(Nature::Goods)];
            let services = |amount| share(amount, &weights).map_or(0, |parts| parts[0]);
            VatShare {
                treatment: paid.treatment,
                base: services(paid.base),
                vat: services(paid.vat),
            }
        });
        super::state::present(&VatBreakdown::of(parts))
    }
}
