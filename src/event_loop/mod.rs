//! Event loop: the thin binding of [`crate::server`] to the operating system. Knows listeners,
//! signals, stdin and clocks; does not know what a user or a room is.
//!
//! Sockets are registered once, for reading and writing, edge-triggered; what is left to do after
//! an edge is remembered by the server. No thread but this one.

mod acceptor;
mod announcer;
mod clock;
mod control;
mod endpoint;
mod failure;
mod files;
mod listen;
mod listeners;
mod places;
mod private;
mod signals;
mod sources;
mod state;
mod stdio;
#[cfg(test)]
mod tests;
mod transport;

pub use announcer::Announcement;
pub use control::connect as connect_control;
pub use endpoint::{Address, Endpoint, LISTEN_FORMS};
pub use failure::Failure;
pub use listen::{ListenError, Why};
pub use places::default_control_paths;
pub use stdio::Stdin;

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use mio::{Events, Interest, Poll};
use signal_hook_mio::v1_0::Signals;

use crate::chat::{Millis, Now};
use crate::lan::shown;
use crate::limits::{Limits, RESERVED_FILES};
use crate::server::{Config, Readiness, Server};
use announcer::Announcer;
use clock::Clock;
use control::{Control, News, Unbound, Wanted};
use listen::Options;
use listeners::Listeners;
use sources::{MAX_LISTENERS, Source};
use state::StateDir;
use stdio::Log;
use transport::Transport;

const EVENTS_PER_POLL: usize = 1024;
/// How soon to try again to write log lines that stderr did not take.
const LOG_RETRY: Duration = Duration::from_millis(100);

/// Whether the daemon serves or is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Serving,
    Draining { until: Millis },
}

/// The daemon's loop.
pub struct EventLoop {
    poll: Poll,
    signals: Signals,
    listeners: Listeners,
    server: Server<Transport>,
    clock: Clock,
    log: Log,
    mode: Mode,
    drain_timeout: Duration,
    control: Option<Control>,
    state: Option<StateDir>,
    announcer: Option<Announcer>,
}

impl EventLoop {
    /// Binds and registers everything; `listen` empty means the default addresses. If it may wait,
    /// addresses that this machine does not have yet are listened on when they come.
    ///
    /// # Errors
    /// When an address cannot be listened on, or the system refuses something essential.
    pub fn new(listen: &[Endpoint], may_wait: bool, config: Config) -> Result<Self, Failure> {
        let config = Config { limits: Self::limits_in_force(config.limits)?, ..config };
        let (dead_after, drain_timeout) = (config.limits.dead_after, config.limits.drain_timeout);
        let poll = Poll::new()?;
        let mut listeners = Listeners::bind(listen, Options { dead_after, only_v6: false }, may_wait)?;
        if listeners.count() > MAX_LISTENERS {
            return Err(Failure::TooManyListeners);
        }
        listeners.register(poll.registry(), 0)?;
        signals::hold_back()?;
        let mut signals = Signals::new(signals::that_end())?;
        poll.registry().register(&mut signals, Source::Signals.token(), Interest::READABLE)?;
        let (mut server, clock) = (Server::new(config), Clock::new());
        server.set_time(clock.now());
        Ok(Self {
            poll,
            signals,
            listeners,
            server,
            clock,
            log: Log::new(),
            mode: Mode::Serving,
            drain_timeout,
            control: None,
            state: None,
            announcer: None,
        })
    }

    /// The limits as they will be: the number of connections depends on how many files the system
    /// lets this process open, which is raised as far as it goes.
    ///
    /// # Errors
    /// When the system allows fewer files than the limits ask for.
    pub fn limits_in_force(limits: Limits) -> Result<Limits, Failure> {
        let files = files::raise_limit()?;
        let most = files.saturating_sub(RESERVED_FILES);
        if most == 0 || limits.connections > most {
            return Err(Failure::TooFewFiles { files, connections: limits.connections.max(1) });
        }
        Ok(Limits { connections: if limits.connections == 0 { most } else { limits.connections }, ..limits })
    }

