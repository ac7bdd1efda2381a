use svg::node::element::{Definitions, Group, Line, Path, Pattern, Rectangle, Text};

use super::LABEL;
use super::text::pixels;

const Y: f64 = 60.0;

/// What the marks mean: each is told apart by its shape, not only by its colour.
pub(super) fn draw() -> Group {
    let bar = || Rectangle::new().set("class", "bar").set("width", 24).set("height", 10);
    let line = |class| Line::new().set("class", class).set("x2", 24).set("y1", 5).set("y2", 5);
    let marks: [(&str, Group); 7] = [
        ("▸ critical chain", Group::new().set("class", "on").add(bar())),
        ("other", Group::new().add(bar())),
        ("group", Group::new().add(bar().set("height", 6).set("y", 2))),
        ("waits for others", Group::new().add(line("waits"))),
        ("nothing explains", Group::new().add(line("gap"))),
        ("✕ failed", Group::new().set("class", "bad").add(bar())),
        ("– cancelled", Group::new().set("class", "cut").add(bar())),
    ];
    let mut x = LABEL;
    let mut legend = Group::new();
    for (name, mark) in marks {
        let text = Text::new(name).set("class", "tick").set("x", 30).set("y", 9);
        legend = legend.add(mark.add(text).set("transform", format!("translate({x} {Y})")));
        x = (x + 30.0 + pixels(name, 11.0) + 18.0).round();
    }
    let arrow = Path::new().set("class", "arrow").set("d", "M18 0L25 5L18 10Z");
    let text = Text::new("… still running").set("class", "tick").set("x", 32).set("y", 9);
    let open = Group::new().add(bar().set("width", 18)).add(arrow).add(text);
    legend.add(open.set("transform", format!("translate({x} {Y})")))
}

/// Stripes for what failed.
pub(super) fn patterns() -> Definitions {
    let ground = Rectangle::new().set("class", "ground").set("width", 6).set("height", 6);
    let stripe = Line::new().set("class", "hatch").set("y2", 6);
    let stripes = Pattern::new().set("id", "flt-bad").set("width", 6).set("height", 6);
    let stripes = stripes.set("patternUnits", "userSpaceOnUse");
    let stripes = stripes.set("patternTransform", "rotate(45)");
    // Patterns inherit from where they stand, so that the style sheet reaches them.
    Definitions::new().add(stripes.add(ground).add(stripe))
}
