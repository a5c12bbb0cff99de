//! A connection that is lost and made again: what is sent, what is shown, and how the place is
//! taken again with nothing missed. docs/PROTOCOL.md, "Lost connections", has the rules.

use std::net::IpAddr;
use std::time::Duration;

use super::here::Here;
use super::link::{Due, Loss, State};
use super::missed::Missed;
use super::reentry::is_unasked;
use super::sent::{Command, Sent};
use super::{Actions, EXIT_FAILED, EXIT_OK, Line, Model, Stage, left_too_early};
use crate::client::view::listing::span_of;
use crate::wire::{Answer, AnyCommand, ServerLine, compose, read};

/// Reasons for hanging up after which it makes no sense to come back, or would do harm.
const FINAL_REASONS: [&str; 4] = ["kicked", "banned", "resumed-elsewhere", "quit"];

/// Whether one may come back after the server has hung up for this reason.
pub(super) fn is_final(reason: &str) -> bool {
    FINAL_REASONS.contains(&reason)
}

impl Model {
    /// A line came while one is here, whether the connection is in order or being made again.
    pub(super) fn handle_line_here(&mut self, text: &str, out: &mut Actions) {
        let Stage::Here(here) = &mut self.stage else { return };
        let line = read(text);
        self.link.note_time(self.now);
        match &mut self.link.state {
            State::Up => {
                self.link.hear(self.now);
                let told = here.kept.as_mut().and_then(|kept| kept.count(text, line == ServerLine::Ping, self.now));
                here.handle_line(line, out);
                here.send_to_returned(self.now, out);
                out.0.extend(told.map(super::Action::Send));
            }
            State::CatchingUp { .. } => {
                let told = here.kept.as_mut().and_then(|kept| kept.count(text, line == ServerLine::Ping, self.now));
                out.0.extend(told.map(super::Action::Send));
                let missed = &mut self.link.missed;
                let is_end = matches!(line, ServerLine::Answer(Answer::Pong(word)) if word == missed.end);
                let has_room = missed.add(text);
                // Any line is progress, on a line however slow.
                self.link.await_missed(self.now);
                if is_end || !has_room {
                    self.catch_up(out);
                }
            }
            State::Resuming { .. } => self.handle_resuming_line(line, out),
            State::Entering { .. } => self.handle_reentry_line(line, out),
            // Nothing that matters is said there.
            State::Dialing | State::Waiting { .. } | State::NameSilent { .. } | State::Naming { .. } => {}
        }
    }

    /// Time has passed while one is here.
    pub(super) fn handle_due(&mut self, due: Due, out: &mut Actions) {
        let Stage::Here(here) = &mut self.stage else { return };
        match due {
            Due::Nothing => {}
            Due::Ping => here.send(compose(AnyCommand::Ping("")), Sent::Ping, out),
            Due::Enter => self.enter_anew(out),
            Due::GiveUp if self.setup.reconnect => self.lose("does not answer any more", Loss::Silent, out),
            Due::GiveUp => {
                out.show(Line::error(format!("{} does not answer any more", self.setup.server)));
                self.over(EXIT_FAILED, out);
            }
        }
        if let Stage::Here(here) = &mut self.stage
            && self.link.is_up()
        {
            here.send_to_returned(self.now, out);
            let told = here.kept.as_mut().and_then(|kept| kept.handle_time(self.now));
            out.0.extend(told.map(super::Action::Send));
        }
    }

    /// The computer's own address towards the server is this now; none: there is no way to it.
    pub fn handle_route(&mut self, route: Option<IpAddr>, now: crate::chat::Millis) -> Vec<super::Action> {
        let mut out = Actions::default();
        self.now = now;
        if matches!(self.stage, Stage::Here(_)) {
            let due = self.link.handle_route(route, now);
            self.handle_due(due, &mut out);
        }
        out.0
    }

