//! How connections come in: from listeners, the control socket and the console, all the same way.

use std::io::{self, ErrorKind};

use super::EventLoop;
use super::control::Control;
use super::sources::Source;
use super::stdio::Stdin;
use super::transport::{Console, Transport};
use crate::chat::Now;
use crate::limits::ACCEPTS_PER_TICK;
use crate::server::{ConnectionId, Peer, Readiness, Seat};

impl EventLoop {
    /// Registers a stream and hands it to the server. One that cannot be registered is let go.
    pub(super) fn admit(&mut self, mut stream: Transport, peer: Peer, now: Now) -> Option<ConnectionId> {
        let token = Source::Connection(self.server.next_id()).token();
        stream.register(self.poll.registry(), token).ok()?;
        Some(self.server.accept(stream, peer, now))
    }

    /// Makes stdin and stdout the operator's console, if stdin is anything one gives orders through.
    pub fn open_console(&mut self) {
        let seat = match Stdin::of_this_process() {
            Stdin::Nothing => return,
            Stdin::Terminal => Seat::Terminal,
            Stdin::Orders => Seat::Pipe,
        };
        let now = self.clock.now();
        let Some(token) = self.admit(Transport::Console(Console::new()), Peer::Operator(seat), now) else { return };
        // What cannot be registered is always ready; the server reads on until its end by itself.
        self.server.handle_ready(token, Readiness { readable: true, writable: false, hung_up: false });
    }

    /// Lets in all operators who wait, whatever crowd of clients does.
    pub(super) fn accept_operators(&mut self, now: Now) {
        while let Some(stream) = self.control.as_mut().and_then(Control::accept) {
            self.admit(Transport::Control(stream), Peer::Operator(Seat::Socket), now);
        }
    }

    /// Accepts what waits, one from each listener in turn, and in all no more than its share of a tick.
    pub(super) fn accept_waiting(&mut self, now: Now) {
        let mut left = ACCEPTS_PER_TICK;
        loop {
            let before = left;
            for number in 0..self.listeners.bound.len() {
                if left > 0 && self.accept_client(number, now) {
                    left -= 1;
                }
            }
            if left == before {
                return;
            }
        }
    }

    fn accept_client(&mut self, number: usize, now: Now) -> bool {
        let Some(listener) = self.listeners.bound.get_mut(number) else { return false };
        if !listener.is_ready || listener.paused_until.is_some_and(|until| until > now.steady) {
            return false;
        }
        listener.paused_until = None;
        match listener.accept() {
            Ok((stream, address)) => {
                self.admit(Transport::Tcp(stream), Peer::Client(address), now);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                listener.is_ready = false;
                return false;
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                let address = listener.address;
                if listener.pause(now.steady) {
                    self.server.journal().warn(format_args!("accept-failed on={address} error={error}"));
                }
                return false;
            }
        }
        true
    }
}

/// Errors of accept(2) that concern the one connection which was waiting, not the listener.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::Interrupted
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::TimedOut
    )
}
