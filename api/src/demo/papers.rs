//! What the demo company can show of its papers and books.

use std::time::Duration;

use chrono::{Datelike, NaiveDate};
use domain::{QuoteId, accounting::Reconciliation};
use engine::bus::LoadError;
use projections::accounting::reading::{self, Span};

use super::{Sights, sights, story};
use crate::{
    application::Application,
    sales::{invoices, papers},
};

/// How long the views are waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// Papers and books of the demo company, as they are now.
#[derive(Debug, Default)]
pub struct Papers {
    /// Where a quote waits to be signed, below the server's address; `None` once its link does not open any more.
    pub open_quote: Option<String>,
    /// An invoice's number, and where its Factur-X file lies for a quarter of an hour.
    pub invoice: Option<(String, String)>,
    /// What the books of each year say beside its documents.
    pub years: Vec<(i32, Reconciliation)>,
}

/// Why the papers cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum PapersError {
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Journal(#[from] journal::JournalError),
    #[error(transparent)]
    Views(#[from] engine::ViewsError),
    #[error("the books cannot be read: {0}")]
    Books(#[from] sea_orm::DbErr),
}

/// Looks at the papers and books.
pub async fn papers(application: &Application) -> Result<Papers, PapersError> {
    let Sights {
        open_quote, invoice, ..
    } = sights();
    let bus = &application.bus;
    let quote = application.sales.quote(open_quote).await?.unwrap_or_default();
    let newest = quote.newest_sent().filter(|newest| newest.sent.status.is_open());
    let page = newest.and_then(|newest| {
        let (id, link) = (QuoteId(open_quote), newest.sent.link?);
        let token = bus.one_time_token(mail::QUOTE_LINK, id.link(newest.version, link));
        Some(mail::quote_page(id, newest.version, link, &token))
    });
    let known = application.invoicing.invoice(invoice).await?;
    let shown = known.as_ref().and_then(|known| {
        let (issued, documents) = (known.invoice()?, known.documents()?);
        let name = invoices::paper_name(issued.kind, &issued.number, issued.content.language);
        let until = bus.clock().now() + papers::ADDRESS_LIVES;
        let blob = documents.factur_x.blob;
        let address = papers::address(bus, blob, &format!("{name}.pdf"), "application/pdf", until);
        Some((issued.number.text.clone(), address))
    });
    let head = application.journal.head().await?.position;
    let views = application.views.wait_for(head, PATIENCE).await?;
    let mut years = Vec::new();
    for year in story::day(story::BEGIN).year()..=story::close_of_business().year() {
        let (Some(first), Some(last)) = (
            NaiveDate::from_ymd_opt(year, 1, 1),
            NaiveDate::from_ymd_opt(year, 12, 31),
        ) else {
            continue;
        };
        years.push((
            year,
            reading::reconciliation(&views.connection, Span { first, last }).await?,
        ));
    }
    Ok(Papers {
        open_quote: page,
        invoice: shown,
        years,
    })
}
