//! Letters by SMTP, and what a server's answer means.

use std::{error::Error as _, fs, io};

use engine::deliveries::Carried;
use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    transport::smtp::{
        Error,
        authentication::Credentials,
        client::{Certificate, Tls as TlsMode, TlsParameters},
        extension::ClientId,
    },
};
use tokio::time;

use crate::route::{Smtp, Tls};

/// Why a server cannot even be tried.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    #[error("the certificate authority's file cannot be read: {0}")]
    Authority(#[from] io::Error),
    #[error("TLS cannot be set up: {0}")]
    Tls(String),
}

/// A server to give letters to. Each letter has a connection of its own.
pub(crate) struct Server {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    timeout: std::time::Duration,
}

impl Server {
    /// `domain` is what the house calls itself.
    pub(crate) fn new(smtp: &Smtp, domain: &str) -> Result<Self, SmtpError> {
        let tls = match smtp.tls {
            Tls::None => TlsMode::None,
            Tls::StartTls => TlsMode::Required(parameters(smtp)?),
            Tls::Required => TlsMode::Wrapper(parameters(smtp)?),
        };
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
            .port(smtp.port)
            .tls(tls)
            .timeout(Some(smtp.timeout))
            .hello_name(ClientId::Domain(domain.to_owned()));
        if let Some((user, password)) = smtp.credentials.clone() {
            builder = builder.credentials(Credentials::new(user, password));
        }
        Ok(Self {
            transport: builder.build(),
            timeout: smtp.timeout,
        })
    }

    pub(crate) async fn send(&self, message: Message) -> Carried {
        match time::timeout(self.timeout, self.transport.send(message)).await {
            Ok(Ok(_)) => Carried::Sent,
            Ok(Err(error)) => meaning(&error),
            Err(_) => not_now("no answer in time"),
        }
    }
}

fn parameters(smtp: &Smtp) -> Result<TlsParameters, SmtpError> {
    let failed = |error: Error| SmtpError::Tls(error.to_string());
    let mut builder = TlsParameters::builder(smtp.host.clone());
    if let Some(file) = &smtp.ca {
        builder = builder.add_root_certificate(Certificate::from_pem(&fs::read(file)?).map_err(failed)?);
    }
    builder.build_rustls().map_err(failed)
}

/// Replies that refuse *us*, not the letter (RFC 4954): a setting is wrong, and letters wait until it is mended.
const OUR_OWN_FAULT: [&str; 4] = ["530", "534", "535", "538"];

/// What a failure means for the letter. Of what the server says, only its codes are kept: the words may hold addresses.
fn meaning(error: &Error) -> Carried {
    if let Some(status) = error.status() {
        let code = status.to_string();
        let said = error.source().map(ToString::to_string).unwrap_or_default();
        let reason = match enhanced(&said) {
            Some(enhanced) => format!("SMTP {code} {enhanced}"),
            None => format!("SMTP {code}"),
        };
        if error.is_permanent() && !OUR_OWN_FAULT.contains(&code.as_str()) {
            return Carried::Refused { reason };
        }
        return Carried::NotNow { reason };
    }
    not_now(if error.is_timeout() {
        "no answer in time"
    } else if error.is_tls() {
        "TLS failed"
    } else if error.is_response() {
        "the server's answer makes no sense"
    } else if error.is_client() {
        "the server does not offer what the settings ask for"
    } else {
        "the connection failed"
    })
}

fn not_now(reason: &str) -> Carried {
    Carried::NotNow {
        reason: reason.to_owned(),
    }
}

/// The enhanced status code (RFC 3463) that a reply begins with: `5.1.1`.
fn enhanced(said: &str) -> Option<&str> {
    let word = said.split_whitespace().next()?;
    let mut parts = word.split('.');
    let class = parts.next()?;
    let numbers = [parts.next()?, parts.next()?];
    let numeric = |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    let well_formed = matches!(class, "2" | "4" | "5") && numbers.iter().all(numeric) && parts.next().is_none();
    well_formed.then_some(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_a_server_says_only_the_status_is_kept() {
        assert_eq!(enhanced("5.1.1 <zoe@martin.example>: unknown"), Some("5.1.1"));
        assert_eq!(enhanced("4.7.1"), Some("4.7.1"));
        for words in [
            "",
            "<zoe@martin.example> unknown",
            "5.1",
            "9.1.1",
            "5.1.1.1",
            "5.1.zoe",
            "5.1234.1",
        ] {
            assert_eq!(enhanced(words), None, "{words}");
        }
    }
}
