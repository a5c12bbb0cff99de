//! Looking for a connection: all addresses of the host, one shortly after the other and all at the
//! same time (RFC 8305), and again and again as long as nothing answers, while older tries still
//! may: so a line that is far takes its time, and one that is just back is found at once.

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use nix::errno::Errno;
use socket2::{Domain, Socket, Type};

use super::address::Address;
use super::clock::now;
use super::outbox::Outbox;
use super::ready::{self, WRITE};
use super::resolve::{NoAddress, Question, known};
use crate::chat::Millis;
use crate::limits::SEGMENT_BYTES;

/// How long one address may take before the next is tried as well (RFC 8305, 5).
const STAGGER: Duration = Duration::from_millis(250);

/// How long after the last address all are tried once more.
const ROUND: Duration = Duration::from_millis(750);

/// The same when nothing has answered for long.
const LATE_ROUND: Duration = Duration::from_secs(4);

/// What long is.
const LONG: Duration = Duration::from_secs(180);

/// How long one try may take, on a line of any length.
const TRY_TIME: Duration = Duration::from_secs(40);

/// Tries that are under way at a time.
const TRIES: usize = 12;

/// Why there is no connection.
#[derive(Debug)]
pub(super) enum Failure {
    /// It is not known where the host is.
    NoAddress(NoAddress),
    /// The last of its addresses failed so.
    Io(io::Error),
}

impl Failure {
    /// Somebody is there and said no.
    pub(super) fn is_refusal(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused)
    }
}

/// A connection that was found.
#[derive(Debug)]
pub(super) struct Found {
    /// Does not block.
    pub(super) stream: TcpStream,
    /// How long that took: a round trip.
    pub(super) round_trip: Duration,
}

struct Try {
    socket: Socket,
    to: SocketAddr,
    since: Millis,
}

/// See the file's text.
pub(super) struct Dialer {
    address: Address,
    outbox: Arc<Outbox>,
    /// Where the host was found last: tried at once, whatever the resolver says now.
    addresses: Vec<SocketAddr>,
    open_questions: Arc<AtomicUsize>,
    /// Nobody looks for a connection while there is none.
    search: Option<Search>,
}

struct Search {
    since: Millis,
    question: Option<Question>,
    tries: Vec<Try>,
    /// The next address, by its place in the list, and when it is its turn.
    next: usize,
    next_at: Millis,
    /// Addresses one after the other that have failed for certain.
    failed: usize,
    failure: Failure,
}

impl Dialer {
    pub(super) fn new(address: &Address, outbox: &Arc<Outbox>) -> Self {
        let (address, outbox) = (address.clone(), Arc::clone(outbox));
        Self { address, outbox, addresses: Vec::new(), open_questions: Arc::default(), search: None }
    }

    /// Where the host was found last.
    pub(super) fn last(&self) -> Option<SocketAddr> {
        self.addresses.first().copied()
    }

    pub(super) fn stop(&mut self) {
        self.search = None;
    }

    /// The network is not what it was: what failed or was asked before means nothing any more.
    pub(super) fn start_anew(&mut self) {
        if let Some(search) = &mut self.search {
            (search.since, search.next_at, search.next, search.failed) = (now(), now(), 0, 0);
            search.question = Question::ask(&self.address, &self.open_questions, &self.outbox);
        }
    }

    /// Goes on looking, or begins to; says what came of it, if anything did.
    pub(super) fn go_on(&mut self) -> Option<Result<Found, Failure>> {
        let mut search = match self.search.take() {
            Some(search) => search,
            None => match self.begin() {
                Ok(search) => search,
                Err(failure) => return Some(Err(failure)),
            },
        };
        self.hear_resolver(&mut search);
        if let Some((stream, to, round_trip)) = search.look() {
            self.addresses.retain(|other| *other != to);
            self.addresses.insert(0, to);
            return Some(Ok(Found { stream, round_trip }));
        }
        search.start_tries(&self.addresses);
        if search.tries.is_empty() && search.question.is_none() && search.failed >= self.addresses.len() {
            return Some(Err(search.failure));
        }
        self.search = Some(search);
        None
    }

    fn begin(&mut self) -> Result<Search, Failure> {
        let question = match known(&self.address) {
            None => Question::ask(&self.address, &self.open_questions, &self.outbox),
            Some(Ok(found)) if self.addresses.is_empty() => {
                self.addresses = found;
                None
            }
            Some(Ok(_)) => None,
            Some(Err(error)) => return Err(Failure::NoAddress(error)),
        };
        let failure = Failure::NoAddress(NoAddress::NobodyKnows);
        Ok(Search { since: now(), question, tries: Vec::new(), next: 0, next_at: now(), failed: 0, failure })
    }

