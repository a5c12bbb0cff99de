//! Which signals end the daemon, and which do nothing to it. No other but KILL, STOP and those of a
//! fault in the program does what the system would do unasked, which is to end it without a word.

use std::io;

use nix::sys::signal::{SigSet, Signal};

/// Those that ask the daemon to end. ALRM comes from a timer that its starter left running, XCPU
/// from a limit on processor time (setrlimit(2)), PWR from an init when the power fails.
const ENDING: &[Signal] = &[
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGHUP,
    Signal::SIGQUIT,
    Signal::SIGALRM,
    Signal::SIGXCPU,
    #[cfg(target_os = "linux")]
    Signal::SIGPWR,
];

/// Those that would end or stop it although nobody meant that: a log that has reached the limit on
/// the size of files, writing to a terminal or reading from it in the background, what other
/// programs take as an order to open their log anew, timers.
const HELD_BACK: &[Signal] = &[
    Signal::SIGXFSZ,
    Signal::SIGTTOU,
    Signal::SIGTTIN,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGPIPE,
    Signal::SIGVTALRM,
    Signal::SIGPROF,
    Signal::SIGIO,
    #[cfg(target_os = "linux")]
    Signal::SIGSTKFLT,
];

/// Those that end it, less those that whoever started it has told it to ignore: `nohup` does so
/// with HUP, a shell with INT for a job in the background.
pub(super) fn that_end() -> Vec<i32> {
    let ignored = ignored();
    let numbers = ENDING.iter().map(|signal| *signal as i32);
    numbers.filter(|number| ignored & (1 << (number - 1)) == 0).collect()
}

/// Blocks those that are to do nothing (what is blocked is not delivered, and a write in the
/// background goes through: tty_ioctl(4), TOSTOP), and no others, whatever the starter has blocked.
pub(super) fn hold_back() -> io::Result<()> {
    let held_back: SigSet = HELD_BACK.iter().copied().collect();
    Ok(held_back.thread_set_mask()?)
}

/// The signals ignored since the start, a bit each (proc_pid_status(5), `SigIgn`). Where there is no
/// such file, none.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
