//! What the loop waits for, and the numbers by which the event queue tells it apart.

use crate::server::ConnectionId;

/// How many addresses may be listened on.
pub(super) const MAX_LISTENERS: usize = 64;
/// On how many interfaces, by how many protocols, the daemon is announced.
pub(super) const MAX_GROUP_SOCKETS: usize = 32;

const SIGNALS: usize = usize::MAX;
const CONTROL: usize = usize::MAX - 1;
const LISTENERS: usize = CONTROL - MAX_LISTENERS;
const LINKS: usize = LISTENERS - 1;
const GROUPS: usize = LINKS - MAX_GROUP_SOCKETS;

/// Something of which the event queue reports that it is ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A signal has come.
    Signals,
    /// `chatd ctl` knocks at the control socket.
    Control,
    /// Clients knock at the listener with this number.
    Listener(usize),
    /// Interfaces come, go or change.
    Links,
    /// Somebody on the LAN speaks to the group at the socket with this number.
    Group(usize),
    /// A connection, which only the server knows.
    Connection(ConnectionId),
}

impl Source {
    /// What it is registered under.
    pub(super) fn token(self) -> mio::Token {
        mio::Token(match self {
            Self::Signals => SIGNALS,
            Self::Control => CONTROL,
            Self::Listener(number) => LISTENERS + number,
            Self::Links => LINKS,
            Self::Group(number) => GROUPS + number,
            Self::Connection(token) => token.to_usize(),
        })
    }

    /// What is registered under it.
    pub(super) fn of(token: mio::Token) -> Self {
        match token.0 {
            SIGNALS => Self::Signals,
            CONTROL => Self::Control,
            number if number >= LISTENERS => Self::Listener(number - LISTENERS),
            LINKS => Self::Links,
            number if number >= GROUPS => Self::Group(number - GROUPS),
            number => Self::Connection(ConnectionId::from_usize(number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_is_known_by_its_number() {
        let connections = [0, 1, usize::MAX / 2].map(|number| Source::Connection(ConnectionId::from_usize(number)));
        let listeners = [0, MAX_LISTENERS - 1].map(Source::Listener);
        let groups = [0, MAX_GROUP_SOCKETS - 1].map(Source::Group);
        let single = [Source::Signals, Source::Control, Source::Links];
        for source in single.into_iter().chain(listeners).chain(groups).chain(connections) {
            assert_eq!(Source::of(source.token()), source);
        }
    }
}
