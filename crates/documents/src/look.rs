use domain::document::{Layout, Seller};
use serde::Serialize;

use crate::Logo;

/// What a document looks like beyond what it says.
#[derive(Debug, Clone, Copy, Default)]
pub struct Look<'a> {
    pub logo: Option<&'a Logo>,
    /// "Brouillon" across every page: what is shown before it is sent or issued.
    pub draft: bool,
}

/// The colours of a document, each legible where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Colors {
    /// For surfaces and rules: the company's own.
    pub(crate) fill: String,
    /// For letters on that surface.
    pub(crate) on_fill: String,
    /// For letters on paper: the company's own, darkened until it reads.
    pub(crate) ink: String,
}

/// Where a company chose none.
const CLASSIC: [u8; 3] = [0x33, 0x3F, 0x50];
const MODERN: [u8; 3] = [0x1F, 0x5F, 0x8B];
/// What letters contrast with their ground by at least (WCAG 2.1, 1.4.3).
const CONTRAST: f64 = 4.5;

impl Colors {
    pub(crate) fn of(seller: &Seller, layout: Layout) -> Self {
        let own = seller.appearance.color.as_deref().and_then(parse);
        let fill = own.unwrap_or(match layout {
            Layout::Classic => CLASSIC,
            Layout::Modern => MODERN,
        });
        let on_white = 1.05 / (luminance(fill) + 0.05);
        let on_black = (luminance(fill) + 0.05) / 0.05;
        Self {
            fill: hex(fill),
            on_fill: hex(if on_white >= on_black.min(CONTRAST) {
                [255; 3]
            } else {
                [0; 3]
            }),
            ink: hex(legible(fill)),
        }
    }
}

fn legible(mut color: [u8; 3]) -> [u8; 3] {
    while 1.05 / (luminance(color) + 0.05) < CONTRAST {
        color = color.map(|channel| (u16::from(channel) * 9 / 10) as u8);
    }
    color
}

/// WCAG 2.1, relative luminance.
fn luminance(color: [u8; 3]) -> f64 {
    let [red, green, blue] = color.map(|channel| {
        let channel = f64::from(channel) / 255.0;
        if channel <= 0.040_45 {
            channel / 12.92
        } else {
            ((channel + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn parse(text: &str) -> Option<[u8; 3]> {
    let digits = text
        .strip_prefix('#')
        .filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let mut color = [0; 3];
    for (index, channel) in color.iter_mut().enumerate() {
        *channel = u8::from_str_radix(&digits[index * 2..index * 2 + 2], 16).ok()?;
    }
    Some(color)
}

fn hex(color: [u8; 3]) -> String {
    let [red, green, blue] = color;
    format!("#{red:02X}{green:02X}{blue:02X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_light_colour_is_darkened_for_letters_and_carries_black_ones() {
        let yellow = parse("#FFE066").unwrap();
        assert!(1.05 / (luminance(legible(yellow)) + 0.05) >= CONTRAST);
        assert_eq!(legible([0, 0, 0x80]), [0, 0, 0x80]);
        assert_eq!(parse("#12345"), None);
        assert_eq!(parse("123456"), None);
    }
}
