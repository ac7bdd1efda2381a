use std::fs;

/// No build script, and so no protobuf compiler for those who use the crate: this test is what keeps the two in step.
#[test]
fn the_checked_in_code_is_what_the_proto_says() {
    const CHECKED_IN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/wire/grpc.health.v1.rs");
    const PROTO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/proto");
    let descriptors = protox::compile(["health.proto"], [PROTO]).expect("it is well-formed");
    let out = env!("CARGO_TARGET_TMPDIR");
    tonic_prost_build::configure()
        .out_dir(out)
        .build_transport(false)
        .btree_map(".")
        .compile_fds(descriptors)
        .expect("it is generated");
    let generated = fs::read_to_string(format!("{out}/grpc.health.v1.rs")).expect("it is there");
    let checked_in = fs::read_to_string(CHECKED_IN).unwrap_or_default();
    if generated != checked_in {
        fs::write(CHECKED_IN, &generated).expect("it is written");
        panic!("{CHECKED_IN} was not what the proto says; it is now");
    }
}
