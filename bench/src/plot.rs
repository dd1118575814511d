//! Lines over time as an SVG picture: panels one below the other over one time axis. Own code, because
//! nothing more is needed of it, and plotting libraries bring fonts and rasters along.
//!
//! Readable on light and dark pages, without colours (each line is named at its end and has a dash of
//! its own), and without eyes: title and description say what it shows.

use std::fmt::Write as _;

/// A picture.
pub struct Plot<'a> {
    /// What it shows.
    pub title: &'a str,
    /// The same as a few sentences, with the figures that matter.
    pub description: &'a str,
    /// When each value was measured, in seconds, ascending.
    pub times_s: &'a [f64],
    /// From top to bottom.
    pub panels: &'a [Panel<'a>],
}

/// Lines that share an axis.
pub struct Panel<'a> {
    /// What the axis says, with its unit.
    pub title: &'a str,
    /// At most three, each with a value, or none, for each time.
    pub lines: Vec<Line<'a>>,
}

/// One line.
pub struct Line<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its values; where there is none, the line is interrupted.
    pub values: Vec<Option<f64>>,
}

const WIDTH: f64 = 860.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 110.0;
const TOP: f64 = 56.0;
const PANEL_HEIGHT: f64 = 120.0;
const PANEL_STEP: f64 = 168.0;
const BOTTOM: f64 = 20.0;
/// Names at the ends of lines are at least this far apart.
const NAME_STEP: f64 = 15.0;
const Y_TICKS: u32 = 4;
const X_TICKS: f64 = 6.0;

/// Colours keep a contrast of 4.5 to their background, in both. No variables: not every viewer knows them.
const STYLE: &str = "\
.back{fill:#fff}text{fill:#1c1c1c;font:13px system-ui,sans-serif}.head{font-size:16px;font-weight:600}\
.name{font-weight:600}.grid{stroke:#d9d9d9}.line{fill:none;stroke-width:1.6;stroke-linejoin:round}\
.l0{stroke:#0b5cad}.l1{stroke:#b3410c;stroke-dasharray:6 3}.l2{stroke:#5b6b00;stroke-dasharray:2 2}\
.n0{fill:#0b5cad}.n1{fill:#b3410c}.n2{fill:#5b6b00}\
@media(prefers-color-scheme:dark){.back{fill:#161616}text{fill:#eee}.grid{stroke:#3c3c3c}\
.l0{stroke:#7db8f5}.l1{stroke:#f5a27d}.l2{stroke:#c3d44a}.n0{fill:#7db8f5}.n1{fill:#f5a27d}.n2{fill:#c3d44a}}";

impl Plot<'_> {
    /// The picture.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let height = (0..self.panels.len()).fold(TOP + BOTTOM, |height, _| height + PANEL_STEP);
        let (title, description) = (escaped(self.title), escaped(self.description));
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
             aria-labelledby=\"title description\">\n<title id=\"title\">{title}</title>\n\
             <desc id=\"description\">{description}</desc>\n<style>{STYLE}</style>\n\
             <rect class=\"back\" width=\"100%\" height=\"100%\"/>\n\
             <text class=\"head\" x=\"{LEFT}\" y=\"26\">{title}</text>\n"
        );
        let mut top = TOP;
        for panel in self.panels {
            self.draw_panel(panel, top, &mut svg);
            top += PANEL_STEP;
        }
        svg.push_str("</svg>\n");
        svg
    }

    fn draw_panel(&self, panel: &Panel<'_>, top: f64, svg: &mut String) {
        let largest =
            panel.lines.iter().flat_map(|line| line.values.iter().flatten()).copied().fold(0.0, f64::max);
        let scale =
            Scale { top, ceiling: round_up(largest), end_s: self.times_s.last().copied().unwrap_or(0.0) };
        put(svg, format_args!("<text x=\"{LEFT}\" y=\"{:.1}\">{}</text>", top - 8.0, escaped(panel.title)));
        for tick in 0..=Y_TICKS {
            let value = scale.ceiling * f64::from(tick) / f64::from(Y_TICKS);
            let y = scale.y(value);
            put(svg, format_args!("<path class=\"grid\" d=\"M{LEFT} {y:.1}H{:.1}\"/>", WIDTH - RIGHT));
            let (x, y) = (LEFT - 8.0, y + 4.5);
            put(
                svg,
                format_args!("<text x=\"{x}\" y=\"{y:.1}\" text-anchor=\"end\">{}</text>", short(value)),
            );
        }
        scale.draw_times(svg);
        for (number, line) in panel.lines.iter().enumerate() {
            put(svg, format_args!("<path class=\"line l{number}\" d=\"{}\"/>", self.path(line, &scale)));
        }
        draw_names(panel, &scale, svg);
    }

    fn path(&self, line: &Line<'_>, scale: &Scale) -> String {
        let (mut path, mut drawn) = (String::new(), false);
        for (time, value) in self.times_s.iter().zip(&line.values) {
            if let Some(value) = value {
                let step = if drawn { 'L' } else { 'M' };
                // Writing to a string can't fail.
                let _ = write!(path, "{step}{:.1} {:.1}", scale.x(*time), scale.y(*value));
            }
            drawn = value.is_some();
        }
        path
    }
}

