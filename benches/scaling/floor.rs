//! The floor: a relay that moves bytes and does nothing else. What it costs, the kernel's socket
//! calls cost. A client says its place in one line, `P 7` (a pair), `R 7` (a room) or `N`
//! (nowhere), and is answered `+`. From then on what it sends goes to the other of its pair, or to
//! all others of its room, as it is.
//!
//! One read and one write per connection and tick. A room's bytes of one tick are collected once
//! and written to every member from there. Nothing is parsed: messages are told apart only by
//! being [`RECORD`] bytes long each, so that two senders' bytes are never interleaved in a record.
//! Unlike chatd it does not answer the sender of a message.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Socket, Type};

use crate::speech::RECORD;
use crate::{Failure, Outcome};

const LISTENER: Token = Token(usize::MAX);
const SCRATCH: usize = 64 * 1024;
/// A member that lets this much pile up is dropped.
const MOST_UNSENT: usize = 256 * 1024;
const ACCEPTS_PER_TICK: usize = 64;

/// Where a client's bytes go.
#[derive(Clone, Copy)]
enum Place {
    Unknown,
    Nowhere,
    Pair(u32),
    Room(u32),
}

struct Peer {
    stream: TcpStream,
    place: Place,
    /// What is left over, in the rare case: a part of a record that came, bytes that did not go.
    left: Option<Box<Left>>,
}

#[derive(Default)]
struct Left {
    input: Vec<u8>,
    unsent: Vec<u8>,
}

#[derive(Default)]
struct Room {
    members: Vec<u32>,
    /// The bytes of this tick, and who sent which.
    bytes: Vec<u8>,
    senders: Vec<(u32, usize)>,
}

struct Floor {
    listener: TcpListener,
    poll: Poll,
    /// By token; places are not used again.
    peers: Vec<Option<Peer>>,
    pairs: HashMap<u32, [Option<u32>; 2]>,
    rooms: HashMap<u32, Room>,
    dirty_rooms: Vec<u32>,
    /// Peers whose read filled the buffer.
    again: Vec<u32>,
    scratch: Vec<u8>,
    own: Vec<u8>,
    can_accept: bool,
}

/// Serves until killed.
pub(crate) fn run() -> Outcome<()> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_tcp_nodelay(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into())?;
    socket.listen(4096)?;
    let mut listener = TcpListener::from_std(socket.into());
    println!("floor listens on {}", listener.local_addr()?);
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let floor = Floor {
        listener,
        poll,
        peers: Vec::new(),
        pairs: HashMap::new(),
        rooms: HashMap::new(),
        dirty_rooms: Vec::new(),
        again: Vec::new(),
        scratch: vec![0; SCRATCH],
        own: Vec::new(),
        can_accept: false,
    };
    floor.serve()
}

