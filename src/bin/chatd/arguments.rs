//! The command line: flags, and what their values mean.

use std::path::PathBuf;
use std::time::Duration;

use argh::FromArgs;
use chatd::discovery::Service;
use chatd::event_loop::{Announcement, Endpoint};
use chatd::limits::{Limits, PORT, Rate};
use chatd::server::{Config, Level};
use chatd::wire::PROTOCOL_VERSION;
use nix::unistd::gethostname;

const DEFAULT: Limits = Limits::DEFAULT;

/// A chat daemon for one LAN. Needs no configuration: start it, and people join with `chatc`.
///
/// Its own terminal is the operator's console; type `help` there.
#[derive(FromArgs)]
#[argh(
    help_triggers("-h", "--help", "help"),
    note = "A RATE is BURST/SECONDS: so many at once, then one each so many seconds; 0 means no limit.\n\
            Signals: TERM, INT, HUP or QUIT once tells everybody and ends in order; twice ends at once, with 128 + its number.\n\
            The log goes to stderr, the console's answers to stdout. docs/OPERATIONS.md explains every limit and log line.",
    example = "Listen on one address only:\n  {command_name} --listen 192.168.1.5",
    example = "Run without a console, with the log in a file:\n  {command_name} < /dev/null 2>> chatd.log &",
    error_code(0, "ended in order"),
    error_code(1, "could not start, or could not go on; the reason is on stderr")
)]
pub(crate) struct Arguments {
    /// address to listen on: IP, IP:PORT, [IPv6]:PORT, IPv6%INTERFACE, [IPv6%INTERFACE]:PORT, NAME, NAME:PORT or :PORT; may
    /// be given several times (default: all addresses of this machine, port 2428)
    #[argh(option, arg_name = "address", from_str_fn(Endpoint::new))]
    pub(crate) listen: Vec<Endpoint>,

    /// listen on addresses that this machine does not have yet when it gets them
    #[argh(switch)]
    pub(crate) wait_for_addresses: bool,

    /// name under which chatc finds this server on the network (default: chatd on HOSTNAME)
    #[argh(option, arg_name = "name", from_str_fn(parse_announced_name))]
    announce_as: Option<String>,

    /// interface on which the server is announced; may be given several times (default: all but the loopback one, where it
    /// listens)
    #[argh(option, arg_name = "interface")]
    announce_on: Vec<String>,

    /// do not announce the server on the network
    #[argh(switch)]
    no_announce: bool,

    /// seconds a request for a private chat waits for an answer (default: 60)
    #[argh(option, arg_name = "seconds", default = "DEFAULT.invite_timeout", from_str_fn(parse_seconds))]
    invite_timeout: Duration,

    /// seconds a user's place is kept when the connection is lost; 0: not at all (default: 120)
    #[argh(option, arg_name = "seconds", default = "DEFAULT.resume_grace", from_str_fn(parse_seconds_or_none))]
    resume_grace: Duration,

    /// lines of each room kept in memory for those who join later; 0: none (default: 100)
    #[argh(option, arg_name = "lines", default = "DEFAULT.backlog", from_str_fn(parse_number))]
    backlog: usize,

    /// bytes of memory for what is kept of all rooms; beyond, some of it is forgotten (default: 67108864)
    #[argh(option, arg_name = "bytes", default = "DEFAULT.backlogs_total", from_str_fn(parse_number))]
    max_memory_backlogs: usize,

    /// take new names of users and rooms in ASCII only: letters, digits, _ and -
    #[argh(switch)]
    ascii_names: bool,

    /// show users' addresses to the operator only
    #[argh(switch)]
    hide_addresses: bool,

    /// log what is said in rooms, too (private chats are never logged)
    #[argh(switch)]
    log_rooms: bool,

    /// connections at a time, 1 or more (default: as many as the system allows)
    #[argh(option, arg_name = "count", default = "DEFAULT.connections", from_str_fn(parse_connections))]
    max_connections: usize,

