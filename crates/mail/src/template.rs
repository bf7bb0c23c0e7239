//! Templates: in each language a subject, an HTML part and a plain text part, filled in with named variables.
//!
//! They lie in `templates/` and are compiled in. What a letter is filled in with is checked against the declaration
//! here before anything is queued, and rendering is strict besides: a variable that is not there is an error, never a
//! gap in a letter. HTML is escaped, plain text and subjects are not HTML.

use std::{collections::BTreeMap, sync::LazyLock};

use domain::Language;
use handlebars::Handlebars;
use serde_json::{Map, Value};

/// What is filled in by whoever sends the letter, beside the variables: the addressee's name (or nothing), the link and the code.
const NAME: &str = "name";
const LINK: &str = "link";
const CODE: &str = "code";

/// A kind of letter.
#[derive(Debug)]
pub struct Template {
    pub name: &'static str,
    /// Variables that must be given.
    pub required: &'static [&'static str],
    /// Variables that may be left out.
    pub optional: &'static [&'static str],
    /// Whether the letter leads somewhere.
    pub link: bool,
    /// Whether the letter tells a one-time code.
    pub code: bool,
    sources: [Sources; 2],
}

/// The texts of a template in one language.
#[derive(Debug)]
struct Sources {
    language: Language,
    subject: &'static str,
    html: &'static str,
    text: &'static str,
}

macro_rules! template {
    ($name:literal, required: $required:expr, optional: $optional:expr, link: $link:expr) => {
        template!($name, required: $required, optional: $optional, link: $link, code: false)
    };
    ($name:literal, required: $required:expr, optional: $optional:expr, link: $link:expr, code: $code:expr) => {
        Template {
            name: $name,
            required: &$required,
            optional: &$optional,
            link: $link,
            code: $code,
            sources: [
                sources!($name, Language::English, "en"),
                sources!($name, Language::French, "fr"),
            ],
        }
    };
}

macro_rules! sources {
    ($name:literal, $language:expr, $folder:literal) => {
        Sources {
            language: $language,
            subject: include_str!(concat!("../templates/", $folder, "/", $name, ".subject.hbs")),
            html: include_str!(concat!("../templates/", $folder, "/", $name, ".html.hbs")),
            text: include_str!(concat!("../templates/", $folder, "/", $name, ".txt.hbs")),
        }
    };
}

/// Every letter there is.
pub const TEMPLATES: &[Template] = &[
    template!("invitation", required: ["inviter", "expires"], optional: [], link: true),
    template!("password-reset", required: ["expires"], optional: [], link: true),
    template!("task-reminder", required: ["title"], optional: ["due", "organization"], link: true),
    template!("quote", required: ["number", "seller", "total", "validUntil"], optional: ["subject", "message"], link: true),
    template!("quote-expiry", required: ["number", "seller", "validUntil"], optional: ["subject"], link: true),
    template!("quote-signed", required: ["number", "seller"], optional: [], link: false),
    template!("invoice", required: ["number", "seller", "total"], optional: ["subject", "message", "due", "dueOn", "platform"], link: false),
    template!("credit-note", required: ["number", "seller", "total", "corrects"], optional: ["subject", "message", "platform"], link: false),
    template!("reminder-friendly", required: ["seller", "invoices", "total"], optional: ["account"], link: false),
    template!("reminder-firm", required: ["seller", "invoices", "total"], optional: ["upcoming", "account"], link: false),
    template!("formal-notice", required: ["seller", "invoices", "total", "payBy"], optional: ["charges", "account"], link: false),
    template!("contract-alert", required: ["number", "customer", "event", "date", "days"], optional: ["renews"], link: false),
    template!("contract-renewal", required: ["number", "seller", "end", "date", "deadline"], optional: [], link: false),
    template!("contract-consumer-notice", required: ["number", "seller", "end", "deadline"], optional: [], link: false),
    template!("late-interest", required: ["seller", "number", "total", "until"], optional: ["account"], link: false),
    template!("signing-code", required: ["number", "seller", "expires"], optional: [], link: false, code: true),
];

/// The frame around every letter.
const LAYOUTS: [(Language, &str, &str); 2] = [
    (
        Language::English,
        include_str!("../templates/en/layout.html.hbs"),
        include_str!("../templates/en/layout.txt.hbs"),
    ),
    (
        Language::French,
        include_str!("../templates/fr/layout.html.hbs"),
        include_str!("../templates/fr/layout.txt.hbs"),
    ),
];

/// A letter's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub html: String,
    pub text: String,
}

