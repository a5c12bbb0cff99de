//! A layer above a socket, as TLS is one: it takes all that the socket has and gives it out in small
//! pieces, accepts more than the socket takes, and has something to say of its own.

use std::collections::VecDeque;
use std::io::{self, ErrorKind};

use chatd::server::Taken;

use super::support::Wire;

/// What the layer holds back, and how it cuts.
#[derive(Debug)]
pub(crate) struct Layer {
    /// Taken from the socket and not given to the server yet.
    opened: VecDeque<u8>,
    /// Accepted from the server, or the layer's own, and not taken by the socket yet.
    pub(crate) sealed: VecDeque<u8>,
    /// How many bytes one read gives at most.
    piece: usize,
    /// How many bytes it accepts at most before they are written.
    space: usize,
    pub(crate) flushes: usize,
}

impl Layer {
    /// What it says of its own, which nobody above it sees.
    pub(crate) const OWN: u8 = 0;

    pub(crate) fn new(piece: usize, space: usize) -> Self {
        Self { opened: VecDeque::new(), sealed: VecDeque::new(), piece, space, flushes: 0 }
    }
}

impl Wire {
    /// What a read gives if there is a layer and it has something: the whole socket's bytes are in it
    /// then. It says something of its own for whatever arrives.
    pub(crate) fn open(&mut self, buffer: &mut [u8]) -> Option<Taken> {
        let layer = self.layer.as_mut()?;
        if !self.to_server.is_empty() {
            layer.opened.append(&mut self.to_server);
            layer.sealed.push_back(Layer::OWN);
        }
        let count = layer.opened.len().min(layer.piece).min(buffer.len());
        for (place, byte) in buffer.iter_mut().zip(layer.opened.drain(..count)) {
            *place = byte;
        }
        (count > 0).then_some(Taken { count, is_drained: layer.opened.is_empty() })
    }

    /// What the layer accepts of some bytes. Only when it is full does it write by itself.
    pub(crate) fn accept(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.layer.as_ref().is_some_and(|layer| layer.sealed.len() >= layer.space) {
            self.flush()?;
        }
        let Some(layer) = &mut self.layer else { return Err(ErrorKind::NotConnected.into()) };
        let count = bytes.len().min(layer.space - layer.sealed.len());
        layer.sealed.extend(bytes.iter().take(count));
        Ok(count)
    }

    /// Writes what the layer has accepted as far as the socket takes it.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let Some(mut layer) = self.layer.take() else { return Ok(()) };
        layer.flushes += 1;
        let mut sent = Ok(0);
        while sent.is_ok() && !layer.sealed.is_empty() {
            sent = self.send(layer.sealed.make_contiguous());
            layer.sealed.drain(..*sent.as_ref().unwrap_or(&0));
        }
        self.layer = Some(layer);
        sent.map(drop)
    }
}
