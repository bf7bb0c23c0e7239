//! From offer to cash: what the firm offers in writing, what customers answer, what they are invoiced, and how they pay.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::{
    Currency, DealId, Language, OrganizationId, ProductId, QuoteId,
    billing::{Discount, Nature, PaymentTerms, Percentage, PriceBasis, Quantity, UnitPrice},
    contract::{Amend, NoticeWish},
    document::{Layout, LineId, WishedContent, WishedLine, WishedRow},
    invoice::CreditWish,
    payment::PaymentMethod,
};
use rust_decimal::Decimal;
use uuid::Uuid;

use super::{
    calendar::{at, days_later, office_time},
    company::{Article, CATALOGUE, COLLEAGUES, TURNED_DOWN},
    dice::Dice,
    people::Acquaintance,
    story::{Command, Teller, day, id},
};
use crate::sales::{
    Recipient,
    contracts::{ContractWish, Signing},
    invoices::{CreditAsked, QuotePart},
    quotes::{QuoteSending, QuoteWish},
};

/// Chance of its own, so that what is told of papers changes nothing of the sales.
const SEED: u64 = 293;
/// From this amount on, in euros, a share is asked for before anything is done.
const DEPOSIT_FROM: i64 = 20_000;

/// An offer that was made, and what became of it.
pub(super) struct Sale {
    pub(super) deal: Uuid,
    /// Which of the customers.
    pub(super) customer: usize,
    pub(super) product: &'static str,
    /// In euros.
    pub(super) price: i64,
    pub(super) proposed: DateTime<Utc>,
    pub(super) answer: Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    Won(DateTime<Utc>),
    Lost(DateTime<Utc>),
    None,
}

/// How an invoice ends.
#[derive(Debug, Clone, Copy)]
enum Fate {
    InTime,
    /// After the second letter.
    Reminded,
    /// After the formal notice.
    GivenNotice,
    InParts,
    /// The rest stays with us for the next time.
    TooMuch,
    /// The bank takes the cheque back; another one comes.
    Bounced,
    /// By a credit note of a part.
    Lowered,
    /// By a credit note of the whole.
    Cancelled,
    WrittenOff,
    /// Nobody has paid so far.
    Unpaid,
}

/// How invoices end, one after the other.
const FATES: [Fate; 16] = [
    Fate::InTime,
    Fate::Reminded,
    Fate::InTime,
    Fate::Lowered,
    Fate::InTime,
    Fate::Unpaid,
    Fate::InTime,
    Fate::GivenNotice,
    Fate::InParts,
    Fate::InTime,
    Fate::TooMuch,
    Fate::InTime,
    Fate::Cancelled,
    Fate::InTime,
    Fate::Bounced,
    Fate::WrittenOff,
];

/// What is done with papers and money.
pub(super) enum Step {
    DraftQuote {
        quote: Uuid,
        wish: QuoteWish,
    },
    StartVersion {
        quote: Uuid,
    },
    RewriteQuote {
        quote: Uuid,
        content: WishedContent,
    },
    SendQuote {
        quote: Uuid,
        sending: QuoteSending,
    },
    /// The customer accepts by word.
    AcceptQuote {
        quote: Uuid,
        version: u16,
    },
    /// The customer signs on the quote's page.
    SignQuote {
        quote: Uuid,
        version: u16,
        name: String,
        chosen: Vec<LineId>,
    },
    RefuseQuote {
        quote: Uuid,
        version: u16,
        reason: String,
    },
    DraftInvoice {
        invoice: Uuid,
        quote: QuoteId,
        part: QuotePart,
    },
    IssueInvoice {
        invoice: Uuid,
        recipient: Recipient,
    },
    /// So many percent of what is left to pay.
    Pay {
        payment: Uuid,
        invoice: Uuid,
        method: PaymentMethod,
        percent: i64,
    },
    /// The bank takes a payment back.
    ReversePayment {
        payment: Uuid,
        reason: String,
    },
    WriteOff {
        invoice: Uuid,
        reason: String,
    },
    Credit {
        note: Uuid,
        asked: CreditAsked,
    },
    DraftContract {
        contract: Uuid,
        wish: ContractWish,
    },
    SignContract {
        contract: Uuid,
        signing: Signing,
    },
    AmendContract {
        contract: Uuid,
        amend: Amend,
        signing: Signing,
    },
    EndContract {
        contract: Uuid,
        notice: NoticeWish,
    },
}

