//! Who is at the other end of a connection, and what that means for it.

use std::net::SocketAddr;

use crate::wire::Dialect;

/// Who is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A client on the network.
    Client(SocketAddr),
    /// The operator.
    Operator(Seat),
}

/// Where an operator sits, which decides what leaving means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seat {
    /// At the daemon's own terminal.
    Terminal,
    /// At the other end of the daemon's stdin, which is no terminal.
    Pipe,
    /// At a control socket, of which there may be several.
    Socket,
}

/// What a connection may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rights {
    /// Take part in the chat, as fast as limits allow.
    Client,
    /// Give orders, and is not made to wait.
    Operator,
}

impl Peer {
    /// What one who comes from there speaks at first.
    pub(super) fn dialect(self) -> Dialect {
        match self {
            Self::Client(_) => Dialect::default(),
            Self::Operator(_) => Dialect::Console,
        }
    }

    /// What one who comes from there may do.
    pub(super) fn rights(self) -> Rights {
        match self {
            Self::Client(_) => Rights::Client,
            Self::Operator(_) => Rights::Operator,
        }
    }

    /// Whether it is a terminal or what stands in for one.
    pub(super) fn is_operator(self) -> bool {
        matches!(self, Self::Operator(_))
    }

    /// Where a client comes from; the operator comes from nowhere.
    pub(super) fn address(self) -> Option<SocketAddr> {
        match self {
            Self::Client(address) => Some(address),
            Self::Operator(_) => None,
        }
    }
}
