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

/// How typing goes. With all that stands above it, it fits a screen of 24 rows and 40 columns.
const RULES: &str = "The prompt says where a line goes. At the menu a line is a command, a word or its \
    number; elsewhere it is text, and /COMMAND is a command; //x says /x. quit alone ends the chat or \
    leaves the room; at the menu it leaves chatc, as /quit and Ctrl-D do anywhere. Ctrl-X y and \
    Ctrl-X n answer a request while something is typed. TAB completes. USER is a name or a UID.";

/// The word behind `help` that asks for all there is.
const ALL: &str = "all";

/// What chatc understands, on one screen: the words of its commands, and how typing goes.
pub(in crate::client) fn overview() -> Vec<Line> {
    let width = GROUPS.iter().map(|(heading, _)| heading.len()).max().unwrap_or_default() + 2;
    let line = |(heading, verbs): &(&str, &[Verb])| {
        let words: Vec<_> = specs(verbs).map(|spec| spec.word).collect();
        Line::new().bold(format!("{heading:<width$}")).text(words.join("  ")).hung_by(width)
    };
    let mut lines: Vec<_> = GROUPS.iter().map(line).collect();
    lines.push(Line::new().text(RULES).hung_by(0));
    lines.push(Line::new().dim(format!("help COMMAND tells more about one, help {ALL} about each.")));
    lines
}

/// Every command, under its heading.
fn all() -> Vec<Line> {
    let width = commands_in(Place::Chatc).map(|spec| form(spec).len()).max().unwrap_or_default();
    let mut lines = Vec::new();
    for (heading, verbs) in GROUPS {
        lines.push(Line::new().bold(heading));
        let line = |spec| {
            let left = format!("  {:<width$}  ", form(spec));
            let hanging = left.len();
            Line::new().text(left).dim(spec.summary).hung_by(hanging)
        };
        lines.extend(specs(verbs).map(line));
    }
    lines
}

fn specs(verbs: &[Verb]) -> impl Iterator<Item = &'static Spec> {
    verbs.iter().filter_map(|verb| commands_in(Place::Chatc).find(|spec| spec.verb == *verb))
}

/// One command, or that there is none of that name.
pub(in crate::client) fn one(word: &str) -> Vec<Line> {
    let word = word.trim_start_matches('/');
    if word.eq_ignore_ascii_case(ALL) {
        return all();
    }
    let Some(spec) = find(word, Place::Chatc) else {
        return vec![Line::error(format!("there is no command {word}; help shows those there are"))];
    };
    let mut lines = vec![Line::new().text(format!("  {}  ", form(spec))).dim(spec.summary)];
    if !spec.also.is_empty() {
        lines.push(Line::new().dim(format!("  also: {}", spec.also.join(", "))));
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
    fn help_leaves_its_head_on_the_screen() {
        let painter = Painter::new(Colours::None, Charset::Utf8, jiff::tz::TimeZone::UTC);
        for columns in [40, 60, 80, 200] {
            let rows = |lines: Vec<Line>| -> usize {
                lines.iter().map(|line| painter.rows(line, Some(columns)).text.lines().count()).sum()
            };
            // What was typed, and the prompt, stand there too.
            assert!(rows(overview()) <= 22, "{} rows of {columns} columns", rows(overview()));
            for spec in commands_in(Place::Chatc) {
                assert!(rows(one(spec.word)) <= 22, "{} in {columns} columns", spec.word);
            }
        }
    }

    #[test]
    fn help_names_every_command() {
        let painter = Painter::new(Colours::None, Charset::Utf8, jiff::tz::TimeZone::UTC);
        let shown: String = overview().iter().map(|line| painter.paint(line) + "\n").collect();
        for spec in commands_in(Place::Chatc) {
            assert!(shown.split_whitespace().any(|word| word == spec.word), "{}", spec.word);
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
