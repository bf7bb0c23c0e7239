#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| alforis_fuzz::entries::tree(data));
