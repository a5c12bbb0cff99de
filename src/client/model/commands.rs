//! Commands that were typed → what goes to the server, or is done here.

use super::here::Here;
use super::sent::Sent;
use super::split::pieces;
use super::typed::first_word;
use super::typing::Fate;
use super::{Action, Actions, Focus, Line, Place, Question};
use crate::chat::{Name, RoomName, Uid};
use crate::client::view::help;
use crate::wire::commands::{Spec, Verb};
use crate::wire::compose_typed;

impl Here {
    /// Does a command typed as `word rest` at the focus `at`.
    pub(super) fn run(
        &mut self,
        spec: &Spec,
        word: &str,
        rest: &str,
        place: &Place,
        at: Focus,
        out: &mut Actions,
    ) -> Fate {
        let args = rest.trim();
        if spec.arguments.is_empty() && !args.is_empty() {
            self.fail(format!("{word} is a command of one word; nothing was done"), out);
            return Fate::ComesBack;
        }
        match spec.verb {
            Verb::List => self.pass(spec, args, Sent::Users { whole: args.is_empty() }, out),
            Verb::Rooms => self.pass(spec, args, Sent::Rooms { whole: args.is_empty() }, out),
            Verb::Request if args.is_empty() => self.ask(Question::Who, out),
            Verb::Request if args.contains(char::is_whitespace) => {
                let first = first_word(args).0;
                self.fail(format!("one user is asked at a time: {word} {first}"), out);
            }
            Verb::Accept | Verb::Reject => return self.answer_request(spec, args, place, at, out),
            Verb::Cancel | Verb::Watch | Verb::Unignore | Verb::Dnd | Verb::Away | Verb::Here => {
                self.pass(spec, args, Sent::Setting(when_done(spec.verb, args)), out);
            }
            Verb::Ignore if args.is_empty() => self.pass(spec, args, Sent::Ignored, out),
            Verb::Ignore => self.pass(spec, args, Sent::Setting(when_done(spec.verb, args)), out),
            Verb::Requests => self.pass(spec, args, Sent::Requests, out),
            Verb::Say => self.say_to(rest, out),
            Verb::Private => self.private(rest, out),
            Verb::Announce if args.is_empty() => self.ask(Question::Announcement, out),
            Verb::Announce => self.announce(rest, out),
            Verb::Join => self.join(spec, args, out),
            Verb::Leave => self.leave(spec, args, at, out),
            Verb::Members => self.members(spec, args, at, out),
            Verb::Focus => self.focus_on(word, args, out),
            Verb::Clear => out.0.push(Action::Clear),
            Verb::Help if args.is_empty() => out.show_all(help::overview()),
            Verb::Help => out.show_all(help::one(args)),
            Verb::Quit => self.quit(out),
            Verb::Request | Verb::End => self.pass(spec, args, Sent::Other, out),
            // Those of other places, which are not found here.
            _ => self.fail("that is no command of chatc", out),
        }
        Fate::Done
    }

    /// Sends a command as it was typed; the server knows best what is wrong with it.
    fn pass(&mut self, spec: &Spec, args: &str, sent: Sent, out: &mut Actions) {
        self.send(compose_typed(spec.verb, &[&args]), sent, out);
    }

    /// Sends a text, which stands on the screen as one's own if it was taken.
    fn tell(&mut self, line: String, sent: Sent, own: Line, out: &mut Actions) {
        let before = self.sent.len();
        self.send(line, sent, out);
        if self.sent.len() > before {
            out.0.push(Action::Own(own));
        }
    }

    /// Says `text` to the partner or in a room, in as many messages as it needs.
    pub(super) fn say(&mut self, to: &str, text: &str, out: &mut Actions) {
        for piece in pieces(text) {
            let own = Line::own("", to).text(piece);
            self.tell(compose_typed(Verb::Say, &[&to, &piece]), Sent::Say(to.to_owned()), own, out);
        }
    }

    fn say_to(&mut self, rest: &str, out: &mut Actions) {
        let (to, text) = first_word(rest);
        if text.trim().is_empty() {
            return self.fail("say what to whom: say USER TEXT or say #ROOM TEXT", out);
        }
        self.say(to, text, out);
    }

    fn private(&mut self, rest: &str, out: &mut Actions) {
        let (to, text) = first_word(rest);
        if to.is_empty() {
            self.ask(Question::ToWhom, out);
        } else if text.trim().is_empty() {
            self.ask_text_for(to, out);
        } else {
            self.send_private(to, text, out);
        }
    }

