//! What TAB offers: commands, users and rooms, as they are now.

use super::here::Here;
use super::typed::first_word;
use super::{Focus, Prompt, Question};
use crate::wire::commands::{Place, Verb, commands_in, find};

impl Here {
    /// Where the word at the end of `line` starts, and what could stand there instead.
    pub(super) fn complete(&self, line: &str, prompt: &Prompt) -> (usize, Vec<String>) {
        let start = line.rfind([' ', '\t']).map_or(0, |blank| blank + 1);
        let (before, word) = line.split_at(start);
        let offers = match prompt {
            Prompt::Question(Question::Who | Question::ToWhom) => self.user_names(),
            Prompt::Line(_) if line.starts_with('/') && !line.starts_with("//") => self.offers_in_command(before, "/"),
            Prompt::Line(Focus::Menu) => self.offers_in_command(before, ""),
            Prompt::Line(_) | Prompt::Offline(_) | Prompt::Question(_) | Prompt::Name | Prompt::Password => {
                self.offers_in_text(word)
            }
        };
        let typed = word.to_lowercase();
        let fits = |offer: &String| offer.to_lowercase().starts_with(&typed) && !offer.is_empty();
        let mut offers: Vec<_> = offers.into_iter().filter(fits).collect();
        for offer in &mut offers {
            offer.push(' ');
        }
        (start, offers)
    }

    fn offers_in_text(&self, word: &str) -> Vec<String> {
        match word.chars().next() {
            None => Vec::new(),
            Some('#') => self.room_names(),
            Some(_) => self.user_names(),
        }
    }

    /// `before` is what stands before the word, `slash` what leads a command here.
    fn offers_in_command(&self, before: &str, slash: &str) -> Vec<String> {
        let before = before.strip_prefix('/').unwrap_or(before);
        if before.trim().is_empty() {
            return commands_in(Place::Chatc).map(|spec| format!("{slash}{}", spec.word)).collect();
        }
        let (word, arguments) = first_word(before);
        let Some(spec) = find(word, Place::Chatc) else { return Vec::new() };
        match spec.verb {
            Verb::Accept | Verb::Reject => return self.pending.iter().map(|who| who.from.to_string()).collect(),
            Verb::Leave => return self.my_rooms(),
            Verb::Focus => {
                return self.my_rooms().into_iter().chain(self.session.map(|name| name.to_string())).collect();
            }
            _ => {}
        }
        let position = arguments.split_whitespace().count();
        let field = spec.arguments.split(' ').nth(position).unwrap_or("TEXT");
        let mut offers = Vec::new();
        if field.contains("USER") || field.contains("TEXT") {
            offers.extend(self.user_names());
        }
        if field.contains("#ROOM") {
            offers.extend(self.room_names());
        }
        if field.contains("COMMAND") {
            offers.extend(commands_in(Place::Chatc).map(|spec| spec.word.to_owned()));
        }
        if field == "on|off" {
            offers.extend(["on".to_owned(), "off".to_owned()]);
        }
        offers
    }

    /// Everybody but me.
    fn user_names(&self) -> Vec<String> {
        self.roster.users().filter(|name| *name != self.me).map(|name| name.to_string()).collect()
    }

    fn room_names(&self) -> Vec<String> {
        self.roster.rooms().map(|room| room.to_string()).collect()
    }

    fn my_rooms(&self) -> Vec<String> {
        self.rooms.iter().map(|room| room.to_string()).collect()
    }
}
