//! The steps whose time has come are taken: all of one customer together, in one letter, and a formal notice on a paper
//! of its own.
//!
//! Whoever cannot be written to is reminded all the same: the text is in the journal, and a task asks somebody to pass it
//! on. After a standstill only the last step is said.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use documents::{FormalNotice, Look, OverdueInvoice};
use domain::{
    BlobHash, Delivery, DeliveryCommand, Event, FileDescription, Invoice, InvoiceCommand, InvoiceError, Language,
    Money, PersonId, Personal, Refusal, Task, TaskCommand,
    billing::late_interest::{FIXED_INDEMNITY, rounded},
    company::ReminderLadder,
    delivery::{Enclosure, QueueDelivery},
    document::{Buyer, IssuedInvoice, Seller},
    invoice::{InvoiceState, InvoiceStatus, ReminderStep},
    organization::OrganizationKind,
    task::{CreateTask, Details, Due, Link, LinkCategory, Priority},
    value::LABEL_MAX,
};
use engine::{
    CommandContext, CommandError, Obligation, UnitOfWork, agenda::entity, bus::LoadError, policy::ReactionError,
};
use futures::FutureExt;
use journal::Timestamp;
use mail::{DunnedInvoice, DunningLetter, To};
use projections::{agenda::INVOICE_REMINDER, invoices};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{CHANGED_MEANWHILE, Dunning, ladder, names, planning};
use crate::{
    graphql::following::{Refused, boxed},
    letters,
    sales::{Customer, House, Recipient, SalesError},
};

/// Invoices that one letter is about, at most; the others have one of their own.
const GROUP_MAX: u64 = 30;
/// Days that a formal notice leaves for paying.
const DAYS_TO_PAY: u64 = 8;
/// How often a letter is written anew because somebody changed an invoice meanwhile.
const ATTEMPTS: u32 = 5;

/// An invoice whose step has come.
struct Member {
    id: Uuid,
    invoice: Invoice,
    /// The step that is said, with the due date that it reminds of; `None`: nothing is.
    said: Option<(ReminderStep, NaiveDate)>,
}

/// What goes into one letter.
struct Group<'a> {
    step: ReminderStep,
    members: Vec<&'a Member>,
}

/// A letter as it goes out.
struct Written {
    /// As the customer reads it.
    text: String,
    letter: Option<QueueDelivery>,
    paper: Option<BlobHash>,
    /// What somebody of the house has to do besides.
    task: Option<CreateTask>,
}

/// Why a step was not taken at the first go.
enum Miss {
    /// Somebody changed an invoice while its letter was written.
    Changed,
    Failed(ReactionError),
}

impl From<ReactionError> for Miss {
    fn from(error: ReactionError) -> Self {
        Self::Failed(error)
    }
}

impl From<SalesError> for Miss {
    fn from(error: SalesError) -> Self {
        match error {
            SalesError::Command(CommandError::Refused(refusal)) if refusal.code() == CHANGED_MEANWHILE.code => {
                Self::Changed
            }
            error => Self::Failed(error.into()),
        }
    }
}

impl From<LoadError> for Miss {
    fn from(error: LoadError) -> Self {
        Self::Failed(error.into())
    }
}

/// What all letters of one customer are written with.
struct Desk<'a> {
    house: &'a House,
    ladder: Option<ReminderLadder>,
    customer: Customer,
}

impl Dunning {
    /// Takes the step of an invoice whose time has come, and with it those of the customer's other invoices.
    pub async fn remind(&self, context: &CommandContext, obligation: &Obligation) -> Result<(), ReactionError> {
        for _ in 0..ATTEMPTS {
            match self.attempt(context, obligation).await {
                Err(Miss::Changed) => {}
                Err(Miss::Failed(error)) => return Err(error),
                Ok(()) => return Ok(()),
            }
        }
        Err(ReactionError::trouble("the invoices of a letter keep changing"))
    }

