use crate::{Row, Value};

/// Rows as one table: `broken` beside `fixed`, a line for each value, a block for each example.
pub fn table(rows: &[Row]) -> String {
    let blocks: Vec<Vec<Vec<String>>> =
        rows.chunk_by(|a, b| a.example == b.example).map(block).collect();
    // One set of widths, so that the blocks of several examples stand in line.
    let mut widths = Vec::new();
    for line in blocks.iter().flatten() {
        for (column, cell) in line.iter().enumerate() {
            let width = cell.chars().count();
            match widths.get_mut(column) {
                Some(widest) => *widest = width.max(*widest),
                None => widths.push(width),
            }
        }
    }
    let rule = "-".repeat(widths.iter().map(|width| width + 2).sum::<usize>().saturating_sub(2));
    let mut text = String::new();
    for (n, block) in blocks.iter().enumerate() {
        if n > 0 {
            text.push('\n');
        }
        for (m, line) in block.iter().enumerate() {
            let cells = line.iter().zip(&widths).map(|(cell, &width)| format!("{cell:width$}"));
            text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
            text.push('\n');
            if m == 0 {
                text.push_str(&rule);
                text.push('\n');
            }
        }
    }
    text
}

/// The lines of one example: a head, the outcome, the exit code, and one for each key in the order of its first appearance.
fn block(rows: &[Row]) -> Vec<Vec<String>> {
    let line = |first: &str, unit: &str, cell: &dyn Fn(&Row) -> String| {
        let mut line = vec![first.to_owned(), unit.to_owned()];
        line.extend(rows.iter().map(cell));
        line
    };
    let head = |row: &Row| format!("{} {}", row.mode, row.variant).trim_end().to_owned();
    let mut lines = vec![
        line(rows[0].example, "unit", &head),
        line("outcome", "", &|row| row.outcome.to_string()),
        line("exit", "", &|row| row.outcome.exit().to_string()),
    ];
    let mut seen: Vec<&str> = Vec::new();
    for (key, value) in rows.iter().flat_map(Row::values) {
        if !seen.contains(&key) {
            seen.push(key);
            let cell = |row: &Row| row.value(key).map_or_else(String::new, Value::to_string);
            lines.push(line(key, value.unit(), &cell));
        }
    }
    lines
}
