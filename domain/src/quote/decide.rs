use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{
    AcceptanceMeans, Approval, CODE_ATTEMPTS_MAX, CODES_MAX, DraftQuote, Envelope, EnvelopeOutcome, QuoteCommand,
    QuoteError, QuoteEvent, QuoteState, QuoteStatus, SealTimestamp, SendQuote, SignatureGiven,
    state::{Accepted, Code, Draft, Drafted, OpenVersion, SentVersion},
};
use crate::{
    Decider, InvalidValue, PersonId, Personal,
    billing::{FiscalPosition, VatBreakdown},
    document::{Content, FiledDocument, LineId, SentQuote, Taxed, WishedContent},
    value::{self, NAME_MAX, Problem},
};

/// Days that a quote holds, at most.
const VALIDITY_MAX: i64 = 365;
const USER_AGENT_MAX: usize = 400;

impl Decider for QuoteState {
    const TYPE: &'static str = "quote";

    type Command = QuoteCommand;
    type Event = QuoteEvent;
    type Error = QuoteError;

    fn decide(&self, command: QuoteCommand) -> Result<Vec<QuoteEvent>, QuoteError> {
        match (command, &self.drafted) {
            (QuoteCommand::Draft(_), Some(_)) => Err(QuoteError::AlreadyDrafted),
            (QuoteCommand::Draft(draft), None) => drafted(*draft),
            (_, None) => Err(QuoteError::NotDrafted),
            (command, Some(_)) => self.of_drafted(command),
        }
    }

    fn evolve(&mut self, event: &QuoteEvent) {
        match event {
            QuoteEvent::QuoteDrafted {
                number,
                organization,
                deal,
                renews,
                content,
                ..
            } => {
                self.drafted = Some(Drafted {
                    number: number.clone(),
                    organization: *organization,
                    deal: *deal,
                    renews: *renews,
                });
                self.write(1, content);
            }
            QuoteEvent::QuoteContentChanged { content } => {
                let version = self.draft.as_ref().map_or(1, |draft| draft.version);
                self.write(version, content);
            }
            QuoteEvent::QuoteVersionStarted { version, content } => self.write(*version, content),
            QuoteEvent::QuoteVersionDiscarded { .. } => self.draft = None,
            QuoteEvent::QuoteApprovalRequested { .. } => self.approve(Approval::Requested),
            QuoteEvent::QuoteApproved { .. } => self.approve(Approval::Given),
            QuoteEvent::QuoteApprovalRefused { .. } => self.approve(Approval::Refused),
            QuoteEvent::QuoteSent { sent, expires_at, .. } => {
                self.draft = None;
                let version = SentVersion {
                    status: QuoteStatus::Sent,
                    valid_until: sent.valid_until,
                    expires_at: *expires_at,
                    link: Some(1),
                    links: 1,
                    document: None,
                    reminded: false,
                    codes: 0,
                    code: None,
                    signed_document: None,
                    envelopes: Vec::new(),
                    sent: sent.clone(),
                };
                self.sent.insert(sent.version, version);
            }
            QuoteEvent::QuoteAccepted {
                version,
                chosen,
                breakdown,
                ..
            } => {
                self.draft = None;
                self.accepted = Some(Accepted {
                    version: *version,
                    chosen: chosen.iter().copied().collect(),
                    breakdown: breakdown.clone(),
                });
                self.stands(*version, QuoteStatus::Accepted);
            }
            QuoteEvent::QuoteCancelled { .. } => {
                self.draft = None;
                self.cancelled = true;
            }
            QuoteEvent::QuoteLinkedToDeal { deal } => {
                if let Some(drafted) = &mut self.drafted {
                    drafted.deal = Some(*deal);
                }
            }
            QuoteEvent::QuoteSuperseded { version } => self.stands(*version, QuoteStatus::Superseded),
            QuoteEvent::QuoteViewed { version } => self.stands(*version, QuoteStatus::Viewed),
            QuoteEvent::QuoteExpired { version } => self.stands(*version, QuoteStatus::Expired),
            QuoteEvent::QuoteRefused { version, .. } => self.stands(*version, QuoteStatus::Refused),
            QuoteEvent::QuoteDocumentFiled { version, .. }
            | QuoteEvent::QuoteLinkRevoked { version, .. }
            | QuoteEvent::QuoteLinkRenewed { version, .. }
            | QuoteEvent::QuoteExpiryReminded { version, .. }
            | QuoteEvent::QuoteExtended { version, .. }
            | QuoteEvent::SigningCodeIssued { version, .. }
            | QuoteEvent::SigningCodeRejected { version, .. }
            | QuoteEvent::QuoteEnvelopeSent { version, .. }
            | QuoteEvent::QuoteEnvelopeClosed { version, .. }
            | QuoteEvent::QuoteSignatureFiled { version, .. } => {
                if let Some(sent) = self.sent.get_mut(version) {
                    sent.take(event);
                }
            }
        }
    }
}

