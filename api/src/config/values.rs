//! Values as people write them, and what is near to a name that is none.

use std::{
    net::{IpAddr, SocketAddr, ToSocketAddrs},
    time::Duration,
};

use ipnet::IpNet;

pub(super) fn filled(value: &str) -> Result<String, String> {
    if value.trim().is_empty() {
        Err("it is empty".to_owned())
    } else {
        Ok(value.to_owned())
    }
}

pub(super) fn database(value: &str) -> Result<String, String> {
    let known = ["sqlite:", "postgres://", "postgresql://"]
        .iter()
        .any(|scheme| value.starts_with(scheme));
    if known {
        Ok(value.to_owned())
    } else {
        Err("write `sqlite:path/to/file.db` or `postgres://user@host/database`".to_owned())
    }
}

pub(super) fn email(value: &str) -> Result<String, String> {
    domain::value::email("admin-email", value).map_err(|_| "write an e-mail address".to_owned())
}

pub(super) fn address(value: &str) -> Result<String, String> {
    let mut addresses = value
        .to_socket_addrs()
        .map_err(|error| format!("write `address:port` ({error})"))?;
    let found: Option<SocketAddr> = addresses.next();
    found
        .map(|_| value.to_owned())
        .ok_or_else(|| "the name has no address".to_owned())
}

pub(super) fn web_address(value: &str) -> Result<String, String> {
    let rest = value.strip_prefix("https://").or_else(|| value.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains([' ', '"', '<', '>', '#', '?']) => Ok(value.to_owned()),
        _ => Err("write `https://crm.example.com`".to_owned()),
    }
}

/// The address of a service; unlike ours it may have a query.
pub(super) fn service(value: &str) -> Result<String, String> {
    let is_service = value.parse::<hyper::Uri>().is_ok_and(|uri| {
        let plain = uri
            .authority()
            .is_some_and(|authority| !authority.as_str().contains('@'));
        plain && matches!(uri.scheme_str(), Some("http" | "https"))
    });
    if is_service {
        Ok(value.to_owned())
    } else {
        Err("write `https://service.example.com/path`".to_owned())
    }
}

pub(super) fn log_filter(value: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::try_new(value)
        .map(|_| value.to_owned())
        .map_err(|error| error.to_string())
}

/// The known names that a person may have meant, best first.
pub fn near(name: &str, known: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut scored: Vec<_> = known
        .into_iter()
        .map(|candidate| (edits(name, &candidate), candidate))
        .filter(|(edits, candidate)| *edits <= 1 + candidate.chars().count() / 5)
        .collect();
    scored.sort();
    scored.into_iter().map(|(_, candidate)| candidate).take(2).collect()
}

/// Levenshtein's distance.
fn edits(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let substituted = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

/// Whole seconds, at least one.
pub(super) fn seconds(value: &str) -> Result<Duration, String> {
    match value.parse() {
        Ok(seconds) if seconds > 0 => Ok(Duration::from_secs(seconds)),
        _ => Err("write a number of seconds".to_owned()),
    }
}

/// Networks as `10.0.0.0/8` or addresses, with commas between them.
pub(super) fn networks(value: &str) -> Result<Vec<IpNet>, String> {
    value
        .split(',')
        .map(str::trim)
        .map(|text| {
            let network = text.parse().ok();
            let network = network.or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from));
            network.ok_or_else(|| format!("`{text}` is no network: write `10.0.0.0/8, 192.0.2.1`"))
        })
        .collect()
}

/// Of something near, which is spoken to without TLS.
pub(super) fn plain_address(value: &str) -> Result<String, String> {
    match value.strip_prefix("http://") {
        Some(_) => web_address(value),
        None => Err("write `http://127.0.0.1:4318`: the collector is spoken to without TLS".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_counts_single_edits() {
        assert_eq!(edits("jornal", "journal"), 1);
        assert_eq!(edits("", "abc"), 3);
        assert_eq!(edits("views", "views"), 0);
    }
}
