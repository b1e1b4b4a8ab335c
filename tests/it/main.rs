//! The one integration-test binary: one link, many modules. Each module says what it tests.

mod architecture;
