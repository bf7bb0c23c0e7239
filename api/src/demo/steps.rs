//! The steps of the trade, done as the API and the pages of quotes do them.

use domain::{
    Contract, ContractCommand, Event, Invoice, InvoiceCommand, Money, Payment, Product, ProductCommand, Quote,
    QuoteCommand, QuoteId, Reservation, ReservationCommand, contract::Amend, document::LineId,
    reservation::ReservationKind,
};
use engine::{CommandBus, CommandContext, CommandError, UnitOfWork};
use futures::FutureExt;
use uuid::Uuid;

use super::{Refused, refused, trade::Step};
use crate::{
    application::Application,
    sales::{
        SalesError,
        invoices::{AllocationWish, PaymentWish},
        signatures::{PageKey, SigningForm, Visitor},
    },
};

/// Who signs: an address that is set aside for documentation (RFC 5737).
const VISITOR: &str = "192.0.2.7";

pub(super) async fn take(
    application: &Application,
    context: &CommandContext,
    step: Step,
) -> Result<(), CommandError<Refused>> {
    let (bus, sales, invoicing) = (&application.bus, &application.sales, &application.invoicing);
    match step {
        Step::DraftQuote { quote, wish } => {
            sales.draft_quote(context, quote, &wish).await.map_err(refused)?;
        }
        Step::StartVersion { quote } => command(bus, context, quote, QuoteCommand::StartVersion).await?,
        Step::RewriteQuote { quote, content } => {
            let rewritten = sales.change_quote(context, quote, content, false).await;
            rewritten.map_err(refused)?;
        }
        Step::SendQuote { quote, sending } => {
            sales.send_quote(context, quote, &sending).await.map_err(failed)?;
        }
        Step::AcceptQuote { quote, version } => {
            let accept = QuoteCommand::ReportAcceptance {
                version,
                chosen: Vec::new(),
                now: bus.clock().now(),
            };
            command(bus, context, quote, accept).await?;
        }
        Step::SignQuote {
            quote,
            version,
            name,
            chosen,
        } => sign(application, quote, version, name, chosen).await?,
        Step::RefuseQuote { quote, version, reason } => {
            let refuse = QuoteCommand::Refuse {
                version,
                reason: Some(reason),
                now: bus.clock().now(),
            };
            command(bus, context, quote, refuse).await?;
        }
        Step::DraftInvoice { invoice, quote, part } => {
            let drafted = invoicing.draft_of_quote(context, invoice, quote, &part).await;
            drafted.map_err(refused)?;
        }
        Step::IssueInvoice { invoice, recipient } => {
            let issued = invoicing.issue(context, invoice, &recipient).await;
            issued.map_err(failed)?;
        }
        Step::Pay {
            payment,
            invoice,
            method,
            percent,
        } => {
            let Some(known) = invoicing.invoice(invoice).await?.filter(|known| known.remaining() > 0) else {
                return Ok(());
            };
            let (Some(organization), Some(content)) = (known.organization(), known.content()) else {
                return Ok(());
            };
            let wish = PaymentWish {
                organization,
                amount: Money::new(known.remaining() * percent / 100, content.currency),
                method,
                value_date: sales.house().await?.today,
                reference: None,
                allocations: vec![AllocationWish { invoice, amount: None }],
            };
            invoicing.receive(context, payment, &wish).await.map_err(refused)?;
        }
        Step::ReversePayment { payment, reason } => {
            // What was never paid does not bounce.
            if bus.load::<Payment>(payment).await?.is_some() {
                let reversed = invoicing.reverse(context, payment, &reason, None).await;
                reversed.map_err(refused)?;
            }
        }
        Step::WriteOff { invoice, reason } => {
            let on = sales.house().await?.today;
            let write_off = InvoiceCommand::WriteOff { on, reason };
            bus.execute::<Invoice>(context, invoice, write_off)
                .await
                .map_err(refused)?;
        }
        Step::DraftContract { contract, wish } => {
            let drafted = application.contracting.draft(context, contract, &wish).await;
            drafted.map_err(refused)?;
        }
        Step::SignContract { contract, signing } => {
            let contracting = &application.contracting;
            let paper = contracting.signed_contract(contract, &signing).await.map_err(failed)?;
            let signed = contracting.sign(context, contract, signing.on, Some(paper)).await;
            signed.map_err(refused)?;
        }
        Step::AmendContract {
            contract,
            amend,
            signing,
        } => {
            let paper = application
                .contracting
                .signed_amendment(contract, &amend, &signing)
                .await;
            let amend = Amend {
                document: Some(paper.map_err(failed)?),
                ..amend
            };
            let amend = ContractCommand::Amend(Box::new(amend));
            bus.execute::<Contract>(context, contract, amend)
                .await
                .map_err(refused)?;
        }
        Step::EndContract { contract, notice } => {
            let on = sales.house().await?.today;
            bus.execute::<Contract>(context, contract, ContractCommand::GiveNotice { notice, on })
                .await
                .map_err(refused)?;
        }
        Step::Credit { note, asked } => {
            invoicing.credit(context, note, &asked).await.map_err(failed)?;
        }
    }
    Ok(())
}

