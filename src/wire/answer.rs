//! What requests are answered with, whatever those speak who ask.

use std::time::Duration;

use crate::chat::{Name, Reply, Uid};

/// What a request that succeeded is answered with. It comes behind all rows and events that the
/// request causes for its client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer<'a> {
    /// To a command of the chat.
    Chat(Reply),
    /// To `HELLO`: this is chatd, and which.
    Chatd {
        /// The program's version.
        version: &'a str,
        /// The protocol's version.
        protocol: u32,
        /// What tells this daemon from the one that ran before it; old ones do not say.
        life: Option<&'a str>,
        /// How many users there are; old ones do not say.
        users: Option<usize>,
    },
    /// To `ENTER`.
    Entered {
        /// The number given.
        uid: Uid,
        /// The name, as it will be shown.
        name: Name,
    },
    /// To `KEEP`: what to resume with, and for how long after a loss.
    Kept {
        /// The secret, in hexadecimal.
        token: &'a str,
        /// How long a place is kept.
        grace: Duration,
    },
    /// To `RESUME`: welcome back. The lines behind the last one seen follow.
    Resumed {
        /// The number, unchanged.
        uid: Uid,
        /// The name, unchanged.
        name: Name,
        /// How many commands since `KEEP` the server has answered; send those behind them again.
        answered: u64,
        /// How many lines were not kept and are lost.
        lost: u64,
    },
    /// To `PING`, with its word.
    Pong(&'a str),
    /// To `HELP`, after its rows.
    Helped,
    /// To `QUIT`; the server hangs up next.
    Bye,
    /// To an order: what has come of it, a sentence or several lines.
    Told(&'a str),
    /// To an order to clear the screen.
    Cleared,
}
