//! Tests from outside.

mod it {
    mod blame;
    mod budget;
    mod chain;
    mod chrome;
    mod figures;
    mod golden;
    mod hostile;
    #[cfg(feature = "layer")]
    mod layer;
    #[cfg(feature = "layer")]
    mod layer_bounds;
    #[cfg(feature = "layer")]
    mod layer_together;
    mod model;
    mod picture;
    mod record;
}
