//! Switchboard: one multi-tenant gateway between customer engagement platforms and `WhatsApp` providers, driven by YAML.
//!
//! Rooms, lowest first; imports only go down (tests/architecture.rs keeps it so):
//! `value model diagnostic yaml codec functions shape language auth keywords delivery mapping config legs cases` are the pure
//! core: no async, no clock, no file, no socket. `store client limits` are edges, `faults` are where tests kill them. `flow` has the async order of steps,
//! `operate` the operator's questions.
//! `ingress dispatch console` drive it. `app cli` wire it. `sim` stands alone and shares nothing with the gateway.

pub mod app;
pub mod auth;
pub mod cases;
pub mod cli;
pub mod client;
pub mod codec;
pub mod config;
pub mod console;
pub mod delivery;
pub mod diagnostic;
pub mod dispatch;
pub mod faults;
pub mod flow;
pub mod functions;
pub mod ingress;
pub mod keywords;
pub mod language;
pub mod legs;
pub mod limits;
pub mod mapping;
pub mod model;
pub mod operate;
pub mod shape;
pub mod sim;
#[cfg(test)]
mod simulation;
pub mod store;
pub mod value;
pub mod yaml;