    async fn attempt(&self, context: &CommandContext, obligation: &Obligation) -> Result<(), Miss> {
        let house = &self.sales.house().await?;
        let own = obligation.stream_id;
        let Some(known) = self.due(own, house).await? else {
            return Ok(());
        };
        let organization = known.organization();
        let organization = organization.ok_or_else(|| SalesError::from(InvoiceError::NotFound))?;
        let customer = self.sales.customer_of(organization).await.map_err(SalesError::from)?;
        let desk = Desk {
            house,
            ladder: ladder(&customer.reminders(), &house.company),
            customer,
        };
        let members = self.members(own, known, &desk).await?;
        let first = members.first().ok_or(Miss::Changed)?;
        if first.said.is_none() {
            self.pass_over(context, first, &desk).await?;
        }
        for (label, group) in groups(&members) {
            let command_id = context.command_id.to_string();
            let context = CommandContext {
                command_id: self.bus().derived_id(&["dunning letter", &command_id, &label]),
                ..context.clone()
            };
            self.say(&context, &label, &group, &desk).await?;
        }
        Ok(())
    }

    /// The invoice, when a step of it has come and nobody took it yet.
    async fn due(&self, invoice: Uuid, house: &House) -> Result<Option<Invoice>, SalesError> {
        let known = self.bus().load::<Invoice>(invoice).await?;
        let come = |known: &Invoice| known.planned_reminder().is_some_and(|(_, at)| at <= house.now);
        Ok(known.map(|(known, _)| known).filter(come))
    }

    /// The invoice, and the others of the customer whose time has come, the oldest first behind it.
    async fn members(&self, own: Uuid, known: Invoice, desk: &Desk<'_>) -> Result<Vec<Member>, Miss> {
        let mut members = vec![desk.member(own, known)];
        let head = self.bus().journal().head().await.map_err(ReactionError::from)?;
        let view = self.shown(head.position).await?;
        let open = [InvoiceStatus::Unpaid, InvoiceStatus::PartiallyPaid].map(InvoiceStatus::as_str);
        let theirs = invoices::Entity::find()
            .select_only()
            .column(invoices::Column::Id)
            .filter(invoices::Column::OrganizationId.is_in(names(&desk.customer).into_iter().map(|name| name.0)))
            .filter(invoices::Column::Status.is_in(open))
            .filter(invoices::Column::Id.ne(own))
            .into_tuple::<Uuid>()
            .all(&view)
            .await
            .map_err(ReactionError::trouble)?;
        let come = entity::Entity::find()
            .filter(entity::Column::Kind.eq(INVOICE_REMINDER))
            .filter(entity::Column::StreamId.is_in(theirs))
            .filter(entity::Column::DueAt.lte(Timestamp::from(desk.house.now).0))
            .order_by_asc(entity::Column::DueAt)
            .order_by_asc(entity::Column::Id)
            .limit(GROUP_MAX - 1)
            .all(&view)
            .await
            .map_err(ReactionError::trouble)?;
        for obligation in come {
            if let Some(known) = self.due(obligation.stream_id, desk.house).await? {
                members.push(desk.member(obligation.stream_id, known));
            }
        }
        Ok(members)
    }

