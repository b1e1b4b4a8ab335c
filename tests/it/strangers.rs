//! Parties that the gateway was not made for, added as mapping files from their vendors' public pages: a platform that
//! sends one webhook a user and takes no reports, and a provider with other words for everything. Each is crossed with
//! a party known before, end to end over sockets.

mod braze;
mod peer;
mod sinch;

use crate::world::World;

/// Puts a shipped mapping that is not part of the demonstration beside those of a world.
fn ship(world: &World, name: &str) {
    let from = crate::shipped::folder().join(name);
    std::fs::copy(from, world.mapping_path(name)).unwrap();
}

/// A world's provider side of a tenant file: credentials and address.
fn vonage(world: &World) -> (&'static str, String) {
    let credentials = "  vonage:\n    application_id: \"${env:APPLICATION}\"\n    private_key: \"${env:PEM}\"\n    \
                       api_key: \"${env:ACCOUNT}\"\n    signature_secret: \"${env:SIGNATURE}\"\n";
    (credentials, format!("  base_url: {}\n", world.provider.url()))
}
