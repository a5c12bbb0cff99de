//! Listings as tables: who is here, which rooms there are, which requests wait.

use std::time::Duration;

use super::{Line, Style};
use crate::chat::{Availability, Name, Purpose, RoomName, Row, Uid};

/// Rows shown on entry before the rest is only counted.
pub(in crate::client) const OPENING_ROWS: usize = 20;

/// One user, as a listing shows it.
#[derive(Clone, Copy, Debug)]
struct UserRow {
    uid: Uid,
    name: Name,
    availability: Availability,
    address: Option<std::net::SocketAddr>,
    here: Duration,
    is_reconnecting: bool,
}

fn user_rows(rows: &[Row]) -> Vec<UserRow> {
    let user = |row: &Row| match *row {
        Row::User { uid, name, availability, address, here, is_reconnecting } => {
            Some(UserRow { uid, name, availability, address, here, is_reconnecting })
        }
        _ => None,
    };
    rows.iter().filter_map(user).collect()
}

/// Everybody, with all that is known about them.
pub(in crate::client) fn users(rows: &[Row], me: Name, with_heading: bool) -> Vec<Line> {
    let users = user_rows(rows);
    let widths = Widths::of(&users);
    let mut lines = Vec::new();
    if with_heading {
        let Widths { uid, name, state, address } = widths;
        lines.push(Line::new().dim(format!(
            "  {:>uid$}  {:<name$}  {:<state$}  {:<address$}  {}",
            "UID", "name", "state", "address", "here for"
        )));
    }
    lines.extend(users.iter().map(|user| widths.full_line(user, me)));
    lines
}

/// Everybody but me, in short, for the moment of entry.
pub(in crate::client) fn users_in_short(rows: &[Row], me: Name, total: usize) -> Vec<Line> {
    let users: Vec<_> = user_rows(rows).into_iter().filter(|user| user.name != me).collect();
    let others = total.saturating_sub(1);
    let heading = match others {
        0 => "Nobody else is here yet.".to_owned(),
        1 => "One other is here:".to_owned(),
        n => format!("{n} others are here:"),
    };
    let mut lines = vec![Line::new().text(heading)];
    let widths = Widths::of(&users);
    lines.extend(users.iter().take(OPENING_ROWS).map(|user| widths.short_line(user)));
    if others > OPENING_ROWS {
        lines.push(Line::new().dim(format!("  and {} more; list shows all", others - OPENING_ROWS)));
    }
    lines
}

#[derive(Clone, Copy, Debug)]
struct Widths {
    uid: usize,
    name: usize,
    state: usize,
    address: usize,
}

impl Widths {
    fn of(users: &[UserRow]) -> Self {
        let widest =
            |heading: &str, width: &dyn Fn(&UserRow) -> usize| users.iter().map(width).fold(heading.len(), usize::max);
        Self {
            uid: widest("UID", &|user| user.uid.to_string().len()),
            name: widest("name", &|user| user.name.as_str().len()),
            state: widest("state", &|user| user.state().len()),
            address: widest("address", &|user| address_of(user).len()),
        }
    }

    fn full_line(self, user: &UserRow, me: Name) -> Line {
        let Self { address, .. } = self;
        let mine = if user.name == me { "  (you)" } else { "" };
        let line = self.short_line(user).dim(format!("  {:<address$}  {}", address_of(user), span_of(user.here)));
        line.dim(mine)
    }

    fn short_line(self, user: &UserRow) -> Line {
        let Self { uid, name, state, .. } = self;
        let is_free = user.availability == Availability::Available && !user.is_reconnecting;
        let style = if is_free { Style::Plain } else { Style::Dim };
        let padding = " ".repeat(name.saturating_sub(user.name.as_str().len()));
        Line::new()
            .dim(format!("  {:>uid$}  ", user.uid))
            .user(user.name)
            .with(style, format!("{padding}  {:<state$}", user.state()))
    }
}