    /// Nothing is said of an invoice: why, or what comes next, is put down.
    async fn pass_over(&self, context: &CommandContext, member: &Member, desk: &Desk<'_>) -> Result<(), SalesError> {
        let passed = self
            .bus()
            .together(context, &"dunning passed over", |unit: &mut UnitOfWork<'_, Event>| {
                async move {
                    member.stands(unit).await?;
                    member.skip(unit, desk).await?;
                    let standing = unit.standing::<Invoice>(member.id);
                    if standing.is_some_and(|now| now.planned_reminder() == member.invoice.planned_reminder()) {
                        let next = planning::next(&member.invoice, desk.ladder.as_ref(), desk.house);
                        unit.run::<Invoice>(member.id, InvoiceCommand::PlanReminder { next })
                            .await
                            .map_err(boxed)?;
                    }
                    Ok(())
                }
                .boxed()
            });
        passed.await?;
        Ok(())
    }

    /// One letter, with everything that it is said with, all or nothing.
    async fn say(
        &self,
        context: &CommandContext,
        label: &str,
        group: &Group<'_>,
        desk: &Desk<'_>,
    ) -> Result<(), SalesError> {
        let written = &self.written(group, desk).await?;
        let delivery = written
            .letter
            .as_ref()
            .map(|_| letters::delivery_of(self.bus(), context));
        let task = self
            .bus()
            .derived_id(&["dunning task", &context.command_id.to_string()]);
        let sealed_under = PersonId::of_fiscal_year(desk.house.closing());
        let intent = ("dunning letter", label);
        let said = self
            .bus()
            .together(context, &intent, |unit: &mut UnitOfWork<'_, Event>| {
                async move {
                    for member in &group.members {
                        member.stands(unit).await?;
                    }
                    for member in &group.members {
                        member.skip(unit, desk).await?;
                        let Some((step, due)) = member.said else { continue };
                        let remind = InvoiceCommand::Remind {
                            step,
                            ladder: desk.ladder.clone(),
                            due,
                            on: desk.house.today,
                            text: Personal::new(sealed_under, written.text.clone()),
                            delivery,
                            document: written.paper,
                        };
                        unit.run::<Invoice>(member.id, remind).await.map_err(boxed)?;
                    }
                    if let (Some(delivery), Some(letter)) = (delivery, &written.letter) {
                        unit.run::<Delivery>(delivery, DeliveryCommand::Queue(letter.clone()))
                            .await
                            .map_err(boxed)?;
                    }
                    if let Some(create) = &written.task {
                        unit.run::<Task>(task, TaskCommand::Create(create.clone()))
                            .await
                            .map_err(boxed)?;
                    }
                    Ok(())
                }
                .boxed()
            });
        said.await?;
        Ok(())
    }

    async fn written(&self, group: &Group<'_>, desk: &Desk<'_>) -> Result<Written, SalesError> {
        let issued: Vec<&IssuedInvoice> = group.members.iter().filter_map(|one| one.invoice.invoice()).collect();
        let newest = *issued.last().ok_or_else(|| CHANGED_MEANWHILE.refused())?;
        let (language, currency) = (newest.content.language, newest.content.currency);
        let money = |amount| Money::new(amount, currency).written(language);
        let seller = desk.house.company.seller().unwrap_or_else(|| (*newest.seller).clone());
        // Where the newest invoice went that says where to.
        let recipient = issued.iter().rev().find_map(|invoice| {
            let buyer = invoice.buyer.value()?;
            buyer.email.clone().map(|email| (buyer.contact.clone(), email))
        });
        let name = match &recipient {
            Some((name, _)) => name.clone(),
            None => newest.buyer.value().and_then(|buyer| buyer.contact.clone()),
        };
        let pressing = |member: &&&Member| group.step == ReminderStep::Friendly || desk.days_late(member) > 0;
        let total: i64 = group
            .members
            .iter()
            .filter(pressing)
            .map(|member| member.invoice.remaining())
            .sum();
        let notice = match group.step {
            ReminderStep::FormalNotice => Some(desk.notice(group, newest, &seller)),
            _ => None,
        };
        let letter = DunningLetter {
            customer: desk.customer.id,
            step: group.step,
            seller: seller.identity.name.clone(),
            invoices: group.members.iter().filter_map(|member| desk.line(member)).collect(),
            total: money(total),
            charges: notice.as_ref().map(charges).filter(|sum| *sum > 0).map(money),
            pay_by: notice.as_ref().map(|notice| notice.pay_by),
            account: seller.bank_account.as_ref().map(|account| account.iban.grouped()),
        };
        let paper = match notice {
            Some(notice) => Some((self.notice_paper(notice.clone()).await?, notice)),
            None => None,
        };
        let enclosure = paper.as_ref().map(|(blob, notice)| Enclosure {
            blob: *blob,
            description: FileDescription {
                name: notice_name(language, &notice.reference),
                media_type: "application/pdf".to_owned(),
            },
        });
        let to = recipient.map(|(name, email)| To {
            person: PersonId::of_fiscal_year(desk.house.closing()),
            name,
            email,
            language,
            time_zone: desk.house.company.time_zone(),
        });
        // An address that no server takes is as good as none.
        let queued = to.and_then(|to| letter.to(to, enclosure).ok());
        Ok(Written {
            text: letter.text(language, name.as_deref())?,
            task: self.task(group, desk, queued.is_some()).await?,
            letter: queued,
            paper: paper.map(|(blob, _)| blob),
        })
    }

    async fn notice_paper(&self, notice: FormalNotice) -> Result<BlobHash, SalesError> {
        let logo = self.sales.logo(&notice.seller).await?;
        let renderer = self.sales.renderer()?;
        let paper = self.sales.set(move || {
            let look = Look {
                logo: logo.as_ref(),
                draft: false,
            };
            renderer.formal_notice_pdf(&notice, look)
        });
        let paper = paper.await?;
        Ok(self.sales.keep(&paper).await?.blob)
    }

    /// A formal notice goes by registered post, and somebody has to take it there. A letter that nobody can be sent has
    /// to be passed on.
    async fn task(&self, group: &Group<'_>, desk: &Desk<'_>, mailed: bool) -> Result<Option<CreateTask>, SalesError> {
        let formal = group.step == ReminderStep::FormalNotice;
        if mailed && !formal {
            return Ok(None);
        }
        let owner = desk.customer.owner();
        let colleague = match owner {
            Some(owner) => letters::colleague(self.bus(), owner).await?,
            None => None,
        };
        let language = colleague.as_ref().map_or(Language::French, |to| to.language);
        let (customer, numbers) = (desk.customer.name(), group.numbers());
        let title = if formal {
            language.choose(
                format!("Post the formal notice to {customer} ({numbers})"),
                format!("Poster la mise en demeure de {customer} ({numbers})"),
            )
        } else {
            language.choose(
                format!("Remind {customer}, who has no e-mail address ({numbers})"),
                format!("Relancer {customer}, sans adresse électronique ({numbers})"),
            )
        };
        let description = if formal {
            language.choose(
                "By registered letter with acknowledgement of receipt. The paper is with the reminders of each invoice.",
                "En recommandé avec avis de réception. Le document figure parmi les relances de chaque facture.",
            )
        } else {
            language.choose(
                "The text is with the reminders of each invoice.",
                "Le texte figure parmi les relances de chaque facture.",
            )
        };
        let members = group.members.iter().map(|member| Link {
            category: LinkCategory::Invoice,
            id: member.id,
        });
        let links = [desk.customer.id.into()].into_iter().chain(members);
        let details = Details {
            description: Some(description),
            priority: if formal { Priority::High } else { Priority::Normal },
            assignees: owner.filter(|_| colleague.is_some()).into_iter().collect(),
            links: links.collect(),
            ..Details::titled(title.chars().take(LABEL_MAX).collect::<String>())
        };
        Ok(Some(CreateTask {
            details,
            ..CreateTask::titled("", Some(Due::Date(desk.house.today)))
        }))
    }
}

