//! Where a setting comes from: a flag, else an `ALFORIS_*` variable, else the TOML file, else the default.
//!
//! [`SETTINGS`] is the one table of them: the same name is `--log-format`, `ALFORIS_LOG_FORMAT` and `log-format = …`.
//! A name that is not in the table is an error, so that a misspelt setting never goes unnoticed.

mod values;

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use chrono::{DateTime, Utc};
use ipnet::IpNet;
use mail::Route;

pub use self::values::near;
use self::values::{
    address, database, email, filled, log_filter, networks, plain_address, seconds, service, web_address,
};
use crate::{registered::Taken, throttle::Rate};

/// Everything that can be configured, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// `sqlite:PATH` or `postgres://…`: the events and the vault.
    pub journal: String,
    /// `sqlite:PATH` or `postgres://…`: the read models.
    pub views: String,
    /// Directory of the master key and the signing keys.
    pub keys: PathBuf,
    /// Folder of the search index.
    pub search: PathBuf,
    /// Folder of the files' bytes.
    pub blobs: PathBuf,
    /// What a client presents as `Authorization: Bearer …`.
    pub token: Option<Secret>,
    /// Whom the first start makes administrator, where no token is configured.
    pub admin_email: String,
    /// Where `serve` listens.
    pub listen: String,
    /// The certificate that `serve` shows over TLS, and its key. Without them it speaks plain HTTP.
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    /// Networks of the proxies whose word about the client is taken.
    pub trusted_proxies: Vec<IpNet>,
    /// Where `serve` shows its measures besides, to whoever can reach the address.
    pub metrics_listen: Option<String>,
    /// How far the views may be behind before the server says that it is not ready.
    pub ready_lag: Duration,
    /// How long the body of a request may stand still, or lag behind the lowest rate.
    pub body_wait: Duration,
    /// The clock that business time comes from.
    pub clock: ClockKind,
    /// What is logged, as a `tracing` filter.
    pub log: String,
    pub log_format: LogFormat,
    /// The collector that spans are sent to.
    pub otlp: Option<String>,
    /// How letters leave.
    pub mail: Route,
    /// Whom letters come from.
    pub mail_from: Option<String>,
    /// Where people reach the server, for the links in letters.
    pub public_url: String,
    /// Where invoices are put for the platform that they go through.
    pub platform_folder: Option<PathBuf>,
    /// The time-stamping authority (RFC 3161) that is asked when a quote was signed.
    pub timestamp_url: Option<String>,
    /// The provider that has quotes signed, and what it knows us by.
    pub signature_provider: Option<String>,
    pub signature_token: Option<Secret>,
    /// Operations that are registered: a manifest, or a folder of documents.
    pub documents: Option<PathBuf>,
    /// Which operations are taken.
    pub operations: Taken,
    /// How much each client may ask for; nobody counts without it.
    pub rate_limit: Option<Rate>,
    /// The master key as hex, instead of the file in `keys`. Only from the environment.
    pub master_key: Option<Secret>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            journal: "sqlite:data/journal.db".to_owned(),
            views: "sqlite:data/views.db".to_owned(),
            keys: PathBuf::from("data/keys"),
            search: PathBuf::from("data/search"),
            blobs: PathBuf::from("data/blobs"),
            token: None,
            admin_email: "admin@alforis.local".to_owned(),
            listen: "127.0.0.1:8080".to_owned(),
            tls_cert: None,
            tls_key: None,
            trusted_proxies: Vec::new(),
            metrics_listen: None,
            ready_lag: Duration::from_secs(30),
            body_wait: Duration::from_secs(30),
            clock: ClockKind::Real,
            log: "warn".to_owned(),
            log_format: LogFormat::Text,
            otlp: None,
            mail: Route::default(),
            mail_from: None,
            public_url: "http://127.0.0.1:8080".to_owned(),
            platform_folder: None,
            timestamp_url: None,
            signature_provider: None,
            signature_token: None,
            documents: None,
            operations: Taken::Any,
            rate_limit: Some(Rate::DEFAULT),
            master_key: None,
        }
    }
}

