//! chatc, the terminal client of chatd: flags → config → run → exit code.

#[path = "../shared/command_line.rs"]
mod command_line;
mod servers;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use argh::FromArgs;
use chatd::client::{Address, Colour, Config, find_server, run};
use servers::Servers;

/// Chat with the people on your network, in a terminal.
#[derive(Debug, FromArgs)]
#[argh(
    help_triggers("-h", "--help", "help"),
    example = "Join the chat on this computer, and the one on lab7:\n  {command_name}\n  {command_name} lab7",
    example = "Say something from a script:\n  printf 'join #builds\\nnightly is green\\n' | {command_name} lab7 --name ci",
    note = "HOST is a name or an address, IPv6 too: lab7, lab7:2428, 192.0.2.7, [2001:db8::7]:2428, fe80::7%eth0.",
    note = "Inside, 1 lists who is here, 2 NAME asks somebody for a private chat, 3 leaves; help shows the rest, and the prompt always shows where the next line goes.",
    note = "Without a terminal, commands are read from stdin line by line and plain lines are written to stdout; the login name is used unless --name or --guest says otherwise.",
    note = "A terminal gets what its locale (LC_ALL, LC_CTYPE, LANG) can show: all characters where that is UTF-8, else ASCII.",
    error_code(0, "all went well"),
    error_code(1, "no connection, no chatd there, not let in, or the connection ended"),
    error_code(2, "the command line is wrong"),
    error_code(3, "a command of a script was refused")
)]
struct Arguments {
    /// where chatd runs: HOST or HOST:PORT (default: this computer, else the server that is announced on this network)
    #[argh(positional, from_str_fn(Address::new))]
    server: Option<Address>,

    /// enter under this name instead of being asked
    #[argh(option, arg_name = "name")]
    name: Option<String>,

    /// enter without a name: the server gives you one
    #[argh(switch)]
    guest: bool,

    /// lines only, for screen readers and dumb terminals: no cursor movement, no colour
    #[argh(switch)]
    plain: bool,

    /// colours: auto (the default; off when NO_COLOR is set), always or never
    #[argh(option, default = "Colour::Auto", arg_name = "when")]
    color: Colour,

    /// no bell for requests and private messages
    #[argh(switch)]
    no_bell: bool,

    /// show no acknowledgements, and nothing about who enters and goes
    #[argh(switch)]
    quiet: bool,

    /// end when the connection is lost, instead of connecting again
    #[argh(switch)]
    no_reconnect: bool,

    /// connect again when the connection is lost; without a terminal that has to be asked for
    #[argh(switch)]
    reconnect: bool,

    /// seconds of silence from the server after which the connection is taken for lost; after half of them it is asked
    /// for a sign of life (default: 60)
    #[argh(option, default = "60", arg_name = "seconds", from_str_fn(seconds))]
    dead_after: u64,

    /// file whose first line is the server's password, where it asks for one
    #[argh(option, arg_name = "file")]
    password_file: Option<PathBuf>,

    /// keep what is typed in this file, for the next time
    #[argh(option, arg_name = "file")]
    history: Option<PathBuf>,

    /// interface on which servers are looked for when no HOST is given; may be given several times (default: all)
    #[argh(option, arg_name = "interface")]
    look_on: Vec<String>,

    /// show the version
    #[argh(switch)]
    version: bool,

    #[argh(subcommand)]
    command: Option<Command>,
}

/// What else chatc can do.
#[derive(Debug, FromArgs)]
#[argh(subcommand)]
enum Command {
    Servers(Servers),
}

/// The exit code for a command line that is none.
const WRONG_COMMAND_LINE: u8 = 2;

fn seconds(text: &str) -> Result<u64, String> {
    text.parse()
        .ok()
        .filter(|seconds| (1..=86_400).contains(seconds))
        .ok_or_else(|| "say 1 to 86400 seconds".to_owned())
}

/// Says which of two flags would have to be ignored for the other, if so.
fn contradiction(arguments: &Arguments) -> Option<&'static str> {
    let Arguments { name, guest, plain, color, no_reconnect, reconnect, history, .. } = arguments;
    if *guest && name.is_some() {
        return Some("a guest has no name: --guest or --name, not both");
    }
    if *reconnect && *no_reconnect {
        return Some("--reconnect or --no-reconnect, not both");
    }
    if *plain && *color == Colour::Always {
        return Some("--plain has no colour: --plain or --color always, not both");
    }
    if *plain && history.is_some() {
        return Some("--plain has no line editor to call lines back with: --plain or --history, not both");
    }
    None
}

fn main() -> ExitCode {
    let arguments: Arguments = match command_line::read("chatc", WRONG_COMMAND_LINE) {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    if arguments.version {
        return command_line::say("chatc", concat!("chatc ", env!("CARGO_PKG_VERSION"), "\n"));
    }
    if let Some(what) = contradiction(&arguments) {
        command_line::complain(format_args!("{what}\nRun chatc --help for more information."));
        return ExitCode::from(WRONG_COMMAND_LINE);
    }
    if let Some(Command::Servers(servers)) = &arguments.command {
        return servers::run(servers);
    }
    let address = match arguments.server.map_or_else(|| find_server(&arguments.look_on), Ok) {
        Ok(address) => address,
        Err(code) => return ExitCode::from(code),
    };
    ExitCode::from(run(&Config {
        address,
        name: arguments.name,
        guest: arguments.guest,
        plain: arguments.plain,
        colour: arguments.color,
        no_bell: arguments.no_bell,
        quiet: arguments.quiet,
        no_reconnect: arguments.no_reconnect,
        reconnect: arguments.reconnect,
        dead_after: Duration::from_secs(arguments.dead_after),
        password_file: arguments.password_file,
        history: arguments.history,
    }))
}