impl SentVersion {
    fn take(&mut self, event: &QuoteEvent) {
        match event {
            QuoteEvent::QuoteDocumentFiled { document, .. } => self.document = Some(document.blob),
            QuoteEvent::QuoteLinkRevoked { .. } => self.link = None,
            QuoteEvent::QuoteLinkRenewed { link, .. } => {
                self.link = Some(*link);
                self.links = *link;
            }
            QuoteEvent::QuoteExpiryReminded { .. } => self.reminded = true,
            QuoteEvent::QuoteExtended {
                valid_until,
                expires_at,
                ..
            } => {
                self.valid_until = *valid_until;
                self.expires_at = *expires_at;
                self.reminded = false;
                if self.status == QuoteStatus::Expired {
                    self.status = QuoteStatus::Sent;
                }
            }
            QuoteEvent::SigningCodeIssued { code, expires_at, .. } => {
                self.codes = *code;
                self.code = Some(Code {
                    expires_at: *expires_at,
                    wrong: 0,
                });
            }
            QuoteEvent::SigningCodeRejected { attempt, .. } => {
                if let Some(code) = &mut self.code {
                    code.wrong = *attempt;
                }
            }
            QuoteEvent::QuoteSignatureFiled { document, .. } => self.signed_document = Some(document.blob),
            QuoteEvent::QuoteEnvelopeSent { reference, .. } => self.envelopes.push(Envelope {
                reference: reference.clone(),
                is_open: true,
            }),
            QuoteEvent::QuoteEnvelopeClosed { reference, .. } => {
                let envelopes = self.envelopes.iter_mut();
                for envelope in envelopes.filter(|envelope| envelope.reference == *reference) {
                    envelope.is_open = false;
                }
            }
            _ => {}
        }
    }
}

impl QuoteState {
    fn write(&mut self, version: u16, content: &Content) {
        let highest = content.lines().map(|line| line.id.0).max().unwrap_or(0);
        self.next_line = self.next_line.max(highest.saturating_add(1)).max(1);
        self.draft = Some(Draft {
            version,
            content: content.clone(),
            approval: Approval::NotAsked,
        });
    }

    fn approve(&mut self, approval: Approval) {
        if let Some(draft) = &mut self.draft {
            draft.approval = approval;
        }
    }

    fn stands(&mut self, version: u16, status: QuoteStatus) {
        if let Some(sent) = self.sent.get_mut(&version) {
            sent.status = status;
        }
    }

