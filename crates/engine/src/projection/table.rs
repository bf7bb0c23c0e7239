use std::{any::TypeId, marker::PhantomData, sync::Arc};

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbBackend, EntityTrait, IdenStatic, Iterable, ModelTrait, PrimaryKeyToColumn,
    PrimaryKeyTrait, Schema, TryIntoModel,
    sea_query::{Table, TableCreateStatement},
};

use super::{
    buffer::{Buffer, TypedBuffer},
    column::{Column, Kind},
};

/// A table that a projection writes: a SeaORM entity with one primary key column, and its indexes.
///
/// Columns are booleans, `i32`, `i64`, `f64`, text, bytes and UUIDs, each possibly null. Relations of the entity make
/// no foreign keys: tables of different projections are filled independently.
#[derive(Clone)]
pub struct TableSpec {
    pub(crate) name: &'static str,
    pub(crate) entity: TypeId,
    pub(crate) columns: Arc<[Column]>,
    /// Index of the primary key in `columns`.
    pub(crate) key: usize,
    /// Column names of each index.
    pub(crate) indexes: Vec<Vec<&'static str>>,
    /// Why the entity cannot be a read model, found when it is described and told when the views are opened.
    pub(crate) problem: Option<String>,
    create: fn(DbBackend) -> TableCreateStatement,
    buffer: fn() -> Box<dyn Buffer>,
}

impl TableSpec {
    /// The table of a SeaORM entity.
    pub fn of<E>() -> Self
    where
        E: EntityTrait,
        E::ActiveModel: TryIntoModel<E::Model>,
    {
        let mut problem = None;
        let columns = E::Column::iter()
            .map(|column| {
                let name = column.as_str();
                let kind = Kind::of(&E::Model::get_value_type(column)).unwrap_or_else(|| {
                    problem.get_or_insert(format!(
                        "column `{name}` has a type that read models do not use: \
                         take bool, i32, i64, f64, String, Vec<u8> or Uuid"
                    ));
                    Kind::Text
                });
                let nullable = column.def().is_null();
                Column { name, kind, nullable }
            })
            .collect::<Arc<[_]>>();
        let keys = E::PrimaryKey::iter()
            .map(|key| key.into_column().as_str())
            .collect::<Vec<_>>();
        if keys.len() != 1 {
            problem.get_or_insert(format!("it has {} primary key columns instead of one", keys.len()));
        }
        if <E::PrimaryKey as PrimaryKeyTrait>::auto_increment() {
            problem.get_or_insert("its primary key must say `auto_increment = false`".to_owned());
        }
        let key = columns
            .iter()
            .position(|column| keys.first() == Some(&column.name))
            .unwrap_or(0);
        Self {
            name: E::default().table_name(),
            entity: TypeId::of::<E>(),
            columns,
            key,
            indexes: Vec::new(),
            problem,
            create: create_table::<E>,
            buffer: || Box::new(TypedBuffer::<E>::new(PhantomData)),
        }
    }

    pub(crate) fn is_nullable(&self, column: &str) -> bool {
        self.columns.iter().any(|known| known.name == column && known.nullable)
    }

    /// An index on one column, for queries and for [`super::Needs::matching`].
    pub fn index(self, column: impl ColumnTrait) -> Self {
        self.index_on([column])
    }

    /// An index on several columns, in this order.
    pub fn index_on<C: ColumnTrait>(mut self, columns: impl IntoIterator<Item = C>) -> Self {
        let columns = columns.into_iter().map(|column| column.as_str()).collect::<Vec<_>>();
        if !columns
            .iter()
            .all(|name| self.columns.iter().any(|column| column.name == *name))
        {
            self.problem.get_or_insert(format!(
                "an index names a column that it does not have: {}",
                columns.join(", ")
            ));
        }
        self.indexes.push(columns);
        self
    }

    pub(crate) fn create(&self, backend: DbBackend) -> TableCreateStatement {
        (self.create)(backend)
    }

    pub(crate) fn buffer(&self) -> Box<dyn Buffer> {
        (self.buffer)()
    }

    pub(crate) fn key_column(&self) -> &'static str {
        self.columns.get(self.key).map_or("id", |column| column.name)
    }

    /// Everything that must be equal for the rows of one generation to be copied into another.
    pub(crate) fn shape(&self) -> String {
        format!("{} {:?} {:?}", self.name, self.columns, self.indexes)
    }
}

/// The entity's columns without its relations' foreign keys.
fn create_table<E: EntityTrait>(backend: DbBackend) -> TableCreateStatement {
    let schema = Schema::new(backend);
    let mut table = Table::create();
    for column in E::Column::iter() {
        table.col(schema.get_column_def::<E>(column));
    }
    table.table(E::default().table_ref()).take()
}

/// A model from the values of its columns, in the columns' order.
pub(crate) fn model_from<E>(row: Vec<sea_orm::Value>) -> Result<E::Model, sea_orm::DbErr>
where
    E: EntityTrait,
    E::ActiveModel: TryIntoModel<E::Model>,
{
    let mut active = <E::ActiveModel as ActiveModelTrait>::default();
    for (column, value) in E::Column::iter().zip(row) {
        active.try_set(column, value)?;
    }
    active.try_into_model()
}
