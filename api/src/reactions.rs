//! What events lead to beyond their own aggregate: one policy for each rule that says so.
//!
//! A policy may see an event late or again. So each looks at how things stand before it gives a command, and leaves
//! alone what people have decided since.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{
    Deal, DealEvent, Decider, Event, Organization, OrganizationCommand, OrganizationId,
    deal::DealState,
    organization::{OrganizationState, OrganizationStatus},
};
use engine::{
    CommandBus, Recorded, Until,
    policy::{Policy, ReactionError, StartAt},
};
use journal::{StreamId, Version};

/// A won deal makes its organization a customer.
pub(crate) struct WonDealMakesCustomer;

#[async_trait]
impl Policy<Event> for WonDealMakesCustomer {
    fn name(&self) -> &'static str {
        "won-deal-makes-customer"
    }

    /// Also for histories that were imported before anything ran on the journal.
    fn start_at(&self) -> StartAt {
        StartAt::Beginning
    }

    fn categories(&self) -> Vec<Arc<str>> {
        vec![DealState::TYPE.into()]
    }

    async fn react(&self, event: &Recorded<Event>, bus: &CommandBus<Event>) -> Result<(), ReactionError> {
        let Event::Deal(DealEvent::DealWon { .. }) = &event.event else {
            return Ok(());
        };
        let Some(organization) = customer_of(event, bus).await? else {
            return Ok(());
        };
        if !is_to_be_marked(organization, event, bus).await? {
            return Ok(());
        }
        let context = bus.reaction(self.name(), &event.header, "mark");
        let context = context.occurred_at(effective(organization, event, bus).await?);
        bus.execute::<Organization>(&context, organization.0, OrganizationCommand::MarkCustomer)
            .await?;
        Ok(())
    }
}

/// The organization that the deal was with when it was won.
async fn customer_of(
    event: &Recorded<Event>,
    bus: &CommandBus<Event>,
) -> Result<Option<OrganizationId>, ReactionError> {
    let until = Until::Position(event.header.position);
    let deal = bus.load_until::<Deal>(event.header.stream.id, until).await?;
    let mut organization = deal.and_then(|(deal, _)| deal.organization());
    // Whoever stands for it since records were merged.
    while let Some(OrganizationId(id)) = organization {
        let known = bus.load::<Organization>(id).await?;
        match known.and_then(|(known, _)| known.merged_into()) {
            Some(survivor) => organization = Some(survivor),
            None => break,
        }
    }
    Ok(organization)
}

/// Whoever changed the status after the deal was won knew of it: their word stands.
async fn is_to_be_marked(
    organization: OrganizationId,
    event: &Recorded<Event>,
    bus: &CommandBus<Event>,
) -> Result<bool, ReactionError> {
    let Some((now, _)) = bus.load::<Organization>(organization.0).await? else {
        return Ok(false);
    };
    if now.status() == Some(OrganizationStatus::Customer) {
        return Ok(false);
    }
    let until = Until::Position(event.header.position);
    let then = bus.load_until::<Organization>(organization.0, until).await?;
    Ok(then.is_none_or(|(then, _)| then.status() == now.status()))
}

/// When the deal was won; but nobody is a customer before they are known to us, whatever an imported history says.
async fn effective(
    organization: OrganizationId,
    event: &Recorded<Event>,
    bus: &CommandBus<Event>,
) -> Result<DateTime<Utc>, ReactionError> {
    let stream = StreamId::new(OrganizationState::TYPE, organization.0);
    let first = bus.history(&stream, Version::NONE, 1).await?;
    let known_since = first.first().map(|registered| registered.header.occurred_at);
    Ok(known_since.unwrap_or_default().max(event.header.occurred_at).into())
}

#[cfg(test)]
mod tests {
    use domain::{
        DealCommand, OrganizationEvent,
        deal::{AmountChanges, OpenDeal},
        organization::Profile,
        pipeline::Stage,
    };
    use engine::{Codec, CommandContext, KeyRing, ManualClock, MasterKey, ids::SeededIds, policy::PolicyRunner};
    use journal::{OpenOptions, Position, ReadFilter};
    use tempfile::TempDir;
    use uuid::Uuid;

    use super::*;

    const ACME: Uuid = Uuid::from_u128(1);
    const DEAL: Uuid = Uuid::from_u128(2);

    struct World {
        bus: Arc<CommandBus<Event>>,
        policies: Arc<PolicyRunner<Event>>,
        _folder: TempDir,
    }

    fn day(day: u32) -> DateTime<Utc> {
        format!("2026-03-{day:02}T12:00:00Z").parse().unwrap()
    }

    impl World {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite:{}", folder.path().join("journal.db").display());
            let options = OpenOptions {
                create: true,
                ..OpenOptions::default()
            };
            let journal = journal::open(&url, options).await.unwrap();
            let keys = KeyRing::open(journal.clone(), MasterKey::from_bytes([7; 32]))
                .await
                .unwrap();
            let codec = Arc::new(Codec::new(projections::vocabulary(), keys));
            let clock = Arc::new(ManualClock::new(day(20)));
            let bus = CommandBus::open(journal, codec, clock, Arc::new(SeededIds::new(1)))
                .await
                .unwrap();
            let policies = PolicyRunner::new(bus.clone(), vec![Arc::new(WonDealMakesCustomer)]);
            Self {
                bus,
                policies,
                _folder: folder,
            }
        }

        fn context(time: DateTime<Utc>) -> CommandContext {
            CommandContext::new("test", Uuid::now_v7(), "user:test").occurred_at(time)
        }

