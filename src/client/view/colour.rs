//! Colours: which a terminal has, and which of them can be read on any background.

use super::Style;

/// Which colours to use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// None at all.
    None,
    /// Bold letters only: what eight or sixteen colours look like is for the terminal to say, and
    /// none of them can be read on black and on white.
    Bold,
    /// Some of the 256 whose look is agreed on.
    Many,
}

/// Colours for names; like the others here, of a contrast of 4.1 at least to black and to white.
const NAMES: [u8; 8] = [130, 64, 29, 31, 63, 98, 163, 132];

/// For what did not work: none of the names'.
const ERROR: u8 = 131;

/// For what may be overlooked.
const DIM: u8 = 243;

/// Terminals with 256 colours whose names do not end in `-256color`.
const COLOURFUL: [&str; 6] = ["alacritty", "contour", "foot", "wezterm", "xterm-ghostty", "xterm-kitty"];

impl Colours {
    /// Those of the terminal that `TERM` names, with what `COLORTERM` adds.
    pub fn of_terminal(term: &str, colorterm: &str) -> Self {
        let is_named = term.contains("256color") || term.ends_with("-direct") || COLOURFUL.contains(&term);
        let is_many = is_named || ["truecolor", "24bit"].contains(&colorterm);
        if is_many { Self::Many } else { Self::Bold }
    }

    /// What selects the style (ECMA-48, SGR), unless it looks like any other text.
    pub(super) fn selects(self, style: Style, text: &str) -> Option<String> {
        match (self, style) {
            (Self::None, _) | (_, Style::Plain) | (Self::Bold, Style::Dim) => None,
            (_, Style::Bold) | (Self::Bold, Style::Error | Style::User) => Some("\x1b[1m".to_owned()),
            (Self::Many, Style::Dim) => Some(foreground(DIM)),
            (Self::Many, Style::Error) => Some(foreground(ERROR)),
            (Self::Many, Style::User) => Some(foreground(of_name(text))),
        }
    }
}

fn foreground(colour: u8) -> String {
    format!("\x1b[38;5;{colour}m")
}

/// The same colour for the same name, in whatever case, on every screen (FNV-1a).
fn of_name(name: &str) -> u8 {
    let folded = name.to_lowercase();
    let hash = folded
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let [first, ..] = NAMES;
    let pick = usize::try_from((hash ^ (hash >> 32)) % NAMES.len() as u64).unwrap_or_default();
    NAMES.get(pick).copied().unwrap_or(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance of a colour from 16 on of xterm's palette (WCAG 2.1).
    fn luminance(colour: u8) -> f64 {
        let levels = [0, 95, 135, 175, 215, 255].map(f64::from);
        let grey = f64::from(colour.saturating_sub(232)) * 10.0 + 8.0;
        let cube = usize::from(colour) - 16;
        let rgb = if colour >= 232 { [grey; 3] } else { [cube / 36, cube / 6 % 6, cube % 6].map(|at| levels[at]) };
        let [red, green, blue] = rgb.map(|level| {
            let level = level / 255.0;
            if level <= 0.03928 { level / 12.92 } else { ((level + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    #[test]
    fn every_colour_can_be_read_on_black_and_on_white() {
        for colour in NAMES.into_iter().chain([ERROR, DIM]) {
            let (on_white, on_black) = (1.05 / (luminance(colour) + 0.05), (luminance(colour) + 0.05) / 0.05);
            assert!(on_white >= 4.1 && on_black >= 4.1, "{colour}: {on_white:.2} on white, {on_black:.2} on black");
        }
    }

    #[test]
    fn what_the_terminal_may_have_chosen_badly_is_not_used() {
        for style in [Style::Plain, Style::Dim, Style::Bold, Style::Error, Style::User] {
            for colours in [Colours::Bold, Colours::Many] {
                let selects = colours.selects(style, "bob").unwrap_or_default();
                assert!(
                    ["", "\x1b[1m"].contains(&selects.as_str()) || selects.starts_with("\x1b[38;5;"),
                    "{selects:?}"
                );
            }
            assert_eq!(Colours::None.selects(style, "bob"), None);
        }
    }

    #[test]
    fn the_terminal_is_known_by_its_name() {
        for (term, colorterm, colours) in [
            ("xterm-256color", "", Colours::Many),
            ("xterm-kitty", "", Colours::Many),
            ("alacritty", "truecolor", Colours::Many),
            ("xterm", "truecolor", Colours::Many),
            ("xterm", "", Colours::Bold),
            ("rxvt-unicode", "rxvt-xpm", Colours::Bold),
            ("linux", "", Colours::Bold),
            ("", "", Colours::Bold),
        ] {
            assert_eq!(Colours::of_terminal(term, colorterm), colours, "{term} {colorterm}");
        }
    }

    #[test]
    fn a_name_has_one_colour_whatever_its_case() {
        assert_eq!(of_name("Alice"), of_name("aLICE"));
        assert_eq!(of_name("Жанна"), of_name("жАННА"));
    }
}