    pub(super) fn send_private(&mut self, to: &str, text: &str, out: &mut Actions) {
        for piece in pieces(text) {
            let own = Line::own("[private] ", to).text(piece);
            self.tell(compose_typed(Verb::Private, &[&to, &piece]), Sent::Private(to.to_owned()), own, out);
        }
    }

    pub(super) fn announce(&mut self, text: &str, out: &mut Actions) {
        for piece in pieces(text) {
            let own = Line::own("[everyone]", "").text(piece);
            self.tell(compose_typed(Verb::Announce, &[&piece]), Sent::Announce, own, out);
        }
    }

    fn join(&mut self, spec: &Spec, args: &str, out: &mut Actions) {
        let room = if args.is_empty() { Some(RoomName::lobby()) } else { RoomName::new(args) };
        match room.filter(|room| self.rooms.contains(room)) {
            Some(room) => {
                out.show(Line::notice(format!("you are in {room} already")));
                self.turn_to(Focus::Room(room), out);
            }
            None => match self.meant_room(args) {
                Some(room) => self.fail(format!("the names of rooms begin with #: join {room}"), out),
                None => self.pass(spec, args, Sent::Other, out),
            },
        }
    }

    /// The room whose name this is but for its sign, if there is one, and no user to be followed.
    fn meant_room(&self, args: &str) -> Option<RoomName> {
        if Name::any(args).is_ok_and(|name| self.is_here(name)) {
            return None;
        }
        RoomName::new(&format!("#{args}")).filter(|room| self.roster.rooms().any(|known| known == *room))
    }

    /// Leaves the room named, or the one in focus, or else whichever the server thinks of.
    fn leave(&mut self, spec: &Spec, args: &str, at: Focus, out: &mut Actions) {
        match at {
            Focus::Room(room) if args.is_empty() => self.pass(spec, room.as_str(), Sent::Other, out),
            _ => self.pass(spec, args, Sent::Other, out),
        }
    }

    fn members(&mut self, spec: &Spec, args: &str, at: Focus, out: &mut Actions) {
        let named = RoomName::new(first_word(args).0);
        match (named, at) {
            (Some(room), _) => self.pass(spec, args, Sent::Members(room), out),
            (None, Focus::Room(room)) if args.is_empty() => self.pass(spec, room.as_str(), Sent::Members(room), out),
            (None, _) => self.pass(spec, args, Sent::Other, out),
        }
    }

    fn focus_on(&mut self, word: &str, args: &str, out: &mut Actions) {
        if args.is_empty() {
            return self.turn_to(Focus::Menu, out);
        }
        if !word.eq_ignore_ascii_case("focus") {
            return self.fail(format!("{word} goes to the menu; focus NAME and focus #ROOM go elsewhere"), out);
        }
        if args.starts_with('#') {
            match RoomName::new(args).and_then(|room| self.rooms.iter().find(|mine| **mine == room).copied()) {
                Some(room) => self.turn_to(Focus::Room(room), out),
                None => self.fail(format!("you are not in {args}; join {args} first"), out),
            }
            return;
        }
        let name = self.resolve(args);
        match self.session.filter(|partner| Some(*partner) == name) {
            Some(partner) => self.turn_to(Focus::Session(partner), out),
            None => self.fail(format!("you are not chatting with {args}; request {args} first"), out),
        }
    }

    /// The name that a name or a UID stands for, as far as it is known here.
    pub(super) fn resolve(&self, user: &str) -> Option<Name> {
        match Uid::new(user) {
            Some(uid) => self.roster.name_of(uid),
            None => Name::any(user).ok(),
        }
    }
}

/// What to say when the server has done it.
fn when_done(verb: Verb, args: &str) -> String {
    match verb {
        Verb::Cancel => "your request is taken back".to_owned(),
        Verb::Watch => format!("comings and goings: {}", args.to_ascii_lowercase()),
        Verb::Ignore => format!("you ignore {args}; unignore {args} ends that"),
        Verb::Unignore => format!("you do not ignore {args} any more"),
        Verb::Dnd => format!("do not disturb: {}", args.to_ascii_lowercase()),
        Verb::Away => "you are shown as away; here ends that".to_owned(),
        Verb::Here => "you are shown as here".to_owned(),
        _ => "done".to_owned(),
    }
}
