#![no_main]

libfuzzer_sys::fuzz_target!(
    init: switchboard_fuzz::seed::write("program"),
    |input: &[u8]| switchboard_fuzz::program::run(input)
);
