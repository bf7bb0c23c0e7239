//! What every refusal can say about itself, so that each edge (GraphQL, import, command line) answers in the same words.

use crate::Language;

/// Why a command was refused.
pub trait Refusal: std::error::Error + Send + Sync + 'static {
    /// Stable, for programs: never renamed once published.
    fn code(&self) -> &'static str;

    /// The command's field that is to blame, in the spelling of the API; `None` when it is the state that forbids it.
    fn field(&self) -> Option<&'static str> {
        None
    }

    /// What would be taken instead: the commands that the state allows, or the values that the field allows. Empty
    /// when no short list exists.
    fn allowed(&self) -> Vec<&'static str> {
        Vec::new()
    }

    /// [`Refusal::allowed`] where the values are data: the stages of a pipeline.
    fn allowed_values(&self) -> Vec<String> {
        self.allowed().into_iter().map(str::to_owned).collect()
    }

    /// For people. [`std::fmt::Display`] says the same in English.
    fn message(&self, language: Language) -> String;
}

/// A refusal prints as its English message.
macro_rules! prints_in_english {
    ($refusal:ty) => {
        impl std::fmt::Display for $refusal {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&$crate::Refusal::message(self, $crate::Language::English))
            }
        }

        impl std::error::Error for $refusal {}
    };
}

pub(crate) use prints_in_english;