/// Whether an offer was made in writing: one in two is.
pub(super) fn is_quoted(deal: Uuid) -> bool {
    deal.as_bytes()[0].is_multiple_of(2)
}

/// The quote that waits for an answer when the story ends.
pub(super) fn open_quote() -> Uuid {
    id("quote/open")
}

/// A quote with whom it goes to.
struct Offer<'a> {
    quote: Uuid,
    version: u16,
    customer: &'a Acquaintance,
}

impl Offer<'_> {
    fn recipient(&self) -> Recipient {
        let (name, email) = self.customer.buyer.clone();
        Recipient {
            name: Some(name),
            email: Some(email),
            delivery: None,
        }
    }

    /// Handed over by the seller: nobody gets letters of a past that is told.
    fn sending(&self, valid_until: Option<NaiveDate>) -> QuoteSending {
        QuoteSending {
            recipient: self.recipient(),
            valid_until,
            by_mail: false,
            message: None,
        }
    }
}

impl Teller {
    /// Everything about papers and money, once the sales are told.
    pub(super) fn trade(&mut self, customers: &[Acquaintance], sales: &[Sale]) {
        let mut dice = Dice::new(SEED);
        for (number, sale) in sales.iter().filter(|sale| is_quoted(sale.deal)).enumerate() {
            let Some(customer) = customers.get(sale.customer) else {
                continue;
            };
            // Of those that were turned down or wait, one in three was written.
            if !matches!(sale.answer, Answer::Won(_)) && number % 3 > 0 {
                continue;
            }
            self.sale(number, sale, customer, &mut dice);
        }
        if let Some(customer) = customers.get(1) {
            self.waits(customer);
        }
        self.contracts(customers);
    }

    pub(super) fn step(&mut self, at: DateTime<Utc>, actor: &str, step: Step) {
        self.act(at, actor, Command::Trade(Box::new(step)));
    }

    fn sale(&mut self, number: usize, sale: &Sale, customer: &Acquaintance, dice: &mut Dice) {
        let Some(content) = content(number, sale, customer, dice) else {
            return;
        };
        let seller = customer.seller;
        let mut offer = Offer {
            quote: id(&format!("quote/{}", sale.deal)),
            version: 1,
            customer,
        };
        let wish = QuoteWish {
            organization: OrganizationId(customer.id),
            deal: Some(DealId(sale.deal)),
            copied_from: None,
            renews: None,
            content: content.clone(),
            construction_subcontract: false,
        };
        let drafted = sale.proposed + TimeDelta::minutes(4);
        let quote = offer.quote;
        self.step(drafted, seller, Step::DraftQuote { quote, wish });
        let answered = match sale.answer {
            Answer::Won(at) | Answer::Lost(at) => Some(at),
            Answer::None => None,
        };
        let valid_until = answered.map(|at| days_later(at.date_naive(), 10));
        let sending = offer.sending(valid_until);
        let sent = drafted + TimeDelta::minutes(6);
        self.step(sent, seller, Step::SendQuote { quote, sending });
        if let (Answer::Won(won), true) = (sale.answer, dice.chance(25)) {
            self.bargain(&mut offer, content, sent, won, valid_until);
        }
        let version = offer.version;
        match sale.answer {
            Answer::Won(won) => {
                // One in six signs on the page; the others have said so.
                let accept = if number.is_multiple_of(6) {
                    let (name, chosen) = (customer.buyer.0.clone(), Vec::new());
                    Step::SignQuote {
                        quote,
                        version,
                        name,
                        chosen,
                    }
                } else {
                    Step::AcceptQuote { quote, version }
                };
                self.step(won, seller, accept);
                self.invoices(sale, &offer, won, dice);
            }
            // The others let it expire.
            Answer::Lost(lost) if dice.chance(60) => {
                let reason = (*dice.pick(&TURNED_DOWN)).to_owned();
                let refuse = Step::RefuseQuote { quote, version, reason };
                self.step(lost + TimeDelta::minutes(1), seller, refuse);
            }
            Answer::Lost(_) | Answer::None => {}
        }
    }

