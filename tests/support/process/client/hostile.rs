//! A server that lets its client in as a good one does, and then does its worst.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use super::Watched;
use super::server::{Client, NOON, answer};

/// How long nothing is taken of a flood until it counts as held up.
const HELD_UP: Duration = Duration::from_secs(1);

/// What it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Says these lines without end.
    Flood(&'static str),
    /// The same, and reads nothing more.
    DeafFlood(&'static str),
    /// Hangs up, and says these lines without end behind the answer to `RESUME`.
    Replay(&'static str),
    /// Reads nothing more once its client is in a room.
    Deaf,
}

/// See the file's text.
pub struct Hostile {
    pub address: String,
    /// The flood has come to where it shows what it does: much was taken, or nothing is any more.
    pub has_shown: Arc<Watched<bool>>,
    pub written: Arc<AtomicU64>,
}

impl Hostile {
    /// A flood has shown what it does after `enough` bytes.
    pub fn start(act: Act, enough: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        if act == Act::Deaf {
            // Else the kernel reads megabytes in its place.
            socket2::SockRef::from(&listener).set_recv_buffer_size(4096).unwrap();
        }
        let address = listener.local_addr().unwrap().to_string();
        let (has_shown, written) = (Arc::new(Watched::new(false)), Arc::new(AtomicU64::new(0)));
        let (shown, count) = (Arc::clone(&has_shown), Arc::clone(&written));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (shown, count) = (Arc::clone(&shown), Arc::clone(&count));
                thread::spawn(move || serve(&stream.unwrap(), act, &Flood { shown, count, enough }));
            }
        });
        Self { address, has_shown, written }
    }

    /// Waits until the flood has shown what it does, however slow the machine, while any of it is taken.
    #[track_caller]
    pub fn shows(&self) {
        let taken = || self.written.load(Ordering::SeqCst);
        let mut before = taken();
        while !self.has_shown.wait_until(|shown| *shown) {
            assert!(taken() > before, "no more than {before} bytes were taken");
            before = taken();
        }
    }
}

/// What is known of a flood.
struct Flood {
    shown: Arc<Watched<bool>>,
    count: Arc<AtomicU64>,
    enough: u64,
}

fn serve(stream: &TcpStream, act: Act, flood: &Flood) {
    let mut client = Client::default();
    for line in BufReader::new(stream.try_clone().unwrap()).lines() {
        let Ok(line) = line else { return };
        let reply = match (line.split(' ').next().unwrap(), act) {
            ("KEEP", _) => "+OK kept 00ff 120\n".to_owned(),
            ("RESUME", Act::Replay(_)) => "+OK resumed 3 alice 4 0\n".to_owned(),
            _ => answer(&mut client, &line).unwrap_or_default(),
        };
        // It may have gone; then there is nothing more to read either.
        let _ = (&*stream).write_all(reply.as_bytes());
        match act {
            Act::Flood(lines) if line == "ROOMS" => {
                let (stream, lines) = (stream.try_clone().unwrap(), lines);
                thread::scope(|scope| {
                    scope.spawn(|| drain(&stream));
                    flood.pours(&stream, lines);
                });
                return;
            }
            Act::DeafFlood(lines) if line == "ROOMS" => return flood.pours(stream, lines),
            Act::Replay(lines) if line.starts_with("RESUME") => return flood.pours(stream, lines),
            Act::Replay(_) if line == "ROOMS" => return,
            Act::Deaf if line.starts_with("MEMBERS") => {
                // Held open for as long as the test runs.
                std::mem::forget(stream.try_clone().unwrap());
                return flood.shown.change(|shown| *shown = true);
            }
            _ => {}
        }
    }
}

fn drain(stream: &TcpStream) {
    for line in BufReader::new(stream).lines() {
        if line.is_err() {
            return;
        }
    }
}

impl Flood {
    fn pours(&self, mut stream: &TcpStream, lines: &str) {
        stream.set_write_timeout(Some(HELD_UP)).unwrap();
        let text = lines.replace("@NOON", &NOON.to_string()).repeat(64 * 1024 / lines.len());
        let mut rest = text.as_bytes();
        loop {
            match stream.write(rest) {
                Ok(count) => {
                    rest = &rest[count..];
                    if self.count.fetch_add(count as u64, Ordering::SeqCst) > self.enough {
                        self.shown.change(|shown| *shown = true);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => self.shown.change(|shown| *shown = true),
                Err(_) => return,
            }
            if rest.is_empty() {
                rest = text.as_bytes();
            }
        }
    }
}
