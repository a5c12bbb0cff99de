//! What is asked of the operating system: cores, descriptors, CPU clocks, memory. Where a system
//! cannot tell, the answer is `None` and the report says so.

use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::Outcome;

/// Descriptors a process needs besides its connections.
const RESERVE: u64 = 1000;

/// More connections than this are not tried, whatever the limit: memory is finite.
const MOST: u64 = 60_000;

/// Raises the soft limit of descriptors to the hard one, for this process and its children. Says
/// how many connections it allows.
pub(crate) fn raise_descriptor_limit() -> Outcome<usize> {
    let (_, hard) = getrlimit(Resource::RLIMIT_NOFILE).map_err(std::io::Error::from)?;
    // macOS calls its limit unlimited and then refuses it.
    let asked = hard.min(MOST + RESERVE);
    setrlimit(Resource::RLIMIT_NOFILE, asked, hard).map_err(std::io::Error::from)?;
    Ok(asked.saturating_sub(RESERVE) as usize)
}

/// The CPU time a process has used, to the nanosecond.
#[cfg(any(target_os = "linux", target_os = "freebsd"))]
pub(crate) fn cpu_time(pid: u32) -> Option<Duration> {
    let clock = nix::time::clock_getcpuclockid(nix::unistd::Pid::from_raw(i32::try_from(pid).ok()?)).ok()?;
    Some(nix::time::clock_gettime(clock).ok()?.into())
}

/// The CPU time a process has used.
#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
pub(crate) fn cpu_time(_pid: u32) -> Option<Duration> {
    None
}

/// The cores this process was allowed to run on before it pinned itself.
#[cfg(target_os = "linux")]
fn cores() -> &'static [usize] {
    use nix::sched::{CpuSet, sched_getaffinity};
    static CORES: std::sync::OnceLock<Vec<usize>> = std::sync::OnceLock::new();
    CORES.get_or_init(|| {
        let Ok(allowed) = sched_getaffinity(nix::unistd::Pid::from_raw(0)) else { return Vec::new() };
        (0..CpuSet::count()).filter(|core| allowed.is_set(*core).unwrap_or(false)).collect()
    })
}

/// Pins a process to one of at least two cores, counted from the last. Says whether it could.
#[cfg(target_os = "linux")]
pub(crate) fn pin(pid: u32, from_last: usize) -> bool {
    use nix::sched::{CpuSet, sched_setaffinity};
    let Some(core) = cores().iter().rev().nth(from_last).filter(|_| cores().len() > 1) else { return false };
    let mut chosen = CpuSet::new();
    chosen.set(*core).is_ok() && sched_setaffinity(nix::unistd::Pid::from_raw(pid as i32), &chosen).is_ok()
}

/// Pins nothing: this system has no such call, or none that is safe to use from here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn pin(_pid: u32, _from_last: usize) -> bool {
    false
}

/// Has a process, or a thread, go before all usual ones, by chrt(1), where there is that and it may. What waits
/// for nothing but time is not held up by what else runs on this machine then.
pub(crate) fn urge(id: u32, level: u8) {
    use std::process::{Command, Stdio};
    let mut command = Command::new("chrt");
    command.args(["--fifo", "--pid", &level.to_string(), &id.to_string()]);
    let _ = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
}

/// The same for the thread that calls, before a server.
#[cfg(target_os = "linux")]
pub(crate) fn urge_this_thread() {
    urge(nix::unistd::gettid().as_raw().unsigned_abs(), 20);
}

/// Nothing: chrt(1) is Linux's.
#[cfg(not(target_os = "linux"))]
pub(crate) fn urge_this_thread() {}

/// A process's memory, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Memory {
    /// Resident in all.
    pub(crate) resident: u64,
    /// Resident and its own: heap and stack.
    pub(crate) anonymous: u64,
}

/// Reads what /proc tells; `None` elsewhere than on Linux.
pub(crate) fn memory(pid: u32) -> Option<Memory> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let field = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name))?;
        line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
    };
    Some(Memory { resident: field("VmRSS:")?, anonymous: field("RssAnon:")? })
}

/// One line about the machine, for the report.
pub(crate) fn machine() -> String {
    let cpu = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| {
        let line = text.lines().find(|line| line.starts_with("model name"))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    });
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{}, {cores} cores, {} {}",
        cpu.unwrap_or_else(|| "CPU unknown".to_owned()),
        std::env::consts::OS,
        kernel.trim()
    )
}
