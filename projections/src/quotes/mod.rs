//! Quotes, one row each, and their versions.

pub mod versions;

use domain::{Event, PersonEvent, QuoteEvent, document::Content, quote::QuoteStatus, text::fold};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "quotes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// As it is printed.
    pub number: String,
    /// What numbers sort by.
    pub number_order: i64,
    pub organization_id: Uuid,
    pub deal_id: Option<Uuid>,
    pub copied_from: Option<Uuid>,
    /// The contract that is renewed once it is accepted.
    pub renews_id: Option<Uuid>,
    /// Who drafted it; null for a program.
    pub author_id: Option<Uuid>,
    pub subject: Option<String>,
    pub subject_folded: Option<String>,
    /// As in [`QuoteStatus::as_str`]: that of the newest version that was sent, `DRAFT` before.
    pub status: String,
    /// The version that is a draft.
    pub draft_version: Option<i32>,
    /// The newest version that was sent.
    pub sent_version: Option<i32>,
    pub accepted_version: Option<i32>,
    /// As in [`domain::quote::Approval::as_str`], of the draft.
    pub approval: String,
    pub approval_reason: Option<String>,
    pub currency: String,
    /// Of the version that was accepted, else of the newest that was sent, else of the draft.
    pub net: i64,
    pub vat: i64,
    pub gross: i64,
    pub valid_until: Option<String>,
    pub expires_at: Option<i64>,
    pub sent_at: Option<i64>,
    pub viewed_at: Option<i64>,
    /// When it was accepted or refused.
    pub answered_at: Option<i64>,
    pub refusal_reason: Option<String>,
    pub cancelled_at: Option<i64>,
    pub cancellation_reason: Option<String>,
    pub drafted_at: i64,
    pub updated_at: i64,
    /// Of the quote's stream.
    pub version: i64,
    /// Of the last event of the quote.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the tables.
pub struct Quotes;

