use chrono::NaiveDate;

use super::{
    amounts::AmountChanges,
    command::{DealCommand, OpenDeal},
    details::{self, CreditShare, DealSource, ProductOfInterest},
    error::DealError,
    event::{DealEvent, LossReason},
    state::{DealState, DealStatus, Opened},
};
use crate::{
    Decider, InvalidValue, OrganizationId, UserId,
    pipeline::{BUILT_IN, Probability, Stage, StageCode, StageKind, StageRef},
    text::fold,
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
            return self.open(deal);
        }
        let deal = self.opened.as_ref().ok_or(DealError::NotOpened)?;
        match command {
            DealCommand::Open(_) => Err(DealError::AlreadyOpened),
            DealCommand::Rename { title } => deal.rename(&title),
            DealCommand::Link { organization } => Ok(deal.link(organization)),
            DealCommand::Assign { owner } => Ok(deal.assign(owner)),
            DealCommand::ShareCredit { shares } => deal.share_credit(&shares),
            DealCommand::ChangeAmounts { amounts } => deal.change_amounts(amounts),
            DealCommand::ExpectClose { date } => deal.expect_close(date),
            DealCommand::EstimateProbability { probability } => deal.estimate(probability),
            DealCommand::NameProducts { products } => deal.name_products(&products),
            DealCommand::NameCompetitors { competitors } => deal.name_competitors(&competitors),
            DealCommand::SetSource { source } => deal.set_source(source.as_ref()),
            DealCommand::PlanNextStep { text } => deal.plan_next_step(text.as_deref()),
            DealCommand::Tag { tags } => deal.tag(&tags),
            DealCommand::AddTags { tags } => deal.add_tags(&tags),
            DealCommand::RemoveTags { tags } => Ok(deal.remove_tags(&tags)),
            DealCommand::AttachFile(file) => Ok(vec![DealEvent::DealFileAttached(deal.files.attach(file)?)]),
            DealCommand::DetachFile { file } => {
                let detached = deal.files.detach(file)?.then_some(DealEvent::DealFileDetached { file });
                Ok(detached.into_iter().collect())
            }
            DealCommand::Move { stage } => deal.move_to(stage),
            DealCommand::ChangePipeline { stage } => deal.change_pipeline(stage),
            DealCommand::Win { stage, amounts } => deal.win(stage, amounts),
            DealCommand::Lose { stage, reason, note } => deal.lose(stage, reason, note.as_deref()),
            DealCommand::Reopen { stage } => deal.reopen(stage),
        }
    }

    fn evolve(&mut self, event: &DealEvent) {
        self.apply(event);
    }
}

