//! The prompt in words and colours. It says to whom the next line goes, and no two places that
//! one can be at have the same; it is always as wide as the next.

use super::draft::columns;
use super::model::{Focus, Prompt, Question};
use super::view::{Charset, LABEL_WIDTH, Painter, Style};
use crate::chat::Name;

/// Leads a user's name, so that a user called `menu` is not the menu.
const TO: &str = "to ";

/// The same, for a text that is asked for.
const TEXT_TO: &str = "text to ";

/// Stands for what is left out of a long name. No name has it.
const LEFT_OUT: char = '…';
const LEFT_OUT_IN_ASCII: &str = "~";

/// The prompt as it is painted; `places` are the names of all that it may come to name.
pub(super) fn paint(prompt: &Prompt, places: &[String], painter: &Painter) -> String {
    let charset = painter.charset();
    let names = Names { places, charset };
    let (label, style) = match prompt {
        Prompt::Line(focus) | Prompt::Offline(focus) => of_place(*focus, &names),
        Prompt::Question(question) => (of_question(question, &names), Style::Bold),
        Prompt::Name => ("name".to_owned(), Style::Bold),
        Prompt::Password => ("password".to_owned(), Style::Bold),
    };
    // What is typed while the connection is lost waits, and the sign says so.
    let (style, sign) = if matches!(prompt, Prompt::Offline(_)) { (Style::Error, "…>") } else { (style, " >") };
    let padding = " ".repeat(LABEL_WIDTH.saturating_sub(columns(&label)));
    let shown = format!("{padding}{}{sign} ", painter.styled(style, &label));
    if charset == Charset::Utf8 { shown } else { shown.replace(LEFT_OUT, LEFT_OUT_IN_ASCII) }
}

/// To whom a text goes is shown as far as there is room; what was typed for a name may be anything.
fn of_question(question: &Question, names: &Names<'_>) -> String {
    match question {
        Question::TextFor(to) if to.is_ascii() || Name::any(to).is_ok() => {
            let name = names.shortened(to, LABEL_WIDTH - TEXT_TO.len() - 1);
            format!("{TEXT_TO}{name}?")
        }
        Question::TextFor(_) => "text?".to_owned(),
        _ => question.label().into_owned(),
    }
}

fn of_place(place: Focus, names: &Names<'_>) -> (String, Style) {
    match place {
        Focus::Menu => (place.label().to_owned(), Style::Bold),
        Focus::Session(name) => {
            (format!("{TO}{}", names.shortened(name.as_str(), LABEL_WIDTH - TO.len())), Style::Bold)
        }
        Focus::Room(room) => (names.shortened(room.as_str(), LABEL_WIDTH), Style::Bold),
    }
}

/// The names that a prompt may come to show, and what the terminal can show of them.
struct Names<'a> {
    places: &'a [String],
    charset: Charset,
}

impl Names<'_> {
    /// The name in so many columns, with something of it left out if need be; none of the others'
    /// names looks the same when it is shortened in this way.
    fn shortened(&self, name: &str, most: usize) -> String {
        let shown = |name: &str| self.charset.carry_as_wide(name).into_owned();
        let (this, kept) = (shown(name), most - 1);
        let others: Vec<_> = self.places.iter().filter(|other| *other != name).map(|other| shown(other)).collect();
        if columns(&this) <= most {
            let is_clear = others.iter().all(|other| *other != this);
            return if is_clear { this } else { self.numbered(name, &this, most) };
        }
        let others: Vec<_> = others.iter().filter(|other| columns(other) > most).collect();
        // Both ends first, then more of the one or the other.
        let heads = (0..=kept).map(|step| if step % 2 == 0 { kept / 2 + step / 2 } else { kept / 2 - step / 2 });
        let mut cuts = heads.filter(|head| *head <= kept).map(|head| (head, kept - head));
        let is_clear = |(head, tail): &(usize, usize)| {
            let this = cut(&this, *head, *tail);
            others.iter().all(|other| cut(other, *head, *tail) != this)
        };
        match cuts.find(is_clear) {
            Some((head, tail)) => cut(&this, head, tail),
            None => self.numbered(name, &this, most),
        }
    }

    /// Names that differ only in what cannot be shown get numbers, in the order of the alphabet.
    fn numbered(&self, name: &str, shown: &str, most: usize) -> String {
        let number = 1 + self.places.iter().filter(|other| other.as_str() < name).count();
        let number = number.to_string();
        let kept = most.saturating_sub(number.len() + 1);
        format!("{number}{}", cut(shown, 0, kept))
    }
}

