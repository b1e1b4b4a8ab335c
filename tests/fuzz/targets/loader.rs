#![no_main]

libfuzzer_sys::fuzz_target!(
    init: switchboard_fuzz::seed::write("loader"),
    |input: &[u8]| switchboard_fuzz::loader::run(input)
);