    /// The addresses listened on, with the ports the kernel chose where none was given.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        self.listeners.bound.iter().map(|listener| listener.address)
    }

    /// The addresses that are waited for.
    pub fn awaited(&self) -> impl Iterator<Item = &Address> {
        self.listeners.waiting()
    }

    /// The port by which `chatd ctl` finds this daemon.
    pub fn port(&self) -> u16 {
        self.listeners.port()
    }

    /// Lets operators in over a Unix socket, for `chatd ctl`. Without a path one of the usual places
    /// is used, and if there is none, or another daemon's socket is there, that is no failure.
    ///
    /// # Errors
    /// When the socket cannot be made where it was asked for.
    pub fn open_control(&mut self, path: Option<PathBuf>) -> Result<(), Failure> {
        let is_asked_for = path.is_some();
        let mut control = Control::new(path.map_or(Wanted::Usual(self.port()), Wanted::At));
        match control.open(self.poll.registry(), self.clock.now().steady) {
            Ok(path) => self.tell_of_control(News::Made(path)),
            Err(Unbound { path, error }) if is_asked_for => return Err(Failure::Control { path, error }),
            Err(unbound) => self.tell_of_control(control.missed(unbound)),
        }
        self.control = Some(control);
        Ok(())
    }

    fn tell_of_control(&mut self, news: News) {
        let journal = self.server.journal();
        match news {
            News::Made(path) => journal.note(format_args!("control path={}", path.display())),
            News::Missing(Unbound { path, error }) => {
                journal.warn(format_args!("no-control path={} error={error}", path.display()));
            }
        }
    }

    /// Where the control socket is, if there is one.
    pub fn control_path(&self) -> Option<&Path> {
        self.control.as_ref().and_then(Control::path)
    }

    /// Announces the daemon on the LAN, by multicast DNS. Whatever fails, the daemon runs without it.
    pub fn announce(&mut self, announcement: Announcement) {
        let now = self.clock.now();
        let seed = now.wall.0 ^ u64::from(std::process::id()) << 32;
        let announcer = Announcer::new(announcement, self.addresses().collect(), seed, now.steady);
        if let Err(error) = announcer.register(self.poll.registry()) {
            self.server.journal().warn(format_args!("links-not-watched error={error}"));
        }
        self.announcer = Some(announcer);
    }

    /// Keeps bans in a directory from one start to the next.
    ///
    /// # Errors
    /// When the directory cannot be read. What is damaged in it is set aside.
    pub fn open_state(&mut self, directory: PathBuf) -> Result<(), Failure> {
        let state = StateDir::new(directory);
        let failed = |error| Failure::State { path: state.bans_path(), error };
        let now = self.clock.now();
        if let Some(text) = state.read_bans().map_err(failed)?
            && let Err(bad) = self.server.load_bans(&text, now)
        {
            let aside = state.set_bans_aside().map_err(failed)?;
            let (line, aside) = (bad.line, aside.display());
            self.server.journal().warn(format_args!("bans-damaged line={line} set-aside={aside}"));
        }
        self.state = Some(state);
        Ok(())
    }

    /// Serves until a signal or the operator ends it. Returns when everybody has been told.
    ///
    /// # Errors
    /// When the system refuses to wait for events, which leaves nothing to do.
    pub fn run(mut self) -> Result<(), Failure> {
        let mut events = Events::with_capacity(EVENTS_PER_POLL);
        // Nobody listens unless systemd started this (sd_notify(3)).
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Ready]);
        let mut now = self.clock.now();
        loop {
            let timeout = self.poll_timeout(now);
            match self.poll.poll(&mut events, timeout) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {
                    now = self.clock.now();
                    continue;
                }
                Err(error) => return Err(error.into()),
            }
            let started = self.clock.precise();
            now = self.clock.at(started);
            self.server.set_time(now);
            for event in &events {
                self.dispatch(event, now);
            }
            self.listen_on_what_came(now);
            self.announce_on(now);
            self.accept_waiting(now);
            self.accept_operators(now);
            self.check_control(now);
            self.server.tick(now);
            self.save_bans(now);
            self.write_log();
            if self.server.stop_asked() && self.mode == Mode::Serving {
                self.server.journal().warn(format_args!("stopping by=operator"));
                self.drain(now);
            }
            if self.is_finished(now) {
                self.write_log();
                return Ok(());
            }
            let took = self.clock.precise().saturating_sub(started);
            self.server.note_tick(took, now);
            now.steady = now.steady + took;
        }
    }

    fn save_bans(&mut self, now: Now) {
        let (Some(state), Some(bans)) = (&self.state, self.server.take_changed_bans(now)) else { return };
        if let Err(error) = state.write_bans(&bans) {
            let path = state.bans_path();
            self.server.journal().warn(format_args!("bans-not-saved path={} error={error}", path.display()));
        }
    }

    fn check_control(&mut self, now: Now) {
        let news = self.control.as_mut().and_then(|control| control.check(self.poll.registry(), now.steady));
        if let Some(news) = news {
            self.tell_of_control(news);
        }
    }

    fn dispatch(&mut self, event: &mio::event::Event, now: Now) {
        match Source::of(event.token()) {
            Source::Signals => self.handle_signals(now),
            Source::Control => self.control.iter_mut().for_each(|control| control.is_ready = true),
            Source::Links => self.announcer.iter_mut().for_each(|announcer| announcer.note_links(now.steady)),
            Source::Group(number) => self.announcer.iter_mut().for_each(|announcer| announcer.note_ready(number)),
            Source::Listener(number) => {
                if let Some(listener) = self.listeners.bound.get_mut(number) {
                    listener.is_ready = true;
                }
            }
            Source::Connection(token) => {
                let readiness = Readiness {
                    readable: event.is_readable(),
                    writable: event.is_writable(),
                    hung_up: event.is_read_closed() || event.is_error(),
                };
                self.server.handle_ready(token, readiness);
            }
        }
    }

    fn handle_signals(&mut self, now: Now) {
        let signals: Vec<i32> = self.signals.pending().collect();
        for signal in signals {
            if self.mode != Mode::Serving {
                // Asked twice: the shell's convention for "ended by signal N".
                std::process::exit(128 + signal);
            }
            self.server.journal().warn(format_args!("stopping signal={signal}"));
            self.drain(now);
        }
    }

    fn listen_on_what_came(&mut self, now: Now) {
        for news in self.listeners.try_waiting(self.poll.registry(), now.steady) {
            match news {
                listeners::News::Listening(address) => {
                    let listens_on: Vec<SocketAddr> = self.addresses().collect();
                    if let Some(announcer) = &mut self.announcer {
                        announcer.note_listening(listens_on, now.steady);
                    }
                    self.server.journal().note(format_args!("listening on={}", shown(address)));
                }
                listeners::News::Failed(error) => {
                    self.server.journal().warn(format_args!("listen-failed error={error}"));
                }
            }
        }
    }

    fn announce_on(&mut self, now: Now) {
        let Some(announcer) = &mut self.announcer else { return };
        for news in announcer.go_on(self.poll.registry(), now.steady) {
            match news {
                announcer::News::Announced { name, interface } => {
                    self.server.journal().note(format_args!("announced interface={interface} name={name:?}"));
                }
                announcer::News::Failed { interface, error } => {
                    self.server.journal().warn(format_args!("not-announced interface={interface} error={error}"));
                }
            }
        }
    }

    /// Stops listening and tells everybody; the loop ends when they have hung up.
    fn drain(&mut self, now: Now) {
        if self.mode != Mode::Serving {
            return;
        }
        self.mode = Mode::Draining { until: now.steady + self.drain_timeout };
        let _ = sd_notify::notify(&[sd_notify::NotifyState::Stopping]);
        if let Some(mut announcer) = self.announcer.take() {
            announcer.say_goodbye();
        }
        self.listeners.close();
        self.control = None;
        self.server.shut_down(now);
        self.server.tick(now);
        self.write_log();
    }

    fn is_finished(&self, now: Now) -> bool {
        match self.mode {
            Mode::Serving => false,
            Mode::Draining { until } => self.server.connection_count() == 0 || until <= now.steady,
        }
    }

    fn poll_timeout(&self, now: Now) -> Option<Duration> {
        let drained = match self.mode {
            Mode::Serving => None,
            Mode::Draining { until } => Some(until.since(now.steady)),
        };
        let log = if self.log.is_empty() { None } else { Some(LOG_RETRY) };
        let accept = self
            .listeners
            .bound
            .iter()
            .filter(|listener| listener.is_ready)
            .map(|listener| listener.paused_until.map_or(Duration::ZERO, |until| until.since(now.steady)));
        let control = self.control.as_ref().map(|control| control.next_check().since(now.steady));
        let address = self.listeners.next_try().map(|at| at.since(now.steady));
        let announcer = self.announcer.as_ref().and_then(Announcer::next_due).map(|at| at.since(now.steady));
        [self.server.poll_timeout(now), drained, log, control, address, announcer]
            .into_iter()
            .flatten()
            .chain(accept)
            .min()
    }

    fn write_log(&mut self) {
        self.log.write_out();
        while self.log.is_empty() && !self.server.journal().is_empty() {
            let lines = self.server.journal().take();
            self.log.add(&lines);
            self.log.write_out();
        }
    }
}