    /// connections at a time from one address; 0: no limit (default: 64)
    #[argh(option, arg_name = "count", default = "DEFAULT.connections_per_address", from_str_fn(parse_number))]
    max_per_address: usize,

    /// how often a client may send a line; beyond, it waits (default: 10/0.333)
    #[argh(option, arg_name = "rate", default = "DEFAULT.lines", from_str_fn(parse_rate))]
    rate_lines: Rate,

    /// how often a client may ask somebody for a chat; beyond, it waits (default: 5/3)
    #[argh(option, arg_name = "rate", default = "DEFAULT.requests", from_str_fn(parse_rate))]
    rate_requests: Rate,

    /// how often a client may announce; beyond, it waits (default: 3/10)
    #[argh(option, arg_name = "rate", default = "DEFAULT.announcements", from_str_fn(parse_rate))]
    rate_announcements: Rate,

    /// milliseconds of the daemon's work that a client's lines to many may take; beyond, it waits (default: 100/0.04)
    #[argh(option, arg_name = "rate", default = "DEFAULT.work", from_str_fn(parse_rate))]
    rate_work: Rate,

    /// the same for all clients from one address (default: 250/0.01)
    #[argh(option, arg_name = "rate", default = "DEFAULT.work_per_address", from_str_fn(parse_rate))]
    rate_work_address: Rate,

    /// how often one address may try to enter; beyond, it waits (default: 64/0.25)
    #[argh(option, arg_name = "rate", default = "DEFAULT.entries", from_str_fn(parse_rate))]
    rate_entries: Rate,

    /// how often one address may connect; beyond, it is refused (default: 256/0.05)
    #[argh(option, arg_name = "rate", default = "DEFAULT.connects", from_str_fn(parse_rate))]
    rate_connects: Rate,

    /// how often the log has a line about clients that have not entered; beyond, they are counted (default: 20/0.5)
    #[argh(option, arg_name = "rate", default = "DEFAULT.log", from_str_fn(parse_rate))]
    rate_log: Rate,

    /// places kept for users of one address whose connections are lost; 0: no limit (default: 64)
    #[argh(option, arg_name = "count", default = "DEFAULT.places_per_address", from_str_fn(parse_number))]
    max_places_per_address: usize,

    /// unsent bytes above which a client is not heard until it reads (default: 65536)
    #[argh(option, arg_name = "bytes", default = "DEFAULT.output_soft", from_str_fn(parse_number))]
    output_soft: usize,

    /// unsent bytes above which a client is closed if it goes on to read nothing (default: 262144)
    #[argh(option, arg_name = "bytes", default = "DEFAULT.output_hard", from_str_fn(parse_number))]
    output_hard: usize,

    /// seconds unsent bytes may stay above --output-soft (default: 30)
    #[argh(option, arg_name = "seconds", default = "DEFAULT.output_soft_time", from_str_fn(parse_seconds))]
    output_soft_time: Duration,

    /// seconds in which a client above --output-hard reads nothing before it is closed (default: 2)
    #[argh(option, arg_name = "seconds", default = "DEFAULT.output_hard_time", from_str_fn(parse_seconds))]
    output_hard_time: Duration,

    /// bytes queued for all clients together; beyond, of those who read nothing the one with the largest queue is closed
    /// (default: 268435456)
    #[argh(option, arg_name = "bytes", default = "DEFAULT.queued_total", from_str_fn(parse_number))]
    max_memory_queued: usize,

    /// seconds a client may take to enter (default: 20)
    #[argh(option, arg_name = "seconds", default = "DEFAULT.entry_timeout", from_str_fn(parse_seconds))]
    entry_timeout: Duration,

    /// seconds of silence after which a client whose place is kept is asked for a sign of life (default: 30)
    #[argh(option, arg_name = "seconds", default = "DEFAULT.ping_after", from_str_fn(parse_seconds))]
    ping_after: Duration,

