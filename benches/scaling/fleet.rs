//! Many clients in one thread: a poll, one read buffer, edge-triggered sockets, one write per
//! client and round. Cheap enough that the server is what is measured; where it is not, the report
//! says so.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Socket, Type};

use crate::{Failure, Outcome};

const SCRATCH: usize = 256 * 1024;

/// Clients come from this many addresses, 127.0.0.2 and up, so that none runs out of ports.
const ADDRESSES: usize = 32;

/// A round that brings nothing for this long is a failure: something was lost.
const SILENCE: Duration = Duration::from_secs(10);

/// Who is told what the server sends.
pub(crate) trait Listener {
    /// A whole line, without its newline.
    fn line(&mut self, who: usize, line: &[u8], out: &mut Outputs) -> Outcome<()>;

    /// The server hung up on a client.
    fn closed(&mut self, who: usize) -> Outcome<()> {
        Err(Failure::new(format!("the server hung up on client {who}")))
    }

    /// Whether everything that was to come has come.
    fn is_done(&self) -> bool;
}

/// What is to be sent.
pub(crate) struct Outputs {
    queues: Vec<Vec<u8>>,
    dirty: Vec<usize>,
    /// When the bytes that are being handled were read.
    pub(crate) now: u64,
}

impl Outputs {
    /// A client's queue, to append to.
    pub(crate) fn to(&mut self, who: usize) -> &mut Vec<u8> {
        if self.queues[who].is_empty() {
            self.dirty.push(who);
        }
        &mut self.queues[who]
    }
}

struct Client {
    /// None when it is closed.
    stream: Option<TcpStream>,
    /// The start of a line whose end has not come yet.
    tail: Vec<u8>,
    is_connected: bool,
    /// Leaves unread what it is sent.
    is_stopped: bool,
}

/// The clients of one server.
pub(crate) struct Fleet {
    poll: Poll,
    events: Events,
    clients: Vec<Client>,
    pub(crate) out: Outputs,
    scratch: Vec<u8>,
    server: SocketAddr,
    /// Where a client comes from.
    origin: Box<dyn Fn(usize) -> Ipv4Addr>,
    start: Instant,
}

impl Fleet {
    pub(crate) fn new(server: SocketAddr) -> Outcome<Self> {
        Ok(Self {
            poll: Poll::new()?,
            events: Events::with_capacity(1024),
            clients: Vec::new(),
            out: Outputs { queues: Vec::new(), dirty: Vec::new(), now: 0 },
            scratch: vec![0; SCRATCH],
            server,
            origin: Box::new(|who| Ipv4Addr::new(127, 0, 0, 2 + (who % ADDRESSES) as u8)),
            start: Instant::now(),
        })
    }

    /// Says which addresses clients come from, where the system has these.
    pub(crate) fn come_from(&mut self, origin: impl Fn(usize) -> Ipv4Addr + 'static) {
        self.origin = Box::new(origin);
    }

    pub(crate) fn len(&self) -> usize {
        self.clients.len()
    }

    /// Nanoseconds since the fleet was made.
    pub(crate) fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    /// Starts to connect one more client. A given size of its receive buffer keeps the kernel from
    /// taking much on its behalf.
    pub(crate) fn connect(&mut self, receive_buffer: Option<usize>) -> Outcome<usize> {
        let who = self.clients.len();
        let stream = Some(self.open(who, receive_buffer)?);
        self.clients.push(Client { stream, tail: Vec::new(), is_connected: false, is_stopped: false });
        self.out.queues.push(Vec::new());
        Ok(who)
    }

    /// Closes a client's connection without a word. Only between rounds.
    pub(crate) fn cut(&mut self, who: usize) {
        let client = &mut self.clients[who];
        (client.stream, client.is_connected) = (None, false);
        client.tail.clear();
        self.out.queues[who].clear();
    }

    /// Starts to connect a client again that was cut.
    pub(crate) fn reconnect(&mut self, who: usize) -> Outcome<()> {
        self.clients[who].stream = Some(self.open(who, None)?);
        Ok(())
    }

