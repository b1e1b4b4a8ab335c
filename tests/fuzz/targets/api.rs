#![no_main]

libfuzzer_sys::fuzz_target!(
    init: switchboard_fuzz::seed::write("api"),
    |input: &[u8]| switchboard_fuzz::api::run(input)
);