impl DealState {
    fn open(&self, deal: OpenDeal) -> Decision {
        if self.exists() {
            return Err(DealError::AlreadyOpened);
        }
        if deal.stage.archived {
            return Err(DealError::PipelineArchived);
        }
        let stage = of_kind(StageKind::Open, deal.stage)?;
        must_take_deals(&stage)?;
        let label = |field, text: &Option<String>| value::optional_line(field, text.as_deref(), LABEL_MAX);
        Ok(vec![DealEvent::DealOpened {
            title: value::line("title", &deal.title, NAME_MAX)?,
            organization: deal.organization,
            pipeline: (stage.pipeline != BUILT_IN).then_some(stage.pipeline),
            rank: rank(&stage),
            stage: stage.code,
            amounts: deal.amounts.checked()?,
            expected_close: deal
                .expected_close
                .map(|date| value::date("expectedClose", date))
                .transpose()?,
            owner: deal.owner,
            owner_name: label("ownerName", &deal.owner_name)?,
            source: deal.source.as_ref().map(DealSource::checked).transpose()?,
            products: details::products(&deal.products)?,
            external_reference: label("externalReference", &deal.external_reference)?,
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

    fn assign(&self, owner: Option<UserId>) -> Vec<DealEvent> {
        if owner == self.owner && self.owner_name.is_none() {
            return Vec::new();
        }
        vec![DealEvent::DealAssigned {
            owner,
            owner_name: None,
        }]
    }

    fn share_credit(&self, shares: &[CreditShare]) -> Decision {
        let shares = details::credit(shares)?;
        if shares == self.shares {
            return Ok(Vec::new());
        }
        Ok(vec![DealEvent::DealCreditShared { shares }])
    }

    /// What was agreed stays agreed: the amounts of a closed deal change only by taking the deal up again.
    fn change_amounts(&self, amounts: AmountChanges) -> Decision {
        self.must_be_open()?;
        let to = self.amounts.changed(amounts)?;
        if self.amounts == to {
            return Ok(Vec::new());
        }
        Ok(vec![DealEvent::DealAmountChanged { from: self.amounts, to }])
    }

    fn expect_close(&self, date: Option<NaiveDate>) -> Decision {
        self.must_be_open()?;
        let date = date.map(|date| value::date("expectedClose", date)).transpose()?;
        if date == self.expected_close {
            return Ok(Vec::new());
        }
        Ok(vec![DealEvent::DealCloseExpected { date }])
    }

    /// An estimate stands until it is taken back or the deal is closed, whatever stages the deal goes through.
    fn estimate(&self, probability: Option<Probability>) -> Decision {
        self.must_be_open()?;
        if probability == self.probability {
            return Ok(Vec::new());
        }
        Ok(vec![DealEvent::DealProbabilityEstimated { probability }])
    }

    fn name_products(&self, products: &[ProductOfInterest]) -> Decision {
        self.must_be_open()?;
        let products = details::products(products)?;
        if products == self.products {
            return Ok(Vec::new());
        }
        Ok(vec![DealEvent::DealProductsNamed { products }])
    }

    /// Also of a closed deal: who won it instead is often learnt later.
    fn name_competitors(&self, competitors: &[String]) -> Decision {
        let competitors = details::names("competitors", competitors)?;
        if competitors == self.competitors {
            return Ok(Vec::new());
        }
        Ok(vec![DealEvent::DealCompetitorsNamed { competitors }])
    }

    fn set_source(&self, source: Option<&DealSource>) -> Decision {
        let source = source.map(DealSource::checked).transpose()?;
        if source == self.source {
            return Ok(Vec::new());
        }
        Ok(vec![DealEvent::DealSourceSet { source }])
    }

    fn plan_next_step(&self, text: Option<&str>) -> Decision {
        self.must_be_open()?;
        let text = value::optional_note("nextStep", text)?;
        if text == self.next_step {
            return Ok(Vec::new());
        }
        Ok(vec![DealEvent::DealNextStepPlanned { text }])
    }

    fn tag(&self, tags: &[String]) -> Decision {
        let tags = details::names("tags", tags)?;
        if tags == self.tags {
            return Ok(Vec::new());
        }
        Ok(vec![DealEvent::DealTagged { tags }])
    }

    /// One that it has already, whatever its case and accents, is not added.
    fn add_tags(&self, tags: &[String]) -> Decision {
        let mut all = self.tags.clone();
        for tag in tags {
            let tag = details::name("tags", tag)?;
            if all.iter().all(|own| fold(own) != fold(&tag)) {
                all.push(tag);
            }
        }
        let all = details::names("tags", &all)?;
        let tags: Vec<_> = all.into_iter().skip(self.tags.len()).collect();
        if tags.is_empty() {
            return Ok(Vec::new());
        }
        Ok(vec![DealEvent::DealTagsAdded { tags }])
    }

    fn remove_tags(&self, tags: &[String]) -> Vec<DealEvent> {
        let folded: Vec<_> = tags.iter().map(|tag| fold(tag)).collect();
        let own = self.tags.iter().filter(|own| folded.contains(&fold(own)));
        let tags: Vec<_> = own.cloned().collect();
        if tags.is_empty() {
            return Vec::new();
        }
        vec![DealEvent::DealTagsRemoved { tags }]
    }

    /// Any open stage is within reach of any other, forwards and backwards: sales do not run on rails.
    fn move_to(&self, stage: StageRef) -> Decision {
        self.must_be_open()?;
        let stage = self.own(of_kind(StageKind::Open, stage)?)?;
        if stage.code == self.stage {
            return Ok(Vec::new());
        }
        must_take_deals(&stage)?;
        Ok(vec![DealEvent::DealMoved {
            from: self.stage.clone(),
            rank: rank(&stage),
            to: stage.code,
        }])
    }

    fn change_pipeline(&self, stage: StageRef) -> Decision {
        if stage.pipeline == self.pipeline {
            return self.move_to(stage);
        }
        self.must_be_open()?;
        if stage.archived {
            return Err(DealError::PipelineArchived);
        }
        let stage = of_kind(StageKind::Open, stage)?;
        must_take_deals(&stage)?;
        Ok(vec![DealEvent::DealPipelineChanged {
            from_pipeline: self.pipeline,
            from: self.stage.clone(),
            to_pipeline: stage.pipeline,
            rank: rank(&stage),
            to: stage.code,
        }])
    }

    fn win(&self, stage: StageRef, amounts: AmountChanges) -> Decision {
        self.must_be_open()?;
        let stage = self.own(of_kind(StageKind::Won, stage)?)?;
        Ok(vec![DealEvent::DealWon {
            from: self.stage.clone(),
            rank: rank(&stage),
            stage: unless(Stage::Signe, stage),
            amounts: self.amounts.changed(amounts)?,
        }])
    }

    fn lose(&self, stage: StageRef, reason: LossReason, note: Option<&str>) -> Decision {
        self.must_be_open()?;
        let stage = self.own(of_kind(StageKind::Lost, stage)?)?;
        must_take_deals(&stage)?;
        let note = value::optional_note("note", note)?;
        if reason == LossReason::Other && note.is_none() {
            return Err(InvalidValue::new("note", Problem::Missing).into());
        }
        Ok(vec![DealEvent::DealLost {
            from: self.stage.clone(),
            rank: rank(&stage),
            stage: unless(Stage::Perdu, stage),
            reason,
            note,
        }])
    }

    fn reopen(&self, stage: StageRef) -> Decision {
        if self.status == DealStatus::Open {
            return Err(DealError::NotClosed {
                stage: self.stage.clone(),
            });
        }
        let stage = self.own(of_kind(StageKind::Open, stage)?)?;
        must_take_deals(&stage)?;
        Ok(vec![DealEvent::DealReopened {
            from: self.status,
            rank: rank(&stage),
            stage: stage.code,
        }])
    }

    fn must_be_open(&self) -> Result<(), DealError> {
        match self.status {
            DealStatus::Open => Ok(()),
            status => Err(DealError::Closed { status }),
        }
    }

    fn own(&self, stage: StageRef) -> Result<StageRef, DealError> {
        if stage.pipeline == self.pipeline {
            Ok(stage)
        } else {
            Err(DealError::OtherPipeline { stage: stage.code })
        }
    }
}

/// Winning and losing ask for more than a stage, so each kind of stage is reached by commands of its own.
fn of_kind(kind: StageKind, stage: StageRef) -> Result<StageRef, DealError> {
    match (kind, stage.kind) {
        (wanted, found) if wanted == found => Ok(stage),
        (StageKind::Open, kind) => Err(DealError::ClosingStage {
            stage: stage.code,
            kind,
        }),
        (wanted, _) => Err(DealError::WrongKind {
            stage: stage.code,
            wanted,
        }),
    }
}

fn must_take_deals(stage: &StageRef) -> Result<(), DealError> {
    if stage.retired {
        return Err(DealError::StageRetired {
            stage: stage.code.clone(),
        });
    }
    Ok(())
}

/// The rank as events hold it: absent where it is that of the built-in stage.
fn rank(stage: &StageRef) -> Option<u16> {
    (stage.rank != Stage::rank_of(&stage.code)).then_some(stage.rank)
}

/// The closing stage as events hold it: absent where it is the built-in one.
fn unless(built_in: Stage, stage: StageRef) -> Option<StageCode> {
    (stage.code != *built_in.as_str()).then_some(stage.code)
}