    fn of_drafted(&self, command: QuoteCommand) -> Result<Vec<QuoteEvent>, QuoteError> {
        match command {
            // What was agreed is filed and belongs somewhere, whatever became of it.
            QuoteCommand::FileDocument { version, document } => self.file(version, document),
            QuoteCommand::FileSignature {
                version,
                document,
                evidence,
                timestamp,
            } => self.file_signature(version, document, evidence, timestamp),
            // What the provider knows is kept, whatever became of the quote meanwhile.
            QuoteCommand::CloseEnvelope {
                version,
                reference,
                outcome,
                now,
            } => self.close_envelope(version, reference, outcome, now),
            QuoteCommand::LinkToDeal { deal } => Ok(unless(
                self.deal() == Some(deal),
                QuoteEvent::QuoteLinkedToDeal { deal },
            )),
            QuoteCommand::View { version, link } => self.view(version, link),
            // The agenda may come late.
            QuoteCommand::Expire { version, now } => Ok(self.expire(version, now)),
            QuoteCommand::RemindOfExpiry { version, now, delivery } => Ok(self.remind(version, now, delivery)),
            _ if self.cancelled => Err(QuoteError::Cancelled),
            QuoteCommand::Sign {
                version,
                chosen,
                signature,
            } => self.sign(version, &chosen, *signature),
            QuoteCommand::ReportAcceptance { version, chosen, now } => self.accept(version, &chosen, now),
            QuoteCommand::Refuse { version, reason, now } => self.refuse(version, reason.as_deref(), now),
            _ if self.accepted.is_some() => Err(QuoteError::Accepted),
            QuoteCommand::ChangeContent { content, position } => self.change(*content, position),
            QuoteCommand::StartVersion => self.start_version(),
            QuoteCommand::DiscardVersion => self.discard_version(),
            QuoteCommand::RequestApproval => self.request_approval(),
            QuoteCommand::Approve => self.answer_approval(None),
            QuoteCommand::RefuseApproval { reason } => self.answer_approval(Some(&reason)),
            QuoteCommand::Send(send) => self.send(*send),
            QuoteCommand::RevokeLink => self.revoke_link(),
            QuoteCommand::RenewLink => self.renew_link(),
            QuoteCommand::Extend {
                valid_until,
                expires_at,
                remind_at,
                now,
            } => {
                let newest = self.newest_sent().ok_or(QuoteError::NotSent)?;
                match newest.sent.status {
                    QuoteStatus::Sent | QuoteStatus::Viewed | QuoteStatus::Expired => {}
                    status => return Err(QuoteError::NotOpen { status }),
                }
                if expires_at <= now {
                    return Err(QuoteError::ValidityOver);
                }
                Ok(unless(
                    newest.sent.status.is_open() && newest.sent.expires_at == expires_at,
                    QuoteEvent::QuoteExtended {
                        version: newest.version,
                        valid_until,
                        expires_at,
                        remind_at,
                    },
                ))
            }
            QuoteCommand::IssueSigningCode {
                version,
                expires_at,
                now,
                delivery,
            } => {
                let open = self.answerable(version, now)?;
                if open.sent.codes >= CODES_MAX {
                    return Err(QuoteError::TooManyCodes);
                }
                Ok(vec![QuoteEvent::SigningCodeIssued {
                    version,
                    code: open.sent.codes + 1,
                    expires_at,
                    delivery,
                }])
            }
            QuoteCommand::RejectSigningCode { version, now } => {
                let open = self.answerable(version, now)?;
                let code = live_code(&open, now)?;
                Ok(vec![QuoteEvent::SigningCodeRejected {
                    version,
                    code: open.sent.codes,
                    attempt: code.wrong + 1,
                }])
            }
            QuoteCommand::SendEnvelope {
                version,
                provider,
                reference,
                now,
            } => {
                let open = self.answerable(version, now)?;
                if open.sent.open_envelope().is_some() {
                    return Err(QuoteError::EnvelopeOpen);
                }
                Ok(vec![QuoteEvent::QuoteEnvelopeSent {
                    version,
                    provider: value::line("provider", &provider, NAME_MAX)?,
                    reference: value::line("reference", &reference, NAME_MAX)?,
                }])
            }
            QuoteCommand::Cancel { reason } => Ok(vec![QuoteEvent::QuoteCancelled {
                reason: value::note("reason", &reason)?,
            }]),
            QuoteCommand::Draft(_) => Err(QuoteError::AlreadyDrafted),
        }
    }

    fn draft_or_refusal(&self) -> Result<&Draft, QuoteError> {
        self.draft.as_ref().ok_or(QuoteError::NoDraft)
    }

    fn change(&self, content: WishedContent, position: FiscalPosition) -> Result<Vec<QuoteEvent>, QuoteError> {
        let draft = self.draft_or_refusal()?;
        let content = content.decided(&Taxed {
            position,
            next_line: LineId(self.next_line),
        })?;
        Ok(unless(
            draft.content == content,
            QuoteEvent::QuoteContentChanged { content },
        ))
    }

    fn start_version(&self) -> Result<Vec<QuoteEvent>, QuoteError> {
        if self.draft.is_some() {
            return Err(QuoteError::DraftExists);
        }
        let newest = self.newest_sent().ok_or(QuoteError::NotSent)?;
        let version = newest.version.checked_add(1).ok_or(QuoteError::TooManyVersions)?;
        Ok(vec![QuoteEvent::QuoteVersionStarted {
            version,
            content: newest.sent.sent.content.clone(),
        }])
    }