impl Projection<Event> for Quotes {
    fn name(&self) -> &'static str {
        "quotes"
    }

    fn version(&self) -> u32 {
        2
    }

    fn tables(&self) -> Vec<TableSpec> {
        let quotes = TableSpec::of::<Entity>()
            .index_on([Column::NumberOrder, Column::Id])
            .index_on([Column::UpdatedAt, Column::Id])
            .index_on([Column::Net, Column::Id])
            .index_on([Column::ExpiresAt, Column::Id])
            .index(Column::OrganizationId)
            .index(Column::DealId)
            .index(Column::Status);
        let versions = TableSpec::of::<versions::Entity>()
            .index(versions::Column::QuoteId)
            .index(versions::Column::SealedUnder)
            .index(versions::Column::SignatureSealedUnder);
        vec![quotes, versions]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        let quote = event.header.stream.id;
        match &event.event {
            Event::Quote(QuoteEvent::QuoteDrafted { .. }) => {}
            Event::Quote(event) => {
                needs.row::<Entity>(quote);
                needs.matching::<versions::Entity>(versions::Column::QuoteId, quote);
                if let Some(version) = version_of(event) {
                    needs.row::<versions::Entity>(versions::id_of(quote, version));
                }
            }
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                needs.matching::<versions::Entity>(versions::Column::SealedUnder, person.0);
                needs.matching::<versions::Entity>(versions::Column::SignatureSealedUnder, person.0);
            }
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        match (&event.event, &event.header) {
            (Event::Quote(quote), header) => apply(quote, header, rows),
            (Event::Person(PersonEvent::PersonErased { person, .. }), _) => {
                let mut sealed = rows.matching::<versions::Entity>(versions::Column::SealedUnder, person.0);
                sealed.extend(rows.matching::<versions::Entity>(versions::Column::SignatureSealedUnder, person.0));
                for mut version in sealed {
                    version.forget(person.0);
                    rows.put(version);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

/// The version that an event is about.
const fn version_of(event: &QuoteEvent) -> Option<u16> {
    match event {
        QuoteEvent::QuoteVersionDiscarded { version }
        | QuoteEvent::QuoteSuperseded { version }
        | QuoteEvent::QuoteDocumentFiled { version, .. }
        | QuoteEvent::QuoteViewed { version }
        | QuoteEvent::QuoteLinkRevoked { version, .. }
        | QuoteEvent::QuoteLinkRenewed { version, .. }
        | QuoteEvent::QuoteExpired { version }
        | QuoteEvent::QuoteExtended { version, .. }
        | QuoteEvent::SigningCodeIssued { version, .. }
        | QuoteEvent::QuoteAccepted { version, .. }
        | QuoteEvent::QuoteSignatureFiled { version, .. }
        | QuoteEvent::QuoteEnvelopeSent { version, .. }
        | QuoteEvent::QuoteEnvelopeClosed { version, .. }
        | QuoteEvent::QuoteRefused { version, .. } => Some(*version),
        _ => None,
    }
}

fn apply(event: &QuoteEvent, header: &EventHeader, rows: &mut Rows) -> Result<(), ProjectionError> {
    let quote = header.stream.id;
    match event {
        QuoteEvent::QuoteDrafted { content, .. } => {
            let version = versions::Model::drafted(quote, 1, content)?;
            rows.put(Model::drafted(header, event, content, &version));
            rows.put(version);
            return Ok(());
        }
        QuoteEvent::QuoteContentChanged { content } => {
            let draft = rows.require::<Entity>(quote)?.draft_version;
            let Some(mut version) = of_number(rows, quote, draft) else {
                return Ok(());
            };
            version.write(content)?;
            rows.put(version);
        }
        QuoteEvent::QuoteVersionStarted { version, content } => {
            rows.put(versions::Model::drafted(quote, *version, content)?);
        }
        QuoteEvent::QuoteVersionDiscarded { version } => {
            rows.remove::<versions::Entity>(versions::id_of(quote, *version));
        }
        QuoteEvent::QuoteSent {
            sent,
            expires_at,
            delivery,
            ..
        } => {
            if let Some(mut version) = of_number(rows, quote, Some(sent.version.into())) {
                version.send(header, sent, expires_at.timestamp_micros(), *delivery)?;
                rows.put(version);
            }
        }
        _ => {
            if let Some(number) = version_of(event)
                && let Some(version) = rows.get::<versions::Entity>(versions::id_of(quote, number))
            {
                let mut version = version.clone();
                version.take(header, event)?;
                rows.put(version);
            }
            if matches!(
                event,
                QuoteEvent::QuoteAccepted { .. } | QuoteEvent::QuoteCancelled { .. }
            ) {
                drop_draft(rows, quote)?;
            }
        }
    }
    let shown = rows
        .matching::<versions::Entity>(versions::Column::QuoteId, quote)
        .into_iter()
        .max_by_key(shown_first);
    rows.change::<Entity>(quote, |row| row.take(header, event, shown.as_ref()))
}

/// The accepted version counts, else the newest that was sent, else the draft.
fn shown_first(version: &versions::Model) -> (bool, bool, i32) {
    (
        version.status == QuoteStatus::Accepted.as_str(),
        version.status != QuoteStatus::Draft.as_str(),
        version.number,
    )
}

fn of_number(rows: &Rows, quote: Uuid, number: Option<i32>) -> Option<versions::Model> {
    let number = number?;
    let versions = rows.matching::<versions::Entity>(versions::Column::QuoteId, quote);
    versions.into_iter().find(|version| version.number == number)
}

/// What was being written when the quote ended is written no more.
fn drop_draft(rows: &mut Rows, quote: Uuid) -> Result<(), ProjectionError> {
    let draft = rows.require::<Entity>(quote)?.draft_version;
    let was_sent = rows.require::<Entity>(quote)?.sent_version.is_some();
    if let Some(version) = of_number(rows, quote, draft)
        && was_sent
    {
        rows.remove::<versions::Entity>(version.id);
    }
    Ok(())
}

impl Model {
    fn drafted(header: &EventHeader, event: &QuoteEvent, content: &Content, version: &versions::Model) -> Self {
        let mut row = Self {
            id: header.stream.id,
            number: String::new(),
            number_order: 0,
            organization_id: Uuid::nil(),
            deal_id: None,
            copied_from: None,
            renews_id: None,
            author_id: crate::user_of(&header.actor),
            subject: None,
            subject_folded: None,
            status: QuoteStatus::Draft.as_str().to_owned(),
            draft_version: Some(1),
            sent_version: None,
            accepted_version: None,
            approval: domain::quote::Approval::NotAsked.as_str().to_owned(),
            approval_reason: None,
            currency: content.currency.code().to_owned(),
            net: version.net,
            vat: version.vat,
            gross: version.gross,
            valid_until: None,
            expires_at: None,
            sent_at: None,
            viewed_at: None,
            answered_at: None,
            refusal_reason: None,
            cancelled_at: None,
            cancellation_reason: None,
            drafted_at: header.occurred_at.0,
            updated_at: header.occurred_at.0,
            version: header.version.0 as i64,
            position: header.position.0 as i64,
        };
        row.is_about(content);
        if let QuoteEvent::QuoteDrafted {
            number,
            organization,
            deal,
            copied_from,
            renews,
            ..
        } = event
        {
            row.number.clone_from(&number.text);
            row.number_order = crate::number_order(number);
            row.organization_id = organization.0;
            row.deal_id = deal.map(Into::into);
            row.copied_from = copied_from.map(Into::into);
            row.renews_id = renews.map(|contract| contract.0);
        }
        row
    }

    fn is_about(&mut self, content: &Content) {
        self.subject.clone_from(&content.subject);
        self.subject_folded = content.subject.as_deref().map(fold);
        content.currency.code().clone_into(&mut self.currency);
    }

    fn take(&mut self, header: &EventHeader, event: &QuoteEvent, shown: Option<&versions::Model>) {
        use domain::quote::Approval;
        let now = header.occurred_at.0;
        let approval = |row: &mut Self, approval: Approval| approval.as_str().clone_into(&mut row.approval);
        match event {
            QuoteEvent::QuoteContentChanged { content } => {
                self.is_about(content);
                approval(self, Approval::NotAsked);
                self.approval_reason = None;
            }
            QuoteEvent::QuoteVersionStarted { version, content } => {
                self.is_about(content);
                self.draft_version = Some((*version).into());
                approval(self, Approval::NotAsked);
                self.approval_reason = None;
            }
            QuoteEvent::QuoteVersionDiscarded { .. } => self.draft_version = None,
            QuoteEvent::QuoteApprovalRequested { .. } => approval(self, Approval::Requested),
            QuoteEvent::QuoteApproved { .. } => approval(self, Approval::Given),
            QuoteEvent::QuoteApprovalRefused { reason, .. } => {
                approval(self, Approval::Refused);
                self.approval_reason = Some(reason.clone());
            }
            QuoteEvent::QuoteSent { sent, expires_at, .. } => {
                self.draft_version = None;
                self.sent_version = Some(sent.version.into());
                self.stands(QuoteStatus::Sent);
                self.valid_until = Some(sent.valid_until.to_string());
                self.expires_at = Some(expires_at.timestamp_micros());
                self.sent_at = Some(now);
                (self.viewed_at, self.answered_at, self.refusal_reason) = (None, None, None);
            }
            QuoteEvent::QuoteViewed { .. } => {
                self.stands(QuoteStatus::Viewed);
                self.viewed_at = Some(now);
            }
            QuoteEvent::QuoteExpired { .. } => self.stands(QuoteStatus::Expired),
            QuoteEvent::QuoteExtended {
                valid_until,
                expires_at,
                ..
            } => {
                if self.status == QuoteStatus::Expired.as_str() {
                    self.stands(QuoteStatus::Sent);
                }
                self.valid_until = Some(valid_until.to_string());
                self.expires_at = Some(expires_at.timestamp_micros());
            }
            QuoteEvent::QuoteAccepted { version, .. } => {
                self.draft_version = None;
                self.accepted_version = Some((*version).into());
                self.stands(QuoteStatus::Accepted);
                self.answered_at = Some(now);
            }
            QuoteEvent::QuoteRefused { reason, .. } => {
                self.stands(QuoteStatus::Refused);
                self.answered_at = Some(now);
                self.refusal_reason.clone_from(reason);
            }
            QuoteEvent::QuoteCancelled { reason } => {
                if self.sent_version.is_some() {
                    self.draft_version = None;
                }
                self.stands(QuoteStatus::Cancelled);
                self.cancelled_at = Some(now);
                self.cancellation_reason = Some(reason.clone());
            }
            QuoteEvent::QuoteLinkedToDeal { deal } => self.deal_id = Some(deal.0),
            QuoteEvent::QuoteDrafted { .. }
            | QuoteEvent::QuoteSuperseded { .. }
            | QuoteEvent::QuoteDocumentFiled { .. }
            | QuoteEvent::QuoteLinkRevoked { .. }
            | QuoteEvent::QuoteLinkRenewed { .. }
            | QuoteEvent::QuoteExpiryReminded { .. }
            | QuoteEvent::SigningCodeIssued { .. }
            | QuoteEvent::SigningCodeRejected { .. }
            | QuoteEvent::QuoteEnvelopeSent { .. }
            | QuoteEvent::QuoteEnvelopeClosed { .. }
            | QuoteEvent::QuoteSignatureFiled { .. } => {}
        }
        if let Some(shown) = shown {
            (self.net, self.vat, self.gross) = (shown.net, shown.vat, shown.gross);
        }
        self.updated_at = now;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
    }

    fn stands(&mut self, status: QuoteStatus) {
        status.as_str().clone_into(&mut self.status);
    }
}
