//! What the two source documents promise, gateway and simulators over real sockets. `docs/seeds.md` says which statement
//! each test proves; [`documents`] keeps the two together.

mod documents;
mod moengage;
mod people;
mod reports;
mod running;
mod webengage;
