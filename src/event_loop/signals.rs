//! Which signals end the daemon.

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// Those that ask the daemon to end, less those that whoever started it has told it to ignore:
/// `nohup` does so with HUP, a shell with INT for a job in the background.
pub(super) fn that_end() -> Vec<i32> {
    let ignored = ignored();
    [SIGTERM, SIGINT, SIGHUP].into_iter().filter(|signal| ignored & (1 << (signal - 1)) == 0).collect()
}

/// The signals ignored since the start, a bit each (proc_pid_status(5), `SigIgn`). Where there is no
/// such file, none.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
