#![no_main]

libfuzzer_sys::fuzz_target!(
    init: switchboard_fuzz::seed::write("body"),
    |input: &[u8]| switchboard_fuzz::body::run(input)
);