    fn discard_version(&self) -> Result<Vec<QuoteEvent>, QuoteError> {
        let draft = self.draft_or_refusal()?;
        if self.sent.is_empty() {
            return Err(QuoteError::FirstVersion);
        }
        Ok(vec![QuoteEvent::QuoteVersionDiscarded { version: draft.version }])
    }

    fn request_approval(&self) -> Result<Vec<QuoteEvent>, QuoteError> {
        let draft = self.draft_or_refusal()?;
        let asked = matches!(draft.approval, Approval::Requested | Approval::Given);
        let version = draft.version;
        Ok(unless(asked, QuoteEvent::QuoteApprovalRequested { version }))
    }

    fn answer_approval(&self, refused: Option<&str>) -> Result<Vec<QuoteEvent>, QuoteError> {
        let draft = self.draft_or_refusal()?;
        let version = draft.version;
        let answer = match refused {
            None => QuoteEvent::QuoteApproved { version },
            Some(reason) => QuoteEvent::QuoteApprovalRefused {
                version,
                reason: value::note("reason", reason)?,
            },
        };
        match (draft.approval, &answer) {
            (Approval::Requested, _) => Ok(vec![answer]),
            (Approval::Given, QuoteEvent::QuoteApproved { .. })
            | (Approval::Refused, QuoteEvent::QuoteApprovalRefused { .. }) => Ok(Vec::new()),
            _ => Err(QuoteError::ApprovalNotAsked),
        }
    }

    fn send(&self, send: SendQuote) -> Result<Vec<QuoteEvent>, QuoteError> {
        let draft = self.draft_or_refusal()?;
        let number = self.number().ok_or(QuoteError::NotDrafted)?;
        let days = (send.valid_until - send.sent_on).num_days();
        if days < 0 {
            return Err(QuoteError::ValidityOver);
        }
        if days > VALIDITY_MAX {
            let range = Problem::OutOfRange {
                min: 0,
                max: VALIDITY_MAX,
            };
            return Err(InvalidValue::new("validUntil", range).into());
        }
        let seller = send.seller.ok_or(QuoteError::CompanyUnknown)?;
        let allowed = send.approval_above.filter(|_| draft.approval != Approval::Given);
        if let Some(above) = allowed
            && draft.content.largest_discount()? > above
        {
            return Err(QuoteError::ApprovalRequired { above });
        }
        let breakdown = draft.content.totals(&BTreeSet::new())?.breakdown;
        let sent = SentQuote {
            number: number.clone(),
            version: draft.version,
            sent_on: send.sent_on,
            valid_until: send.valid_until,
            seller: Box::new(seller),
            buyer: Personal::new(PersonId::of_fiscal_year(send.closing), Box::new(send.buyer)),
            content: draft.content.clone(),
            breakdown,
        };
        let before = self
            .newest_sent()
            .filter(|before| before.sent.status != QuoteStatus::Superseded);
        let superseded = before.map(|before| QuoteEvent::QuoteSuperseded {
            version: before.version,
        });
        Ok(superseded
            .into_iter()
            .chain([QuoteEvent::QuoteSent {
                sent: Box::new(sent),
                expires_at: send.expires_at,
                remind_at: send.remind_at,
                delivery: send.delivery,
            }])
            .collect())
    }

    fn file(&self, version: u16, document: FiledDocument) -> Result<Vec<QuoteEvent>, QuoteError> {
        let sent = self.sent.get(&version).ok_or(QuoteError::NoSuchVersion { version })?;
        match sent.document {
            Some(filed) if filed == document.blob => Ok(Vec::new()),
            Some(_) => Err(QuoteError::DocumentFiled),
            None => Ok(vec![QuoteEvent::QuoteDocumentFiled { version, document }]),
        }
    }

