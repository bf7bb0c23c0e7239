//! A message as bytes, from a letter's text. The same letter is the same message every time it is made: Message-ID,
//! date and boundaries follow from the delivery, so that whoever gets it twice can tell.

use std::time::SystemTime;

use chrono::{DateTime, Utc};
use lettre::{
    Address, Message,
    message::{
        Attachment as AttachedPart, Mailbox, MultiPart, SinglePart,
        header::{ContentType, HeaderName, HeaderValue},
    },
};
use uuid::Uuid;

use crate::template::{Rendered, single_line};

/// Something that goes with a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    pub file_name: String,
    /// Such as `application/pdf`.
    pub media_type: String,
    pub bytes: Vec<u8>,
}

/// What a message is made of.
#[derive(Debug, Clone)]
pub struct Parts {
    pub delivery: Uuid,
    /// When it was queued.
    pub date: DateTime<Utc>,
    pub name: Option<String>,
    pub email: String,
    pub text: Rendered,
    pub attachments: Vec<Attachment>,
}

/// Why a message cannot be made. Names nobody.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    #[error("the address cannot be written to")]
    Address,
    #[error("an attachment has no usable media type")]
    MediaType,
    #[error("the message cannot be built")]
    Message,
}

/// Writes messages in the name of the house.
#[derive(Debug, Clone)]
pub struct Composer {
    from: Mailbox,
}

impl Composer {
    /// `from`: `Name <address>` or an address alone.
    pub fn new(from: &str) -> Result<Self, ComposeError> {
        let from = single_line(from).parse().map_err(|_| ComposeError::Address)?;
        Ok(Self { from })
    }

    /// The domain that the house writes from.
    pub fn domain(&self) -> &str {
        self.from.email.domain()
    }

    /// What names a delivery to mail servers, on every attempt.
    pub fn message_id(&self, delivery: Uuid) -> String {
        format!("<{delivery}@{}>", self.domain())
    }

    pub fn compose(&self, parts: Parts) -> Result<Message, ComposeError> {
        let Parts {
            delivery,
            date,
            name,
            email,
            text,
            attachments,
        } = parts;
        let address: Address = email.parse().map_err(|_| ComposeError::Address)?;
        let builder = Message::builder()
            .message_id(Some(self.message_id(delivery)))
            .date(SystemTime::from(date))
            .from(self.from.clone())
            // lettre panics on a control character in a name.
            .to(Mailbox::new(name.as_deref().map(single_line), address))
            .subject(single_line(&text.subject))
            // Nobody is to be told that the addressee is away (RFC 3834).
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        let body = MultiPart::alternative()
            .boundary(boundary(delivery, "text"))
            .singlepart(SinglePart::plain(text.text))
            .singlepart(SinglePart::html(text.html));
        let message = if attachments.is_empty() {
            builder.multipart(body)
        } else {
            let mut whole = MultiPart::mixed().boundary(boundary(delivery, "whole")).multipart(body);
            for Attachment {
                file_name,
                media_type,
                bytes,
            } in attachments
            {
                let media_type = ContentType::parse(&media_type).map_err(|_| ComposeError::MediaType)?;
                whole = whole.singlepart(AttachedPart::new(single_line(&file_name)).body(bytes, media_type));
            }
            builder.multipart(whole)
        };
        message.map_err(|_| ComposeError::Message)
    }
}

/// Occurs in no text but by intent: who knows the delivery's id could put it there, and would spoil their own letter.
fn boundary(delivery: Uuid, part: &str) -> String {
    format!("alforis-{part}-{}", delivery.simple())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        Parts {
            delivery: Uuid::from_u128(7),
            date: "2026-03-09T09:00:00Z".parse().unwrap(),
            name: Some("Zoé Martin".to_owned()),
            email: "zoe@martin.example".to_owned(),
            text: Rendered {
                subject: "Invitation de Inès".to_owned(),
                html: "<p>Bonjour Zoé</p>".to_owned(),
                text: "Bonjour Zoé".to_owned(),
            },
            attachments: Vec::new(),
        }
    }

    fn composed(parts: Parts) -> String {
        let composer = Composer::new("Alforis <crm@atelier.example>").unwrap();
        String::from_utf8(composer.compose(parts).unwrap().formatted()).unwrap()
    }

    /// The header lines, unfolded.
    fn headers(message: &str) -> Vec<String> {
        let head = message.split("\r\n\r\n").next().unwrap();
        head.replace("\r\n ", " ").split("\r\n").map(str::to_owned).collect()
    }

    #[test]
    fn the_same_letter_is_the_same_message() {
        assert_eq!(composed(parts()), composed(parts()));
    }

    #[test]
    fn the_message_id_is_the_delivery() {
        let message = composed(parts());
        let id = "Message-ID: <00000000-0000-0000-0000-000000000007@atelier.example>";
        assert!(headers(&message).iter().any(|line| line == id), "{message}");
        assert!(message.contains("Date: Mon, 09 Mar 2026 09:00:00 +0000"), "{message}");
        assert!(message.contains("Auto-Submitted: auto-generated"), "{message}");
    }

    #[test]
    fn it_has_both_parts_and_the_text_comes_first() {
        let message = composed(parts());
        let place = |what: &str| message.find(what).unwrap_or_else(|| panic!("no {what}: {message}"));
        assert!(place("multipart/alternative") < place("text/plain"));
        assert!(place("text/plain") < place("text/html"));
    }

    #[test]
    fn headers_cannot_be_smuggled_in() {
        let mut forged = parts();
        forged.name = Some("Zoé\r\nBcc: all@martin.example".to_owned());
        forged.text.subject = "Hello\r\nBcc: all@martin.example\r\n\r\nBuy now".to_owned();
        let message = composed(forged);
        let lines = headers(&message);
        assert!(
            lines.iter().all(|line| !line.to_ascii_lowercase().starts_with("bcc")),
            "{message}"
        );
        let mut elsewhere = parts();
        elsewhere.email = "zoe@martin.example\r\nBcc: all@martin.example".to_owned();
        let composer = Composer::new("crm@atelier.example").unwrap();
        assert_eq!(composer.compose(elsewhere).unwrap_err(), ComposeError::Address);
    }

    #[test]
    fn attachments_go_with_it_under_their_names() {
        let attachment = Attachment {
            file_name: "Devis été.pdf".to_owned(),
            media_type: "application/pdf".to_owned(),
            bytes: b"%PDF-1.7 \x00\xff".to_vec(),
        };
        let message = composed(Parts {
            attachments: vec![attachment],
            ..parts()
        });
        assert!(message.contains("multipart/mixed"), "{message}");
        assert!(message.contains("Content-Type: application/pdf"), "{message}");
        assert!(message.contains("Content-Disposition: attachment"), "{message}");
        assert!(message.contains("JVBERi0xLjcgAP8="), "{message}");
    }

    #[test]
    fn an_attachment_of_no_kind_is_refused() {
        let attachment = Attachment {
            file_name: "x".to_owned(),
            media_type: "what\r\nBcc: x".to_owned(),
            bytes: Vec::new(),
        };
        let composer = Composer::new("crm@atelier.example").unwrap();
        let refused = composer.compose(Parts {
            attachments: vec![attachment],
            ..parts()
        });
        assert_eq!(refused.unwrap_err(), ComposeError::MediaType);
    }
}
