//! From the keys to a line: where it belongs, whether that place still stands, and what becomes of it.

use super::draft::Origin;
use super::entry::Entry;
use super::here::Here;
use super::typed::{Typed, understand};
use super::{Action, Actions, Focus, Line, Model, Place, Prompt, Question, Stage};
use crate::chat::sanitize;

/// What has become of a line that was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It was done, or refused, and is done with.
    Done,
    /// Nothing was done. It comes back to be edited.
    ComesBack,
    /// Nothing was done. It comes back, and Enter does it.
    AsksAgain,
}

impl Model {
    /// Where the line that is being typed was begun, or one would be that is begun now.
    pub fn place(&self) -> Place {
        let Stage::Here(here) = &self.stage else { return self.standing() };
        let mut place = here.draft.place().cloned().unwrap_or_else(|| self.standing());
        if here.is_typed_unseen() {
            place.requests = here.pending.heard_of();
        }
        place
    }

    /// What is being typed is this now; `painted` is the place whose prompt stands before it.
    pub fn note_draft(&mut self, text: &str, painted: &Place) {
        if let Stage::Here(here) = &mut self.stage {
            here.draft.note(text, painted);
        }
    }

    /// A paste comes, behind this part of the line.
    pub fn note_paste(&mut self, before: &str) {
        if let Stage::Here(here) = &mut self.stage {
            here.draft.note_paste(before);
        }
    }

    /// The place where a line would be begun if all of what happened were seen.
    pub(super) fn standing(&self) -> Place {
        let (prompt, chats, requests) = match &self.stage {
            Stage::Entry(Entry::AskingPassword(_)) => (Prompt::Password, 0, Vec::new()),
            Stage::Entry(_) => (Prompt::Name, 0, Vec::new()),
            Stage::Here(here) if self.is_renaming() => (Prompt::Question(Question::NewName), here.chats, Vec::new()),
            Stage::Here(here) => (here.prompt(), here.chats, here.pending.iter().copied().collect()),
            Stage::Over(_) => (Prompt::Line(Focus::Menu), 0, Vec::new()),
        };
        Place { prompt, chats, requests }
    }

    pub(super) fn handle_typed_here(&mut self, entry: &str, out: &mut Actions) {
        let place = self.place();
        let is_renaming = self.is_renaming();
        let Stage::Here(here) = &mut self.stage else { return };
        let moved_from = here.moved_from.take();
        here.pending.forget_over();
        let origin = here.draft.take(entry);
        let lines: Vec<_> = entry.split('\n').map(|line| sanitize(line.strip_suffix('\r').unwrap_or(line))).collect();
        let line = lines.join("\n");
        let fate = if origin == Origin::Unchanged {
            out.show(Line::aside("not sent: change the line first, or clear it with Ctrl-U"));
            Fate::ComesBack
        } else if let Some(why) = here.why_gone(&place, is_renaming) {
            here.give_up(&line, &why, out)
        } else if let Some(before) = moved_from.filter(|before| is_unclear(&line, before)) {
            let (before, now) = (before.label(), place.prompt.label());
            let why = format!("the prompt has moved from {before} to {now}, and you may not have seen that");
            here.give_up(&line, &why, out)
        } else if place.prompt == Prompt::Question(Question::NewName) {
            self.handle_typed_new_name(&line, out);
            Fate::Done
        } else if here.is_online {
            here.handle_typed(&line, &place, origin, out)
        } else {
            self.handle_typed_offline(&line, &place, origin, out)
        };
        self.give_back(entry, origin, fate, out);
    }

    fn give_back(&mut self, entry: &str, origin: Origin, fate: Fate, out: &mut Actions) {
        let standing = self.standing();
        let Stage::Here(here) = &mut self.stage else { return };
        // Without an editor there is nothing to put it into.
        if here.setup.plain || fate == Fate::Done {
            return;
        }
        match fate {
            Fate::Done => return,
            Fate::ComesBack => here.draft.give_back(entry, origin, standing),
            Fate::AsksAgain => here.draft.ask_again(standing),
        }
        out.0.push(Action::GiveBack(entry.to_owned()));
    }
}

impl Here {
    /// Why the place is no more, if it is not.
    fn why_gone(&self, place: &Place, is_renaming: bool) -> Option<String> {
        match &place.prompt {
            Prompt::Line(Focus::Session(name)) => {
                let stands = self.session == Some(*name) && self.chats == place.chats;
                (!stands).then(|| format!("the chat with {name} in which you began this line is over"))
            }
            Prompt::Line(Focus::Room(room)) => {
                let stands = self.rooms.contains(room) || self.rejoining.contains(room);
                (!stands).then(|| format!("you are not in {room} any more"))
            }
            Prompt::Question(Question::NewName) => (!is_renaming).then(|| "you have a name already".to_owned()),
            Prompt::Question(question) => (self.question.as_ref() != Some(question))
                .then(|| "the question that this answers is not asked any more".to_owned()),
            Prompt::Line(Focus::Menu) | Prompt::Offline(_) | Prompt::Name | Prompt::Password => None,
        }
    }

    fn give_up(&mut self, line: &str, why: &str, out: &mut Actions) -> Fate {
        if line.trim().is_empty() {
            return Fate::Done;
        }
        self.fail(format!("not sent: {why}"), out);
        Fate::ComesBack
    }

    /// Whether a person types whose keys are not seen before Enter.
    fn is_typed_unseen(&self) -> bool {
        self.setup.plain && !self.setup.scripted
    }

    /// The prompt was at `before` and is at `now`. If somebody else than the user has moved it, and keys
    /// are not seen, the next line may have been begun before that.
    pub(super) fn note_moved(&mut self, before: Prompt, now: &Prompt) {
        // Nobody comes into a room but by asking for it or saying yes.
        let is_own_doing = matches!(now, Prompt::Line(Focus::Room(_)))
            || self.sent.iter().any(|command| command.what.may_move_prompt());
        if self.is_typed_unseen() && self.moved_from.is_none() && !is_own_doing && before != *now {
            self.moved_from = Some(before);
        }
    }
}

/// Whether a line may have been begun where the prompt was before somebody moved it. At the menu only
/// a command makes sense.
fn is_unclear(line: &str, before: &Prompt) -> bool {
    *before != Prompt::Line(Focus::Menu)
        || matches!(understand(line, &Focus::Menu, Origin::Typed), Typed::Command { .. })
}