        async fn organization(&self, on: u32, command: OrganizationCommand) {
            let context = Self::context(day(on));
            self.bus.execute::<Organization>(&context, ACME, command).await.unwrap();
        }

        async fn deal(&self, on: u32, command: DealCommand) {
            self.bus
                .execute::<Deal>(&Self::context(day(on)), DEAL, command)
                .await
                .unwrap();
        }

        async fn registered(&self, on: u32) {
            let register = OrganizationCommand::Register {
                name: "Acme".to_owned(),
                siren: None,
                profile: Profile::default(),
                external_reference: None,
            };
            self.organization(on, register).await;
        }

        async fn opened(&self, organization: Option<Uuid>) {
            let open = OpenDeal {
                organization: organization.map(OrganizationId),
                ..OpenDeal::titled("Presses", Stage::Prospection)
            };
            self.deal(2, DealCommand::Open(open)).await;
        }

        async fn status(&self) -> OrganizationStatus {
            self.bus
                .load::<Organization>(ACME)
                .await
                .unwrap()
                .unwrap()
                .0
                .status()
                .unwrap()
        }

        async fn head(&self) -> Position {
            self.bus.journal().head().await.unwrap().position
        }

        /// The journal's last event.
        async fn last(&self) -> Recorded<Event> {
            let before = Position(self.head().await.0 - 1);
            let page = self
                .bus
                .journal()
                .read(before, 1, &ReadFilter::default())
                .await
                .unwrap();
            self.bus.codec().open(&page.events[0]).await.unwrap()
        }
    }

    fn won() -> DealCommand {
        DealCommand::Win {
            stage: Stage::Signe.into(),
            amounts: AmountChanges::default(),
        }
    }

    #[tokio::test]
    async fn a_won_deal_makes_a_customer_on_that_day() {
        let world = World::new().await;
        world.registered(1).await;
        world.opened(Some(ACME)).await;
        world.deal(3, won()).await;
        let won = world.last().await.header;
        world.policies.drain().await.unwrap();
        let marked = world.last().await;
        let (from, to) = (OrganizationStatus::Prospect, OrganizationStatus::Customer);
        let expected = OrganizationEvent::OrganizationStatusChanged { from, to };
        assert_eq!(marked.event, expected.into());
        assert_eq!(marked.header.occurred_at, day(3).into());
        assert_eq!(marked.header.causation_id, Some(won.event_id));
        assert_eq!(marked.header.actor.as_ref(), "system:won-deal-makes-customer");
    }

    #[tokio::test]
    async fn a_deal_linked_before_it_is_won_counts_for_the_right_organization() {
        let world = World::new().await;
        world.registered(1).await;
        world.opened(None).await;
        let organization = OrganizationId(ACME);
        world.deal(3, DealCommand::Link { organization }).await;
        world.deal(4, won()).await;
        world.policies.drain().await.unwrap();
        assert_eq!(world.status().await, OrganizationStatus::Customer);
    }

    #[tokio::test]
    async fn a_deal_with_a_merged_organization_counts_for_the_one_that_stands_for_it() {
        let world = World::new().await;
        world.registered(1).await;
        let double = Uuid::from_u128(3);
        let merge = OrganizationCommand::MergeInto {
            survivor: OrganizationId(ACME),
        };
        let register = OrganizationCommand::Register {
            name: "Acme SA".to_owned(),
            siren: None,
            profile: Profile::default(),
            external_reference: None,
        };
        for command in [register, merge] {
            let context = World::context(day(1));
            world
                .bus
                .execute::<Organization>(&context, double, command)
                .await
                .unwrap();
        }
        world.opened(Some(double)).await;
        world.deal(3, won()).await;
        world.policies.drain().await.unwrap();
        assert_eq!(world.status().await, OrganizationStatus::Customer);
    }

    #[tokio::test]
    async fn a_deal_with_nobody_makes_no_customer() {
        let world = World::new().await;
        world.registered(1).await;
        world.opened(None).await;
        world.deal(3, won()).await;
        let before = world.head().await;
        world.policies.drain().await.unwrap();
        assert_eq!(world.head().await, before);
        assert_eq!(world.status().await, OrganizationStatus::Prospect);
    }

    #[tokio::test]
    async fn what_people_decided_since_stands() {
        let world = World::new().await;
        world.registered(1).await;
        world.opened(Some(ACME)).await;
        world.deal(3, won()).await;
        world.organization(4, OrganizationCommand::MarkCustomer).await;
        world.organization(5, OrganizationCommand::MarkFormer).await;
        world.policies.drain().await.unwrap();
        assert_eq!(world.status().await, OrganizationStatus::Former);
    }

    #[tokio::test]
    async fn a_former_customer_who_buys_again_is_a_customer() {
        let world = World::new().await;
        world.registered(1).await;
        world.organization(2, OrganizationCommand::MarkCustomer).await;
        world.organization(2, OrganizationCommand::MarkFormer).await;
        world.opened(Some(ACME)).await;
        world.deal(3, won()).await;
        world.policies.drain().await.unwrap();
        assert_eq!(world.status().await, OrganizationStatus::Customer);
    }

    #[tokio::test]
    async fn nobody_is_a_customer_before_they_are_known() {
        let world = World::new().await;
        world.registered(10).await;
        world.opened(Some(ACME)).await;
        world.deal(3, won()).await;
        world.policies.drain().await.unwrap();
        assert_eq!(world.last().await.header.occurred_at, day(10).into());
    }
}