/// A text that must not appear in logs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that compares or uses it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Where business time comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClockKind {
    /// The machine's clock.
    Real,
    /// A clock that stands still until it is advanced, from a moment on where one is named: a standstill lies between
    /// that moment and the journal's end. For tests and demonstrations.
    Manual(Option<DateTime<Utc>>),
}

impl FromStr for ClockKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "real" => Ok(Self::Real),
            "manual" => Ok(Self::Manual(None)),
            _ => {
                let moment = text.strip_prefix("manual:").and_then(|moment| moment.parse().ok());
                let moment = moment.ok_or("write `real`, `manual`, or `manual:` and a moment")?;
                Ok(Self::Manual(Some(moment)))
            }
        }
    }
}

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line, for collectors.
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("write `text` or `json`".to_owned()),
        }
    }
}

/// One thing that can be set.
pub struct Setting {
    /// Its name in the TOML file; the flag and the variable follow from it.
    pub key: &'static str,
    /// What it is, for the table in the documentation.
    pub purpose: &'static str,
    assign: fn(&mut Config, &str) -> Result<(), String>,
}

impl Setting {
    /// The environment variable of the same name.
    pub fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.to_uppercase().replace('-', "_"))
    }
}

/// Every setting that has a flag, a variable and a TOML key.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "journal",
        purpose: "the events and the vault: `sqlite:PATH` or `postgres://…`",
        assign: |config, value| database(value).map(|url| config.journal = url),
    },
    Setting {
        key: "views",
        purpose: "the read models: `sqlite:PATH` or `postgres://…`",
        assign: |config, value| database(value).map(|url| config.views = url),
    },
    Setting {
        key: "keys",
        purpose: "directory of the master key and the signing keys",
        assign: |config, value| filled(value).map(|path| config.keys = PathBuf::from(path)),
    },
    Setting {
        key: "search",
        purpose: "folder of the search index; one for each machine, which its processes share",
        assign: |config, value| filled(value).map(|path| config.search = PathBuf::from(path)),
    },
    Setting {
        key: "blobs",
        purpose: "folder of the bytes of files, which all processes share: back it up with the journal",
        assign: |config, value| filled(value).map(|path| config.blobs = PathBuf::from(path)),
    },
    Setting {
        key: "token",
        purpose: "what clients present as `Authorization: Bearer …`",
        assign: |config, value| filled(value).map(|token| config.token = Some(Secret(token))),
    },
    Setting {
        key: "admin-email",
        purpose: "whom the first start makes administrator, where no token is configured",
        assign: |config, value| email(value).map(|address| config.admin_email = address),
    },
    Setting {
        key: "listen",
        purpose: "where `serve` listens: `address:port`, port 0 for any free one",
        assign: |config, value| address(value).map(|listen| config.listen = listen),
    },
    Setting {
        key: "tls-cert",
        purpose: "the certificate to show over TLS, with those that lead to its authority (PEM)",
        assign: |config, value| filled(value).map(|path| config.tls_cert = Some(PathBuf::from(path))),
    },
    Setting {
        key: "tls-key",
        purpose: "the certificate's private key (PEM); SIGHUP reads both again",
        assign: |config, value| filled(value).map(|path| config.tls_key = Some(PathBuf::from(path))),
    },
    Setting {
        key: "trusted-proxies",
        purpose: "networks of the proxies whose `X-Forwarded-For` and `-Proto` are believed, with commas between them",
        assign: |config, value| networks(value).map(|networks| config.trusted_proxies = networks),
    },
    Setting {
        key: "metrics-listen",
        purpose: "a second address for `/metrics`, `/healthz` and `/readyz` alone, open to whoever can reach it",
        assign: |config, value| address(value).map(|listen| config.metrics_listen = Some(listen)),
    },
    Setting {
        key: "ready-lag",
        purpose: "seconds that the views may be behind before `/readyz` says that the server is not ready",
        assign: |config, value| seconds(value).map(|lag| config.ready_lag = lag),
    },
    Setting {
        key: "body-wait",
        purpose: "seconds that a request's body may stand still, or lag behind 1 KiB a second, before it is given up (408)",
        assign: |config, value| seconds(value).map(|wait| config.body_wait = wait),
    },
    Setting {
        key: "clock",
        purpose: "where business time comes from: `real`, or `manual` (from a moment on: `manual:2026-03-02T08:00:00Z`)",
        assign: |config, value| value.parse().map(|clock| config.clock = clock),
    },
    Setting {
        key: "log",
        purpose: "what is logged to stderr: `error`, `warn`, `info`, `debug`, or a `tracing` filter",
        assign: |config, value| log_filter(value).map(|filter| config.log = filter),
    },
    Setting {
        key: "log-format",
        purpose: "how log lines look: `text` or `json`",
        assign: |config, value| value.parse().map(|format| config.log_format = format),
    },
    Setting {
        key: "otlp",
        purpose: "the OpenTelemetry collector that spans are sent to, by OTLP over HTTP: `http://127.0.0.1:4318`",
        assign: |config, value| plain_address(value).map(|url| config.otlp = Some(url)),
    },
    Setting {
        key: "mail",
        purpose: "how letters leave: `outbox:FOLDER` or `smtp://USER:PASSWORD@HOST:PORT?tls=starttls`",
        assign: |config, value| {
            let route = value.parse::<Route>().map_err(|error| error.to_string());
            route.map(|route| config.mail = route)
        },
    },
    Setting {
        key: "mail-from",
        purpose: "whom letters come from: `Name <address>` or an address alone",
        assign: |config, value| filled(value).map(|from| config.mail_from = Some(from)),
    },
    Setting {
        key: "public-url",
        purpose: "where people reach the server, for the links in letters",
        assign: |config, value| web_address(value).map(|url| config.public_url = url),
    },
    Setting {
        key: "platform-folder",
        purpose: "folder into which invoices are put for the platform that they go through; without it none is submitted",
        assign: |config, value| filled(value).map(|path| config.platform_folder = Some(PathBuf::from(path))),
    },
    Setting {
        key: "timestamp-url",
        purpose: "time-stamping authority (RFC 3161) that vouches for when quotes were signed: `http://tsa.example.com/tsr`; without it seals bear no time stamp",
        assign: |config, value| service(value).map(|url| config.timestamp_url = Some(url)),
    },
    Setting {
        key: "signature-provider",
        purpose: "provider that has quotes signed, spoken to in JSON: `https://signatures.example.com`; without it customers sign on our page only",
        assign: |config, value| service(value).map(|url| config.signature_provider = Some(url)),
    },
    Setting {
        key: "signature-token",
        purpose: "what the provider of signatures is shown as `Authorization: Bearer …`",
        assign: |config, value| filled(value).map(|token| config.signature_token = Some(Secret(token))),
    },
    Setting {
        key: "documents",
        purpose: "registered operations: a JSON manifest, or a folder of `.graphql` files",
        assign: |config, value| filled(value).map(|path| config.documents = Some(PathBuf::from(path))),
    },
    Setting {
        key: "operations",
        purpose: "which operations are taken: `any`, or `registered` ones only",
        assign: |config, value| value.parse().map(|taken| config.operations = taken),
    },
    Setting {
        key: "rate-limit",
        purpose: "query cost that each client may spend: `COST-PER-SECOND/MAXIMUM`, or `none`",
        assign: |config, value| {
            let rate = (value != "none").then(|| value.parse()).transpose();
            rate.map(|rate| config.rate_limit = rate)
        },
    },
];

