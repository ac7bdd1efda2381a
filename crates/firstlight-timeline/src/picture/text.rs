/// How wide a character of the monospaced face is, as a part of its size.
const ADVANCE: f64 = 0.602;

/// How many columns a text takes in a monospaced face; the wide ones of East Asia and emoji take two.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(width).sum()
}

/// About as many pixels as a text takes.
pub(super) fn pixels(text: &str, size: f64) -> f64 {
    columns(text) as f64 * size * ADVANCE
}

/// Takes out the middle of a long text: names begin with what they share, and end with what tells them apart.
pub(super) fn shorten(text: &str, max: usize) -> String {
    if columns(text) <= max {
        return text.to_owned();
    }
    let head = take(text.chars(), max.saturating_sub(1) / 3);
    let tail = take(text.chars().rev(), max.saturating_sub(1) - columns(&head));
    format!("{head}…{}", tail.chars().rev().collect::<String>())
}

/// The first characters that take no more than so many columns.
fn take(text: impl Iterator<Item = char>, max: usize) -> String {
    let mut left = max;
    let fits = |c: &char| {
        let fits = width(*c) <= left;
        left = left.saturating_sub(width(*c));
        fits
    };
    text.take_while(fits).collect()
}

fn width(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}' | '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' => 2,
        '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' => 2,
        '\u{1f000}'.. => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_name_keeps_its_end() {
        assert_eq!(shorten("db.migrate", 10), "db.migrate");
        assert_eq!(shorten("my_service::store::migrate", 16), "my_se…e::migrate");
        assert_eq!(shorten("数据库数据库", 7), "数…据库");
    }

    proptest! {
        #[test]
        fn a_shortened_name_fits(name in ".{0,80}", max in 4_usize..60) {
            prop_assert!(columns(&shorten(&name, max)) <= max);
        }
    }
}