impl UserRow {
    fn state(&self) -> String {
        match (self.is_reconnecting, self.availability) {
            (true, _) => "reconnecting".to_owned(),
            (false, Availability::Available) => "available".to_owned(),
            (false, Availability::Chatting(with)) => format!("chatting with {with}"),
        }
    }
}

fn address_of(user: &UserRow) -> String {
    user.address.map_or_else(|| "-".to_owned(), |address| address.to_string())
}

/// A span as people say it: `12 s`, `3 min`, `2 h 5 min`, `1 d 4 h`.
fn span_of(span: Duration) -> String {
    let seconds = span.as_secs();
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, _) => format!("{hours} h {} min", minutes % 60),
        _ => format!("{days} d {} h", hours % 24),
    }
}

/// The rooms, one a line.
pub(in crate::client) fn rooms(rows: &[Row], mine: &[RoomName]) -> Vec<Line> {
    let rooms = room_rows(rows);
    let width = rooms.iter().map(|(room, _)| room.as_str().len()).max().unwrap_or_default();
    let line = |(room, members): &(RoomName, usize)| {
        let inside = if mine.contains(room) { "  (you are in it)" } else { "" };
        Line::new().text(format!("  {room:<width$}  {}", people(*members))).dim(inside)
    };
    rooms.iter().map(line).collect()
}

/// The rooms in one line, for the moment of entry.
pub(in crate::client) fn rooms_in_short(rows: &[Row], total: usize) -> Line {
    let shown = room_rows(rows);
    if shown.is_empty() {
        return Line::new().text("No rooms yet; join opens #lobby, join #NAME another.");
    }
    let rooms: Vec<_> = shown.iter().take(OPENING_ROWS).map(|(room, members)| format!("{room} ({members})")).collect();
    let line = Line::new().text(format!("Rooms: {}", rooms.join("  ")));
    match total.saturating_sub(rooms.len()) {
        0 => line,
        more => line.dim(format!("  and {more} more; rooms shows all")),
    }
}

fn room_rows(rows: &[Row]) -> Vec<(RoomName, usize)> {
    let room = |row: &Row| match *row {
        Row::Room { room, members } => Some((room, members)),
        _ => None,
    };
    rows.iter().filter_map(room).collect()
}

/// Who is in a room, in one line.
pub(in crate::client) fn members(rows: &[Row], room: RoomName, me: Name, total: usize) -> Line {
    let names = rows.iter().filter_map(|row| match *row {
        Row::Member { name, .. } => Some(name),
        _ => None,
    });
    let mut line = Line::new().dim("-- ").text(format!("in {room}: "));
    let mut shown = 0;
    for name in names {
        line = if shown == 0 { line } else { line.text(", ") };
        line = line.user(name).dim(if name == me { " (you)" } else { "" });
        shown += 1;
    }
    match total.saturating_sub(shown) {
        0 => line,
        more => line.dim(format!(", and {more} more")),
    }
}

/// The requests that wait, one a line.
pub(in crate::client) fn requests(rows: &[Row]) -> Vec<Line> {
    let line = |row: &Row| match row {
        Row::RequestFrom { name, purpose, stands } => Some(
            Line::new().text("  ").user(*name).text(format!(" asks you {}", asks_for(*purpose))).dim(left(*stands)),
        ),
        Row::RequestTo { name, purpose, stands } => {
            Some(Line::new().text("  you ask ").user(*name).text(format!(" {}", asks_for(*purpose))).dim(left(*stands)))
        }
        _ => None,
    };
    let lines: Vec<_> = rows.iter().filter_map(line).collect();
    if lines.is_empty() { vec![Line::notice("no request waits")] } else { lines }
}

/// What a request is for, as in "bob asks you …".
pub(in crate::client) fn asks_for(purpose: Purpose) -> String {
    match purpose {
        Purpose::Session => "for a private chat".to_owned(),
        Purpose::Room(room) => format!("to join {room}"),
    }
}

fn left(stands: Duration) -> String {
    format!("  ({} s left)", stands.as_secs())
}

/// How many, as people say it.
pub(in crate::client) fn people(count: usize) -> String {
    if count == 1 { "1 person".to_owned() } else { format!("{count} people") }
}
