//! Products, one row each.

use domain::{
    Event, ProductEvent,
    product::{Description, Price, Taxation},
    text::fold,
};
use engine::{Needs, Projection, ProjectionError, Recorded, Rows, TableSpec};
use journal::EventHeader;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "products")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub code: String,
    pub name: String,
    pub name_folded: String,
    pub details: Option<String>,
    pub unit: String,
    pub category: Option<String>,
    /// Of one unit, without tax, in whole currency with up to six decimals, as text.
    pub unit_price: String,
    /// The same in millionths of the currency, for sorting and comparing.
    pub unit_price_micros: i64,
    pub currency: String,
    /// As in [`domain::product::BillingPeriod::as_str`]; null for what is sold once.
    pub period: Option<String>,
    /// `GOODS` or `SERVICES`.
    pub nature: String,
    /// As in [`domain::billing::RateClass::as_str`].
    pub rate_class: String,
    /// Why it is exempt of itself, as events spell it.
    pub exemption: Option<String>,
    pub archived_at: Option<i64>,
    pub added_at: i64,
    pub updated_at: i64,
    /// Of the product's stream.
    pub version: i64,
    /// Of the last event of the product.
    pub position: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// Fills the table.
pub struct Products;

impl Projection<Event> for Products {
    fn name(&self) -> &'static str {
        "products"
    }

    fn version(&self) -> u32 {
        1
    }

    fn tables(&self) -> Vec<TableSpec> {
        let table = TableSpec::of::<Entity>()
            .index_on([Column::NameFolded, Column::Id])
            .index_on([Column::Code, Column::Id])
            .index_on([Column::UnitPriceMicros, Column::Id])
            .index_on([Column::UpdatedAt, Column::Id])
            .index(Column::Category);
        vec![table]
    }

    fn partition(&self, event: &Recorded<Event>) -> Option<String> {
        Some(crate::own_stream(event))
    }

    fn needs(&self, event: &Recorded<Event>, needs: &mut Needs) {
        match &event.event {
            Event::Product(ProductEvent::ProductAdded { .. }) => {}
            Event::Product(_) => needs.row::<Entity>(event.header.stream.id),
            _ => {}
        }
    }

    fn apply(&self, event: &Recorded<Event>, rows: &mut Rows) -> Result<(), ProjectionError> {
        let (Event::Product(product), header) = (&event.event, &event.header) else {
            return Ok(());
        };
        if let ProductEvent::ProductAdded {
            code,
            description,
            price,
            taxation,
        } = product
        {
            let mut row = Model::blank(header);
            row.code.clone_from(code);
            row.describe(description);
            row.price(price);
            row.tax(*taxation);
            rows.put(row);
            return Ok(());
        }
        rows.change::<Entity>(header.stream.id, |row| row.take(header, product))
    }
}

impl Model {
    /// A row with nothing in it yet.
    fn blank(header: &EventHeader) -> Self {
        Self {
            id: header.stream.id,
            code: String::new(),
            name: String::new(),
            name_folded: String::new(),
            details: None,
            unit: String::new(),
            category: None,
            unit_price: String::new(),
            unit_price_micros: 0,
            currency: String::new(),
            period: None,
            nature: String::new(),
            rate_class: String::new(),
            exemption: None,
            archived_at: None,
            added_at: header.occurred_at.0,
            updated_at: header.occurred_at.0,
            version: header.version.0 as i64,
            position: header.position.0 as i64,
        }
    }

    fn take(&mut self, header: &EventHeader, event: &ProductEvent) {
        match event {
            ProductEvent::ProductAdded { .. } => {}
            ProductEvent::ProductDescribed { description } => self.describe(description),
            ProductEvent::ProductRepriced { price } => self.price(price),
            ProductEvent::ProductRetaxed { taxation } => self.tax(*taxation),
            ProductEvent::ProductRecoded { code } => self.code.clone_from(code),
            ProductEvent::ProductArchived {} => self.archived_at = Some(header.occurred_at.0),
            ProductEvent::ProductRestored {} => self.archived_at = None,
        }
        self.updated_at = header.occurred_at.0;
        self.version = header.version.0 as i64;
        self.position = header.position.0 as i64;
    }

    fn describe(&mut self, description: &Description) {
        self.name.clone_from(&description.name);
        self.name_folded = fold(&description.name);
        self.details.clone_from(&description.details);
        self.unit.clone_from(&description.unit);
        self.category.clone_from(&description.category);
    }

    fn price(&mut self, price: &Price) {
        self.unit_price = price.unit_price.as_decimal().to_string();
        self.unit_price_micros = price.unit_price.micros();
        price.currency.code().clone_into(&mut self.currency);
        self.period = price.period.map(|period| period.as_str().to_owned());
    }

    fn tax(&mut self, taxation: Taxation) {
        taxation.nature.as_str().clone_into(&mut self.nature);
        taxation.rate_class.as_str().clone_into(&mut self.rate_class);
        self.exemption = taxation.exemption.map(|reason| reason.as_str().to_owned());
    }
}