    fn file_signature(
        &self,
        version: u16,
        document: FiledDocument,
        evidence: FiledDocument,
        timestamp: Option<SealTimestamp>,
    ) -> Result<Vec<QuoteEvent>, QuoteError> {
        let sent = self.sent.get(&version).ok_or(QuoteError::NoSuchVersion { version })?;
        if sent.status != QuoteStatus::Accepted {
            return Err(QuoteError::NotAccepted);
        }
        match sent.signed_document {
            Some(_) => Ok(Vec::new()),
            None => Ok(vec![QuoteEvent::QuoteSignatureFiled {
                version,
                document,
                evidence,
                timestamp,
            }]),
        }
    }

    /// The customer's answer is taken as of when they gave it, as far as the quote can still be answered. Otherwise it is
    /// written down, and somebody has to speak with the customer.
    fn close_envelope(
        &self,
        version: u16,
        reference: String,
        outcome: EnvelopeOutcome,
        now: DateTime<Utc>,
    ) -> Result<Vec<QuoteEvent>, QuoteError> {
        let sent = self.sent.get(&version).ok_or(QuoteError::NoSuchVersion { version })?;
        let known = sent.envelopes.iter().find(|envelope| envelope.reference == reference);
        if !known.ok_or(QuoteError::NoEnvelope)?.is_open {
            return Ok(Vec::new());
        }
        let answer = match &outcome {
            _ if self.cancelled => None,
            EnvelopeOutcome::Signed { signed_at, .. } => {
                let open = self.answerable(version, (*signed_at).min(now)).ok();
                let taken = open.map(|open| Self::taken(&open, &[])).transpose()?;
                taken.map(|(chosen, breakdown)| QuoteEvent::QuoteAccepted {
                    version,
                    chosen,
                    breakdown,
                    means: AcceptanceMeans::SignatureProvider,
                    signature: None,
                })
            }
            EnvelopeOutcome::Declined { reason } => {
                let reason = value::optional_note("reason", reason.as_deref())?;
                let open = self.answerable(version, now).ok();
                open.map(|_| QuoteEvent::QuoteRefused { version, reason })
            }
            EnvelopeOutcome::Expired => None,
        };
        let closed = QuoteEvent::QuoteEnvelopeClosed {
            version,
            reference,
            outcome,
        };
        Ok([closed].into_iter().chain(answer).collect())
    }

    fn view(&self, version: u16, link: u16) -> Result<Vec<QuoteEvent>, QuoteError> {
        let sent = self.sent.get(&version).ok_or(QuoteError::NoSuchVersion { version })?;
        if sent.link != Some(link) {
            return Err(QuoteError::LinkRevoked);
        }
        Ok(unless(
            sent.status != QuoteStatus::Sent || self.cancelled,
            QuoteEvent::QuoteViewed { version },
        ))
    }

    fn revoke_link(&self) -> Result<Vec<QuoteEvent>, QuoteError> {
        let newest = self.newest_sent().ok_or(QuoteError::NotSent)?;
        Ok(newest
            .sent
            .link
            .map(|link| QuoteEvent::QuoteLinkRevoked {
                version: newest.version,
                link,
            })
            .into_iter()
            .collect())
    }

    fn renew_link(&self) -> Result<Vec<QuoteEvent>, QuoteError> {
        let open = self.open().ok_or(QuoteError::NotSent)?;
        let link = open.sent.links.checked_add(1).ok_or(QuoteError::TooManyVersions)?;
        Ok(vec![QuoteEvent::QuoteLinkRenewed {
            version: open.version,
            link,
        }])
    }

    fn expire(&self, version: u16, now: DateTime<Utc>) -> Vec<QuoteEvent> {
        let due = self
            .open()
            .is_some_and(|open| open.version == version && open.sent.expires_at <= now);
        unless(!due || self.cancelled, QuoteEvent::QuoteExpired { version })
    }

    fn remind(&self, version: u16, now: DateTime<Utc>, delivery: Option<uuid::Uuid>) -> Vec<QuoteEvent> {
        let due = self
            .open()
            .is_some_and(|open| open.version == version && !open.sent.reminded && now < open.sent.expires_at);
        unless(
            !due || self.cancelled,
            QuoteEvent::QuoteExpiryReminded { version, delivery },
        )
    }