/// So many columns of both ends, or less where a wide character stands across.
fn cut(name: &str, head: usize, tail: usize) -> String {
    let end = name.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| within(name.get(..*end), head));
    let start = name.char_indices().map(|(at, _)| at).find(|start| within(name.get(*start..), tail));
    let head = name.get(..end.last().unwrap_or_default()).unwrap_or_default();
    // Marks stand behind their letters.
    let tail = name.get(start.unwrap_or(name.len())..).unwrap_or_default();
    format!("{head}{LEFT_OUT}{}", tail.trim_start_matches(|c: char| columns(c.encode_utf8(&mut [0; 4])) == 0))
}

fn within(text: Option<&str>, most: usize) -> bool {
    text.is_some_and(|text| columns(text) <= most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Name, RoomName};
    use crate::client::view::Colours;
    use jiff::tz::TimeZone;
    use std::collections::BTreeSet;

    fn painted(prompt: &Prompt, places: &[&str]) -> String {
        let places: Vec<_> = places.iter().map(|place| (*place).to_owned()).collect();
        paint(prompt, &places, &Painter::new(Colours::None, Charset::Utf8, TimeZone::UTC))
    }

    fn room(name: &str) -> Prompt {
        Prompt::Line(Focus::Room(RoomName::new(name).unwrap()))
    }

    fn user(name: &str) -> Prompt {
        Prompt::Line(Focus::Session(Name::new(name).unwrap()))
    }

    fn text_for(user: &str) -> Prompt {
        Prompt::Question(Question::TextFor(user.to_owned()))
    }

    #[test]
    fn the_prompt_says_to_whom() {
        for (prompt, shown) in [
            (Prompt::Line(Focus::Menu), "           menu > "),
            (user("menu"), "        to menu > "),
            (user("bob"), "         to bob > "),
            (room("#lobby"), "         #lobby > "),
            (Prompt::Offline(Focus::Menu), "           menu…> "),
            (user("Bartholomew_Roberts_1682"), "to Barth…s_1682 > "),
            (text_for("bob"), "   text to bob? > "),
            (text_for("Bartholomew_Roberts_1682"), "text to Ba…682? > "),
            (text_for("日本"), "  text to 日本? > "),
            (text_for("日本."), "          text? > "),
            (user("Жанна"), "       to Жанна > "),
            (user("山田たろう山田たろう"), " to 山田…たろう > "),
            (room("#日本語-の-とても長い部屋"), " #日本語…い部屋 > "),
            (user("ক্ষুদিরাম"), "      to কষদিরম > "),
        ] {
            assert_eq!(painted(&prompt, &[]), shown);
        }
    }

    #[test]
    fn names_that_a_terminal_cannot_show_are_told_apart_by_numbers() {
        let painter = Painter::new(Colours::None, Charset::Ascii, TimeZone::UTC);
        let places = ["Жанна", "Борис", "bob"].map(str::to_owned);
        let shown = places.each_ref().map(|name| paint(&user(name), &places, &painter));
        assert_eq!(shown, ["     to 3~????? > ", "     to 2~????? > ", "         to bob > "]);
    }

    #[test]
    fn a_terminal_without_utf8_gets_a_prompt_of_the_same_width() {
        let painter = Painter::new(Colours::None, Charset::Ascii, TimeZone::UTC);
        assert_eq!(paint(&user("Bartholomew_Roberts_1682"), &[], &painter), "to Barth~s_1682 > ");
        assert_eq!(paint(&Prompt::Offline(Focus::Menu), &[], &painter), "           menu~> ");
    }

    #[test]
    fn no_two_places_have_the_same_prompt() {
        let alike: Vec<_> = (0..20).map(|n| format!("#the-same-at-both-ends-{n:02}-of-a-very-long-name")).collect();
        let mut rooms = vec![
            "#project-alpha-dev",
            "#project-alpha-boss",
            "#project-alpha-development",
            "#project-omega-development",
            "#project-alpha-developmenu",
            "#lobby",
            "#list",
        ];
        rooms.extend(alike.iter().map(String::as_str));
        let users =
            ["menu", "list", "name", "everything", "whom", "abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwy"];
        let all: Vec<_> = rooms.iter().chain(&users).copied().collect();
        let rooms = rooms.iter().map(|name| room(name));
        let places = rooms.chain(users.iter().map(|name| user(name))).chain([Prompt::Line(Focus::Menu)]);
        let places: Vec<_> = places.collect();
        let shown: BTreeSet<_> = places.iter().map(|place| painted(place, &all)).collect();
        assert_eq!(shown.len(), places.len(), "{shown:#?}");
        assert!(shown.iter().all(|label| columns(label) == LABEL_WIDTH + 3), "{shown:#?}");
        assert!(shown.contains("#projec…pha-dev > ") && shown.contains("#projec…ha-boss > "), "{shown:#?}");
    }
}
