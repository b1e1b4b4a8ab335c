#![no_main]

libfuzzer_sys::fuzz_target!(
    init: switchboard_fuzz::seed::write("proof"),
    |input: &[u8]| switchboard_fuzz::proof::run(input)
);
