//! Where the wrapping key comes from: the key that the keys of the vault are encrypted with, and that is kept
//! away from them.

use std::env::VarError;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use einsicht_access::vault::{KEY_BYTES, WrappingKey};
use zeroize::Zeroizing;

use crate::signer::{self, SecretError};

/// The variable of the environment that may hold it.
pub const VARIABLE: &str = "EINSICHTD_WRAPPING_KEY";

/// Longest that a command may take to print it.
const COMMAND_PATIENCE: Duration = Duration::from_secs(30);
/// How often it is looked whether the command has ended.
const LOOK_INTERVAL: Duration = Duration::from_millis(5);
/// Most bytes of what a command prints: a key, a line feed, and room for a line too many.
const OUTPUT_BYTES_MAX: usize = 1024;

/// Where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WrappingKeySource {
    /// A file that nobody else can read.
    File(PathBuf),
    /// What a program prints, with its arguments.
    Command(Vec<String>),
    /// The variable [`VARIABLE`].
    Variable,
}

/// It can't be had. Shows nothing of it.
#[derive(Debug, thiserror::Error)]
pub enum WrappingKeyError {
    /// The file can't be read, or can be read by others.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// There is no such file.
    #[error(
        "the wrapping key is not there: {} (vault.wrapping_key_file). Mount or restore it; without it nothing that \
         was sealed can be read, and nothing can be sealed",
        path.display()
    )]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The command can't be run.
    #[error(
        "the command for the wrapping key, {program} (vault.wrapping_key_command), can't be run: {error}"
    )]
    NotRun {
        /// The program.
        program: String,
        /// The reason.
        #[source]
        error: io::Error,
    },
    /// The command says that it failed.
    #[error(
        "the command for the wrapping key, {program} (vault.wrapping_key_command), failed: {status}. What it \
         wrote to stderr stands above"
    )]
    Failed {
        /// The program.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// The command does not end.
    #[error(
        "the command for the wrapping key, {program} (vault.wrapping_key_command), was not done after {} s",
        COMMAND_PATIENCE.as_secs()
    )]
    TooSlow {
        /// The program.
        program: String,
    },
    /// Something, but no key.
    #[error(
        "{origin} gives no wrapping key: expected {} hexadecimal digits, found {found}. \
         `einsichtd wrapping-key` makes one",
        2 * KEY_BYTES
    )]
    Malformed {
        /// Where it comes from.
        origin: String,
        /// What is there, told without showing it.
        found: String,
    },
}

impl WrappingKeySource {
    /// Reads the key. May take as long as a command takes, at most 30 s.
    ///
    /// # Errors
    /// [`WrappingKeyError`].
    pub fn read(&self) -> Result<WrappingKey, WrappingKeyError> {
        match self {
            Self::File(path) => {
                let text = signer::read_secret(path)?;
                let text = text.ok_or_else(|| WrappingKeyError::Missing { path: path.clone() })?;
                parse(text.as_bytes(), || path.display().to_string())
            }
            Self::Command(words) => {
                let printed = run(words, COMMAND_PATIENCE)?;
                parse(&printed, || format!("what {} prints", words.first().map_or("", String::as_str)))
            }
            Self::Variable => {
                let text = match std::env::var(VARIABLE) {
                    Ok(text) => Zeroizing::new(text),
                    Err(VarError::NotPresent | VarError::NotUnicode(_)) => Zeroizing::default(),
                };
                parse(text.as_bytes(), || format!("the variable {VARIABLE}"))
            }
        }
    }
}

/// One text of hexadecimal digits; spaces and line feeds around it do not count.
fn parse(text: &[u8], origin: impl FnOnce() -> String) -> Result<WrappingKey, WrappingKeyError> {
    let digits = text.trim_ascii();
    let key = std::str::from_utf8(digits).ok().and_then(|digits| WrappingKey::parse(digits).ok());
    key.ok_or_else(|| {
        let found = match digits.len() {
            0 => "nothing".to_owned(),
            bytes if bytes == 2 * KEY_BYTES => "other characters among them".to_owned(),
            bytes => format!("{bytes} bytes"),
        };
        WrappingKeyError::Malformed { origin: origin(), found }
    })
}