    /// Links, addresses or routes of this computer have changed: there may be a way to the server where
    /// there was none, and perhaps what was there has gone.
    pub fn handle_network_news(&mut self, has_gone: bool, now: crate::chat::Millis) -> Vec<super::Action> {
        let mut out = Actions::default();
        self.now = now;
        if matches!(self.stage, Stage::Here(_)) {
            self.link.note_time(now);
            self.link.note_new_way();
            if has_gone {
                let due = self.link.doubt();
                self.handle_due(due, &mut out);
            }
        }
        out.0
    }

    /// A connection was made, from this address; that took so long. `handle_connected` comes next.
    pub fn note_path(&mut self, own: Option<IpAddr>, round_trip: Duration) {
        self.link.note_path(own, round_trip);
    }

    /// Nothing was read until now, for want of room to show it.
    pub fn note_deafness(&mut self, now: crate::chat::Millis) {
        self.link.note_deafness(now);
    }

    /// The connection is lost, or a try to make it again has failed.
    pub(super) fn lose(&mut self, how: &str, loss: Loss, out: &mut Actions) {
        let Stage::Here(here) = &mut self.stage else { return };
        if self.link.is_up() {
            let line = Line::notice(format!("{} {how}; reconnecting", self.setup.server));
            out.show(line.dim(" (what you type waits)"));
        }
        here.is_online = false;
        self.link.lose(loss, self.now);
    }

    /// A connection stands again.
    pub(super) fn come_back(&mut self, out: &mut Actions) {
        if self.link.is_up() {
            // Another was found before the old one had given a sign of life.
            self.lose("does not answer", Loss::Silent, out);
        }
        let Stage::Here(here) = &mut self.stage else { return };
        self.farewell = None;
        match &here.kept {
            Some(kept) => {
                out.send(compose(AnyCommand::Resume { uid: here.uid, token: &kept.token, seen: kept.seen }));
                self.link.await_resumed(self.now);
            }
            None => self.enter_anew(out),
        }
    }

    /// The daemon says which it is. Of another's messages none has been seen, whatever their times are.
    pub(super) fn note_life(&mut self, life: Option<&str>) {
        if let Stage::Here(here) = &mut self.stage
            && (life.is_none() || life != self.life.as_deref())
        {
            here.latest = 0;
        }
        self.life = life.map(str::to_owned);
    }

    fn handle_resuming_line(&mut self, line: ServerLine<'_>, out: &mut Actions) {
        match line {
            ServerLine::Answer(Answer::Resumed { answered, lost, .. }) => self.resume(answered, lost, out),
            ServerLine::Error { code, text } if is_refusal_of_entry(code) => self.refuse_reentry(code, text, out),
            ServerLine::Lost(count) => {
                if let Stage::Here(here) = &mut self.stage {
                    here.lost = count;
                }
            }
            // Whatever the reason is, this place cannot be had again.
            ServerLine::Error { .. } => {
                self.show_remains(out);
                if let Stage::Here(here) = &mut self.stage {
                    here.kept = None;
                }
                self.enter_anew(out);
            }
            _ => {}
        }
    }

    /// The place is ours again. Sends what the server has not answered; a question in front of
    /// it marks the end of what was missed.
    fn resume(&mut self, answered: u64, lost: u64, out: &mut Actions) {
        let Stage::Here(here) = &mut self.stage else { return };
        let before = here.kept.as_ref().map_or(0, |kept| kept.answered);
        let on_the_way = usize::try_from(answered.saturating_sub(before)).unwrap_or(usize::MAX);
        let on_the_way = on_the_way.min(here.sent.len());
        self.resumptions += 1;
        let end = format!("back{}", self.resumptions);
        here.is_online = true;
        here.send_again(on_the_way, &end, out);
        let missed = &mut self.link.missed;
        (missed.answers, missed.end) = (on_the_way + 1, end);
        missed.lost = missed.lost.saturating_add(lost);
        if let Some(kept) = &mut here.kept {
            // A server may say any number.
            kept.seen = kept.seen.saturating_add(lost);
        }
        self.link.await_missed(self.now);
    }

