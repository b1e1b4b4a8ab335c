#![no_main]

libfuzzer_sys::fuzz_target!(
    init: switchboard_fuzz::seed::write("prose"),
    |input: &[u8]| switchboard_fuzz::prose::run(input)
);
