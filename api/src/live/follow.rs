//! One follower's way through the journal: reading, then listening, and reading again where listening was too slow.

use std::{collections::VecDeque, sync::Arc};

use futures::{Stream, stream};
use journal::{JournalError, Position, ReadFilter, RecordedEvent, StreamId, Version};

use super::{Happened, Hub, Interest, Membership};
use crate::graphql::errors::ApiResult;

/// Positions looked at per page.
const PAGE_LENGTH: usize = 1_024;

/// All events behind `after` that are of interest, and then the new ones as they come: in order, none lost and none
/// twice. After an error there is nothing more, since going on could leave something out.
pub fn follow(
    hub: Arc<Hub>,
    after: Position,
    interest: Interest,
) -> impl Stream<Item = ApiResult<Arc<Happened>>> + Send + 'static {
    let follower = Follower {
        filter: interest.read_filter(),
        interest: Arc::new(interest),
        hub,
        at: after,
        ready: VecDeque::new(),
        doing: Doing::Reading,
    };
    stream::unfold(Some(follower), async |follower| {
        let mut follower = follower?;
        match follower.next().await {
            Ok(happened) => Some((Ok(happened), Some(follower))),
            Err(error) => Some((Err(error.into()), None)),
        }
    })
}

struct Follower {
    hub: Arc<Hub>,
    interest: Arc<Interest>,
    filter: ReadFilter,
    /// Everything up to here was told, or is ready.
    at: Position,
    ready: VecDeque<Arc<Happened>>,
    doing: Doing,
}

enum Doing {
    /// The journal, to its end.
    Reading,
    /// The journal, up to where listening began.
    ClosingUp(Membership),
    Listening(Membership),
}

impl Follower {
    async fn next(&mut self) -> Result<Arc<Happened>, JournalError> {
        loop {
            if let Some(happened) = self.ready.pop_front() {
                return Ok(happened);
            }
            match std::mem::replace(&mut self.doing, Doing::Reading) {
                Doing::Reading => {
                    let at_end = self.interest.streams.is_some() || !self.read(PAGE_LENGTH).await?;
                    if at_end {
                        self.doing = Doing::ClosingUp(self.hub.join(self.interest.clone()).await);
                    }
                }
                Doing::ClosingUp(membership) if self.at >= membership.after => {
                    self.doing = Doing::Listening(membership);
                }
                Doing::ClosingUp(membership) => {
                    self.close_up(membership.after).await?;
                    self.doing = Doing::ClosingUp(membership);
                }
                Doing::Listening(mut membership) => match membership.heard.recv().await {
                    // What was read is told once more when the hub was behind the journal.
                    Some(happened) if happened.position() <= self.at => self.doing = Doing::Listening(membership),
                    Some(happened) => {
                        self.at = happened.position();
                        self.doing = Doing::Listening(membership);
                        return Ok(happened);
                    }
                    // Too slow: what is missing is read.
                    None => {}
                },
            }
        }
    }

    /// Reads one page. Whether there was one.
    async fn read(&mut self, length: usize) -> Result<bool, JournalError> {
        let page = self.hub.journal.read(self.at, length, &self.filter).await?;
        let is_news = page.last > self.at;
        self.at = self.at.max(page.last);
        self.make_ready(page.events);
        Ok(is_news)
    }

    async fn close_up(&mut self, to: Position) -> Result<(), JournalError> {
        let Some(streams) = self.interest.streams.clone() else {
            let missing = usize::try_from(to.0 - self.at.0).unwrap_or(PAGE_LENGTH);
            self.read(missing.min(PAGE_LENGTH)).await?;
            return Ok(());
        };
        // Single streams are short: reading them beats looking through everything that happened meanwhile.
        let mut events = Vec::new();
        for stream in &streams {
            self.read_stream(stream, to, &mut events).await?;
        }
        events.sort_by_key(|event| event.header.position);
        self.at = to;
        self.make_ready(events);
        Ok(())
    }

    async fn read_stream(
        &self,
        stream: &StreamId,
        to: Position,
        events: &mut Vec<RecordedEvent>,
    ) -> Result<(), JournalError> {
        let mut after = Version::NONE;
        loop {
            let page = self.hub.journal.read_stream(stream, after, PAGE_LENGTH).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.header.version;
            let missing = |event: &RecordedEvent| event.header.position > self.at && event.header.position <= to;
            events.extend(page.into_iter().filter(missing));
        }
    }

    fn make_ready(&mut self, events: Vec<RecordedEvent>) {
        let wanted = events.into_iter().filter(|event| self.interest.covers(&event.header));
        self.ready.extend(wanted.map(|event| Arc::new(Happened::new(event))));
    }
}