    /// The customer gets three percent off, in a second version.
    fn bargain(
        &mut self,
        offer: &mut Offer<'_>,
        content: WishedContent,
        sent: DateTime<Utc>,
        won: DateTime<Utc>,
        valid_until: Option<NaiveDate>,
    ) {
        let again = at(days_later(sent.date_naive(), 2), 11 * 60);
        let Ok(three) = Percentage::new("discount", Decimal::from(3)) else {
            return;
        };
        if again >= won {
            return;
        }
        let (quote, seller) = (offer.quote, offer.customer.seller);
        let content = WishedContent {
            discount: Some(Discount::Percent(three)),
            ..content
        };
        self.step(again, seller, Step::StartVersion { quote });
        let minutes = |minutes| again + TimeDelta::minutes(minutes);
        self.step(minutes(5), seller, Step::RewriteQuote { quote, content });
        offer.version = 2;
        let sending = offer.sending(valid_until);
        self.step(minutes(9), seller, Step::SendQuote { quote, sending });
    }

    /// What was sold is invoiced: at once, or a share before and the rest after.
    fn invoices(&mut self, sale: &Sale, offer: &Offer<'_>, won: DateTime<Utc>, dice: &mut Dice) {
        let thirty = Percentage::new("deposit", Decimal::from(30));
        let deposit = thirty.ok().filter(|_| sale.price >= DEPOSIT_FROM);
        let mut last = won.date_naive();
        if let Some(percent) = deposit {
            let day = days_later(last, dice.between(1, 4));
            self.invoice(sale, offer, "deposit", QuotePart::Deposit(percent), day, dice);
            last = days_later(day, dice.between(25, 70));
        }
        let (name, part) = match deposit {
            Some(_) => ("final", QuotePart::Final),
            None => ("whole", QuotePart::Whole),
        };
        let day = days_later(last, dice.between(4, 20));
        self.invoice(sale, offer, name, part, day, dice);
    }

    fn invoice(
        &mut self,
        sale: &Sale,
        offer: &Offer<'_>,
        name: &str,
        part: QuotePart,
        day: NaiveDate,
        dice: &mut Dice,
    ) {
        let accountant = COLLEAGUES[2].0;
        let invoice = id(&format!("invoice/{}/{name}", sale.deal));
        let quote = QuoteId(offer.quote);
        let drafted = office_time(day, dice);
        self.step(drafted, accountant, Step::DraftInvoice { invoice, quote, part });
        let recipient = offer.recipient();
        let issued = drafted + TimeDelta::minutes(3);
        self.step(issued, accountant, Step::IssueInvoice { invoice, recipient });
        self.payment(&format!("{}/{name}", sale.deal), invoice, day, dice);
    }

    /// How an invoice ends, if it does.
    fn payment(&mut self, name: &str, invoice: Uuid, issued: NaiveDate, dice: &mut Dice) {
        let fate = FATES[self.invoices % FATES.len()];
        self.invoices += 1;
        let after = |days| days_later(issued, days);
        let mut pay = |part: &str, days, percent| {
            let name = format!("{name}{part}");
            self.pay(&name, invoice, after(days), percent, dice);
        };
        match fate {
            Fate::InTime => pay("", 24, 100),
            Fate::Reminded => pay("", 47, 100),
            Fate::GivenNotice => pay("", 72, 100),
            Fate::InParts => {
                pay("/1", 28, 50);
                pay("/2", 62, 100);
            }
            Fate::TooMuch => pay("", 20, 110),
            Fate::Bounced => {
                pay("/1", 25, 100);
                pay("/2", 48, 100);
                let reverse = Step::ReversePayment {
                    payment: payment_id(&format!("{name}/1")),
                    reason: "Chèque sans provision".to_owned(),
                };
                self.step(at(after(33), 15 * 60), COLLEAGUES[2].0, reverse);
            }
            Fate::Lowered => {
                pay("", 26, 100);
                let reason = "Geste commercial : retard de livraison";
                self.credit(name, invoice, after(9), CreditWish::Amount(24_000), reason);
            }
            Fate::Cancelled => self.credit(name, invoice, after(15), CreditWish::Whole, "Commande annulée"),
            Fate::WrittenOff => {
                let reason = "Liquidation judiciaire, créance irrécouvrable".to_owned();
                let write_off = Step::WriteOff { invoice, reason };
                self.step(at(after(210), 16 * 60), COLLEAGUES[2].0, write_off);
            }
            Fate::Unpaid => {}
        }
    }

