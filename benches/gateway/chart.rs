//! A small picture: a bar for each value, and a line from the lowest to the highest round.

use std::fmt::Write as _;
use std::fs;

use crate::mapping::Trouble;

const FIGURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/figures");

/// The room for a bar, and for all bars.
const STEP: usize = 90;
const HEIGHT: f64 = 160.0;
/// Above the bars, for the title and a number.
const ABOVE: f64 = 50.0;

/// One value.
pub(super) struct Bar<'b> {
    pub(super) name: &'b str,
    pub(super) median: f64,
    pub(super) lowest: f64,
    pub(super) highest: f64,
}

/// Writes it as docs/figures/FILE.svg. The colours are read on light pages and on dark ones.
pub(super) fn chart(file: &str, title: &str, bars: &[Bar<'_>]) -> Result<(), Trouble> {
    let top = bars.iter().map(|bar| bar.highest).fold(1.0, f64::max);
    let y = |value: f64| ABOVE + HEIGHT * (1.0 - value / top);
    let (width, floor) = (STEP * bars.len() + 20, y(0.0));
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {:.0}\" font-family=\"sans-serif\" \
         font-size=\"13\" fill=\"#808080\" text-anchor=\"middle\">\n<text x=\"10\" y=\"18\" \
         text-anchor=\"start\">{title}</text>\n",
        floor + 28.0
    );
    for (place, bar) in bars.iter().enumerate() {
        let (left, middle) = (STEP * place + 25, STEP * place + 55);
        let (height, tip) = (floor - y(bar.median), y(bar.median));
        writeln!(svg, "<rect x=\"{left}\" y=\"{tip:.1}\" width=\"60\" height=\"{height:.1}\" fill=\"#4a90c2\"/>")?;
        let (low, high) = (y(bar.lowest), y(bar.highest));
        writeln!(svg, "<path d=\"M{middle} {low:.1}V{high:.1}\" stroke=\"#c2574a\" stroke-width=\"2\"/>")?;
        writeln!(svg, "<text x=\"{middle}\" y=\"{:.1}\">{:.0}</text>", high - 6.0, bar.median)?;
        writeln!(svg, "<text x=\"{middle}\" y=\"{:.1}\">{}</text>", floor + 18.0, bar.name)?;
    }
    fs::create_dir_all(FIGURES)?;
    fs::write(format!("{FIGURES}/{file}.svg"), svg + "</svg>\n")?;
    Ok(())
}
