//! Two things measured in turns, so that what happens on the machine meanwhile happens to both.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

/// Least time between the turns of servers: what they put off until later (the ledger's session store
/// and checkpoint file, up to 250 ms) must not fall into the other one's turn.
const PAUSE: Duration = Duration::from_millis(350);

/// What each turn gave; turn `i` of one is beside turn `i` of the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Turns<T> {
    /// Of the yardstick: the floor, or the hashes alone.
    pub yardstick: Vec<T>,
    /// Of what is measured against it.
    pub measured: Vec<T>,
}

impl<T> Turns<T> {
    /// Lets both take their turns, the yardstick first. Before that, each warms up with one turn that
    /// does not count.
    ///
    /// # Errors
    /// The first error of either.
    pub fn take(
        turns: usize,
        mut yardstick: impl FnMut() -> anyhow::Result<T>,
        mut measured: impl FnMut() -> anyhow::Result<T>,
    ) -> anyhow::Result<Self> {
        yardstick()?;
        measured()?;
        let mut taken = Self { yardstick: Vec::with_capacity(turns), measured: Vec::with_capacity(turns) };
        for _ in 0..turns {
            taken.yardstick.push(yardstick()?);
            taken.measured.push(measured()?);
        }
        Ok(taken)
    }

    /// One figure of each turn.
    pub fn figures(&self, of: impl Fn(&T) -> f64) -> Turns<f64> {
        let figures = |turns: &[T]| turns.iter().map(&of).collect();
        Turns { yardstick: figures(&self.yardstick), measured: figures(&self.measured) }
    }
}

/// Brings a server's folder to rest: what it has written and not synced would otherwise be written by
/// the kernel at any later time.
///
/// # Errors
/// Those of the file system.
pub fn settle(folder: &Path) -> io::Result<()> {
    std::thread::sleep(PAUSE);
    sync_all_in(folder)
}

fn sync_all_in(folder: &Path) -> io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let (path, kind) = entry.and_then(|entry| Ok((entry.path(), entry.file_type()?)))?;
        let synced =
            if kind.is_dir() { sync_all_in(&path) } else { File::open(&path).and_then(|f| f.sync_all()) };
        match synced {
            // A temporary file of the server that has got its name meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            synced => synced?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn each_warms_up_once_and_then_they_take_turns() {
        let calls = RefCell::new(String::new());
        let call = |name: char| {
            calls.borrow_mut().push(name);
            Ok(calls.borrow().len())
        };
        let taken = Turns::take(3, || call('a'), || call('b')).unwrap();
        assert_eq!(*calls.borrow(), "abababab");
        assert_eq!(taken, Turns { yardstick: vec![3, 5, 7], measured: vec![4, 6, 8] });
    }

    #[test]
    fn the_first_error_ends_the_turns() {
        let refused: anyhow::Result<Turns<f64>> = Turns::take(3, || Ok(1.0), || anyhow::bail!("broken"));
        assert_eq!(refused.unwrap_err().to_string(), "broken");
    }

    #[test]
    fn a_folder_with_folders_comes_to_rest() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("inner")).unwrap();
        std::fs::write(folder.path().join("inner/file"), b"bytes").unwrap();
        assert!(settle(folder.path()).is_ok());
        assert!(settle(&folder.path().join("absent")).is_err());
    }
}
