//! What only an engine over a server can promise or break.

mod nodes;
#[path = "../../../../tests/postgres/server.rs"]
mod server;
mod trouble;

use super::{Place, Postgres, migrate};
pub(in crate::store) use server::Tables;

/// A store with tables of its own; they go with what is returned beside it.
pub(in crate::store) async fn made(keys: &[super::SealKey]) -> (Postgres, Tables) {
    let tables = Tables::new();
    let place = Place::parse(tables.url()).unwrap();
    migrate(&place).await.unwrap();
    (Postgres::open(&place, keys).await.unwrap(), tables)
}

/// Where these tables are.
pub(in crate::store) fn place_of(tables: &Tables) -> Place {
    Place::parse(tables.url()).unwrap()
}

/// The store in them, as it is.
pub(in crate::store) async fn reopen(tables: &Tables, keys: &[super::SealKey]) -> Postgres {
    Postgres::open(&place_of(tables), keys).await.unwrap()
}

/// A store in tables that are there.
async fn open(tables: &Tables) -> Postgres {
    let place = Place::parse(tables.url()).unwrap();
    migrate(&place).await.unwrap();
    Postgres::open(&place, &[]).await.unwrap()
}
