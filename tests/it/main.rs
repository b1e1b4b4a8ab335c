//! The one integration-test binary: one link, many modules. Each module says what it tests.
//! Under `cfg(test)`, so that the lints know that all of it is test code.

#[cfg(test)]
mod abuse;
#[cfg(test)]
mod answering;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod behaviour;
#[cfg(test)]
mod bless;
#[cfg(test)]
mod bugs;
#[cfg(test)]
mod cluster;
#[cfg(test)]
mod console;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod damage;
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod doubt;
#[cfg(test)]
mod granted;
#[cfg(test)]
mod keyed;
#[cfg(test)]
mod mappings;
#[cfg(test)]
mod million;
#[cfg(test)]
mod moved;
#[cfg(test)]
mod neighbours;
#[cfg(test)]
mod newcomer;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod operator;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod postgres;
#[cfg(test)]
mod power;
#[cfg(test)]
mod preflight;
#[cfg(test)]
mod reload;
#[cfg(test)]
mod reload_admin;
#[cfg(test)]
mod reload_own;
#[cfg(test)]
mod reload_restart;
#[cfg(test)]
mod reload_traffic;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod secret_files;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod sections;
#[cfg(test)]
mod seeds;
#[cfg(test)]
mod shipped;
#[cfg(test)]
mod signed;
#[cfg(test)]
mod stop;
#[cfg(test)]
mod strangers;
#[cfg(test)]
mod trial;
#[cfg(test)]
mod vendor;
#[cfg(test)]
mod world;
