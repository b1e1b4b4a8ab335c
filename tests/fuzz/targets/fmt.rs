#![no_main]

libfuzzer_sys::fuzz_target!(
    init: switchboard_fuzz::seed::write("fmt"),
    |input: &[u8]| switchboard_fuzz::fmt::run(input)
);
