//! Listings as tables: who is here, which rooms there are, which requests wait.

use std::time::Duration;

use super::wrap::width;
use super::{Line, Style};
use crate::chat::{Availability, Marks, Name, Purpose, RoomName, Row, Uid};

/// Rows shown on entry before the rest is only counted: who comes in sees all that is said then.
pub(in crate::client) const OPENING_ROWS: usize = 10;

/// Columns of rooms that are named on entry before the rest is only counted.
const OPENING_COLUMNS: usize = 150;

/// One row of a listing, kept until the answer that ends it.
#[derive(Clone, Debug)]
pub(in crate::client) enum Listed {
    /// A user.
    User(UserRow),
    /// A room and how many are in it.
    Room(RoomName, usize),
    /// A member of the room that was asked about.
    Member(Name, Uid),
    /// Somebody ignored.
    Ignored(Name),
    /// Somebody's request to me.
    RequestFrom(Name, Purpose, Duration),
    /// My request to somebody.
    RequestTo(Name, Purpose, Duration),
}

/// One user, as a listing shows it.
#[derive(Clone, Debug)]
pub(in crate::client) struct UserRow {
    /// The user's number.
    pub(in crate::client) uid: Uid,
    /// The user's name.
    pub(in crate::client) name: Name,
    /// With whom the user is chatting.
    pub(in crate::client) partner: Option<Name>,
    is_free: bool,
    state: String,
    address: String,
    here: Duration,
    notes: String,
}

impl From<Row<'_>> for Listed {
    fn from(row: Row<'_>) -> Self {
        match row {
            Row::User { uid, name, availability, address, here, marks } => {
                let is_free = availability == Availability::Available && marks == Marks::default();
                let address = address.map_or_else(|| "-".to_owned(), |address| address.to_string());
                let (state, notes) = (state_of(availability, &marks), notes_of(availability, &marks));
                let partner = match availability {
                    Availability::Available => None,
                    Availability::Chatting(partner) => Some(partner),
                };
                Self::User(UserRow { uid, name, partner, is_free, state, address, here, notes })
            }
            Row::Room { room, members } => Self::Room(room, members),
            Row::Member { uid, name, .. } => Self::Member(name, uid),
            Row::Ignored(name) => Self::Ignored(name),
            Row::RequestFrom { name, purpose, stands } => Self::RequestFrom(name, purpose, stands),
            Row::RequestTo { name, purpose, stands } => Self::RequestTo(name, purpose, stands),
        }
    }
}

/// What matters most to somebody who wants to talk to this user.
fn state_of(availability: Availability, marks: &Marks<'_>) -> String {
    match availability {
        _ if marks.is_reconnecting => "reconnecting".to_owned(),
        Availability::Chatting(with) => format!("chatting with {with}"),
        Availability::Available if marks.away.is_some() => "away".to_owned(),
        Availability::Available if marks.is_not_to_be_disturbed => "do not disturb".to_owned(),
        Availability::Available => "available".to_owned(),
    }
}

/// The rest.
fn notes_of(availability: Availability, marks: &Marks<'_>) -> String {
    let state = state_of(availability, marks);
    let away = marks.away.map(|text| if text.is_empty() { "away".to_owned() } else { format!("away: {text}") });
    let dnd = marks.is_not_to_be_disturbed.then(|| "do not disturb".to_owned());
    let muted = marks.is_muted.then(|| "muted".to_owned());
    let notes: Vec<_> = [dnd, muted, away].into_iter().flatten().filter(|note| *note != state).collect();
    if notes.is_empty() { String::new() } else { format!("  {}", notes.join(", ")) }
}

fn user_rows(rows: &[Listed]) -> Vec<&UserRow> {
    let users = rows.iter().filter_map(|row| if let Listed::User(user) = row { Some(user) } else { None });
    users.collect()
}