const PREFIX: &str = "ALFORIS_";

/// Variables that are no settings: the file itself, the master key, and switches of tests.
const OTHER_VARIABLES: &[&str] = &["ALFORIS_CONFIG", "ALFORIS_MASTER_KEY", "ALFORIS_FAILPOINT"];
const TEST_VARIABLES: &str = "ALFORIS_TEST_";

/// Settings whose values are not shown: they are, or hold, secrets.
const SECRET_SETTINGS: &[&str] = &["token", "mail", "signature-token"];

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("there is no setting `{name}` ({place}).{}", suggestion(.near))]
    Unknown {
        name: String,
        place: String,
        near: Vec<String>,
    },
    #[error("`{name}` ({place}) cannot be `{value}`: {reason}")]
    Invalid {
        name: String,
        place: String,
        value: String,
        reason: String,
    },
    #[error("the configuration file {} cannot be read: {reason}", .path.display())]
    Unreadable { path: PathBuf, reason: String },
}

impl ConfigError {
    /// Stable, for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unknown { .. } => "CONFIG_UNKNOWN_SETTING",
            Self::Invalid { .. } => "CONFIG_INVALID_VALUE",
            Self::Unreadable { .. } => "CONFIG_UNREADABLE",
        }
    }
}

fn suggestion(near: &[String]) -> String {
    if near.is_empty() {
        return " `alforis --help` lists them".to_owned();
    }
    format!(
        " Did you mean {}?",
        near.iter()
            .map(|name| format!("`{name}`"))
            .collect::<Vec<_>>()
            .join(" or ")
    )
}

