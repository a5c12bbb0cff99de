//! Why the daemon could not start or go on.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::MAX_LISTENERS;
use super::listen::ListenError;
use crate::limits::RESERVED_FILES;

/// Why the daemon could not start or go on.
#[derive(Debug)]
pub enum Failure {
    /// An address cannot be listened on.
    Listen(ListenError),
    /// The system lets this process open too few files for that many connections.
    TooFewFiles {
        /// How many it may open.
        files: usize,
        /// How many connections were asked for.
        connections: usize,
    },
    /// The control socket cannot be made.
    Control {
        /// Where.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// What is kept for the next start cannot be read.
    State {
        /// Where.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// More addresses than the loop has tokens for.
    TooManyListeners,
    /// The system refused something else that is essential.
    System(io::Error),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listen(error) => write!(f, "{error}"),
            Self::TooFewFiles { files, connections } => write!(
                f,
                "{connections} connections need {} open files and the system allows {files}; \
                 raise the limit (ulimit -n, or LimitNOFILE= in systemd) or lower --max-connections",
                connections.saturating_add(RESERVED_FILES)
            ),
            Self::Control { path, error } => {
                write!(f, "cannot make the control socket {}: {error}; choose another with --control", path.display())
            }
            Self::State { path, error } => {
                write!(f, "cannot use {}: {error}; choose another place with --state-dir", path.display())
            }
            Self::TooManyListeners => write!(f, "at most {MAX_LISTENERS} addresses can be listened on"),
            Self::System(error) => write!(f, "the system refused: {error}"),
        }
    }
}

impl std::error::Error for Failure {}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl From<ListenError> for Failure {
    fn from(error: ListenError) -> Self {
        Self::Listen(error)
    }
}
