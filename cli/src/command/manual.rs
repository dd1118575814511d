//! `einsicht man` and `einsicht completions`: made from the command line itself.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use clap_complete::Shell;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::output;

const MAN_EXAMPLES: &str = "\
Example:
  einsicht man ~/.local/share/man/man1 && man einsicht-verify";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  einsicht completions bash > ~/.local/share/bash-completion/completions/einsicht
  einsicht completions fish > ~/.config/fish/completions/einsicht.fish";

/// What `man` takes.
#[derive(Debug, Args)]
#[command(after_help = MAN_EXAMPLES)]
pub struct ManArgs {
    /// Folder to write them to; made if it is not there
    #[arg(value_name = "DIR")]
    dir: PathBuf,
}

/// What `completions` takes.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Writes manual pages.
///
/// # Errors
/// The folder can't be written to.
pub fn write_pages(args: &ManArgs) -> anyhow::Result<Exit> {
    let write = || {
        fs::create_dir_all(&args.dir)?;
        clap_mangen::generate_to(Cli::laid_out(), &args.dir)
    };
    write().with_context(|| format!("can't write manual pages to {}", args.dir.display()))?;
    Ok(Exit::Done)
}

/// Prints what completes commands in a shell.
///
/// # Errors
/// Standard output can't be written to.
pub fn print_completions(args: &CompletionsArgs) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    let mut command = Cli::laid_out();
    let name = command.get_name().to_owned();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    output::print(|out| out.write_all(&script))?;
    Ok(Exit::Done)
}
