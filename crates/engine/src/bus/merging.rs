//! Decisions that were asked for in ignorance of what happened meanwhile: whether they may stand beside it.

use serde_json::Value;

/// Something that both sides changed, in different ways.
#[derive(Debug, Clone, PartialEq)]
pub struct Clash {
    /// What it is, in the application's words.
    pub field: String,
    /// Its value before either.
    pub base: Value,
    /// What it is now.
    pub theirs: Value,
    /// What the command would make of it.
    pub ours: Value,
}

/// The application's word on what can stand beside what.
pub trait Merging<E>: Send + Sync {
    /// What clashes; nothing: the decision stands. `seen` is the history that the client knew, `meanwhile` what came
    /// after it (true: by the client's own commands), `decided` what the command leads to now.
    fn clashes(&self, seen: &[E], meanwhile: &[(E, bool)], decided: &[E]) -> Vec<Clash>;
}

/// Nothing stands beside anything.
pub(super) struct Never;

impl<E> Merging<E> for Never {
    fn clashes(&self, _: &[E], meanwhile: &[(E, bool)], _: &[E]) -> Vec<Clash> {
        let foreign = meanwhile.iter().filter(|(_, own)| !own);
        let clash = foreign.map(|_| Clash {
            field: "version".to_owned(),
            base: Value::Null,
            theirs: Value::Null,
            ours: Value::Null,
        });
        clash.take(1).collect()
    }
}
