//! What waits to be sent. Any thread adds to it and none waits for that: what the connection does
//! not take at once is written by whoever reads from it, when it takes more.

use std::collections::VecDeque;
use std::io;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread;
use std::time::Duration;

use super::clock;
use super::ready::{self, Bell, WRITE};
use super::socket::Socket;
use crate::chat::Millis;
use crate::limits::OUTBOX_BYTES;
use crate::wire::{AnyCommand, compose};

/// See the file's text.
#[derive(Debug)]
pub(super) struct Outbox {
    queue: Mutex<Queue>,
    /// Rings when there is something to do for the thread that does the network.
    pub(super) bell: Bell,
}

#[derive(Debug, Default)]
struct Queue {
    /// Where it goes; nowhere while the connection is lost.
    socket: Option<Arc<Socket>>,
    bytes: VecDeque<u8>,
    /// How far the server's lines have been seen. Only the last such line matters, so that a server
    /// which asks for them and reads none of them does not fill the memory.
    told: Option<String>,
    has_goodbye: bool,
}

impl Outbox {
    /// # Errors
    /// When there are no descriptors to be had.
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { queue: Mutex::default(), bell: Bell::new()? })
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        // Bytes are bytes, whoever has panicked.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same until then: whoever has it may be the thread that panics.
    fn lock_by(&self, deadline: Millis) -> Option<MutexGuard<'_, Queue>> {
        loop {
            match self.queue.try_lock() {
                Ok(queue) => return Some(queue),
                Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
                Err(TryLockError::WouldBlock) if clock::now() < deadline => thread::sleep(Duration::from_millis(1)),
                Err(TryLockError::WouldBlock) => return None,
            }
        }
    }

    /// What is sent from now on goes here. What still waits was for the old connection.
    pub(super) fn connect(&self, socket: Option<Arc<Socket>>) {
        *self.lock() = Queue { socket, ..Queue::default() };
    }

    /// Sends a line, as soon as the connection takes it.
    pub(super) fn send(&self, line: &str) {
        let mut queue = self.lock();
        if queue.socket.is_none() {
            return;
        }
        if line.starts_with('@') {
            queue.told = Some(line.to_owned());
        } else {
            queue.has_goodbye |= line == compose(AnyCommand::Quit);
            queue.push(line);
        }
        queue.write();
        if !queue.bytes.is_empty() {
            self.bell.ring();
        }
    }

    /// Writes what the connection takes now.
    pub(super) fn flush(&self) {
        self.lock().write();
    }

    /// Whether something waits for the connection to take it.
    pub(super) fn is_waiting(&self) -> bool {
        !self.lock().bytes.is_empty()
    }

    /// Says goodbye behind all that waits, if nobody has, and sees it through to the server as long
    /// as that takes at most this long.
    pub(super) fn say_goodbye(&self, time: Duration) {
        let deadline = clock::now() + time;
        let Some(mut queue) = self.lock_by(deadline) else { return };
        if queue.socket.is_some() && !queue.has_goodbye {
            queue.has_goodbye = true;
            queue.push(&compose(AnyCommand::Quit));
        }
        while !queue.bytes.is_empty() {
            let left = deadline.since(clock::now());
            let is_ready = queue.socket.as_ref().is_some_and(|socket| ready::is_ready(socket.as_fd(), WRITE, left));
            if left.is_zero() || !is_ready {
                return;
            }
            queue.write();
        }
        if let Some(socket) = &queue.socket {
            socket.hear_out(deadline);
        }
    }
}

impl Queue {
    fn push(&mut self, line: &str) {
        self.bytes.extend(line.as_bytes());
        self.bytes.push_back(b'\n');
        if self.bytes.len() > OUTBOX_BYTES {
            self.give_up();
        }
    }

    fn write(&mut self) {
        loop {
            if self.bytes.is_empty()
                && let Some(told) = self.told.take()
            {
                self.push(&told);
            }
            let Some(socket) = self.socket.as_ref() else { return };
            let (front, _) = self.bytes.as_slices();
            if front.is_empty() && !socket.has_to_write() {
                return;
            }
            match socket.write(front) {
                Ok(written) => drop(self.bytes.drain(..written)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(_) => return self.give_up(),
            }
        }
    }

    /// Half a line may have gone out. Whoever reads from the connection sees its end.
    fn give_up(&mut self) {
        if let Some(socket) = self.socket.take() {
            socket.end();
        }
        (self.bytes, self.told) = Default::default();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::net::{TcpListener, TcpStream};

    use super::*;

    fn pair() -> (Outbox, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        ours.set_nonblocking(true).unwrap();
        let outbox = Outbox::new().unwrap();
        outbox.connect(Some(Arc::new(Socket::plain(ours))));
        (outbox, listener.accept().unwrap().0)
    }

    #[test]
    fn who_does_not_read_makes_nobody_wait_and_is_given_up_in_the_end() {
        let (outbox, _theirs) = pair();
        let line = "x".repeat(4000);
        let mut waiting = 0;
        for _ in 0..100_000 {
            outbox.send(&line);
            let queue = outbox.lock();
            // The kernel may take some more now and then; that is no end.
            if queue.socket.is_none() {
                return;
            }
            waiting = queue.bytes.len();
            assert!(waiting <= OUTBOX_BYTES);
        }
        panic!("{waiting} bytes wait");
    }

    #[test]
    fn signs_of_life_take_the_room_of_one() {
        let (outbox, _theirs) = pair();
        while !outbox.is_waiting() {
            outbox.send(&"x".repeat(4000));
        }
        let before = outbox.lock().bytes.len();
        for seen in 0..1000 {
            outbox.send(&compose(AnyCommand::Seen(seen)));
        }
        assert_eq!(outbox.lock().bytes.len(), before);
        assert_eq!(outbox.lock().told.as_deref(), Some("@ 999"));
    }

    #[test]
    fn the_goodbye_comes_behind_all_that_waits_and_once() {
        let (outbox, theirs) = pair();
        while outbox.lock().bytes.len() < 100_000 {
            outbox.send(&"x".repeat(4000));
        }
        let reading = std::thread::spawn(move || BufReader::new(theirs).lines().map(Result::unwrap).last());
        outbox.say_goodbye(Duration::from_secs(60));
        outbox.say_goodbye(Duration::from_secs(60));
        outbox.connect(None);
        assert_eq!(reading.join().unwrap().as_deref(), Some("QUIT"));
    }

    #[test]
    fn who_has_panicked_with_the_queue_in_hand_keeps_nobody_from_leaving() {
        let (outbox, _theirs) = pair();
        let queue = outbox.lock();
        // It comes back at all.
        outbox.say_goodbye(Duration::from_millis(10));
        assert!(!queue.has_goodbye);
    }
}
