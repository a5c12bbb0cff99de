//! Where the control socket is, unless an operator says otherwise: in a directory that nobody else
//! can put anything into. A daemon and `chatd ctl` look in the same places, in the same order.

use std::fs;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;

use super::private;

/// A directory that may hold control sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Made and kept by the system: `$XDG_RUNTIME_DIR`, or what a service manager gives a service.
    System(PathBuf),
    /// Made by chatd, for want of the others: below a directory that is everybody's.
    Own(PathBuf),
}

impl Place {
    /// All, those preferred first.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").filter(|directory| !directory.is_empty());
        let runtime = runtime.map(PathBuf::from).into_iter().chain([PathBuf::from("/run/chatd")]);
        let own = std::env::temp_dir().join(format!("chatd-{}", geteuid()));
        runtime.map(Self::System).chain([Self::Own(own)])
    }

    /// The directory, if there is one that can be trusted.
    pub(super) fn existing(&self) -> io::Result<&Path> {
        match self {
            Self::System(path) if path.is_dir() => Ok(path),
            Self::System(_) => Err(io::Error::new(ErrorKind::NotFound, "there is no such directory")),
            Self::Own(path) => is_private(path).map(|()| path.as_path()),
        }
    }

    /// The same; one's own is made if it is missing.
    pub(super) fn prepared(&self) -> io::Result<&Path> {
        if let Self::Own(path) = self {
            match private::create_directory(path) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        self.existing()
    }

    pub(super) fn path(&self) -> &Path {
        match self {
            Self::System(path) | Self::Own(path) => path,
        }
    }
}

/// What somebody else may have put there first (a link, a directory of theirs) is not used.
fn is_private(path: &Path) -> io::Result<()> {
    let found = fs::symlink_metadata(path)?;
    if found.is_dir() && found.uid() == geteuid().as_raw() && found.mode() & 0o077 == 0 {
        return Ok(());
    }
    let what = format!("{} is not a directory of this user's alone", path.display());
    Err(io::Error::new(ErrorKind::PermissionDenied, what))
}

/// A control socket's name: there may be a daemon on each port.
pub(super) fn socket_name(port: u16) -> String {
    format!("chatd-{port}.sock")
}

/// Where the control socket of the daemon on this port may be, those that daemons prefer first.
pub fn default_control_paths(port: u16) -> Vec<PathBuf> {
    let places: Vec<Place> = Place::all().collect();
    let directories = places.iter().filter_map(|place| place.existing().ok());
    directories.map(|directory| directory.join(socket_name(port))).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn only_a_directory_that_is_ones_own_and_closed_to_others_is_used() {
        let base = std::env::temp_dir().join(format!("chatd-places-{}", std::process::id()));
        fs::create_dir(&base).unwrap();
        let own = Place::Own(base.join("own"));
        assert!(own.existing().is_err(), "not there yet");
        assert_eq!(own.prepared().unwrap(), base.join("own"));
        assert_eq!(fs::metadata(base.join("own")).unwrap().mode() & 0o7777, private::DIRECTORY_MODE);
        assert!(own.existing().is_ok() && own.prepared().is_ok(), "it is found again");

        symlink(base.join("own"), base.join("link")).unwrap();
        fs::write(base.join("file"), "").unwrap();
        fs::create_dir(base.join("open")).unwrap();
        fs::set_permissions(base.join("open"), fs::Permissions::from_mode(0o710)).unwrap();
        for planted in ["link", "file", "open"] {
            let place = Place::Own(base.join(planted));
            let error = place.prepared().unwrap_err();
            assert!(error.to_string().ends_with("is not a directory of this user's alone"), "{planted}: {error}");
            assert!(place.existing().is_err(), "{planted}");
        }
        // Whose else, a test can only tell as root.
        if geteuid().is_root() {
            std::os::unix::fs::chown(base.join("own"), Some(65534), None).unwrap();
            assert!(own.prepared().is_err(), "another's");
        }
        fs::remove_dir_all(base).unwrap();
    }
}