    /// The last good address stays in front, and the others stand behind what is new.
    fn hear_resolver(&mut self, search: &mut Search) {
        match search.question.as_ref().and_then(Question::answer) {
            None => return,
            Some(Ok(found)) => {
                let is_news = found.iter().any(|one| !self.addresses.contains(one));
                let last = self.addresses.first().copied();
                self.addresses = last.into_iter().chain(found.into_iter().filter(|one| Some(*one) != last)).collect();
                if is_news {
                    (search.next, search.next_at, search.failed) = (usize::from(last.is_some()), now(), 0);
                }
            }
            Some(Err(error)) if self.addresses.is_empty() => search.failure = Failure::NoAddress(error),
            Some(Err(_)) => {}
        }
        search.question = None;
    }

    /// What to wait for, besides the outbox's bell.
    pub(super) fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.search.iter().flat_map(|search| search.tries.iter().map(|it| it.socket.as_fd()))
    }

    /// Whether a connection is looked for.
    pub(super) fn is_looking(&self) -> bool {
        self.search.is_some()
    }

    /// How long until there is something to do, if nothing happens before.
    pub(super) fn patience(&self) -> Duration {
        let search = self.search.as_ref();
        search.filter(|_| !self.addresses.is_empty()).map_or(ROUND, |search| search.next_at.since(now()))
    }
}

impl Search {
    /// The first try that has come to a good end; those that have failed are forgotten.
    fn look(&mut self) -> Option<(TcpStream, SocketAddr, Duration)> {
        let (mut found, mut going) = (None, Vec::new());
        for one in std::mem::take(&mut self.tries) {
            let is_over = ready::is_ready(one.socket.as_fd(), WRITE, Duration::ZERO);
            match one.socket.take_error() {
                _ if found.is_some() => {}
                Ok(None) if is_over => found = Some((one.socket.into(), one.to, now().since(one.since))),
                Ok(None) if now().since(one.since) < TRY_TIME => going.push(one),
                Ok(None) => self.fail(io::ErrorKind::TimedOut.into()),
                Ok(Some(error)) | Err(error) => self.fail(error),
            }
        }
        self.tries = going;
        found
    }

    /// An address has failed: the next one's turn has come.
    fn fail(&mut self, error: io::Error) {
        self.failure = Failure::Io(error);
        self.failed += 1;
        if self.next > 0 {
            self.next_at = now();
        }
    }

    fn start_tries(&mut self, addresses: &[SocketAddr]) {
        while self.next_at <= now() {
            let Some(address) = addresses.get(self.next) else {
                let is_over = addresses.is_empty() || self.failed >= addresses.len();
                if is_over && self.tries.is_empty() {
                    return;
                }
                (self.next, self.failed) = (0, 0);
                self.next_at = if is_over { now() + ROUND } else { self.next_at };
                continue;
            };
            self.next += 1;
            let is_last = self.next >= addresses.len();
            let round = if now().since(self.since) < LONG { ROUND } else { LATE_ROUND };
            self.next_at = now() + if is_last { STAGGER + round } else { STAGGER };
            match start(*address) {
                Ok(socket) => self.tries.push(Try { socket, to: *address, since: now() }),
                Err(error) => {
                    self.failure = Failure::Io(error);
                    self.failed += 1;
                    if !is_last {
                        // It takes none of its time.
                        self.next_at = now();
                    }
                }
            }
            if self.tries.len() > TRIES {
                // The oldest is the one for which a far line is the reason.
                self.tries.remove(1);
            }
        }
    }
}

fn start(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_nonblocking(true)?;
    // Lines are short and wait for nobody.
    socket.set_tcp_nodelay(true)?;
    // Without it the largest segments vanish on a way whose narrow part nobody tells of; a system
    // that does not let one choose does what it always did.
    if !address.ip().is_loopback() {
        let _ = socket.set_tcp_mss(SEGMENT_BYTES);
    }
    match socket.connect(&address.into()) {
        Err(error) if error.raw_os_error() != Some(Errno::EINPROGRESS as i32) => Err(error),
        _ => Ok(socket),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn an_address_that_fails_at_once_makes_no_other_wait() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        // Nobody connects to a group (tcp(7)); the kernel says so without sending anything.
        let addresses = ["224.0.0.1:9".parse().unwrap(), listener.local_addr().unwrap()];
        let failure = Failure::NoAddress(NoAddress::NobodyKnows);
        let mut search =
            Search { since: now(), question: None, tries: Vec::new(), next: 0, next_at: now(), failed: 0, failure };
        search.start_tries(&addresses);
        assert_eq!(search.tries.iter().map(|one| one.to).collect::<Vec<_>>(), addresses[1..]);
    }
}