impl Member {
    /// Refuses when the invoice is not any more what the letter says.
    async fn stands(&self, unit: &mut UnitOfWork<'_, Event>) -> Result<(), CommandError<Refused>> {
        let now = unit.see::<Invoice>(self.id).await.map_err(boxed)?;
        if now == self.invoice {
            Ok(())
        } else {
            Err(CHANGED_MEANWHILE.refused())
        }
    }

    async fn skip(&self, unit: &mut UnitOfWork<'_, Event>, desk: &Desk<'_>) -> Result<(), CommandError<Refused>> {
        for (step, cause) in self.invoice.reminders_to_skip(desk.ladder.as_ref(), desk.house.today) {
            unit.run::<Invoice>(self.id, InvoiceCommand::SkipReminder { step, cause })
                .await
                .map_err(boxed)?;
        }
        Ok(())
    }
}

/// One letter for what is to be paid, in the strongest tone that is called for, and one for formal notices; by language
/// and currency, each under a name.
fn groups(members: &[Member]) -> Vec<(String, Group<'_>)> {
    let mut groups: BTreeMap<String, Group<'_>> = BTreeMap::new();
    for member in members {
        let (Some((step, _)), Some(issued)) = (member.said, member.invoice.invoice()) else {
            continue;
        };
        let kind = if step == ReminderStep::FormalNotice {
            "notice"
        } else {
            "reminder"
        };
        let content = &issued.content;
        let label = format!("{kind} {} {}", content.language.as_str(), content.currency.code());
        let group = groups.entry(label).or_insert_with(|| Group {
            step,
            members: Vec::new(),
        });
        group.step = group.step.max(step);
        group.members.push(member);
    }
    let order = |member: &&Member| {
        let issued = member.invoice.invoice();
        issued.map(|issued| (issued.issued_on, issued.number.text.clone()))
    };
    for group in groups.values_mut() {
        group.members.sort_by_key(order);
    }
    groups.into_iter().collect()
}