    /// seconds of silence after which its connection is taken for lost (default: 60)
    #[argh(option, arg_name = "seconds", default = "DEFAULT.dead_after", from_str_fn(parse_seconds))]
    dead_after: Duration,

    /// seconds a shutdown waits for farewells to arrive (default: 3)
    #[argh(option, arg_name = "seconds", default = "DEFAULT.drain_timeout", from_str_fn(parse_seconds))]
    drain_timeout: Duration,

    /// file whose first line is the password people have to give to enter (default: no password)
    #[argh(option, arg_name = "file")]
    pub(crate) password_file: Option<PathBuf>,

    /// directory in which bans are kept from one start to the next (default: they are not)
    #[argh(option, arg_name = "directory")]
    pub(crate) state_dir: Option<PathBuf>,

    /// path of the socket for chatd ctl (default: chatd-PORT.sock in $XDG_RUNTIME_DIR, /run/chatd or $TMPDIR/chatd-UID)
    #[argh(option, arg_name = "path")]
    pub(crate) control: Option<PathBuf>,

    /// seconds an acknowledgement may wait to be written with something else (default: 0.01)
    #[argh(option, arg_name = "seconds", default = "DEFAULT.acknowledge_within", from_str_fn(parse_fraction))]
    acknowledge_within: Duration,

    /// print the limits in force, by the names of their flags, and exit
    #[argh(switch)]
    pub(crate) print_config: bool,

    /// print the version and exit
    #[argh(switch)]
    pub(crate) version: bool,

    #[argh(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What else chatd can do.
#[derive(FromArgs)]
#[argh(subcommand)]
pub(crate) enum Command {
    Ctl(Ctl),
}

/// Run a command of the operator's console in a daemon that is running, and print what it says.
/// Without a command: a console, until exit or Ctrl-D. Only `shutdown` ends the daemon.
#[derive(FromArgs)]
#[argh(
    subcommand,
    name = "ctl",
    // Not `help`, which is a command of the console, and a word of announcements.
    help_triggers("-h", "--help"),
    example = "Who is here:\n  {command_name} list",
    example = "Shut an address out for an hour:\n  {command_name} ban 192.168.1.77 1h port scanner",
    example = "For a monitoring system:\n  {command_name} stats prometheus",
    error_code(0, "the command was done"),
    error_code(1, "no daemon answers, or it refused the command, or the command line is wrong"),
    error_code(2, "the command was not given: an argument holds a line break, or blanks where one word belongs; or quit")
)]
pub(crate) struct Ctl {
    /// the daemon's Unix socket (default: chatd-PORT.sock in $XDG_RUNTIME_DIR, /run/chatd or $TMPDIR/chatd-UID)
    #[argh(option, arg_name = "path")]
    pub(crate) control: Option<PathBuf>,

    /// the port of the daemon meant, to find its socket by (default: 2428)
    #[argh(option, arg_name = "port", default = "PORT", from_str_fn(parse_port))]
    pub(crate) port: u16,

    /// the command; help shows those there are
    #[argh(positional, arg_name = "command", greedy)]
    pub(crate) words: Vec<String>,
}

impl Arguments {
    /// What is announced on the network of a server that listens at this port, if anything.
    pub(crate) fn announcement(&self, port: u16) -> Option<Announcement> {
        let hostname = gethostname().ok().and_then(|name| name.into_string().ok()).unwrap_or_default();
        let name = self.announce_as.clone().unwrap_or_else(|| usual_name(&hostname));
        let password = if self.password_file.is_some() { "yes" } else { "no" };
        let protocol = PROTOCOL_VERSION.to_string();
        let text = [("protocol", protocol.as_str()), ("password", password)];
        // A name that was typed has been looked at, and the usual one fits.
        let service = Service::new(&name, &hostname, port, &text).ok()?;
        (!self.no_announce).then(|| Announcement { service, interfaces: self.announce_on.clone() })
    }