    fn open(&self, who: usize, receive_buffer: Option<usize>) -> Outcome<TcpStream> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        socket.set_nonblocking(true)?;
        socket.set_tcp_nodelay(true)?;
        // Closing resets: nothing is left in TIME_WAIT.
        socket.set_linger(Some(Duration::ZERO))?;
        if let Some(bytes) = receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        if cfg!(target_os = "linux") {
            socket.bind(&SocketAddr::from(((self.origin)(who), 0)).into())?;
        }
        match socket.connect(&self.server.into()) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::WouldBlock || in_progress(&error) => {}
            Err(error) => return Err(error.into()),
        }
        let mut stream = TcpStream::from_std(socket.into());
        self.poll.registry().register(&mut stream, Token(who), Interest::READABLE | Interest::WRITABLE)?;
        Ok(stream)
    }

    /// Has a client leave unread whatever it is sent from now on.
    pub(crate) fn stop_reading(&mut self, who: usize) {
        self.clients[who].is_stopped = true;
    }

    /// Goes on until the listener has all it waits for, in a bounded time.
    pub(crate) fn run(&mut self, listener: &mut impl Listener, most: Duration) -> Outcome<()> {
        let begin = Instant::now();
        while !listener.is_done() {
            self.round(listener)?;
            if begin.elapsed() > most {
                return Err(Failure::new(format!("not finished within {} s", most.as_secs())));
            }
        }
        Ok(())
    }

    /// Sends what is to be sent, waits for something to come, hands it out.
    pub(crate) fn round(&mut self, listener: &mut impl Listener) -> Outcome<()> {
        if self.round_within(SILENCE, listener)? {
            return Ok(());
        }
        Err(Failure::new(format!("nothing came for {} s: a message is lost", SILENCE.as_secs())))
    }

    /// The same where nothing has to come within that time; says whether something did.
    pub(crate) fn round_within(&mut self, patience: Duration, listener: &mut impl Listener) -> Outcome<bool> {
        self.flush()?;
        match self.poll.poll(&mut self.events, Some(patience)) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(true),
            Err(error) => return Err(error.into()),
        }
        let came = !self.events.is_empty();
        let events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        for event in &events {
            let who = event.token().0;
            if event.is_writable() && !self.clients[who].is_connected {
                self.clients[who].is_connected = true;
            }
            if event.is_writable() && !self.out.queues[who].is_empty() {
                self.out.dirty.push(who);
            }
            if event.is_readable() || event.is_error() {
                self.read(who, listener)?;
            }
        }
        self.events = events;
        Ok(came)
    }

    /// Writes once to every client that has something to say.
    fn flush(&mut self) -> Outcome<()> {
        for who in std::mem::take(&mut self.out.dirty) {
            let (client, queue) = (&mut self.clients[who], &mut self.out.queues[who]);
            let Some(stream) = client.stream.as_mut().filter(|_| client.is_connected && !queue.is_empty()) else {
                continue;
            };
            match stream.write(queue) {
                Ok(count) if count == queue.len() => queue.clear(),
                Ok(count) => drop(queue.drain(..count)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(Failure::new(format!("client {who} cannot write: {error}"))),
            }
        }
        Ok(())
    }

    /// Reads until nothing is left and hands out the lines.
    fn read(&mut self, who: usize, listener: &mut impl Listener) -> Outcome<()> {
        loop {
            let client = &mut self.clients[who];
            let Some(stream) = client.stream.as_mut().filter(|_| !client.is_stopped) else { return Ok(()) };
            let held = client.tail.len();
            self.scratch[..held].copy_from_slice(&client.tail);
            client.tail.clear();
            let count = match stream.read(&mut self.scratch[held..]) {
                Ok(0) => {
                    client.stream = None;
                    return listener.closed(who);
                }
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    client.tail.extend_from_slice(&self.scratch[..held]);
                    return Ok(());
                }
                Err(error) if error.kind() == ErrorKind::ConnectionReset => {
                    client.stream = None;
                    return listener.closed(who);
                }
                Err(error) => return Err(Failure::new(format!("client {who} cannot read: {error}"))),
            };
            self.out.now = self.start.elapsed().as_nanos() as u64;
            let bytes = &self.scratch[..held + count];
            let mut at = 0;
            while let Some(length) = memchr::memchr(b'\n', &bytes[at..]) {
                listener.line(who, &bytes[at..at + length], &mut self.out)?;
                at += length + 1;
            }
            self.clients[who].tail.extend_from_slice(&bytes[at..]);
            if held + count < self.scratch.len() {
                return Ok(());
            }
        }
    }
}

/// Whether a connection is on its way (`EINPROGRESS`, for which std has no kind of its own).
fn in_progress(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(nix::errno::Errno::EINPROGRESS as i32)
}