/// A product comes into the catalogue together with the reservation of its code.
pub(super) async fn add_product(
    bus: &CommandBus<Event>,
    context: &CommandContext,
    product: Uuid,
    add: ProductCommand,
) -> Result<(), CommandError<Refused>> {
    let kind = ReservationKind::ProductCode;
    let code = match &add {
        ProductCommand::Add { code, .. } => code.clone(),
        _ => String::new(),
    };
    let place = bus.secret_id(kind.as_str(), &code);
    bus.together(context, &(product, &add), |unit: &mut UnitOfWork<'_, Event>| {
        let add = add.clone();
        async move {
            unit.run::<Product>(product, add).await.map_err(refused)?;
            let reserve = ReservationCommand::Reserve { kind, holder: product };
            unit.run::<Reservation>(place, reserve).await.map_err(refused)
        }
        .boxed()
    })
    .await?;
    Ok(())
}

async fn command(
    bus: &CommandBus<Event>,
    context: &CommandContext,
    quote: Uuid,
    command: QuoteCommand,
) -> Result<(), CommandError<Refused>> {
    bus.execute::<Quote>(context, quote, command).await.map_err(refused)?;
    Ok(())
}

/// Opens the page, asks for a code, and signs with it.
async fn sign(
    application: &Application,
    quote: Uuid,
    version: u16,
    name: String,
    chosen: Vec<LineId>,
) -> Result<(), CommandError<Refused>> {
    let (bus, sales) = (&application.bus, &application.sales);
    let known = sales.quote(quote).await?.unwrap_or_default();
    let link = known.sent(version).and_then(|sent| sent.link);
    // Signed already: the story goes on where it stopped.
    let (Some(link), None) = (link, known.accepted()) else {
        return Ok(());
    };
    let id = QuoteId(quote);
    let key = PageKey {
        quote,
        version,
        link,
        token: bus.one_time_token(mail::QUOTE_LINK, id.link(version, link)),
    };
    sales.viewed(&key).await.map_err(failed)?;
    sales.send_code(&key).await.map_err(failed)?;
    let codes = sales.quote(quote).await?.unwrap_or_default();
    let codes = codes.sent(version).map_or(1, |sent| sent.codes);
    let form = SigningForm {
        name,
        code: bus.one_time_code(mail::SIGNING_CODE, id.signing_code(version, codes)),
        consents: true,
        chosen,
        drawing: None,
    };
    let visitor = Visitor {
        ip: VISITOR.to_owned(),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0".to_owned(),
    };
    match sales.sign(&key, form, &visitor).await.map_err(failed)? {
        Ok(_) => Ok(()),
        Err(unsigned) => Err(CommandError::Refused(Refused(format!("{unsigned:?}")))),
    }
}

/// A step that failed otherwise than by a refusal: the story cannot go on here either.
fn failed(error: SalesError) -> CommandError<Refused> {
    match error {
        SalesError::Command(error) => refused(error),
        error => CommandError::Invalid(error.to_string()),
    }
}
