#![no_main]

libfuzzer_sys::fuzz_target!(
    init: switchboard_fuzz::seed::write("codec"),
    |input: &[u8]| switchboard_fuzz::codec::run(input)
);
