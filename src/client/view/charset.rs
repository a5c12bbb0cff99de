//! What the terminal can show. A terminal that does not read UTF-8 takes the bytes 0x80 to 0x9F of
//! a text for control characters (ECMA-48, 8.2.2), whatever they were meant as; so it gets ASCII.

use std::borrow::Cow;

use unicode_width::UnicodeWidthChar;

use super::wrap::most_columns;

/// The characters that can be written to the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Charset {
    /// All of them.
    #[default]
    Utf8,
    /// Those that every terminal agrees on.
    Ascii,
}

/// chatc's own signs, and what stands for them in ASCII.
const SIGNS: [(char, &str); 3] = [('✓', "ok"), ('…', "..."), ('→', "->")];

impl Charset {
    /// That of the locale that is named first, as setlocale(3) reads `LC_ALL`, `LC_CTYPE` and
    /// `LANG`. None is named: the one of the C locale.
    pub fn of_locale(named: [Option<String>; 3]) -> Self {
        let name = named.into_iter().flatten().find(|name| !name.is_empty()).unwrap_or_default();
        let name = name.split('@').next().unwrap_or_default();
        // macOS names the character set alone.
        let codeset = name.split_once('.').map_or(name, |(_, codeset)| codeset);
        let is_utf8 = ["utf-8", "utf8"].iter().any(|utf8| utf8.eq_ignore_ascii_case(codeset));
        if is_utf8 { Self::Utf8 } else { Self::Ascii }
    }

    /// The text as it can be written: what there is no sign for is a question mark.
    pub fn carry(self, text: &str) -> Cow<'_, str> {
        self.carried(text, |c| SIGNS.iter().find(|(sign, _)| *sign == c).map(|(_, ascii)| (*ascii).to_owned()))
    }

    /// The same, and as wide on every terminal as its characters are taken one by one: what joins others,
    /// asks for another picture of one, or takes columns here and none there does not reach the terminal.
    pub fn carry_as_wide(self, text: &str) -> Cow<'_, str> {
        if text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let carried = |c: char| match flag_letter(c) {
            _ if c.is_ascii() || self == Self::Utf8 && is_as_wide_everywhere(c) => c.to_string(),
            Some(letter) => letter.to_string(),
            None => "?".repeat(c.width().unwrap_or_default()),
        };
        Cow::Owned(text.chars().map(carried).collect())
    }

    /// Whether [`Self::carry_as_wide`] leaves a text as it is.
    pub fn carries(self, text: &str) -> bool {
        text.chars().all(|c| c.is_ascii() || self == Self::Utf8 && is_as_wide_everywhere(c))
    }

    fn carried(self, text: &str, sign: impl Fn(char) -> Option<String>) -> Cow<'_, str> {
        if self == Self::Utf8 || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let ascii = |c: char| match sign(c) {
            _ if c.is_ascii() => c.to_string(),
            Some(sign) => sign,
            None => "?".repeat(c.width().unwrap_or_default()),
        };
        Cow::Owned(text.chars().map(ascii).collect())
    }
}

/// Whether every terminal gives a character as many columns as the editor does, whatever stands before it.
fn is_as_wide_everywhere(c: char) -> bool {
    let is_tone = matches!(c, '\u{1f3fb}'..='\u{1f3ff}');
    !is_ignorable(c) && !is_tone && flag_letter(c).is_none() && most_columns(c) == c.width().unwrap_or_default()
}

/// The letter that a half of a flag stands for.
fn flag_letter(c: char) -> Option<char> {
    let letter = u32::from(c).checked_sub(u32::from('\u{1f1e6}'))?;
    (b'A'..=b'Z').nth(usize::try_from(letter).ok()?).map(char::from)
}

/// Characters to be overlooked where they are not understood (Unicode, `Default_Ignorable_Code_Point`): they
/// join what stands beside them, ask for another picture of it, or lead another way.
fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(all: &str, ctype: &str, lang: &str) -> Charset {
        Charset::of_locale([all, ctype, lang].map(|name| Some(name.to_owned())))
    }

    #[test]
    fn the_locale_says_what_the_terminal_reads() {
        assert_eq!(of("", "", "de_DE.UTF-8"), Charset::Utf8);
        assert_eq!(of("C.utf8", "C", "C"), Charset::Utf8);
        assert_eq!(of("", "UTF-8", ""), Charset::Utf8);
        assert_eq!(of("de_DE.UTF-8@euro", "", ""), Charset::Utf8);
        assert_eq!(of("en_US.ISO-8859-1", "", "de_DE.UTF-8"), Charset::Ascii);
        assert_eq!(of("C", "C.UTF-8", "C.UTF-8"), Charset::Ascii);
        assert_eq!(of("", "", "ja_JP.eucJP"), Charset::Ascii);
        assert_eq!(of("", "", ""), Charset::Ascii);
        assert_eq!(Charset::of_locale([None, None, None]), Charset::Ascii);
    }

    #[test]
    fn what_cannot_be_shown_is_a_question_mark_for_each_column() {
        assert_eq!(Charset::Utf8.carry("日 ✓"), "日 ✓");
        assert_eq!(Charset::Ascii.carry("ü 日本 e\u{301} ✓ … → \u{6dd}"), "? ???? e ok ... -> ?");
        assert_eq!(Charset::Ascii.carry_as_wide("ü 日本 ✓…"), "? ???? ??");
        assert_eq!(Charset::Ascii.carry("plain"), "plain");
    }

    #[test]
    fn a_draft_is_as_wide_on_every_terminal_as_the_editor_takes_it_to_be() {
        for (typed, shown) in [
            ("grüße e\u{301} 日本 👍", "grüße e\u{301} 日本 👍"),
            ("co\u{ad}op\u{200b}\u{2060}\u{feff}", "coop"),
            ("👩\u{200d}🚀", "👩🚀"),
            ("❤\u{fe0f} ✔\u{fe0e}", "❤ ✔"),
            ("1\u{fe0f}\u{20e3}", "1\u{20e3}"),
            ("👋\u{1f3ff}", "👋??"),
            ("🇩🇪", "DE"),
            ("🏴\u{e0067}\u{e0062}\u{e007f}", "🏴"),
            // Terminals do not agree on these signs of vowels.
            ("\u{995}\u{9be}", "\u{995}"),
        ] {
            assert_eq!(Charset::Utf8.carry_as_wide(typed), shown, "{typed:?}");
            assert_eq!(Charset::Utf8.carries(typed), typed == shown, "{typed:?}");
        }
        for c in '\u{80}'..=char::MAX {
            let taken = c.width().unwrap_or_default();
            for charset in [Charset::Utf8, Charset::Ascii] {
                let text = c.to_string();
                let shown = charset.carry_as_wide(&text);
                assert_eq!(shown.chars().map(most_columns).sum::<usize>(), taken, "{c:?}");
            }
        }
    }
}