/// From values to places in one panel.
struct Scale {
    top: f64,
    ceiling: f64,
    end_s: f64,
}

impl Scale {
    fn x(&self, time_s: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * if self.end_s > 0.0 { time_s / self.end_s } else { 0.0 }
    }

    fn y(&self, value: f64) -> f64 {
        self.top + PANEL_HEIGHT * (1.0 - value / self.ceiling)
    }

    /// Minutes if there are some, else seconds.
    fn draw_times(&self, svg: &mut String) {
        let (unit_s, unit) = if self.end_s >= 120.0 { (60.0, "min") } else { (1.0, "s") };
        let step = round_up(self.end_s / unit_s / X_TICKS);
        let (mut at, y) = (0.0, self.top + PANEL_HEIGHT + 17.0);
        while at * unit_s <= self.end_s && step > 0.0 {
            let x = self.x(at * unit_s);
            put(
                svg,
                format_args!(
                    "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"middle\">{} {unit}</text>",
                    short(at)
                ),
            );
            at += step;
        }
    }
}

/// Names beside the ends of their lines, moved apart where those are close.
fn draw_names(panel: &Panel<'_>, scale: &Scale, svg: &mut String) {
    let end = |line: &Line<'_>| {
        line.values.iter().rev().flatten().next().map_or(scale.top, |value| scale.y(*value))
    };
    let mut names: Vec<_> =
        panel.lines.iter().enumerate().map(|(number, line)| (end(line), number, line.name)).collect();
    names.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut lowest = scale.top + PANEL_HEIGHT;
    for (y, number, name) in names {
        let y = y.min(lowest);
        lowest = y - NAME_STEP;
        let x = WIDTH - RIGHT + 8.0;
        put(
            svg,
            format_args!(
                "<text class=\"name n{number}\" x=\"{x}\" y=\"{:.1}\">{}</text>",
                y + 4.5,
                escaped(name)
            ),
        );
    }
}

fn put(svg: &mut String, element: std::fmt::Arguments<'_>) {
    // Writing to a string can't fail.
    let _ = writeln!(svg, "{element}");
}

/// The next of 1, 2, 4, 5, 8 times a power of ten: what divides well by four. 1 for nothing.
fn round_up(value: f64) -> f64 {
    if value <= 0.0 || !value.is_finite() {
        return 1.0;
    }
    let power = 10.0_f64.powf(value.log10().floor());
    let nice = [1.0, 2.0, 4.0, 5.0, 8.0].into_iter().map(|digit| digit * power).find(|nice| *nice >= value);
    nice.unwrap_or(power * 10.0)
}

fn short(value: f64) -> String {
    let text = if value >= 10_000.0 { format!("{:.1}k", value / 1000.0) } else { format!("{value:.2}") };
    let (digits, unit) = text.strip_suffix('k').map_or((text.as_str(), ""), |digits| (digits, "k"));
    format!("{}{unit}", digits.trim_end_matches('0').trim_end_matches('.'))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(values: Vec<Option<f64>>) -> String {
        let panels = [Panel { title: "memory, MB", lines: vec![Line { name: "resident", values }] }];
        let times_s = [0.0, 1.0, 2.0, 3.0];
        Plot { title: "A <soak>", description: "Flat & calm.", times_s: &times_s, panels: &panels }.to_svg()
    }

    #[test]
    fn the_picture_says_what_it_shows_to_those_who_do_not_see_it() {
        let svg = plot(vec![Some(1.0); 4]);
        assert!(svg.contains("<title id=\"title\">A &lt;soak&gt;</title>"), "{svg}");
        assert!(svg.contains("<desc id=\"description\">Flat &amp; calm.</desc>"), "{svg}");
        assert!(svg.contains("role=\"img\"") && svg.contains("prefers-color-scheme:dark"), "{svg}");
    }

    #[test]
    fn a_line_runs_from_left_to_right_and_upwards_with_its_values() {
        let svg = plot(vec![Some(0.0), Some(2.0), Some(4.0), Some(2.0)]);
        assert!(svg.contains("d=\"M64.0 176.0L292.7 116.0L521.3 56.0L750.0 116.0\""), "{svg}");
    }

    #[test]
    fn where_nothing_was_measured_the_line_is_interrupted() {
        let svg = plot(vec![Some(4.0), None, Some(4.0), Some(4.0)]);
        assert!(svg.contains("d=\"M64.0 56.0M521.3 56.0L750.0 56.0\""), "{svg}");
        assert!(plot(vec![None; 4]).contains("class=\"line l0\" d=\"\""));
    }

    #[test]
    fn axes_end_at_numbers_that_people_read_easily() {
        for (value, ceiling) in
            [(0.0, 1.0), (0.73, 0.8), (1.0, 1.0), (3.1, 4.0), (97.0, 100.0), (12_300.0, 20_000.0)]
        {
            assert!((round_up(value) - ceiling).abs() < 1e-9, "{value}: {}", round_up(value));
        }
        assert_eq!(
            [0.0, 0.25, 7.5, 500.0, 15_000.0, 12_500.0].map(short),
            ["0", "0.25", "7.5", "500", "15k", "12.5k"]
        );
    }
}