/// The flags that were given, by key of [`SETTINGS`].
pub type Flags = Vec<(&'static str, String)>;

impl Config {
    /// Resolves the settings from the flags, the environment and the file that `--config` or `ALFORIS_CONFIG` names.
    pub fn resolve(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &Flags,
    ) -> Result<Self, ConfigError> {
        let variables: Vec<_> = environment
            .into_iter()
            .filter(|(name, _)| name.starts_with(PREFIX))
            .collect();
        let named = variables
            .iter()
            .find(|(name, _)| name == "ALFORIS_CONFIG")
            .map(|(_, path)| PathBuf::from(path));
        let mut config = Self::default();
        if let Some(path) = file.map(Path::to_path_buf).or(named) {
            config.apply_file(&path)?;
        }
        config.apply_environment(&variables)?;
        for (key, value) in flags {
            config.assign(key, value, || format!("--{key}"), "on the command line")?;
        }
        Ok(config)
    }

    fn apply_file(&mut self, path: &Path) -> Result<(), ConfigError> {
        let unreadable = |reason: String| ConfigError::Unreadable {
            path: path.to_path_buf(),
            reason,
        };
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
        let table: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| unreadable(error.to_string()))?;
        let place = format!("in {}", path.display());
        for (key, value) in &table {
            let text = match value {
                toml::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            self.assign(key, &text, || key.clone(), &place)?;
        }
        Ok(())
    }

    fn apply_environment(&mut self, variables: &[(String, String)]) -> Result<(), ConfigError> {
        for (name, value) in variables {
            if name == "ALFORIS_MASTER_KEY" {
                self.master_key = Some(Secret::new(value));
            }
            if OTHER_VARIABLES.contains(&name.as_str()) || name.starts_with(TEST_VARIABLES) {
                continue;
            }
            let Some(setting) = SETTINGS.iter().find(|setting| setting.variable() == *name) else {
                let known = SETTINGS
                    .iter()
                    .map(Setting::variable)
                    .chain(OTHER_VARIABLES.iter().map(|&v| v.to_owned()));
                return Err(ConfigError::Unknown {
                    name: name.clone(),
                    place: "in the environment".to_owned(),
                    near: near(name, known),
                });
            };
            self.assign(setting.key, value, || name.clone(), "in the environment")?;
        }
        Ok(())
    }

    fn assign(&mut self, key: &str, value: &str, name: impl Fn() -> String, place: &str) -> Result<(), ConfigError> {
        let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
            let known = SETTINGS.iter().map(|setting| setting.key.to_owned());
            return Err(ConfigError::Unknown {
                name: name(),
                place: place.to_owned(),
                near: near(key, known),
            });
        };
        (setting.assign)(self, value).map_err(|reason| ConfigError::Invalid {
            name: name(),
            place: place.to_owned(),
            value: if SECRET_SETTINGS.contains(&key) {
                "…".to_owned()
            } else {
                value.to_owned()
            },
            reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(file: &str, environment: &[(&str, &str)], flags: &Flags) -> Result<Config, ConfigError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("alforis.toml");
        std::fs::write(&path, file).unwrap();
        let environment = environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::resolve(Some(&path), environment, flags)
    }

    #[test]
    fn a_flag_wins_over_the_environment_which_wins_over_the_file() {
        let file = "journal = 'sqlite:file.db'\nviews = 'sqlite:file-views.db'\nlog = 'debug'";
        let environment = [
            ("ALFORIS_JOURNAL", "sqlite:env.db"),
            ("ALFORIS_VIEWS", "sqlite:env-views.db"),
        ];
        let config = resolve(file, &environment, &vec![("journal", "sqlite:flag.db".to_owned())]).unwrap();
        assert_eq!(config.journal, "sqlite:flag.db");
        assert_eq!(config.views, "sqlite:env-views.db");
        assert_eq!(config.log, "debug");
        assert_eq!(config.keys, PathBuf::from("data/keys"));
    }

    #[test]
    fn an_unknown_key_of_the_file_is_named_with_its_neighbours() {
        let error = resolve("jornal = 'sqlite:x.db'", &[], &vec![]).unwrap_err();
        assert_eq!(error.code(), "CONFIG_UNKNOWN_SETTING");
        let message = error.to_string();
        assert!(
            message.contains("`jornal`") && message.contains("Did you mean `journal`?"),
            "{message}"
        );
    }

    #[test]
    fn an_unknown_variable_is_named_with_its_neighbours() {
        let message = resolve("", &[("ALFORIS_LOG_FORMATT", "json")], &vec![])
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("`ALFORIS_LOG_FORMATT`") && message.contains("`ALFORIS_LOG_FORMAT`"),
            "{message}"
        );
    }

    #[test]
    fn switches_of_tests_and_the_master_key_are_known_variables() {
        let environment = [
            ("ALFORIS_MASTER_KEY", "00"),
            ("ALFORIS_FAILPOINT", "x"),
            ("ALFORIS_TEST_POSTGRES", "y"),
            ("HOME", "/"),
        ];
        let config = resolve("", &environment, &vec![]).unwrap();
        assert_eq!(config.master_key, Some(Secret::new("00")));
    }

    #[test]
    fn a_wrong_value_is_named_with_the_reason() {
        let error = resolve("log-format = 'xml'", &[], &vec![]).unwrap_err();
        assert_eq!(error.code(), "CONFIG_INVALID_VALUE");
        assert!(error.to_string().contains("write `text` or `json`"), "{error}");
        let error = resolve("journal = 'mysql://x'", &[], &vec![]).unwrap_err();
        assert!(error.to_string().contains("mysql://x"), "{error}");
    }

    #[test]
    fn a_secret_is_not_printed() {
        let config = resolve("token = 'hush'", &[], &vec![]).unwrap();
        assert!(!format!("{config:?}").contains("hush"));
    }

    #[test]
    fn the_password_of_the_mail_server_is_not_printed() {
        let config = resolve("mail = 'smtp://crm:hush@mail.example'", &[], &vec![]).unwrap();
        assert!(!format!("{config:?}").contains("hush"));
        let error = resolve("mail = 'smtp://crm:hush@mail.example?tls=maybe'", &[], &vec![]).unwrap_err();
        assert!(!error.to_string().contains("hush"), "{error}");
        assert!(error.to_string().contains("starttls"), "{error}");
    }
}
