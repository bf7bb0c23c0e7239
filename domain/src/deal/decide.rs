use chrono::NaiveDate;

use super::{
    command::{DealCommand, OpenDeal},
    error::DealError,
    event::{DealEvent, LossReason},
    stage::Stage,
    state::{DealState, DealStatus, Opened},
};
use crate::{
    Decider, InvalidValue, Money, OrganizationId,
    value::{self, LABEL_MAX, NAME_MAX, Problem},
};

type Decision = Result<Vec<DealEvent>, DealError>;

impl Decider for DealState {
    const TYPE: &'static str = "deal";

    type Command = DealCommand;
    type Event = DealEvent;
    type Error = DealError;

    fn decide(&self, command: DealCommand) -> Decision {
        if let DealCommand::Open(deal) = command {
            return self.open(&deal);
        }
        let deal = self.opened.as_ref().ok_or(DealError::NotOpened)?;
        match command {
            DealCommand::Open(_) => Err(DealError::AlreadyOpened),
            DealCommand::Rename { title } => deal.rename(&title),
            DealCommand::Link { organization } => Ok(deal.link(organization)),
            DealCommand::Assign { owner } => deal.assign(owner.as_deref()),
            DealCommand::ChangeAmount { amount } => deal.change_amount(amount),
            DealCommand::ExpectClose { date } => deal.expect_close(date),
            DealCommand::Move { stage } => deal.move_to(stage),
            DealCommand::Win { amount } => deal.win(amount),
            DealCommand::Lose { reason, note } => deal.lose(reason, note.as_deref()),
            DealCommand::Reopen { stage } => deal.reopen(stage),
        }
    }

    fn evolve(&mut self, event: &DealEvent) {
        self.apply(event);
    }
}

impl DealState {
    fn open(&self, deal: &OpenDeal) -> Decision {
        if self.exists() {
            return Err(DealError::AlreadyOpened);
        }
        Ok(vec![DealEvent::DealOpened {
            title: value::line("title", &deal.title, NAME_MAX)?,
            organization: deal.organization,
            stage: open_stage(deal.stage)?,
            amount: deal.amount.map(|amount| amount.checked("amount")).transpose()?,
            expected_close: deal
                .expected_close
                .map(|date| value::date("expectedClose", date))
                .transpose()?,
            owner: value::optional_line("owner", deal.owner.as_deref(), LABEL_MAX)?,
            product: value::optional_line("product", deal.product.as_deref(), LABEL_MAX)?,
            external_reference: value::optional_line(
                "externalReference",
                deal.external_reference.as_deref(),
                LABEL_MAX,
            )?,
        }])
    }
}

impl Opened {
    fn rename(&self, title: &str) -> Decision {
        let title = value::line("title", title, NAME_MAX)?;
        if title == self.title {
            return Ok(Vec::new());
        }
        Ok(vec![DealEvent::DealRenamed { title }])
    }

    fn link(&self, organization: OrganizationId) -> Vec<DealEvent> {
        if self.organization == Some(organization) {
            return Vec::new();
        }
        vec![DealEvent::DealLinked { organization }]
    }

    fn assign(&self, owner: Option<&str>) -> Decision {
        let owner = value::optional_line("owner", owner, LABEL_MAX)?;
        if owner == self.owner {
            return Ok(Vec::new());
        }
        Ok(vec![DealEvent::DealAssigned { owner }])
    }

    /// What was agreed stays agreed: the amount of a closed deal changes only by taking the deal up again.
    fn change_amount(&self, amount: Money) -> Decision {
        self.must_be_open()?;
        let to = amount.checked("amount")?;
        if self.amount == Some(to) {
            return Ok(Vec::new());
        }
        Ok(vec![DealEvent::DealAmountChanged { from: self.amount, to }])
    }

    fn expect_close(&self, date: Option<NaiveDate>) -> Decision {
        self.must_be_open()?;
        let date = date.map(|date| value::date("expectedClose", date)).transpose()?;
        if date == self.expected_close {
            return Ok(Vec::new());
        }
        Ok(vec![DealEvent::DealCloseExpected { date }])
    }

    /// Any open stage is within reach of any other, forwards and backwards: sales do not run on rails.
    fn move_to(&self, stage: Stage) -> Decision {
        self.must_be_open()?;
        let to = open_stage(stage)?;
        if to == self.stage {
            return Ok(Vec::new());
        }
        Ok(vec![DealEvent::DealMoved { from: self.stage, to }])
    }

    fn win(&self, amount: Option<Money>) -> Decision {
        self.must_be_open()?;
        let amount = amount.map(|amount| amount.checked("amount")).transpose()?;
        Ok(vec![DealEvent::DealWon {
            from: self.stage,
            amount: amount.or(self.amount),
        }])
    }

    fn lose(&self, reason: LossReason, note: Option<&str>) -> Decision {
        self.must_be_open()?;
        let note = value::optional_note("note", note)?;
        if reason == LossReason::Other && note.is_none() {
            return Err(InvalidValue::new("note", Problem::Missing).into());
        }
        Ok(vec![DealEvent::DealLost {
            from: self.stage,
            reason,
            note,
        }])
    }

    fn reopen(&self, stage: Stage) -> Decision {
        if self.status() == DealStatus::Open {
            return Err(DealError::NotClosed { stage: self.stage });
        }
        Ok(vec![DealEvent::DealReopened {
            from: self.status(),
            stage: open_stage(stage)?,
        }])
    }

    fn must_be_open(&self) -> Result<(), DealError> {
        match self.status() {
            DealStatus::Open => Ok(()),
            status => Err(DealError::Closed { status }),
        }
    }
}

/// Winning and losing ask for more than a stage, so no other command leads to their stages.
fn open_stage(stage: Stage) -> Result<Stage, DealError> {
    if stage.is_open() {
        Ok(stage)
    } else {
        Err(DealError::ClosingStage { stage })
    }
}