impl Floor {
    fn serve(mut self) -> Outcome<()> {
        let mut events = Events::with_capacity(1024);
        loop {
            let is_busy = self.can_accept || !self.again.is_empty();
            match self.poll.poll(&mut events, is_busy.then_some(std::time::Duration::ZERO)) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            }
            for peer in std::mem::take(&mut self.again) {
                self.read(peer)?;
            }
            for event in &events {
                if event.token() == LISTENER {
                    self.can_accept = true;
                    continue;
                }
                let peer = event.token().0 as u32;
                if event.is_writable() {
                    self.write_left(peer);
                }
                if event.is_readable() || event.is_error() {
                    self.read(peer)?;
                }
            }
            self.accept()?;
            for room in std::mem::take(&mut self.dirty_rooms) {
                self.write_room(room);
            }
        }
    }

    fn accept(&mut self) -> Outcome<()> {
        for _ in 0..ACCEPTS_PER_TICK {
            if !self.can_accept {
                break;
            }
            match self.listener.accept() {
                Ok((mut stream, _)) => {
                    let token = Token(self.peers.len());
                    self.poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
                    self.peers.push(Some(Peer { stream, place: Place::Unknown, left: None }));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.can_accept = false,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn read(&mut self, number: u32) -> Outcome<()> {
        let Some(peer) = &mut self.peers[number as usize] else { return Ok(()) };
        let mut scratch = std::mem::take(&mut self.scratch);
        let held = peer.left.as_mut().map_or(0, |left| {
            scratch[..left.input.len()].copy_from_slice(&left.input);
            std::mem::take(&mut left.input).len()
        });
        match peer.stream.read(&mut scratch[held..]) {
            Ok(0) => self.forget(number),
            Ok(count) => {
                let place = peer.place;
                if held + count == scratch.len() {
                    self.again.push(number);
                }
                self.relay(number, place, &scratch[..held + count])?;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.forget(number),
        }
        self.scratch = scratch;
        Ok(())
    }

    fn relay(&mut self, number: u32, place: Place, bytes: &[u8]) -> Outcome<()> {
        let whole = bytes.len() - bytes.len() % RECORD;
        match place {
            Place::Unknown => return self.take_place(number, bytes),
            Place::Nowhere => {}
            Place::Pair(pair) => {
                let ends = self.pairs.get(&pair).copied().unwrap_or_default();
                if let Some(other) = ends.into_iter().flatten().find(|end| *end != number) {
                    self.write(other, bytes);
                }
                return Ok(());
            }
            Place::Room(id) => {
                if let Some(room) = self.rooms.get_mut(&id) {
                    if room.senders.is_empty() {
                        self.dirty_rooms.push(id);
                    }
                    room.senders.push((number, whole));
                    room.bytes.extend_from_slice(&bytes[..whole]);
                }
            }
        }
        if whole < bytes.len()
            && let Some(peer) = &mut self.peers[number as usize]
        {
            peer.left.get_or_insert_default().input.extend_from_slice(&bytes[whole..]);
        }
        Ok(())
    }

    /// Reads the first line, which comes whole.
    fn take_place(&mut self, number: u32, line: &[u8]) -> Outcome<()> {
        let text = std::str::from_utf8(line).unwrap_or_default();
        let id = || text.get(2..).and_then(|id| id.trim_end().parse().ok());
        let place = match (text.get(..1), id()) {
            (Some("P"), Some(id)) => Place::Pair(id),
            (Some("R"), Some(id)) => Place::Room(id),
            (Some("N"), _) => Place::Nowhere,
            _ => return Err(Failure::new(format!("no place: {text:?}"))),
        };
        match place {
            Place::Pair(id) => {
                let ends = self.pairs.entry(id).or_default();
                ends[usize::from(ends[0].is_some())] = Some(number);
            }
            Place::Room(id) => self.rooms.entry(id).or_default().members.push(number),
            Place::Unknown | Place::Nowhere => {}
        }
        if let Some(peer) = &mut self.peers[number as usize] {
            peer.place = place;
        }
        self.write(number, b"+\n");
        Ok(())
    }

    /// One write to each member: all that was sent in this tick but its own.
    fn write_room(&mut self, id: u32) {
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let (bytes, senders) = (std::mem::take(&mut room.bytes), std::mem::take(&mut room.senders));
        let members = std::mem::take(&mut room.members);
        for member in &members {
            if senders.iter().all(|(sender, _)| sender != member) {
                self.write(*member, &bytes);
                continue;
            }
            let (mut at, mut own) = (0, std::mem::take(&mut self.own));
            own.clear();
            for (sender, count) in &senders {
                if sender != member {
                    own.extend_from_slice(&bytes[at..at + count]);
                }
                at += count;
            }
            if !own.is_empty() {
                self.write(*member, &own);
            }
            self.own = own;
        }
        if let Some(room) = self.rooms.get_mut(&id) {
            room.members = members;
            (room.bytes, room.senders) = (bytes, senders);
            room.bytes.clear();
            room.senders.clear();
        }
    }

    fn write(&mut self, number: u32, bytes: &[u8]) {
        let Some(peer) = &mut self.peers[number as usize] else { return };
        let is_waiting = peer.left.as_ref().is_some_and(|left| !left.unsent.is_empty());
        let sent = if is_waiting { Ok(0) } else { peer.stream.write(bytes) };
        let sent = match sent {
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(_) => return self.forget(number),
        };
        if sent < bytes.len() {
            let unsent = &mut peer.left.get_or_insert_default().unsent;
            unsent.extend_from_slice(&bytes[sent..]);
            if unsent.len() > MOST_UNSENT {
                self.forget(number);
            }
        }
    }

    fn write_left(&mut self, number: u32) {
        let Some(Some(peer)) = self.peers.get_mut(number as usize) else { return };
        let Some(left) = peer.left.as_mut().filter(|left| !left.unsent.is_empty()) else { return };
        match peer.stream.write(&left.unsent) {
            Ok(count) => drop(left.unsent.drain(..count)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => self.forget(number),
        }
    }

    fn forget(&mut self, number: u32) {
        // The descriptor closes with the stream. Its place in pair or room stays, and is skipped.
        self.peers[number as usize] = None;
    }
}
