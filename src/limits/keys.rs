//! What the cells are named after: one place, since whoever counts and whoever slows down must mean the same cell.

/// A sender at its provider. Tenants that share a sender share it.
#[must_use]
pub fn number(provider: &str, from: &str) -> String {
    format!("number/{provider}/{from}")
}

/// All senders of a tenant.
#[must_use]
pub fn tenant(name: &str) -> String {
    format!("tenant/{name}")
}

/// One recipient of one sender.
#[must_use]
pub fn pair(tenant: &str, from: &str, to: &str) -> String {
    format!("pair/{tenant}/{from}/{to}")
}

/// All recipients of one sender: what their keys begin with.
#[must_use]
pub fn pairs(tenant: &str, from: &str) -> String {
    pair(tenant, from, "")
}

/// A provider account; it has no rate of its own, but may be slowed down.
#[must_use]
pub fn account(account: &str) -> String {
    format!("account/{account}")
}

/// What a tenant may hand in.
#[must_use]
pub fn accept(tenant: &str) -> String {
    format!("accept/{tenant}")
}

/// The calls of a cell, counted where they begin.
#[must_use]
pub fn calls(cell: &str) -> String {
    format!("calls/{cell}")
}
