//! The style: that everybody can read what it colours.

use super::STYLE;

/// Relative luminance, as WCAG 2.1 defines it.
fn luminance(colour: &str) -> f64 {
    let digits: String = match colour.len() {
        3 => colour.chars().flat_map(|digit| [digit, digit]).collect(),
        _ => colour.to_owned(),
    };
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&digits[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(0) + 0.7152 * channel(2) + 0.0722 * channel(4)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn contrast_is_computed_as_wcag_does() {
    assert!((contrast("fff", "000000") - 21.0).abs() < 0.01);
    assert!((contrast("777777", "ffffff") - 4.48).abs() < 0.01);
}

/// WCAG 2.1 AA: 4.5 for text, 3 for what is drawn.
#[test]
fn every_colour_can_be_read_on_every_ground_in_light_dark_and_print() {
    let schemes: Vec<&str> =
        STYLE.split(":root{").skip(1).map(|rest| rest.split_once('}').unwrap().0).collect();
    assert_eq!(schemes.len(), 3);
    for scheme in schemes {
        let colour = |name: &str| {
            let (_, rest) =
                scheme.split_once(&format!("--{name}:#")).unwrap_or_else(|| panic!("{name}: {scheme}"));
            rest.split(';').next().unwrap()
        };
        for ground in ["paper", "tint"] {
            for text in ["ink", "soft", "accent"] {
                let found = contrast(colour(text), colour(ground));
                assert!(found >= 4.5, "{text} on {ground}: {found:.2} in {scheme}");
            }
        }
        let drawn = contrast(colour("s4"), colour("paper"));
        assert!(drawn >= 3.0, "{drawn:.2}");
    }
}