/// Why a letter cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    #[error("there is no template `{0}`")]
    Unknown(String),
    #[error("the template `{template}` wants `{variable}`")]
    Missing { template: &'static str, variable: String },
    #[error("the template `{template}` does not know `{variable}`")]
    Unexpected { template: &'static str, variable: String },
    /// A mistake in the template itself.
    #[error("the template `{template}` cannot be filled in: {reason}")]
    Broken { template: &'static str, reason: String },
}

impl Template {
    pub fn named(name: &str) -> Result<&'static Self, TemplateError> {
        let found = TEMPLATES.iter().find(|template| template.name == name);
        found.ok_or_else(|| TemplateError::Unknown(name.to_owned()))
    }

    /// Whether a letter with these variables can be written: everything that is wanted is there, and nothing else.
    pub fn check(
        &self,
        variables: &BTreeMap<String, String>,
        has_link: bool,
        has_code: bool,
    ) -> Result<(), TemplateError> {
        let template = self.name;
        let missing = |variable: &str| TemplateError::Missing {
            template,
            variable: variable.to_owned(),
        };
        for wanted in self.required {
            let given = variables.get(*wanted).map(|text| text.trim());
            if given.is_none_or(str::is_empty) {
                return Err(missing(wanted));
            }
        }
        if self.link && !has_link {
            return Err(missing(LINK));
        }
        if self.code && !has_code {
            return Err(missing(CODE));
        }
        let unknown = |variable: &&String| ![self.required, self.optional].concat().contains(&variable.as_str());
        match variables.keys().find(unknown) {
            Some(variable) => Err(TemplateError::Unexpected {
                template,
                variable: variable.clone(),
            }),
            None => Ok(()),
        }
    }

    /// The letter's text.
    pub fn render(
        &self,
        language: Language,
        name: Option<&str>,
        variables: &BTreeMap<String, String>,
        link: Option<&str>,
        code: Option<&str>,
    ) -> Result<Rendered, TemplateError> {
        self.check(variables, link.is_some(), code.is_some())?;
        let mut values: Map<String, Value> = self
            .optional
            .iter()
            .map(|name| ((*name).to_owned(), Value::from("")))
            .collect();
        values.extend(
            variables
                .iter()
                .map(|(name, text)| (name.clone(), text.as_str().into())),
        );
        values.insert(NAME.to_owned(), name.unwrap_or_default().into());
        values.insert(LINK.to_owned(), link.unwrap_or_default().into());
        values.insert(CODE.to_owned(), code.unwrap_or_default().into());

        let subject = single_line(&self.fill(&TEXTS, &key(language, self.name, "subject"), &values)?);
        let html = self.fill(&PAGES, &key(language, self.name, "html"), &values)?;
        let text = self.fill(&TEXTS, &key(language, self.name, "txt"), &values)?;
        values.insert("subject".to_owned(), subject.as_str().into());
        values.insert("body".to_owned(), html.into());
        let html = self.fill(&PAGES, &key(language, "layout", "html"), &values)?;
        values.insert("body".to_owned(), text.trim().into());
        let text = self.fill(&TEXTS, &key(language, "layout", "txt"), &values)?;
        Ok(Rendered { subject, html, text })
    }

    fn fill(&self, registry: &Registry, key: &str, values: &Map<String, Value>) -> Result<String, TemplateError> {
        let filled = match &**registry {
            Ok(registry) => registry.render(key, values).map_err(|error| error.to_string()),
            Err(reason) => Err(reason.clone()),
        };
        filled.map_err(|reason| TemplateError::Broken {
            template: self.name,
            reason,
        })
    }
}

type Registry = LazyLock<Result<Handlebars<'static>, String>>;

/// HTML: what is filled in is escaped.
static PAGES: Registry = LazyLock::new(|| {
    let parts = TEMPLATES.iter().flat_map(|template| {
        let sources = template.sources.iter();
        sources.map(|texts| (key(texts.language, template.name, "html"), texts.html))
    });
    let layouts = LAYOUTS
        .iter()
        .map(|(language, html, _)| (key(*language, "layout", "html"), *html));
    registry(parts.chain(layouts))
});

/// Plain text: what is filled in stands as it is.
static TEXTS: Registry = LazyLock::new(|| {
    let parts = TEMPLATES.iter().flat_map(|template| {
        let sources = template.sources.iter();
        sources.flat_map(|texts| {
            [
                (key(texts.language, template.name, "subject"), texts.subject),
                (key(texts.language, template.name, "txt"), texts.text),
            ]
        })
    });
    let layouts = LAYOUTS
        .iter()
        .map(|(language, _, text)| (key(*language, "layout", "txt"), *text));
    let mut registry = registry(parts.chain(layouts))?;
    registry.register_escape_fn(handlebars::no_escape);
    Ok(registry)
});

fn registry(parts: impl Iterator<Item = (String, &'static str)>) -> Result<Handlebars<'static>, String> {
    let mut registry = Handlebars::new();
    registry.set_strict_mode(true);
    for (key, source) in parts {
        registry
            .register_template_string(&key, source)
            .map_err(|error| error.to_string())?;
    }
    Ok(registry)
}

fn key(language: Language, template: &str, part: &str) -> String {
    let folder = match language {
        Language::English => "en",
        Language::French => "fr",
    };
    format!("{folder}/{template}.{part}")
}

/// What stands in a header is one line, whatever was filled in.
pub(crate) fn single_line(text: &str) -> String {
    text.split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LANGUAGES: [Language; 2] = [Language::English, Language::French];

    fn filled(template: &Template) -> BTreeMap<String, String> {
        let names = template.required.iter().chain(template.optional);
        names
            .map(|name| ((*name).to_owned(), format!("<{name}> & co")))
            .collect()
    }

    fn reminder(title: &str) -> BTreeMap<String, String> {
        [("title", title), ("due", "today")]
            .map(|(name, text)| (name.to_owned(), text.to_owned()))
            .into()
    }

    /// The link and the code, where a template has them.
    fn leading(template: &Template) -> (Option<&'static str>, Option<&'static str>) {
        let link = template.link.then_some("https://crm.example/x");
        (link, template.code.then_some("012345"))
    }

    #[test]
    fn every_letter_can_be_written_in_every_language() {
        for template in TEMPLATES {
            for language in LANGUAGES {
                let (link, code) = leading(template);
                let rendered = template.render(language, Some("Zoé"), &filled(template), link, code);
                let Rendered { subject, html, text } = rendered.unwrap();
                assert!(!subject.is_empty() && !subject.contains('\n'), "{subject}");
                for part in [&html, &text] {
                    assert!(part.contains("Zoé"), "{part}");
                    assert!(link.is_none_or(|link| part.contains(link)), "{part}");
                    assert!(code.is_none_or(|code| part.contains(code)), "{part}");
                    assert!(!part.contains("{{"), "{part}");
                }
                for variable in template.required.iter().chain(template.optional) {
                    assert!(text.contains(&format!("<{variable}> & co")), "{variable}: {text}");
                    assert!(
                        html.contains(&format!("&lt;{variable}&gt; &amp; co")),
                        "{variable}: {html}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_languages_are_not_the_same() {
        for template in TEMPLATES {
            let [english, french] = LANGUAGES.map(|language| {
                let (link, code) = leading(template);
                template.render(language, None, &filled(template), link, code)
            });
            assert_ne!(english.unwrap(), french.unwrap(), "{}", template.name);
        }
    }

    #[test]
    fn html_is_escaped_and_plain_text_is_not() {
        let template = Template::named("task-reminder").unwrap();
        let variables = reminder("<script>alert('été')</script>");
        let rendered = template
            .render(Language::French, None, &variables, Some("https://x.example"), None)
            .unwrap();
        assert!(!rendered.html.contains("<script>"));
        assert!(rendered.text.contains("<script>alert('été')</script>"));
        assert!(rendered.subject.contains("<script>"));
    }

    #[test]
    fn a_variable_that_is_not_there_is_an_error() {
        let template = Template::named("invitation").unwrap();
        let missing = |variables: &[(&str, &str)], link| {
            let variables = variables
                .iter()
                .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
            template
                .check(&variables.collect(), link, false)
                .unwrap_err()
                .to_string()
        };
        assert!(missing(&[("expires", "soon")], true).contains("`inviter`"));
        assert!(missing(&[("expires", "soon"), ("inviter", " ")], true).contains("`inviter`"));
        assert!(missing(&[("expires", "soon"), ("inviter", "Inès")], false).contains("`link`"));
        let odd = [("expires", "soon"), ("inviter", "Inès"), ("invitre", "Inès")];
        assert!(missing(&odd, true).contains("does not know `invitre`"));
    }

    #[test]
    fn a_template_that_uses_what_nobody_declared_is_an_error() {
        let registry = registry([("x".to_owned(), "Hello {{nobody}}")].into_iter()).unwrap();
        assert!(registry.render("x", &Map::new()).is_err());
    }

    #[test]
    fn an_unknown_template_is_named() {
        assert_eq!(
            Template::named("no-such-letter").unwrap_err(),
            TemplateError::Unknown("no-such-letter".to_owned())
        );
    }

    #[test]
    fn a_subject_is_one_line() {
        let template = Template::named("task-reminder").unwrap();
        let variables = reminder("Call\r\nBcc: all@martin.example");
        let rendered = template
            .render(Language::English, None, &variables, Some("https://x.example"), None)
            .unwrap();
        assert!(!rendered.subject.contains(['\r', '\n']), "{}", rendered.subject);
    }
}