/// What a command prints. Its stderr is that of this process, so that whoever looks there learns why it failed.
fn run(words: &[String], patience: Duration) -> Result<Zeroizing<Vec<u8>>, WrappingKeyError> {
    let (program, arguments) = words.split_first().map_or(("", words), |(program, rest)| (program, rest));
    let not_run = |error| WrappingKeyError::NotRun { program: program.to_owned(), error };
    let mut command = Command::new(OsStr::new(program));
    let command = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.spawn().map_err(not_run)?;
    let mut stdout = child.stdout.take().map(|stdout| stdout.take(OUTPUT_BYTES_MAX as u64 + 1));
    // On a thread of its own: a command that prints nothing and does not end must not hold the start up.
    let (sender, printed) = mpsc::channel();
    let reader = std::thread::Builder::new().spawn(move || {
        // In one piece from the start: what grows leaves copies behind.
        let mut bytes = Zeroizing::new(Vec::with_capacity(OUTPUT_BYTES_MAX + 1));
        let read = stdout.as_mut().map_or(Ok(0), |stdout| stdout.read_to_end(&mut bytes)).map(|_| bytes);
        // Nobody waits any more once the command has failed.
        let _ = sender.send(read);
    });
    if let Err(error) = reader {
        end(&mut child);
        return Err(not_run(error));
    }
    let begun = Instant::now();
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if begun.elapsed() < patience => std::thread::sleep(LOOK_INTERVAL),
            Ok(None) => {
                end(&mut child);
                return Err(WrappingKeyError::TooSlow { program: program.to_owned() });
            }
            Err(error) => {
                end(&mut child);
                return Err(not_run(error));
            }
        }
    };
    if !status.success() {
        return Err(WrappingKeyError::Failed { program: program.to_owned(), status });
    }
    // Something that it started may still hold its output open.
    match printed.recv_timeout(patience.saturating_sub(begun.elapsed())) {
        Ok(printed) => printed.map_err(not_run),
        Err(_) => Err(WrappingKeyError::TooSlow { program: program.to_owned() }),
    }
}

fn end(child: &mut Child) {
    // It may have ended by itself meanwhile.
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt as _;

    use einsicht_access::vault::KeyName;

    use super::*;

    const DIGITS: &str = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

    fn shell(script: &str) -> WrappingKeySource {
        WrappingKeySource::Command(["sh", "-c", script].map(str::to_owned).to_vec())
    }

    /// Keys show nothing of themselves: what one wraps, only the same one unwraps.
    fn is_the_key(key: &WrappingKey) -> bool {
        let name = KeyName::Period("2026-11".parse().unwrap());
        let wrapped = WrappingKey::parse(DIGITS).unwrap().wrap("o", name, &[7; KEY_BYTES], &[1; 24]);
        key.unwrap("o", name, &wrapped).is_ok()
    }

    #[test]
    fn a_file_of_ones_own_gives_the_key() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrapping.key");
        signer::write_secret(&path, format!("{DIGITS}\n").as_bytes()).unwrap();
        let source = WrappingKeySource::File(path.clone());
        assert!(is_the_key(&source.read().unwrap()));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = source.read();
        assert!(matches!(refused, Err(WrappingKeyError::Secret(SecretError::ReadableByOthers { .. }))));
        fs::remove_file(&path).unwrap();
        assert!(matches!(source.read(), Err(WrappingKeyError::Missing { .. })));
    }

    #[test]
    fn a_command_gives_the_key_that_it_prints() {
        assert!(is_the_key(&shell(&format!("echo {DIGITS}")).read().unwrap()));
    }

    #[test]
    fn a_command_that_fails_is_told_with_how_it_ended() {
        let failed = shell(&format!("echo {DIGITS}; exit 3")).read().err().unwrap();
        assert!(matches!(&failed, WrappingKeyError::Failed { status, .. } if status.code() == Some(3)));
        assert!(!failed.to_string().contains("0011"), "{failed}");
        let absent = WrappingKeySource::Command(vec!["/nonexistent/program".to_owned()]).read();
        assert!(matches!(absent, Err(WrappingKeyError::NotRun { .. })));
        let slow = run(&["sleep", "60"].map(str::to_owned), Duration::from_millis(50));
        assert!(matches!(slow, Err(WrappingKeyError::TooSlow { .. })));
        let held_open = ["sh", "-c", "sleep 60 & echo 00"].map(str::to_owned);
        let held_open = run(&held_open, Duration::from_millis(200));
        assert!(matches!(held_open, Err(WrappingKeyError::TooSlow { .. })));
    }

    #[test]
    fn what_is_no_key_is_refused_without_being_shown() {
        let long = format!("{DIGITS}00");
        let wrong = DIGITS.replace('e', "g");
        for (text, found) in [
            ("", "nothing"),
            (" \n", "nothing"),
            (&DIGITS[..62], "62 bytes"),
            (&long, "66 bytes"),
            (&wrong, "other"),
        ] {
            let refused = parse(text.as_bytes(), || "it".to_owned()).err().unwrap().to_string();
            assert!(refused.contains(found) && !refused.contains("0011"), "{refused}");
        }
    }
}
