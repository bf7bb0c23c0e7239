//! Relay's global object identification: any object by its id.

use async_graphql::{Context, ID, Interface, Object};
use uuid::Uuid;

use super::{
    activities::Activity,
    contacts::Contact,
    contracts::Contract,
    deals::Deal,
    deliveries::Delivery,
    errors::{ApiError, ApiResult},
    ids::{self, Kind},
    imports::Import,
    invoices::Invoice,
    organizations::Organization,
    payments::Payment,
    pipelines::Pipeline,
    products::Product,
    quotes::Quote,
    reading::{self, AsOfInput, Reading},
    scalars::BigInt,
    tasks::{Task, TaskSeries},
    teams::Team,
    users::User,
};

/// Ids that `nodes` takes at most.
const MAX_IDS: usize = 250;

/// Anything that has an id.
#[derive(Interface)]
#[allow(clippy::large_enum_variant)] // one at a time, for as long as its answer is made
#[graphql(field(name = "id", ty = "ID"))]
pub enum Node {
    Organization(Organization),
    Contact(Contact),
    Activity(Activity),
    Deal(Deal),
    Task(Task),
    TaskSeries(TaskSeries),
    User(User),
    Team(Team),
    Delivery(Delivery),
    Pipeline(Pipeline),
    Product(Product),
    Quote(Quote),
    Invoice(Invoice),
    Payment(Payment),
    Contract(Contract),
    Import(Import),
}

impl Node {
    pub async fn load(reading: &Reading, kind: Kind, id: Uuid) -> ApiResult<Option<Self>> {
        Ok(match kind {
            Kind::Organization => Organization::load_record(reading, id).await?.map(Self::Organization),
            Kind::Contact => Contact::load_record(reading, id).await?.map(Self::Contact),
            Kind::Activity => Activity::load(reading, id).await?.map(Self::Activity),
            Kind::Deal => Deal::load(reading, id).await?.map(Self::Deal),
            Kind::Task => Task::load(reading, id).await?.map(Self::Task),
            Kind::TaskSeries => TaskSeries::load(reading, id).await?.map(Self::TaskSeries),
            Kind::User => User::load(reading, id).await?.map(Self::User),
            Kind::Team => Team::load(reading, id).await?.map(Self::Team),
            Kind::Delivery => Delivery::load(reading, id).await?.map(Self::Delivery),
            Kind::Pipeline => Pipeline::load(reading, id).await?.map(Self::Pipeline),
            Kind::Product => Product::load(reading, id).await?.map(Self::Product),
            Kind::Quote => Quote::load(reading, id).await?.map(Self::Quote),
            Kind::Invoice => Invoice::load(reading, id).await?.map(Self::Invoice),
            Kind::Payment => Payment::load(reading, id).await?.map(Self::Payment),
            Kind::Contract => Contract::load(reading, id).await?.map(Self::Contract),
            Kind::Import => Import::load(reading, id).await?.map(Self::Import),
        })
    }
}

#[derive(Default)]
pub struct NodeQueries;

#[Object]
impl NodeQueries {
    /// An object by its id; null when there is none.
    async fn node(
        &self,
        ctx: &Context<'_>,
        id: ID,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Option<Node>> {
        let (kind, id) = ids::parse(&id)?;
        let reading = reading::reading(ctx, as_of, min_position).await?;
        Node::load(&reading, kind, id).await
    }

    /// Objects by their ids, in the order of the ids; null where there is none.
    #[graphql(complexity = "ids.len().min(MAX_IDS) * child_complexity + 2")]
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        ids: Vec<ID>,
        as_of: Option<AsOfInput>,
        min_position: Option<BigInt>,
    ) -> ApiResult<Vec<Option<Node>>> {
        if ids.len() > MAX_IDS {
            return Err(ApiError::bad_input(format!("At most {MAX_IDS} ids at a time.")));
        }
        let named = ids.iter().map(ids::parse).collect::<ApiResult<Vec<_>>>()?;
        let reading = reading::reading(ctx, as_of, min_position).await?;
        let loads = named.into_iter().map(|(kind, id)| Node::load(&reading, kind, id));
        futures::future::try_join_all(loads).await
    }
}