/// Everybody, with all that is known about them.
pub(in crate::client) fn users(rows: &[Listed], me: Name, with_heading: bool) -> Vec<Line> {
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
pub(in crate::client) fn users_in_short(rows: &[Listed], me: Name, total: usize) -> Vec<Line> {
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
    fn of(users: &[&UserRow]) -> Self {
        let widest = |heading: &str, width: &dyn Fn(&UserRow) -> usize| {
            users.iter().map(|user| width(user)).fold(heading.len(), usize::max)
        };
        Self {
            uid: widest("UID", &|user| user.uid.to_string().len()),
            name: widest("name", &|user| width(user.name.as_str())),
            state: widest("state", &|user| width(&user.state)),
            address: widest("address", &|user| user.address.len()),
        }
    }

    fn full_line(self, user: &UserRow, me: Name) -> Line {
        let Self { address, .. } = self;
        let mine = if user.name == me { "  (you)" } else { "" };
        let line = self.short_line(user).dim(format!("  {:<address$}  {}", user.address, span_of(user.here)));
        line.dim(user.notes.as_str()).dim(mine)
    }

    fn short_line(self, user: &UserRow) -> Line {
        let Self { uid, name, state, .. } = self;
        let style = if user.is_free { Style::Plain } else { Style::Dim };
        let (padding, state) = (pad(user.name.as_str(), name), format!("{}{}", user.state, pad(&user.state, state)));
        let left = format!("  {:>uid$}  ", user.uid);
        let hanging = left.len() + 2;
        Line::new().dim(left).user(user.name).with(style, format!("{padding}  {state}")).hung_by(hanging)
    }
}

/// What fills a text up to so many columns.
fn pad(text: &str, columns: usize) -> String {
    " ".repeat(columns.saturating_sub(width(text)))
}

/// A span as people say it: `12 s`, `3 min`, `2 h 5 min`, `1 d 4 h`.
pub(in crate::client) fn span_of(span: Duration) -> String {
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
pub(in crate::client) fn rooms(rows: &[Listed], mine: &[RoomName]) -> Vec<Line> {
    let rooms = room_rows(rows);
    let widest = rooms.iter().map(|(room, _)| width(room.as_str())).max().unwrap_or_default();
    let line = |(room, members): &(RoomName, usize)| {
        let inside = if mine.contains(room) { "  (you are in it)" } else { "" };
        Line::new().text(format!("  {room}{}  {}", pad(room.as_str(), widest), people(*members))).dim(inside)
    };
    rooms.iter().map(line).collect()
}

/// The rooms in one line, for the moment of entry.
pub(in crate::client) fn rooms_in_short(rows: &[Listed], total: usize) -> Line {
    let shown = room_rows(rows);
    if shown.is_empty() {
        return Line::new().text("No rooms yet; join opens #lobby, join #NAME another.");
    }
    let mut columns = 0;
    let fits = |room: &String| {
        columns += width(room) + 2;
        columns <= OPENING_COLUMNS
    };
    let rooms: Vec<_> = shown.iter().map(|(room, members)| format!("{room} ({members})")).take_while(fits).collect();
    let line = Line::new().text(format!("Rooms: {}", rooms.join("  ")));
    match total.saturating_sub(rooms.len()) {
        0 => line,
        more => line.dim(format!("  and {more} more; rooms shows all")),
    }
}

fn room_rows(rows: &[Listed]) -> Vec<(RoomName, usize)> {
    let room = |row: &Listed| match *row {
        Listed::Room(room, members) => Some((room, members)),
        _ => None,
    };
    rows.iter().filter_map(room).collect()
}

/// Who is in a room, in one line.
pub(in crate::client) fn members(rows: &[Listed], room: RoomName, me: Name, total: usize) -> Line {
    let names = rows.iter().filter_map(|row| match *row {
        Listed::Member(name, _) => Some(name),
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
pub(in crate::client) fn requests(rows: &[Listed]) -> Vec<Line> {
    let line = |row: &Listed| match row {
        Listed::RequestFrom(name, purpose, stands) => Some(
            Line::new().text("  ").user(*name).text(format!(" asks you {}", asks_for(*purpose))).dim(left(*stands)),
        ),
        Listed::RequestTo(name, purpose, stands) => {
            Some(Line::new().text("  you ask ").user(*name).text(format!(" {}", asks_for(*purpose))).dim(left(*stands)))
        }
        _ => None,
    };
    let lines: Vec<_> = rows.iter().filter_map(line).collect();
    if lines.is_empty() { vec![Line::notice("no request waits")] } else { lines }
}

/// Who is ignored, in one line.
pub(in crate::client) fn ignored(rows: &[Listed]) -> Line {
    let names = rows.iter().filter_map(|row| if let Listed::Ignored(name) = row { Some(name.as_str()) } else { None });
    let names: Vec<_> = names.collect();
    match names.as_slice() {
        [] => Line::notice("you ignore nobody"),
        names => Line::notice(format!("you ignore {}", names.join(", "))),
    }
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
