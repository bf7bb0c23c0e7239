//! How letters leave, as it is configured: `outbox:FOLDER` or `smtp://USER:PASSWORD@HOST:PORT?tls=…`.

use std::{fmt, net::IpAddr, path::PathBuf, str::FromStr, time::Duration};

use percent_encoding::percent_decode_str;
use url::Url;

/// How long an attempt may take, from connecting to the server's last word.
const TIMEOUT: Duration = Duration::from_mins(1);

/// How letters leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Each is a file in this folder, for somebody to look at.
    Outbox(PathBuf),
    Smtp(Smtp),
}

/// The server that takes our letters.
#[derive(Clone, PartialEq, Eq)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    /// User and password.
    pub credentials: Option<(String, String)>,
    pub tls: Tls,
    /// A PEM file with the authority that signed the server's certificate, where the world does not know it.
    pub ca: Option<PathBuf>,
    pub timeout: Duration,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = if self.credentials.is_some() { " as …" } else { "" };
        write!(f, "smtp://{}:{}{password} ({:?})", self.host, self.port, self.tls)
    }
}

/// How the way to the server is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Asked for once connected, and insisted on.
    StartTls,
    /// From the first byte.
    Required,
    /// Not at all.
    None,
}

impl Tls {
    const fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Required => 465,
            Self::None => 25,
        }
    }
}

/// Why a setting is no route. Never shows the setting: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RouteError {
    #[error("write `outbox:path/to/folder` or `smtp://user:password@host:port?tls=starttls`")]
    Scheme,
    #[error("this is not a URL; `@`, `/`, `:` and `%` in a user or password are written as %40, %2F, %3A and %25")]
    Url,
    #[error("the server's name is missing")]
    Host,
    #[error("`tls` is `starttls`, `required` (from the first byte) or `none`")]
    Tls,
    #[error("`timeout` is a number of seconds from 1 to 600")]
    Timeout,
    #[error("only `tls`, `ca` and `timeout` come after the question mark")]
    Option,
    #[error("without TLS the password could be read on the way: only to a server on this machine")]
    PasswordInClear,
}

impl Default for Route {
    fn default() -> Self {
        Self::Outbox(PathBuf::from("data/outbox"))
    }
}

impl FromStr for Route {
    type Err = RouteError;

    fn from_str(text: &str) -> Result<Self, RouteError> {
        if let Some(folder) = text.strip_prefix("outbox:") {
            return match folder.trim() {
                "" => Err(RouteError::Scheme),
                folder => Ok(Self::Outbox(PathBuf::from(folder))),
            };
        }
        if !text.starts_with("smtp://") {
            return Err(RouteError::Scheme);
        }
        let url = Url::parse(text).map_err(|_| RouteError::Url)?;
        Smtp::from_url(&url).map(Self::Smtp)
    }
}

impl Smtp {
    fn from_url(url: &Url) -> Result<Self, RouteError> {
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(RouteError::Host)?;
        let mut smtp = Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port: 0,
            credentials: credentials(url)?,
            tls: Tls::StartTls,
            ca: None,
            timeout: TIMEOUT,
        };
        for (name, value) in url.query_pairs() {
            match &*name {
                "tls" => {
                    smtp.tls = match &*value {
                        "starttls" => Tls::StartTls,
                        "required" => Tls::Required,
                        "none" => Tls::None,
                        _ => return Err(RouteError::Tls),
                    };
                }
                "ca" => smtp.ca = Some(PathBuf::from(&*value)),
                "timeout" => {
                    let seconds = value.parse().ok().filter(|seconds| (1..=600).contains(seconds));
                    smtp.timeout = Duration::from_secs(seconds.ok_or(RouteError::Timeout)?);
                }
                _ => return Err(RouteError::Option),
            }
        }
        smtp.port = url.port().unwrap_or_else(|| smtp.tls.port());
        if smtp.tls == Tls::None && smtp.credentials.is_some() && !smtp.is_here() {
            return Err(RouteError::PasswordInClear);
        }
        Ok(smtp)
    }

    /// Whether the server is on this machine.
    fn is_here(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

fn credentials(url: &Url) -> Result<Option<(String, String)>, RouteError> {
    let Some(password) = url.password() else {
        return if url.username().is_empty() {
            Ok(None)
        } else {
            Err(RouteError::Url)
        };
    };
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(std::borrow::Cow::into_owned).map_err(|_| RouteError::Url)
    };
    Ok(Some((decoded(url.username())?, decoded(password)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(text: &str) -> Smtp {
        match text.parse() {
            Ok(Route::Smtp(smtp)) => smtp,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_server_is_reached_with_tls_unless_said_otherwise() {
        let plain = smtp("smtp://mail.example");
        assert_eq!((plain.port, plain.tls, plain.credentials), (587, Tls::StartTls, None));
        assert_eq!(smtp("smtp://mail.example?tls=required").port, 465);
        assert_eq!(smtp("smtp://127.0.0.1:2525?tls=none&timeout=5").timeout.as_secs(), 5);
    }

    #[test]
    fn user_and_password_may_hold_any_character() {
        let smtp = smtp("smtp://crm%40atelier.example:p%40ss%2Fw%C3%B6rd@mail.example:2587");
        let (user, password) = smtp.credentials.unwrap();
        assert_eq!((user.as_str(), password.as_str()), ("crm@atelier.example", "p@ss/wörd"));
        assert_eq!(smtp.port, 2587);
    }

    #[test]
    fn a_password_is_not_printed() {
        let route: Route = "smtp://crm:hush@mail.example".parse().unwrap();
        assert!(!format!("{route:?}").contains("hush"));
        let refused = "smtp://crm:hush@mail.example?tls=perhaps".parse::<Route>().unwrap_err();
        assert!(!format!("{refused:?} {refused}").contains("hush"));
    }

    #[test]
    fn a_password_does_not_leave_the_machine_in_clear() {
        let refused = "smtp://crm:hush@mail.example?tls=none".parse::<Route>();
        assert_eq!(refused, Err(RouteError::PasswordInClear));
        assert!("smtp://crm:hush@127.0.0.1?tls=none".parse::<Route>().is_ok());
        assert!("smtp://crm:hush@[::1]?tls=none".parse::<Route>().is_ok());
    }

    #[test]
    fn what_is_no_route_says_what_to_write() {
        for (text, error) in [
            ("", RouteError::Scheme),
            ("outbox:", RouteError::Scheme),
            ("http://mail.example", RouteError::Scheme),
            ("smtp://", RouteError::Url),
            ("smtp://mail.example?tls=maybe", RouteError::Tls),
            ("smtp://mail.example?timeout=0", RouteError::Timeout),
            ("smtp://mail.example?verify=no", RouteError::Option),
        ] {
            let refused = text.parse::<Route>();
            assert!(
                refused == Err(error) || refused == Err(RouteError::Host),
                "{text}: {refused:?}"
            );
        }
        assert_eq!("outbox:out".parse(), Ok(Route::Outbox(PathBuf::from("out"))));
    }
}
