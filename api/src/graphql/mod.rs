//! The GraphQL schema. Each concept owns a file with its type, inputs, queries and mutations; here they are merged.
//!
//! What belongs here: how the outside names things and what it may ask. What does not: rules (`domain`), how rows come
//! about (`projections`), and the transport ([`crate::http`]).

pub mod accounting;
pub mod activities;
pub mod api_tokens;
pub mod billing;
pub mod bulk;
pub mod causes;
pub mod changed;
pub mod clock;
pub mod commands;
pub mod company;
pub mod contacts;
pub mod contracts;
pub mod cost;
pub mod custom;
pub mod deals;
pub mod deliveries;
pub mod diff;
pub mod documents;
pub mod doubles;
pub mod dunning;
pub mod errors;
pub mod events;
pub mod files;
pub mod filters;
pub mod finance;
pub mod following;
pub mod gate;
pub mod history;
pub mod ids;
pub mod imports;
pub mod invoices;
pub mod journal;
pub mod limits;
pub mod money;
pub mod node;
pub mod notifications;
pub mod organizations;
pub mod paging;
pub mod payments;
pub mod persons;
pub mod pipelines;
pub mod products;
pub mod projections;
pub mod quotes;
pub mod reading;
pub mod refusals;
pub mod resuming;
pub mod revenue;
pub mod saved_filters;
pub mod scalars;
pub mod search;
pub mod session;
pub mod sign_in;
pub mod sync;
pub mod tasks;
pub mod teams;
pub mod timeline;
pub mod trail;
pub mod users;

use std::sync::Arc;

use async_graphql::{MergedObject, MergedSubscription, SDLExportOptions, Schema};

use self::gate::Gate;
use crate::{metrics::Metrics, throttle::Throttle};

/// What can be read.
#[derive(Default, MergedObject)]
pub struct Query(
    node::NodeQueries,
    organizations::OrganizationQueries,
    pipelines::PipelineQueries,
    contacts::ContactQueries,
    activities::ActivityQueries,
    doubles::DoubleQueries,
    persons::PersonQueries,
    deals::DealQueries,
    deals::DealAggregates,
    tasks::TaskQueries,
    tasks::TaskViews,
    tasks::TaskSeriesQueries,
    search::SearchQueries,
    sign_in::ViewerQueries,
    api_tokens::ApiTokenQueries,
    notifications::NotificationQueries,
    saved_filters::SavedFilterQueries,
    imports::ImportQueries,
    imports::ImportPreviewQueries,
    users::UserQueries,
    teams::TeamQueries,
    deliveries::DeliveryQueries,
    company::CompanyQueries,
    products::ProductQueries,
    quotes::QuoteQueries,
    invoices::InvoiceQueries,
    invoices::credits::CreditQueries,
    payments::PaymentQueries,
    contracts::ContractQueries,
    contracts::ending::ContractEndQueries,
    accounting::AccountingQueries,
    finance::FinanceQueries,
    revenue::RevenueQueries,
    revenue::scenarios::ScenarioQueries,
    history::HistoryQueries,
    diff::DiffQueries,
    sync::SyncQueries,
    journal::JournalQueries,
    projections::ProjectionQueries,
    clock::ClockQueries,
);

/// What can be asked to be done: one mutation per command of the business.
#[derive(Default, MergedObject)]
pub struct Mutation(
    organizations::OrganizationMutations,
    pipelines::PipelineMutations,
    organizations::OrganizationRecordMutations,
    contacts::ContactMutations,
    contacts::ContactRecordMutations,
    activities::ActivityMutations,
    files::FileMutations,
    deals::DealMutations,
    deals::DealBulkMutations,
    tasks::TaskMutations,
    tasks::TaskCreations,
    tasks::TaskSeriesMutations,
    sync::SyncMutations,
    sign_in::SignInMutations,
    saved_filters::SavedFilterMutations,
    imports::ImportMutations,
    users::mutations::UserMutations,
    teams::mutations::TeamMutations,
    api_tokens::ApiTokenMutations,
    notifications::NotificationMutations,
    persons::PersonMutations,
    deliveries::DeliveryMutations,
    company::mutations::CompanyMutations,
    products::mutations::ProductMutations,
    quotes::mutations::QuoteMutations,
    invoices::mutations::InvoiceMutations,
    dunning::DunningMutations,
    payments::mutations::PaymentMutations,
    contracts::mutations::ContractMutations,
    accounting::mutations::AccountingMutations,
    projections::ProjectionMutations,
    clock::ClockMutations,
);

/// What can be followed.
#[derive(Default, MergedSubscription)]
pub struct Subscription(
    events::EventSubscription,
    changed::ChangeSubscription,
    notifications::NotificationSubscription,
    imports::ImportSubscription,
    revenue::updates::RevenueSubscription,
);

pub type ApiSchema = Schema<Query, Mutation, Subscription>;

/// The schema, for looking at.
pub fn schema() -> ApiSchema {
    served_schema(Arc::default(), Throttle::new(None))
}

/// The schema; every operation on it passes the policy, and is counted. Nobody may ask more than the throttle lets them.
pub fn served_schema(metrics: Arc<Metrics>, throttle: Throttle) -> ApiSchema {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
        .extension(Gate { metrics })
        .limit_recursive_depth(64)
        .data(throttle)
        .finish()
}

/// The schema's text, in an order that does not depend on the program's.
pub fn sdl(schema: &ApiSchema) -> String {
    let options = SDLExportOptions::new()
        .sorted_enum_items()
        .prefer_single_line_descriptions();
    let text = schema.sdl_with_options(options);
    let mut trimmed: String = text.trim().to_owned();
    trimmed.push('\n');
    trimmed
}
