//! An invoice goes out by mail, with its paper.

use std::sync::Arc;

use domain::{
    Delivery, DeliveryCommand, Event, FileDescription, Invoice, InvoiceCommand, InvoiceError, InvoiceId,
    delivery::Enclosure, document::IssuedInvoice,
};
use engine::{CommandContext, CommandError, Outcome, UnitOfWork};
use futures::FutureExt;
use mail::{InvoiceLetter, To};
use serde::Serialize;
use uuid::Uuid;

use super::{Invoicing, name_of, refused};
use crate::{
    graphql::following::boxed,
    letters,
    sales::{
        House, Recipient, SalesError,
        quotes::{NO_RECIPIENT, amount},
    },
};

/// To whom an invoice is mailed; where nothing is said, as it names them itself.
#[derive(Debug, Clone, Serialize)]
pub struct InvoiceSending {
    pub recipient: Recipient,
    pub message: Option<String>,
}

impl Invoicing {
    /// Mails an invoice or a credit note; a copy where it goes through a platform itself.
    pub async fn send(
        self: &Arc<Self>,
        context: &CommandContext,
        invoice: Uuid,
        sending: &InvoiceSending,
    ) -> Result<Outcome, SalesError> {
        self.file(invoice, None).await?;
        let house = self.sales.house().await?;
        let known = self.invoice(invoice).await.map_err(CommandError::from)?;
        let known = known.ok_or_else(|| refused(InvoiceError::NotFound))?;
        let issued = known.invoice().ok_or_else(|| refused(InvoiceError::NotIssued))?;
        let documents = known
            .documents()
            .ok_or_else(|| refused(InvoiceError::DocumentsMissing))?;
        let to = addressed(issued, sending, &house).ok_or_else(|| NO_RECIPIENT.refused())?;
        let enclosure = Enclosure {
            blob: documents.factur_x.blob,
            description: FileDescription {
                name: format!("{}.pdf", name_of(issued)),
                media_type: "application/pdf".to_owned(),
            },
        };
        let letter = mail::invoice(to, &letter_of(invoice, issued), sending.message.as_deref(), enclosure)?;
        let delivery = letters::delivery_of(self.bus(), context);
        let outcome = self
            .bus()
            .together(
                context,
                &("invoice send", invoice, sending),
                |unit: &mut UnitOfWork<'_, Event>| {
                    let letter = letter.clone();
                    async move {
                        unit.run::<Invoice>(invoice, InvoiceCommand::RecordSent { delivery })
                            .await
                            .map_err(boxed)?;
                        unit.run::<Delivery>(delivery, DeliveryCommand::Queue(letter))
                            .await
                            .map_err(boxed)
                    }
                    .boxed()
                },
            )
            .await?;
        Ok(outcome)
    }
}

/// Whom letters about an invoice go to; `None` when nobody knows where to, or it was destroyed.
fn addressed(invoice: &IssuedInvoice, sending: &InvoiceSending, house: &House) -> Option<To> {
    let buyer = invoice.buyer.value();
    let named = |pick: fn(&domain::document::Buyer) -> Option<&String>| buyer.and_then(|buyer| pick(buyer).cloned());
    Some(To {
        person: invoice.buyer.person(),
        name: sending
            .recipient
            .name
            .clone()
            .or_else(|| named(|buyer| buyer.contact.as_ref())),
        email: sending
            .recipient
            .email
            .clone()
            .or_else(|| named(|buyer| buyer.email.as_ref()))?,
        language: invoice.content.language,
        time_zone: house.company.time_zone(),
    })
}

/// An invoice as its letter speaks of it.
fn letter_of(id: Uuid, invoice: &IssuedInvoice) -> InvoiceLetter {
    InvoiceLetter {
        invoice: InvoiceId(id),
        number: invoice.number.text.clone(),
        seller: invoice.seller.identity.name.clone(),
        subject: invoice.content.subject.clone(),
        total: amount(invoice.breakdown.gross(), &invoice.content),
        due: (invoice.due() > 0).then(|| amount(invoice.due(), &invoice.content)),
        due_on: invoice.due_on(),
        corrects: invoice.corrects.as_ref().map(|corrects| corrects.number.text.clone()),
        copy: invoice.through_platform,
    }
}
