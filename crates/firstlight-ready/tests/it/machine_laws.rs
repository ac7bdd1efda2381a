//! The machine against the model, and against its laws, with events at random.

use proptest::prelude::*;

use crate::driver::drive;

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn the_machine_does_what_the_model_says_and_keeps_its_laws(
        bytes in prop::collection::vec(any::<u8>(), 0..900),
    ) {
        drive(&bytes);
    }
}