    /// All that was missed has come, or more than can be held: shows it as if it came now, and goes on.
    fn catch_up(&mut self, out: &mut Actions) {
        let missed = std::mem::take(&mut self.link.missed);
        let away = self.link.restore(self.now);
        let Stage::Here(here) = &mut self.stage else { return };
        let told = here.kept.as_mut().map(super::kept::Kept::tell);
        let mut shown = Actions::default();
        let answers = missed.lines.iter().filter(|line| is_answer(line)).count();
        // Only what comes first may have been lost.
        let lost_answers = if missed.lost > 0 { missed.answers.saturating_sub(answers) } else { 0 };
        for _ in 0..lost_answers {
            here.lose_answer(&mut shown);
        }
        let count = here.show_missed(&missed, &mut shown);
        if missed.lost > 0 {
            here.check_place(&mut shown);
        }
        out.show(back(away, count, missed.lost));
        out.0.append(&mut shown.0);
        here.send_to_returned(self.now, out);
        out.0.extend(told.map(super::Action::Send));
    }

    /// The place is gone, but what had come of what was missed there is here: shows it.
    pub(super) fn show_remains(&mut self, out: &mut Actions) {
        let missed = std::mem::take(&mut self.link.missed);
        if let Stage::Here(here) = &mut self.stage {
            here.show_missed(&missed, out);
        }
    }

    /// Leaves though there is no connection.
    pub(super) fn leave_offline(&mut self, out: &mut Actions) {
        let count = self.unacknowledged();
        if count > 0 {
            out.show(left_too_early(count));
        }
        self.over(if count > 0 { EXIT_FAILED } else { EXIT_OK }, out);
    }
}

impl Here {
    /// Handles what was missed as if it came now; says how many lines that showed.
    fn show_missed(&mut self, missed: &Missed, out: &mut Actions) -> usize {
        let mut count = 0;
        for line in &missed.lines {
            let before = out.0.len();
            self.handle_line(read(line), out);
            let is_shown = out.0.iter().skip(before).any(|action| matches!(action, super::Action::Show(_)));
            count += usize::from(is_shown && line.starts_with('*'));
        }
        count
    }

    /// Sends all commands but the first `answered` once more, with a question named `end` before.
    fn send_again(&mut self, answered: usize, end: &str, out: &mut Actions) {
        let mut behind = self.sent.split_off(answered);
        // Signs of life are of no use later.
        behind.retain(|command| command.what != Sent::Ping);
        behind.push_front(Command::new(compose(AnyCommand::Ping(end)), Sent::Ping));
        for command in &mut behind {
            command.is_written = true;
            out.send(command.line.clone());
        }
        self.sent.append(&mut behind);
    }

    /// The oldest command was answered, and the answer is lost.
    fn lose_answer(&mut self, out: &mut Actions) {
        let Some(command) = self.take_command() else { return };
        self.rows.clear();
        let what = match command.what {
            Sent::Say(to) | Sent::Private(to) => format!("what you told {to}"),
            Sent::Announce => "your announcement".to_owned(),
            what if is_unasked(&what) => return,
            _ => format!("{:?}", command.line.to_lowercase()),
        };
        out.show(Line::aside(format!("the server has answered {what}; the answer is lost")));
    }
}

/// Codes with which a server turns newcomers away.
pub(super) fn is_refusal_of_entry(code: &str) -> bool {
    ["full", "address-full", "banned"].contains(&code)
}

fn is_answer(line: &str) -> bool {
    line.starts_with("+OK") || line.starts_with("-ERR")
}

fn back(away: Duration, count: usize, lost: u64) -> Line {
    let span = span_of(away);
    let line = Line::notice(format!("back after {span}; "));
    let line = match count {
        0 if lost > 0 => line,
        0 => line.text("nothing was missed"),
        1 => line.text("1 line came meanwhile"),
        _ => line.text(format!("{count} lines came meanwhile")),
    };
    match (lost, count) {
        (0, _) => line,
        (1, 0) => line.text("1 line was lost"),
        (_, 0) => line.text(format!("{lost} lines were lost")),
        (1, _) => line.text(", 1 before them was lost"),
        _ => line.text(format!(", {lost} before them were lost")),
    }
}
