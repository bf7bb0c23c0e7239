//! Ready-made questions to the demo company: what `serve --demo` offers as links, each with what its answer must hold.

use super::{Sights, sights};

/// A question worth asking.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub title: &'static str,
    pub query: String,
    /// It is followed, not asked once.
    pub live: bool,
}

/// The questions, in the order in which somebody new would ask them.
pub fn questions() -> Vec<Question> {
    let Sights { won, forgotten, .. } = sights();
    let ask = |title, query: String| Question {
        title,
        query,
        live: false,
    };
    vec![
        ask(
            "the pipeline by stage",
            "{ dealsAggregate(groupBy: [STAGE]) { stage count sum { amount currencyCode } } }".to_owned(),
        ),
        ask(
            "open deals with their customers and owners, newest first",
            "{ deals(first: 20, filter: { status: { eq: OPEN } }) { totalCount nodes { title stage \
             amountNet { amount currencyCode } organization { name } owner { name } } } }"
                .to_owned(),
        ),
        ask(
            "everything that ever happened to a deal that was won",
            format!(
                "{{ deal(id: \"{won}\") {{ title history(first: 50) {{ nodes {{ position type occurredAt actor \
                 summary }} }} }} }}"
            ),
        ),
        ask(
            "invoices, what is left to pay, and where the Factur-X file of each can be fetched",
            "{ invoices(first: 10) { nodes { number kind status overdue gross { amount } remaining { amount } \
             organization { name } facturX { name address { path } } } } }"
                .to_owned(),
        ),
        ask(
            "what came in, what is out and how late it is, and the books beside it",
            "{ finance(from: \"2026-01-01\", to: \"2026-12-31\", basis: NET) { currencies { currencyCode invoiced { amount } \
             collected { amount } unpaid { total { amount } days31To60 { amount } over90 { amount } } } } \
             accountingReconciliation(from: \"2026-01-01\", to: \"2026-12-31\") { holds revenueDifference { amount } } }"
                .to_owned(),
        ),
        ask(
            "what passed with customers lately",
            "{ activities(first: 10) { nodes { kind subject body occurredAt contact { lastName } organization { name } } } }"
                .to_owned(),
        ),
        ask(
            "somebody whose data was erased: the facts are there, the person is not",
            format!("{{ contact(id: \"{forgotten}\") {{ firstName lastName emails history(first: 10) {{ nodes {{ type occurredAt }} }} }} }}"),
        ),
        Question {
            live: true,
            ..ask(
                "every event from now on (change something in another tab)",
                "subscription { events { position type summary actor } }".to_owned(),
            )
        },
    ]
}