    /// The version, when it is the one that the customer can answer now.
    fn answerable(&self, version: u16, now: DateTime<Utc>) -> Result<OpenVersion<'_>, QuoteError> {
        let newest = self.newest_sent().ok_or(QuoteError::NotSent)?;
        if version != newest.version {
            return Err(match self.sent.get(&version) {
                Some(_) => QuoteError::Superseded { by: newest.version },
                None => QuoteError::NoSuchVersion { version },
            });
        }
        match newest.sent.status {
            QuoteStatus::Accepted => Err(QuoteError::Accepted),
            QuoteStatus::Expired => Err(QuoteError::Expired),
            status if !status.is_open() => Err(QuoteError::NotOpen { status }),
            _ if newest.sent.expires_at <= now => Err(QuoteError::Expired),
            _ => Ok(newest),
        }
    }

    fn sign(&self, version: u16, chosen: &[LineId], given: SignatureGiven) -> Result<Vec<QuoteEvent>, QuoteError> {
        let SignatureGiven { signature, closing } = given;
        let open = self.answerable(version, signature.signed_at)?;
        let code = live_code(&open, signature.signed_at)?;
        if open.sent.document != Some(signature.document) {
            return Err(QuoteError::AnotherDocument);
        }
        let (chosen, breakdown) = Self::taken(&open, chosen)?;
        let signature = super::Signature {
            name: value::line("name", &signature.name, NAME_MAX)?,
            user_agent: signature
                .user_agent
                .chars()
                .filter(|c| !c.is_control())
                .take(USER_AGENT_MAX)
                .collect(),
            wrong_codes: code.wrong,
            ..signature
        };
        Ok(vec![QuoteEvent::QuoteAccepted {
            version,
            chosen,
            breakdown,
            means: AcceptanceMeans::ElectronicSignature,
            signature: Some(Personal::new(PersonId::of_fiscal_year(closing), Box::new(signature))),
        }])
    }

    fn accept(&self, version: u16, chosen: &[LineId], now: DateTime<Utc>) -> Result<Vec<QuoteEvent>, QuoteError> {
        let open = self.answerable(version, now)?;
        let (chosen, breakdown) = Self::taken(&open, chosen)?;
        Ok(vec![QuoteEvent::QuoteAccepted {
            version,
            chosen,
            breakdown,
            means: AcceptanceMeans::Reported,
            signature: None,
        }])
    }

    /// The options that are taken, each once, and what the version comes to with them.
    fn taken(open: &OpenVersion<'_>, chosen: &[LineId]) -> Result<(Vec<LineId>, VatBreakdown), QuoteError> {
        let chosen: BTreeSet<LineId> = chosen.iter().copied().collect();
        let options: BTreeSet<LineId> = open.sent.sent.options().collect();
        if !chosen.is_subset(&options) {
            return Err(InvalidValue::new("chosen", Problem::NoSuchLine).into());
        }
        let totals = open.sent.sent.content.totals(&chosen)?;
        Ok((chosen.into_iter().collect(), totals.breakdown))
    }

    fn refuse(&self, version: u16, reason: Option<&str>, now: DateTime<Utc>) -> Result<Vec<QuoteEvent>, QuoteError> {
        self.answerable(version, now)?;
        Ok(vec![QuoteEvent::QuoteRefused {
            version,
            reason: value::optional_note("reason", reason)?,
        }])
    }
}

fn drafted(draft: DraftQuote) -> Result<Vec<QuoteEvent>, QuoteError> {
    let DraftQuote {
        number,
        organization,
        deal,
        copied_from,
        renews,
        content,
        position,
    } = draft;
    let content = content.decided(&Taxed {
        position,
        next_line: LineId(1),
    })?;
    Ok(vec![QuoteEvent::QuoteDrafted {
        number,
        organization,
        deal,
        copied_from,
        renews,
        content,
    }])
}

/// The newest code, while it can still be answered.
fn live_code(open: &OpenVersion<'_>, now: DateTime<Utc>) -> Result<Code, QuoteError> {
    match open.sent.code {
        None => Err(QuoteError::NoCode),
        Some(code) if code.expires_at <= now => Err(QuoteError::NoCode),
        Some(code) if code.wrong >= CODE_ATTEMPTS_MAX => Err(QuoteError::CodeLocked),
        Some(code) => Ok(code),
    }
}

fn unless(fulfilled: bool, event: QuoteEvent) -> Vec<QuoteEvent> {
    if fulfilled { Vec::new() } else { vec![event] }
}
