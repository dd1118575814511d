//! `einsichtd man` and `einsichtd completions`: made from the command line itself.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::Cli;

/// Writes manual pages.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Folder to write them to, such as /usr/local/share/man/man1; made if it is not there
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// Prints what completes commands in a shell.
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn write_pages(args: &ManArgs) -> anyhow::Result<()> {
    let write = || {
        fs::create_dir_all(&args.dir)?;
        clap_mangen::generate_to(Cli::command(), &args.dir)
    };
    write().with_context(|| format!("can't write manual pages to {}", args.dir.display()))
}

pub(super) fn print_completions(args: &CompletionsArgs) {
    let mut script = Vec::new();
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    // As with everything that is said: whether anybody reads it changes nothing.
    let _ = std::io::stdout().write_all(&script);
}
