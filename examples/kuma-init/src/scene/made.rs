use std::fmt::Write;

/// As much as a ConfigMap can hold.
const SIZE: usize = 1 << 20;

/// A configuration of 1 MiB with thousands of outbounds, always the same.
pub(crate) fn configuration() -> String {
    let mut text = String::with_capacity(SIZE);
    text.push_str("logLevel: info\ncontrolPlane: kuma-control-plane:5678\noutbounds:\n");
    for n in 0_u32.. {
        let outbound = outbound(n);
        if text.len() + outbound.len() > SIZE {
            break;
        }
        text.push_str(&outbound);
    }
    text
}

fn outbound(n: u32) -> String {
    let [_, a, b, c] = n.to_be_bytes();
    let (first, second) = (10_000 + n % 20_000, 30_000 + n % 20_000);
    let (service, zone) = (n % 97, n % 5);
    // Four fingerprints, of no certificate.
    let identity = format!("{:016x}", u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15)).repeat(16);
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "- name: outbound-{n:05}\n  destination: 10.{a}.{b}.{c}\n  ports: [{first}, {second}]\n  identity: {identity}\n  tags: {{service: backend-{service}, zone: zone-{zone}}}\n"
    );
    text
}
