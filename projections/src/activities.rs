//! Activities, one row each. A withdrawn one stays as a row that says nothing any more.

use domain::{
    ActivityEvent, Event, PersonEvent, Personal,
    activity::{ActivityContent, ActivityWords, GeoPlace},
};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::{EventHeader, Timestamp};
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "activities")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// As in [`domain::activity::ActivityKind::as_str`].
    pub kind: String,
    /// `INBOUND` or `OUTBOUND`, for calls and e-mails.
    pub direction: Option<String>,
    /// Of a call, as in [`domain::activity::CallOutcome::as_str`].
    pub outcome: Option<String>,
    /// Of a call, in seconds.
    pub duration: Option<i64>,
    /// Of a meeting.
    pub starts_at: Option<i64>,
    pub ends_at: Option<i64>,
    pub place: Option<String>,
    /// Ids, as JSON.
    pub contacts: Option<String>,
    pub users: Option<String>,
    /// Of a check-in, in degrees.
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    /// In metres.
    pub accuracy: Option<i64>,
    /// Whose place it is.
    pub place_person: Option<Uuid>,
    pub subject: Option<String>,
    pub body: Option<String>,
    /// Whom the words are about.
    pub person_id: Option<Uuid>,
    /// The words were about a person whose data was erased.
    pub erased: bool,
    pub organization_id: Option<Uuid>,
    pub contact_id: Option<Uuid>,
    pub deal_id: Option<Uuid>,
    pub author_id: Option<Uuid>,
    pub external_reference: Option<String>,
    pub occurred_at: i64,
    pub withdrawn_at: Option<i64>,
    pub withdrawal_reason: Option<String>,
    pub updated_at: i64,
    /// Of the activity's stream.
    pub version: i64,
    /// Of the last event of the activity.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct Activities;

impl Projection<Event> for Activities {
    fn name(&self) -> &'static str {
        "activities"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        let table = TableSpec::of::<Entity>()
            .index_on([Column::OccurredAt, Column::Id])
            .index_on([Column::Kind, Column::OccurredAt])
            .index_on([Column::OrganizationId, Column::OccurredAt])
            .index_on([Column::ContactId, Column::OccurredAt])
            .index_on([Column::DealId, Column::OccurredAt])
            .index_on([Column::AuthorId, Column::OccurredAt])
            .index(Column::PersonId)
            .index(Column::PlacePerson);
        vec![table]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        match &event.event {
            Event::Activity(ActivityEvent::ActivityRecorded { .. }) => {}
            Event::Activity(_) => needs.row::<Entity>(event.header.stream.id),
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                needs.matching::<Entity>(Column::PersonId, person.0);
                needs.matching::<Entity>(Column::PlacePerson, person.0);
            }
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let header = &event.header;
        match &event.event {
            Event::Activity(birth @ ActivityEvent::ActivityRecorded { .. }) => {
                let mut row = Model::blank(header);
                row.take(header, birth)?;
                rows.put(row);
            }
            Event::Activity(change) => {
                let mut row = rows.require::<Entity>(header.stream.id)?.clone();
                row.take(header, change)?;
                rows.put(row);
            }
            Event::Person(PersonEvent::PersonErased { person, .. }) => {
                for mut row in rows.matching::<Entity>(Column::PersonId, person.0) {
                    row.erase_words();
                    rows.put(row);
                }
                for mut row in rows.matching::<Entity>(Column::PlacePerson, person.0) {
                    row.stand_at(None);
                    rows.put(row);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Model {
    /// A row with nothing in it yet.
    fn blank(header: &EventHeader) -> Self {
        Self {
            id: header.stream.id,
            kind: String::new(),
            direction: None,
            outcome: None,
            duration: None,
            starts_at: None,
            ends_at: None,
            place: None,
            contacts: None,
            users: None,
            latitude: None,
            longitude: None,
            accuracy: None,
            place_person: None,
            subject: None,
            body: None,
            person_id: None,
            erased: false,
            organization_id: None,
            contact_id: None,
            deal_id: None,
            author_id: None,
            external_reference: None,
            occurred_at: header.occurred_at.0,
            withdrawn_at: None,
            withdrawal_reason: None,
            updated_at: header.occurred_at.0,
            version: 0,
            position: 0,
        }
    }

    fn take(&mut self, header: &EventHeader, event: &ActivityEvent) -> Result<(), ProjectionError> {
        match event {
            ActivityEvent::ActivityRecorded {
                content,
                about,
                words,
                personal_words,
                author,
                external_reference,
            } => {
                self.was(content)?;
                self.organization_id = about.organization.map(Uuid::from);
                self.contact_id = about.contact.map(Uuid::from);
                self.deal_id = about.deal.map(Uuid::from);
                self.author_id = author.map(Uuid::from);
                self.external_reference.clone_from(external_reference);
                self.say(words.as_ref(), personal_words.as_ref());
            }
            ActivityEvent::ActivityCorrected {
                content,
                words,
                personal_words,
            } => {
                if let Some(content) = content {
                    self.was(content)?;
                }
                self.say(words.as_ref(), personal_words.as_ref());
            }
            ActivityEvent::ActivityFileAttached { .. } | ActivityEvent::ActivityFileDetached { .. } => {}
            ActivityEvent::ActivityWithdrawn { reason } => {
                self.withdrawn_at = Some(header.occurred_at.0);
                self.withdrawal_reason.clone_from(reason);
                (self.subject, self.body) = (None, None);
                self.stand_at(None);
            }
        }
        self.updated_at = header.occurred_at.0;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
        Ok(())
    }

    fn was(&mut self, content: &ActivityContent) -> Result<(), ProjectionError> {
        content.kind().as_str().clone_into(&mut self.kind);
        self.direction = content.direction().map(|direction| direction.as_str().to_owned());
        match content {
            ActivityContent::Call { outcome, duration, .. } => {
                self.outcome = outcome.map(|outcome| outcome.as_str().to_owned());
                self.duration = duration.map(i64::from);
            }
            ActivityContent::Meeting {
                start,
                end,
                place,
                contacts,
                users,
            } => {
                self.starts_at = Some(Timestamp::from(*start).0);
                self.ends_at = Some(Timestamp::from(*end).0);
                self.place.clone_from(place);
                self.contacts = Some(crate::json(contacts)?);
                self.users = Some(crate::json(users)?);
            }
            ActivityContent::CheckIn { place } => {
                self.place_person = Some(place.person().0);
                self.stand_at(place.value());
            }
            ActivityContent::Email { .. } | ActivityContent::Note {} => {}
        }
        Ok(())
    }

    fn say(&mut self, words: Option<&ActivityWords>, personal: Option<&Personal<ActivityWords>>) {
        if let Some(personal) = personal {
            self.person_id = Some(personal.person().0);
            if personal.value().is_none() {
                return self.erase_words();
            }
        }
        if let Some(words) = words.or_else(|| personal.and_then(Personal::value)) {
            self.subject.clone_from(&words.subject);
            self.body.clone_from(&words.body);
        }
    }

    fn erase_words(&mut self) {
        self.erased = true;
        (self.subject, self.body) = (None, None);
    }

    fn stand_at(&mut self, place: Option<&GeoPlace>) {
        self.latitude = place.map(|place| place.latitude());
        self.longitude = place.map(|place| place.longitude());
        self.accuracy = place.map(|place| i64::from(place.accuracy));
    }
}