impl Group<'_> {
    /// The numbers of the invoices, the first few of them.
    fn numbers(&self) -> String {
        let numbers = self.members.iter().filter_map(|member| member.invoice.number());
        let mut shown: Vec<&str> = numbers.map(|number| number.text.as_str()).take(3).collect();
        if self.members.len() > shown.len() {
            shown.push("…");
        }
        shown.join(", ")
    }
}

impl Desk<'_> {
    fn member(&self, id: Uuid, invoice: Invoice) -> Member {
        let said = self.said(&invoice);
        Member { id, invoice, said }
    }

    fn said(&self, invoice: &InvoiceState) -> Option<(ReminderStep, NaiveDate)> {
        let (ladder, today) = (self.ladder.as_ref(), self.house.today);
        if invoice.hindrance(ladder, today).is_some() {
            return None;
        }
        let (step, day) = invoice.next_reminder(ladder, today)?;
        let due = invoice.next_due()?;
        (day <= today).then_some((step, due))
    }

    fn days_late(&self, member: &Member) -> i64 {
        let due = member.invoice.next_due();
        due.map_or(0, |due| (self.house.today - due).num_days().max(0))
    }

    fn line(&self, member: &Member) -> Option<DunnedInvoice> {
        let issued = member.invoice.invoice()?;
        let left = Money::new(member.invoice.remaining(), issued.content.currency);
        Some(DunnedInvoice {
            number: issued.number.text.clone(),
            issued_on: issued.issued_on,
            due_on: member.invoice.next_due()?,
            left: left.written(issued.content.language),
            days_late: self.days_late(member),
        })
    }

    /// Where the post goes: as the customer is known now, else as the newest invoice names it.
    fn buyer(&self, newest: &IssuedInvoice) -> Buyer {
        let named = newest.buyer.value().map(|buyer| (**buyer).clone());
        let recipient = Recipient {
            name: named.as_ref().and_then(|buyer| buyer.contact.clone()),
            ..Recipient::default()
        };
        let known = self.customer.buyer(recipient.clone()).ok();
        known
            .or(named)
            .unwrap_or_else(|| self.customer.buyer_as_known(recipient))
    }

    fn notice(&self, group: &Group<'_>, newest: &IssuedInvoice, seller: &Seller) -> FormalNotice {
        let today = self.house.today;
        let professional = self.customer.kind() == OrganizationKind::Professional;
        let invoices = group
            .members
            .iter()
            .filter_map(|member| self.overdue(member, professional));
        FormalNotice {
            seller: seller.clone(),
            buyer: self.buyer(newest),
            written_on: today,
            reference: group.numbers(),
            currency: newest.content.currency,
            language: newest.content.language,
            invoices: invoices.collect(),
            pay_by: today.checked_add_days(Days::new(DAYS_TO_PAY)).unwrap_or(today),
        }
    }

    /// Professionals owe interest by right; it is told as far as its rate is known. Others owe it from the notice on.
    fn overdue(&self, member: &Member, professional: bool) -> Option<OverdueInvoice> {
        let issued = member.invoice.invoice()?;
        let rates = self.house.company.late_interest_rates();
        let parts = match member.invoice.unclaimed_interest(self.house.today, &rates) {
            Ok(parts) if professional => parts,
            Ok(_) => Vec::new(),
            Err(error) => {
                tracing::warn!(invoice = %member.id, %error, "a formal notice tells no interest");
                Vec::new()
            }
        };
        Some(OverdueInvoice {
            number: issued.number.clone(),
            issued_on: issued.issued_on,
            due_on: member.invoice.next_due()?,
            left: member.invoice.remaining(),
            days_late: self.days_late(member),
            interest: rounded(&parts),
            rate: parts.last().map(|part| part.rate),
            indemnity: member.invoice.owes_indemnity(professional),
        })
    }
}

/// Interest and indemnity that a notice asks for.
fn charges(notice: &FormalNotice) -> i64 {
    let of = |invoice: &OverdueInvoice| {
        let indemnity = if invoice.indemnity { FIXED_INDEMNITY } else { 0 };
        invoice.interest + indemnity
    };
    notice.invoices.iter().map(of).sum()
}

/// What the file of a formal notice is called.
pub fn notice_name(language: Language, reference: &str) -> String {
    let reference = reference.replace('/', "-");
    language.choose(
        format!("Formal notice {reference}.pdf"),
        format!("Mise en demeure {reference}.pdf"),
    )
}
