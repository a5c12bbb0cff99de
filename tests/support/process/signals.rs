//! Programs under test take signals as by default, however the test itself was started.

use std::sync::Once;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};

/// A program starts with those signals ignored that its starter ignores (`nohup cargo test`, a job
/// in the background of a script), but with those at their default that its starter handles
/// (execve(2)). So what this process ignores it handles from now on, by doing nothing.
pub(crate) fn signals_by_default() {
    static ONCE: Once = Once::new();
    static HEARD: AtomicBool = AtomicBool::new(false);
    ONCE.call_once(|| {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
        let ignored = mask.and_then(|mask| u64::from_str_radix(mask, 16).ok()).unwrap_or(0);
        for signal in [SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU] {
            if ignored & (1 << (signal - 1)) != 0 {
                signal_hook::flag::register(signal, &HEARD).expect("it can be handled");
            }
        }
    });
}
