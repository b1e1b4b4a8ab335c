//! What only an engine over a server can promise or break.

#[path = "../../../../tests/postgres/server.rs"]
mod server;
mod trouble;

use super::{Place, Postgres, migrate};
use server::Tables;

/// A store with tables of its own; they go with what is returned beside it.
pub(in crate::store) async fn made(keys: &[super::SealKey]) -> (Postgres, Tables) {
    let tables = Tables::new();
    let place = Place::parse(tables.url()).unwrap();
    migrate(&place).await.unwrap();
    (Postgres::open(&place, keys).await.unwrap(), tables)
}

/// A store in tables that are there.
async fn open(tables: &Tables) -> Postgres {
    let place = Place::parse(tables.url()).unwrap();
    migrate(&place).await.unwrap();
    Postgres::open(&place, &[]).await.unwrap()
}