    /// What the flags say.
    pub(crate) fn config(&self) -> Config {
        Config {
            hide_addresses: self.hide_addresses,
            ascii_names: self.ascii_names,
            log_level: if self.log_rooms { Level::Rooms } else { Level::Normal },
            limits: Limits {
                connections: self.max_connections,
                connections_per_address: self.max_per_address,
                lines: self.rate_lines,
                requests: self.rate_requests,
                announcements: self.rate_announcements,
                work: self.rate_work,
                work_per_address: self.rate_work_address,
                entries: self.rate_entries,
                connects: self.rate_connects,
                log: self.rate_log,
                places_per_address: self.max_places_per_address,
                output_soft: self.output_soft,
                output_hard: self.output_hard,
                output_soft_time: self.output_soft_time,
                output_hard_time: self.output_hard_time,
                queued_total: self.max_memory_queued,
                entry_timeout: self.entry_timeout,
                invite_timeout: self.invite_timeout,
                resume_grace: self.resume_grace,
                ping_after: self.ping_after,
                dead_after: self.dead_after,
                drain_timeout: self.drain_timeout,
                backlog: self.backlog,
                backlogs_total: self.max_memory_backlogs,
                acknowledge_within: self.acknowledge_within,
            },
            ..Config::default()
        }
    }
}

/// `chatd on HOSTNAME`, of a long name so much as fits.
fn usual_name(hostname: &str) -> String {
    const ROOM: usize = 63 - "chatd on ".len();
    let host = hostname.split('.').next().filter(|host| !host.is_empty()).unwrap_or("this network");
    format!("chatd on {}", host.chars().filter(char::is_ascii_graphic).take(ROOM).collect::<String>())
}

fn parse_announced_name(text: &str) -> Result<String, String> {
    Service::new(text, "", PORT, &[]).map(|_| text.to_owned()).map_err(|bad| format!("{bad}; say another name"))
}

fn parse_connections(text: &str) -> Result<usize, String> {
    let hint = "say a number from 1 up; without the flag it is as many as the system allows";
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| format!("{text} is no number of connections: {hint}"))
}

fn parse_number(text: &str) -> Result<usize, String> {
    text.parse().map_err(|_| format!("{text} is no number; say one in digits, as in 65536"))
}

fn parse_port(text: &str) -> Result<u16, String> {
    text.parse().ok().filter(|port| *port > 0).ok_or_else(|| format!("{text} is not a port; those are 1 to 65535"))
}

fn parse_seconds_or_none(text: &str) -> Result<Duration, String> {
    if text == "0" { Ok(Duration::ZERO) } else { parse_seconds(text) }
}

fn parse_fraction(text: &str) -> Result<Duration, String> {
    let hint = || format!("{text} is not a number of seconds from 0 to 1");
    let seconds: f64 = text.parse().map_err(|_| hint())?;
    if (0.0..=1.0).contains(&seconds) { Ok(Duration::from_secs_f64(seconds)) } else { Err(hint()) }
}

fn parse_seconds(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(seconds @ 1..=86_400) => Ok(Duration::from_secs(seconds)),
        _ => Err(format!("{text} is not a number of seconds from 1 to 86400")),
    }
}

fn parse_rate(text: &str) -> Result<Rate, String> {
    let hint = || {
        format!("{text} is not a rate; say BURST/SECONDS, as in 10/0.5 (1 or more, 0.001 to 86400), or 0 for no limit")
    };
    if text == "0" {
        return Ok(Rate { burst: 0, interval: Duration::ZERO });
    }
    let (burst, interval) = text.split_once('/').ok_or_else(hint)?;
    // A burst of 0 would be no limit, and so would an interval too short to be told.
    let burst = burst.parse().ok().filter(|burst| *burst > 0).ok_or_else(hint)?;
    let interval: f64 = interval.parse().map_err(|_| hint())?;
    let interval = Duration::try_from_secs_f64(interval).map_err(|_| hint())?;
    let is_told = (Duration::from_millis(1)..=Duration::from_secs(86_400)).contains(&interval);
    if is_told { Ok(Rate { burst, interval }) } else { Err(hint()) }
}
