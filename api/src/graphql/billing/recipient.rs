//! To whom a document goes: a contact, or a name and an address.

use async_graphql::{Context, ID};
use domain::{InvalidValue, value};

use crate::{
    graphql::{
        errors::ApiResult,
        following::{NO_SUCH_CONTACT, Refused},
        ids::{self, Kind},
        organizations::inputs::PostalAddressInput,
        reading,
    },
    sales::Recipient,
};

/// What somebody says of it. What is given counts before what the contact says.
pub struct RecipientAsked<'a> {
    pub contact: Option<&'a ID>,
    pub name: Option<&'a String>,
    pub email: Option<&'a String>,
    pub delivery_address: Option<&'a PostalAddressInput>,
}

impl RecipientAsked<'_> {
    pub async fn recipient(&self, ctx: &Context<'_>) -> ApiResult<Result<Recipient, Refused>> {
        let contact = match self.contact {
            Some(id) => {
                let id = ids::parse_as(Kind::Contact, id)?;
                let reading = reading::reading(ctx, None, None).await?;
                match reading.contact(id).await? {
                    Some(contact) => Some(contact),
                    None => return Ok(Err(Refused::new(NO_SUCH_CONTACT))),
                }
            }
            None => None,
        };
        let known = |pick: fn(&projections::contacts::Model) -> &Option<String>| {
            contact.as_ref().and_then(|it| pick(it).clone())
        };
        let checked = || -> Result<Recipient, InvalidValue> {
            let name = self.name.cloned().or_else(|| known(|contact| &contact.full_name));
            let email = self.email.cloned().or_else(|| known(|contact| &contact.email));
            let delivery = self.delivery_address;
            Ok(Recipient {
                name: value::optional_line("recipientName", name.as_deref(), value::NAME_MAX)?,
                email: email.as_deref().map(|email| value::email("email", email)).transpose()?,
                delivery: delivery.map(|address| address.value("deliveryAddress")).transpose()?,
            })
        };
        Ok(checked().map_err(Refused::new))
    }
}
