//! The state of a user whom the server has let in.

use std::collections::VecDeque;

use super::draft::{Draft, Origin};
use super::kept::Kept;
use super::pending::Pending;
use super::reentry::is_unasked;
use super::returning::Returning;
use super::roster::Roster;
use super::sent::{Command, Sent};
use super::typed::{Typed, understand};
use super::typing::Fate;
use super::{Actions, Focus, Line, Place, Prompt, Question, Setup};
use crate::chat::{self, Name, Reply, RoomName, Uid};
use crate::client::view::listing::{Listed, span_of};
use crate::limits::UNANSWERED_COMMANDS;
use crate::wire::{Answer, AnyCommand, ServerLine, compose};

/// Rows kept until the answer that ends their listing; a server sends 500 at most.
const ROWS: usize = 2_000;

/// Commands that wait for the connection to be made again; what is typed beyond is refused.
const WAITING_COMMANDS: usize = 200;

/// Commands of which a server takes so many at once, and more only after a while.
const UNHINDERED: usize = 8;

/// What is known while one is here.
#[derive(Debug)]
pub(super) struct Here {
    pub(super) setup: Setup,
    pub(super) me: Name,
    pub(super) uid: Uid,
    pub(super) session: Option<Name>,
    /// How many private chats there have been.
    pub(super) chats: u64,
    /// The rooms I am in, the one joined last at the end.
    pub(super) rooms: Vec<RoomName>,
    focus: Focus,
    /// The line that is being typed.
    pub(super) draft: Draft,
    /// Where the prompt was before somebody else moved it, where keys are not seen.
    pub(super) moved_from: Option<Prompt>,
    pub(super) question: Option<Question>,
    pub(super) pending: Pending,
    pub(super) roster: Roster,
    pub(super) sent: VecDeque<Command>,
    /// Private lines that wait for their readers.
    pub(super) returning: Returning,
    /// Messages that the server has said it has, and the screen has not.
    pub(super) acknowledged: usize,
    /// Rows of the listing that is being received.
    pub(super) rows: Vec<Listed>,
    /// Who was said to have gone, so that it is not said twice.
    pub(super) told_gone: Vec<Name>,
    /// The place the server keeps for me, if it does.
    pub(super) kept: Option<Kept>,
    /// The server takes commands now; else they wait.
    pub(super) is_online: bool,
    /// The name to enter under if that has to be done again; none as a guest.
    pub(super) wanted: Option<Name>,
    /// Rooms I was in before I had to enter again.
    pub(super) rejoining: Vec<RoomName>,
    /// The room that was joined again last.
    pub(super) rejoined: Option<RoomName>,
    /// The number of the latest message that the screen has, of this life of the daemon.
    pub(super) latest: u64,
    /// The number of the latest message that it had when one had to enter again.
    pub(super) known: u64,
    /// The room I have just joined, whose earlier lines may come.
    pub(super) just_joined: Option<RoomName>,
    has_quit: bool,
    was_refused: bool,
    /// How many private lines were lost with the place that the server has just said it does not keep.
    pub(super) lost: u64,
}

impl Here {
    pub(super) fn new(setup: &Setup, uid: Uid, me: Name) -> Self {
        Self {
            setup: setup.clone(),
            me,
            uid,
            session: None,
            chats: 0,
            rooms: Vec::new(),
            focus: Focus::Menu,
            draft: Draft::default(),
            moved_from: None,
            question: None,
            pending: Pending::default(),
            roster: Roster::default(),
            sent: VecDeque::new(),
            returning: Returning::default(),
            acknowledged: 0,
            rows: Vec::new(),
            told_gone: Vec::new(),
            kept: None,
            is_online: true,
            wanted: Name::new(me.as_str()).ok(),
            rejoining: Vec::new(),
            rejoined: None,
            latest: 0,
            known: 0,
            just_joined: None,
            has_quit: false,
            was_refused: false,
            lost: 0,
        }
    }

