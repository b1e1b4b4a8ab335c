#![no_main]

libfuzzer_sys::fuzz_target!(
    init: switchboard_fuzz::seed::write("expression"),
    |input: &[u8]| switchboard_fuzz::expression::run(input)
);
