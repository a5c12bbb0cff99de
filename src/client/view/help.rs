//! Help, made from the table of commands.

use super::Line;
use crate::wire::commands::{Place, Spec, Verb, commands_in, find};

/// The three choices, as they stand under the entry.
pub(in crate::client) const MENU: &str = "1 list   2 request NAME   3 quit   (help shows the rest)";

/// Headings, and the commands under them.
const GROUPS: [(&str, &[Verb]); 5] = [
    (
        "One to one",
        &[Verb::Request, Verb::Accept, Verb::Reject, Verb::Cancel, Verb::Requests, Verb::End, Verb::Private],
    ),
    ("Rooms", &[Verb::Join, Verb::Leave, Verb::Rooms, Verb::Members]),
    ("Everybody", &[Verb::List, Verb::Announce, Verb::Watch]),
    ("Peace", &[Verb::Ignore, Verb::Unignore, Verb::Dnd, Verb::Away, Verb::Here]),
    ("This screen", &[Verb::Focus, Verb::Say, Verb::Clear, Verb::Help, Verb::Quit]),
];

const RULES: &str = "The prompt shows where the next line goes: to the menu, a user or a room. \
    At the menu a line is a command, a word or its number. In a chat a line is text, and /COMMAND \
    is a command; //x says /x. quit or .exit alone on a line ends the chat or leaves the room you \
    are talking to; at the menu quit leaves chatc, as /quit does anywhere, and Ctrl-D. \
    focus NAME, focus #ROOM and menu turn the prompt elsewhere, and nothing is left by that. \
    TAB completes commands, users and rooms. A name and a UID will both do for USER.";

/// Columns that help takes at most, so that it looks well on the narrowest of usual terminals.
const COLUMNS: usize = 78;

/// Everything chatc understands.
pub(in crate::client) fn all() -> Vec<Line> {
    let width = commands_in(Place::Chatc).map(|spec| form(spec).len()).max().unwrap_or_default();
    let mut lines = Vec::new();
    for (heading, verbs) in GROUPS {
        lines.push(Line::new().bold(heading));
        for spec in verbs.iter().filter_map(|verb| commands_in(Place::Chatc).find(|spec| spec.verb == *verb)) {
            let mut left = format!("  {:<width$}  ", form(spec));
            for part in wrapped(spec.summary, COLUMNS - left.len()) {
                let blank = " ".repeat(left.len());
                lines.push(Line::new().text(std::mem::replace(&mut left, blank)).dim(part));
            }
        }
    }
    lines.push(Line::new().bold("Typing"));
    lines.extend(wrapped(RULES, COLUMNS - 2).into_iter().map(|rule| Line::new().text(format!("  {rule}"))));
    lines
}

/// One command, or that there is none of that name.
pub(in crate::client) fn one(word: &str) -> Vec<Line> {
    let word = word.trim_start_matches('/');
    let Some(spec) = find(word, Place::Chatc) else {
        return vec![Line::error(format!("there is no command {word}; help shows those there are"))];
    };
    let mut lines = vec![Line::new().text(format!("  {}  ", form(spec))).dim(spec.summary)];
    if !spec.also.is_empty() {
        lines.push(Line::new().dim(format!("  also: {}", spec.also.join(", "))));
    }
    lines
}

/// Breaks a text between words so that no line is longer than `columns`.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + 1 + word.len() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

fn form(spec: &Spec) -> String {
    if spec.arguments.is_empty() { spec.word.to_owned() } else { format!("{} {}", spec.word, spec.arguments) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::view::{Charset, Colours, Painter};

    #[test]
    fn every_command_stands_in_one_group() {
        for spec in commands_in(Place::Chatc) {
            let places = GROUPS.iter().filter(|(_, verbs)| verbs.contains(&spec.verb)).count();
            assert_eq!(places, 1, "{}", spec.word);
        }
    }

    #[test]
    fn help_fits_a_usual_terminal() {
        let painter = Painter::new(Colours::None, Charset::Utf8, jiff::tz::TimeZone::UTC);
        for line in all() {
            assert!(painter.width(&line) <= COLUMNS, "{}", painter.paint(&line));
        }
    }

    #[test]
    fn the_menu_names_the_numbers_the_table_gives() {
        for choice in ["1 list", "2 request", "3 quit"] {
            let (number, word) = choice.split_once(' ').unwrap();
            assert!(MENU.contains(choice));
            assert_eq!(find(number, Place::Chatc).unwrap().word, word);
        }
    }
}