    pub(super) fn handle_line(&mut self, line: ServerLine<'_>, out: &mut Actions) {
        match line {
            ServerLine::Answer(answer) => self.handle_answer(answer, out),
            ServerLine::Error { code, text } => self.handle_refusal(code, text, out),
            ServerLine::Event(event) => self.handle_event(&event, out),
            ServerLine::Waiting(time) => {
                let span = span_of(time);
                out.show(Line::aside(format!("you are faster than the server allows; what you sent takes {span}")));
            }
            ServerLine::Row(row) if self.rows.len() < ROWS => self.rows.push(row.into()),
            // Of a later version; an answer all the same.
            ServerLine::Unknown(line) if line.starts_with("+OK") => {
                self.handle_answer(Answer::Chat(Reply::Done), out);
            }
            ServerLine::Row(_)
            | ServerLine::Help(_)
            | ServerLine::Hello(_)
            | ServerLine::Ping
            | ServerLine::Lost(_)
            | ServerLine::Bye { .. }
            | ServerLine::Unknown(_) => {}
        }
    }

    /// Does what was entered at a place that stands.
    pub(super) fn handle_typed(&mut self, entry: &str, place: &Place, origin: Origin, out: &mut Actions) -> Fate {
        match &place.prompt {
            Prompt::Question(question) => self.handle_answer_to(question.clone(), entry, origin, out),
            Prompt::Line(focus) => match understand(entry, focus, origin) {
                Typed::Nothing => Fate::Done,
                Typed::Command { spec, word, rest } => self.run(spec, word, rest, place, *focus, out),
                Typed::Text(text) => {
                    self.say(focus.label(), text, out);
                    Fate::Done
                }
                Typed::EndHere => {
                    self.end_here(*focus, out);
                    Fate::Done
                }
                not_done => self.refuse_typed(&not_done, *focus, out),
            },
            // Nobody is at these places here.
            Prompt::Offline(_) | Prompt::Name | Prompt::Password => Fate::Done,
        }
    }

    fn end_here(&mut self, focus: Focus, out: &mut Actions) {
        match focus {
            Focus::Session(_) => self.send(compose(chat::Command::End), Sent::Other, out),
            Focus::Room(room) => self.send(compose(chat::Command::Leave(Some(room))), Sent::Other, out),
            Focus::Menu => {}
        }
    }

    /// Says why a line is neither a command nor a text.
    fn refuse_typed(&mut self, typed: &Typed<'_>, at: Focus, out: &mut Actions) -> Fate {
        match *typed {
            Typed::Unknown(word) if at == Focus::Menu => {
                let hint = match self.resolve(word).filter(|name| self.is_here(*name)) {
                    Some(name) => format!("2 {name} asks {name} for a private chat"),
                    None => "help shows those there are".to_owned(),
                };
                self.fail(format!("there is no command {word}; {hint}"), out);
            }
            Typed::Unknown(word) => {
                self.fail(format!("there is no command /{word}; /help shows those there are, //{word} says it"), out);
            }
            Typed::Unsure(word) => {
                let (target, text) = (at.label(), format!("there is no command <{word}>; not sent"));
                self.fail(format!("{text}: /help shows those there are, /say {target} <{word}> says it"), out);
            }
            Typed::Several => {
                self.fail("a command is one line; nothing was done. In a chat or a room several lines are text", out);
                return Fate::ComesBack;
            }
            Typed::PastedAtMenu(text) => {
                self.fail(format!("{text:?} was pasted; nothing was done. Enter takes it for a command"), out);
                return Fate::AsksAgain;
            }
            Typed::Nothing | Typed::Command { .. } | Typed::Text(_) | Typed::EndHere => {}
        }
        Fate::Done
    }

    /// Whether somebody of this name is here, as far as is known.
    pub(super) fn is_here(&self, name: Name) -> bool {
        self.roster.users().any(|user| user == name)
    }

    pub(super) fn prompt(&self) -> Prompt {
        match &self.question {
            Some(question) => Prompt::Question(question.clone()),
            None => Prompt::Line(self.focus),
        }
    }

    /// The names of all places that can be in focus.
    pub(super) fn places(&self) -> Vec<String> {
        let rooms = self.rooms.iter().chain(&self.rejoining).map(|room| room.to_string());
        rooms.chain(self.session.map(|name| name.to_string())).collect()
    }

    pub(super) fn focus(&self) -> Focus {
        self.focus
    }

