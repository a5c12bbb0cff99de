//! A proxy that can be cut, can stop forwarding without closing, and can refuse.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use super::Watched;

#[derive(Default)]
struct State {
    upstream: String,
    /// New connections are closed at once.
    refusing: bool,
    /// Both ends of each connection.
    open: Vec<[TcpStream; 2]>,
    /// Connections up to this one are not forwarded any more.
    stalled: usize,
    /// How many connections were taken so far.
    taken: usize,
}

/// See the file's text.
pub struct Proxy {
    pub address: String,
    state: Arc<Watched<State>>,
}

impl Proxy {
    /// A proxy in front of `upstream`.
    pub fn start(upstream: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let state = Arc::new(Watched::new(State { upstream: upstream.to_owned(), ..State::default() }));
        let theirs = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming() {
                take(stream.unwrap(), &theirs);
            }
        });
        Self { address, state }
    }

    /// Cuts all connections.
    pub fn cut(&self) {
        self.state.change(|state| {
            for stream in state.open.drain(..).flatten() {
                let _ = stream.shutdown(Shutdown::Both);
            }
        });
    }

    /// Cuts all connections and refuses others.
    pub fn refuse(&self) {
        self.state.change(|state| state.refusing = true);
        self.cut();
    }

    /// Takes connections again.
    pub fn heal(&self) {
        self.state.change(|state| state.refusing = false);
    }

    /// Forwards nothing more over the connections there are, and leaves them open.
    pub fn stall(&self) {
        self.state.change(|state| state.stalled = state.taken);
    }

    /// How many connections were taken.
    pub fn taken(&self) -> usize {
        self.state.lock().taken
    }
}

fn take(client: TcpStream, state: &Arc<Watched<State>>) {
    let (refusing, upstream) = {
        let state = state.lock();
        (state.refusing, state.upstream.clone())
    };
    let server = if refusing { None } else { TcpStream::connect(upstream).ok() };
    let Some(server) = server else { return };
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
    }
    let mut number = 0;
    state.change(|state| {
        state.open.push([client.try_clone().unwrap(), server.try_clone().unwrap()]);
        state.taken += 1;
        number = state.taken;
    });
    for (from, to) in [(&client, &server), (&server, &client)] {
        let (from, to, state) = (from.try_clone().unwrap(), to.try_clone().unwrap(), Arc::clone(state));
        thread::spawn(move || forward(from, to, number, &state));
    }
}

fn forward(mut from: TcpStream, mut to: TcpStream, number: usize, state: &Watched<State>) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if state.lock().stalled >= number {
            // Whatever comes is swallowed; both ends stay open.
            continue;
        }
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    if state.lock().stalled < number {
        let _ = from.shutdown(Shutdown::Both);
        let _ = to.shutdown(Shutdown::Both);
    }
}
