//! chatd: the daemon.

mod arguments;
#[path = "../shared/command_line.rs"]
mod command_line;
mod ctl;
mod program;
mod welcome;

use std::path::Path;
use std::process::ExitCode;

use arguments::{Arguments, Command};
use chatd::event_loop::EventLoop;
use chatd::limits::PASSWORD_BYTES;
use chatd::server::{Config, Password, VERSION, memory_at_worst};
use chatd::wire::text_lines;
use welcome::Situation;

/// The exit code for a command line that is none, which is no other than that of a start that failed.
const WRONG_COMMAND_LINE: u8 = 1;

fn main() -> ExitCode {
    let arguments: Arguments = match command_line::read("chatd", WRONG_COMMAND_LINE) {
        Ok(arguments) => arguments,
        Err(code) => return code,
    };
    if arguments.version {
        return command_line::say("chatd", format_args!("chatd {VERSION}\n"));
    }
    let done = match &arguments.command {
        Some(Command::Ctl(_)) if !is_first("ctl") => Err(
            "what stands before ctl is for a daemon that starts; say chatd ctl first, then --control or --port, then \
             the command"
                .into(),
        ),
        Some(Command::Ctl(ctl)) => return ctl::run(ctl),
        None if arguments.print_config => limits_in_force(&arguments),
        None => run(arguments).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|reason| {
        command_line::complain(format_args!("chatd: {reason}"));
        ExitCode::FAILURE
    })
}

/// Whether the first word of the command line is this one.
fn is_first(word: &str) -> bool {
    std::env::args_os().nth(1).is_some_and(|first| first == word)
}

fn limits_in_force(arguments: &Arguments) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let limits = arguments.config().limits;
    limits.check()?;
    let limits = EventLoop::limits_in_force(limits)?;
    let rows = limits.rows().into_iter().map(|(name, value)| format!("{name} {value}\n"));
    let terms = memory_at_worst(&limits);
    let total = terms.iter().fold(0_usize, |total, (_, bytes)| total.saturating_add(*bytes));
    let memory = terms.into_iter().chain([("all", total)]).map(|(term, bytes)| format!("# memory {term} {bytes}\n"));
    let text: String = rows.chain(memory).collect();
    Ok(command_line::say("chatd", text))
}

fn run(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let config = arguments.config();
    config.limits.check()?;
    let password = arguments.password_file.as_deref().map(read_password).transpose()?;
    let mut event_loop =
        EventLoop::new(&arguments.listen, arguments.wait_for_addresses, Config { password, ..config })?;
    if let Some(directory) = arguments.state_dir.clone() {
        event_loop.open_state(directory)?;
    }
    event_loop.open_control(arguments.control.clone())?;
    if let Some(announcement) = arguments.announcement(event_loop.port()) {
        event_loop.announce(announcement);
    }
    welcome::print(&Situation::of(&event_loop, arguments.control.as_deref()));
    event_loop.open_console();
    event_loop.run()?;
    Ok(())
}

fn read_password(path: &Path) -> Result<Password, String> {
    let path_shown = path.display();
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {path_shown}: {error}"))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| format!("cannot read {path_shown}: it is no text in UTF-8; save it as that"))?;
    let line = text_lines(&text).next().unwrap_or_default();
    Password::new(line).ok_or_else(|| {
        format!(
            "the first line of {path_shown} must be a password of 1 to {PASSWORD_BYTES} bytes, \
             without control characters"
        )
    })
}