    /// The focus that the prompt shows, to a line that is being typed or to the next.
    pub(super) fn shown_focus(&self) -> Focus {
        match self.draft.place().map(|place| &place.prompt) {
            Some(Prompt::Line(focus)) => *focus,
            _ => self.focus,
        }
    }

    /// Turns the prompt; without a prompt to see, says so.
    pub(super) fn turn_to(&mut self, focus: Focus, out: &mut Actions) {
        if self.focus == focus {
            return;
        }
        self.focus = focus;
        if self.setup.plain {
            out.show(match focus {
                Focus::Menu => Line::notice("now at the menu"),
                Focus::Session(name) => Line::notice(format!("now talking to {name}")),
                Focus::Room(room) => Line::notice(format!("now talking to {room}")),
            });
        }
    }

    /// Sends a command and notes what its answer will be about.
    pub(super) fn send(&mut self, line: String, sent: Sent, out: &mut Actions) {
        if !self.is_online && self.waiting() >= WAITING_COMMANDS {
            return self.fail(format!("{WAITING_COMMANDS} lines wait already; this one is not kept"), out);
        }
        if self.sent.len() >= UNANSWERED_COMMANDS && sent != Sent::Quit {
            return self.refuse_to_send(&sent, out);
        }
        let command = Command { is_written: self.is_online, ..Command::new(line, sent) };
        if self.is_online {
            out.send(command.line.clone());
        }
        self.sent.push_back(command);
    }

    /// So much is unanswered that more would only fill the memory. A server may have caused it.
    fn refuse_to_send(&mut self, sent: &Sent, out: &mut Actions) {
        if !is_unasked(sent) {
            let text = format!("{UNANSWERED_COMMANDS} lines wait for the server already; this one is not sent");
            self.fail(text, out);
        }
    }

    /// Commands typed since the connection was lost. What is on its way already is not among them.
    fn waiting(&self) -> usize {
        self.sent.iter().filter(|command| !command.is_written).count()
    }

    /// Takes the oldest command that was not answered: the one an answer is about.
    pub(super) fn take_sent(&mut self) -> Option<Sent> {
        self.take_command().map(|command| command.what)
    }

    /// The same with how it was put.
    pub(super) fn take_command(&mut self) -> Option<Command> {
        let command = self.sent.pop_front()?;
        if let Some(kept) = &mut self.kept {
            kept.answered += 1;
        }
        Some(command)
    }

    /// Asks the server to keep the place, unless there will be no coming back.
    pub(super) fn keep_place(&mut self, out: &mut Actions) {
        if self.setup.reconnect {
            self.send(compose(AnyCommand::Keep), Sent::Keep, out);
        }
    }

    /// Says that something typed was not done.
    pub(super) fn fail(&mut self, text: impl Into<String>, out: &mut Actions) {
        self.was_refused = true;
        out.show(Line::error(text));
    }

    pub(super) fn quit(&mut self, out: &mut Actions) {
        self.has_quit = true;
        self.send(compose(AnyCommand::Quit), Sent::Quit, out);
    }

    /// How to leave from where the prompt points.
    pub(super) fn way_out(&self) -> &'static str {
        match self.focus {
            Focus::Menu => "type 3 or press Ctrl-D to leave",
            Focus::Session(_) => "type quit to end this chat, press Ctrl-D to leave chatc",
            Focus::Room(_) => "type leave to leave this room, press Ctrl-D to leave chatc",
        }
    }

    pub(super) fn is_settled(&self) -> bool {
        self.sent.is_empty()
    }

    /// Whether so much, or such, was asked that the server may take its time with the answers.
    pub(super) fn may_be_held_back(&self) -> bool {
        self.sent.len() > UNHINDERED || self.sent.iter().any(|command| command.what.is_rationed())
    }

    pub(super) fn has_quit(&self) -> bool {
        self.has_quit
    }

    pub(super) fn was_refused(&self) -> bool {
        self.was_refused
    }

    /// Messages that the server has not said it has.
    pub(super) fn unacknowledged(&self) -> usize {
        let is_message = |command: &&Command| matches!(command.what, Sent::Say(_) | Sent::Private(_) | Sent::Announce);
        self.sent.iter().filter(is_message).count() + self.returning.len()
    }
}
