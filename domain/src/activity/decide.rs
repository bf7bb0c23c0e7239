use super::{
    command::{ActivityCommand, RecordActivity},
    content::{ActivityWords, ContentInput},
    error::ActivityError,
    event::ActivityEvent,
    state::{ActivityState, Known},
};
use crate::{
    AttachedFile, Decider, FileId, PersonId, Personal,
    value::{self, LABEL_MAX},
};

type Decision = Result<Vec<ActivityEvent>, ActivityError>;

impl Decider for ActivityState {
    const TYPE: &'static str = "activity";

    type Command = ActivityCommand;
    type Event = ActivityEvent;
    type Error = ActivityError;

    fn decide(&self, command: ActivityCommand) -> Decision {
        if let ActivityCommand::Record(record) = command {
            return self.record(*record);
        }
        let known = self.known.as_ref().ok_or(ActivityError::NotFound)?;
        match command {
            ActivityCommand::Record(_) => Err(ActivityError::AlreadyRecorded),
            ActivityCommand::Correct { content, words } => known.correct(content, words),
            ActivityCommand::AttachFile(attach) => known.attach(attach),
            ActivityCommand::DetachFile { file } => known.detach(file),
            ActivityCommand::Withdraw { reason } => known.withdraw(reason.as_deref()),
        }
    }

    fn evolve(&mut self, event: &ActivityEvent) {
        self.apply(event);
    }
}

impl ActivityState {
    fn record(&self, record: RecordActivity) -> Decision {
        if self.exists() {
            return Err(ActivityError::AlreadyRecorded);
        }
        if record.about.nothing() {
            return Err(ActivityError::AboutNothing);
        }
        let words = record.words.checked()?;
        let (words, personal_words) = if words.is_empty() {
            // Whose it would be is known from here on, also when there is nothing to say yet.
            (None, record.person.map(|person| Personal::new(person, words)))
        } else {
            placed(words, record.person)
        };
        Ok(vec![ActivityEvent::ActivityRecorded {
            content: record.content.checked()?,
            about: record.about,
            words,
            personal_words,
            author: record.author,
            external_reference: value::optional_line(
                "externalReference",
                record.external_reference.as_deref(),
                LABEL_MAX,
            )?,
        }])
    }
}

impl Known {
    /// What was said is sealed or long, and not remembered here: to say it anew is an event.
    fn correct(&self, content: Option<ContentInput>, words: Option<ActivityWords>) -> Decision {
        if self.withdrawn {
            return Err(ActivityError::Withdrawn);
        }
        let content = content.map(ContentInput::checked).transpose()?;
        if content.as_ref().is_some_and(|content| content.kind() != self.kind) {
            return Err(ActivityError::AnotherKind);
        }
        let words = words.map(|words| words.checked()).transpose()?;
        if content.is_none() && words.is_none() {
            return Ok(Vec::new());
        }
        let (words, personal_words) = words.map_or((None, None), |words| placed(words, self.person));
        Ok(vec![ActivityEvent::ActivityCorrected {
            content,
            words,
            personal_words,
        }])
    }

    /// What a file is called tells of whom the activity is about.
    fn attach(&self, file: AttachedFile) -> Decision {
        if self.withdrawn {
            return Err(ActivityError::Withdrawn);
        }
        let attached = self.files.attach(file)?;
        let (description, personal_description) = match self.person {
            Some(person) => (None, Some(Personal::new(person, attached.description))),
            None => (Some(attached.description), None),
        };
        Ok(vec![ActivityEvent::ActivityFileAttached {
            file: attached.file,
            blob: attached.blob,
            size: attached.size,
            description,
            personal_description,
        }])
    }

    fn detach(&self, file: FileId) -> Decision {
        let detached = self
            .files
            .detach(file)?
            .then_some(ActivityEvent::ActivityFileDetached { file });
        Ok(detached.into_iter().collect())
    }

    fn withdraw(&self, reason: Option<&str>) -> Decision {
        if self.withdrawn {
            return Ok(Vec::new());
        }
        let reason = value::optional_note("reason", reason)?;
        Ok(vec![ActivityEvent::ActivityWithdrawn { reason }])
    }
}

/// Sealed when they are about a person.
fn placed(words: ActivityWords, person: Option<PersonId>) -> (Option<ActivityWords>, Option<Personal<ActivityWords>>) {
    match person {
        Some(person) => (None, Some(Personal::new(person, words))),
        None => (Some(words), None),
    }
}
