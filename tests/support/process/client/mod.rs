//! What the tests of chatc share: a server that follows a script, and a terminal to read from.
//! Everything waits on conditions, with one deadline; nothing sleeps.
#![allow(dead_code, unused_imports, unreachable_pub, missing_docs, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed, as it should")]

pub mod daemon;
pub mod hostile;
pub mod proxy;
pub mod pty;
pub mod server;
pub mod window;

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

pub(crate) use super::signals::signals_by_default;
pub use daemon::{Daemon, Peer};
pub use hostile::Hostile;
pub use proxy::Proxy;
pub use pty::Terminal;
pub use server::Server;
pub use window::Window;

/// How long anything may take before the test has failed; far more than it takes.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// A value that one thread changes and another waits for.
#[derive(Debug, Default)]
pub struct Watched<T> {
    value: Mutex<T>,
    changed: Condvar,
}

impl<T> Watched<T> {
    pub fn new(value: T) -> Self {
        Self { value: Mutex::new(value), changed: Condvar::new() }
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.value.lock().unwrap()
    }

    pub fn change(&self, change: impl FnOnce(&mut T)) {
        change(&mut self.lock());
        self.changed.notify_all();
    }

    /// Waits for this long, for what can only be asked again and again.
    pub fn pauses(&self, time: Duration) {
        drop(self.changed.wait_timeout_while(self.lock(), time, |_| true));
    }

    /// Waits until `is_so`, at most for the deadline; says whether it came to be.
    pub fn wait_until(&self, mut is_so: impl FnMut(&T) -> bool) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), DEADLINE, |value| !is_so(value));
        !waited.unwrap().1.timed_out()
    }
}