    fn pay(&mut self, name: &str, invoice: Uuid, day: NaiveDate, percent: i64, dice: &mut Dice) {
        let method = match dice.between(1, 10) {
            1..=7 => PaymentMethod::Transfer,
            8 => PaymentMethod::DirectDebit,
            9 => PaymentMethod::Card,
            _ => PaymentMethod::Cheque,
        };
        let pay = Step::Pay {
            payment: payment_id(name),
            invoice,
            method,
            percent,
        };
        self.step(office_time(day, dice), COLLEAGUES[2].0, pay);
    }

    fn credit(&mut self, name: &str, invoice: Uuid, day: NaiveDate, wish: CreditWish, reason: &str) {
        let asked = CreditAsked {
            invoice,
            wish,
            reason: reason.to_owned(),
        };
        let note = id(&format!("credit/{name}"));
        self.step(at(day, 14 * 60), COLLEAGUES[2].0, Step::Credit { note, asked });
    }

    /// An offer for the next year that nobody has answered yet: it holds long enough for whoever looks at the demo
    /// company to sign it.
    fn waits(&mut self, customer: &Acquaintance) {
        let offer = Offer {
            quote: open_quote(),
            version: 1,
            customer,
        };
        let sale = Sale {
            deal: offer.quote,
            customer: 1,
            product: "Contrat de maintenance",
            price: 7_400,
            proposed: at(day((2026, 10, 28)), 10 * 60),
            answer: Answer::None,
        };
        let Some(content) = content(0, &sale, customer, &mut Dice::new(SEED)) else {
            return;
        };
        let wish = QuoteWish {
            organization: OrganizationId(customer.id),
            deal: None,
            copied_from: None,
            renews: None,
            content,
            construction_subcontract: false,
        };
        let (quote, seller) = (offer.quote, customer.seller);
        self.step(sale.proposed, seller, Step::DraftQuote { quote, wish });
        let sending = offer.sending(Some(day((2027, 10, 27))));
        let sent = sale.proposed + TimeDelta::minutes(12);
        self.step(sent, seller, Step::SendQuote { quote, sending });
    }
}

fn payment_id(name: &str) -> Uuid {
    id(&format!("payment/{name}"))
}

/// What is offered: the thing, what it takes to put it up, and a warranty whoever wants it can take with it.
fn content(number: usize, sale: &Sale, customer: &Acquaintance, dice: &mut Dice) -> Option<WishedContent> {
    let article = |name: &str| CATALOGUE.iter().find(|article| article.name == name);
    let main = article(sale.product)?;
    let mut rows = Vec::new();
    if main.nature == Nature::Goods {
        let pieces = dice.between(1, 4);
        let title = |title: &str| WishedRow::Section {
            title: title.to_owned(),
        };
        rows.push(title("Fourniture"));
        rows.push(line(main, pieces, cents(sale.price * 82 / pieces), false)?);
        rows.push(title("Pose"));
        rows.push(line(article("Mise en service")?, 1, cents(sale.price * 15), false)?);
        let visit = article("Déplacement")?;
        rows.push(line(visit, dice.between(1, 6), Decimal::from(visit.price), false)?);
        let warranty = article("Extension de garantie, 3 ans")?;
        rows.push(line(warranty, 1, Decimal::from(warranty.price), true)?);
    } else {
        rows.push(line(main, 1, Decimal::from(sale.price), false)?);
        rows.push(WishedRow::Comment {
            text: "Frais de déplacement compris.".to_owned(),
        });
    }
    Some(WishedContent {
        subject: Some(format!("{}, {}", main.name, customer.name)),
        rows,
        price_basis: PriceBasis::Net,
        discount: None,
        currency: Currency::EUR,
        payment_terms: PaymentTerms::default(),
        early_payment_discount: None,
        notes: None,
        conditions: None,
        purchase_order: None,
        period: None,
        language: Language::French,
        layout: if number.is_multiple_of(2) {
            Layout::Classic
        } else {
            Layout::Modern
        },
    })
}

/// So many hundredths of a euro.
fn cents(amount: i64) -> Decimal {
    Decimal::new(amount, 2)
}

fn line(article: &Article, quantity: i64, price: Decimal, optional: bool) -> Option<WishedRow> {
    Some(WishedRow::Line(Box::new(WishedLine {
        id: None,
        product: Some(ProductId(article.id())),
        name: article.name.to_owned(),
        details: None,
        unit: article.unit.to_owned(),
        quantity: Quantity::new("quantity", Decimal::from(quantity)).ok()?,
        unit_price: UnitPrice::new("unitPrice", price).ok()?,
        discount: None,
        period: None,
        optional,
        taxation: article.taxation(),
    })))
}
