//! The commands of `docs/operations.md`, as they stand there, in their order, from an empty folder.
//!
//! A fenced block ```` ```sh step ```` is run, all of them in one shell; ```` ```sh step ends=2 ```` must
//! end with that code. What is not as on the page: the three ports, which are free ones here, and the
//! programs, which are those that were built for the tests, so that `cargo install` is not run.

use std::fs;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use einsicht_tests::process::{Process, command};
use einsicht_tests::program;
use tokio::time::sleep;

use crate::{read, tool};

const PAGE: &str = "docs/operations.md";
/// The ports on the page.
const PORTS: [&str; 3] = ["7420", "7443", "8000"];
/// Longest that all of it may take. The waits on the page have no end of their own.
const PATIENCE: Duration = Duration::from_secs(120);

/// One block.
struct Step<'a> {
    /// Its first line on the page.
    line: usize,
    commands: Vec<&'a str>,
    /// The code that it ends with.
    code: i32,
}

fn steps(page: &str) -> Vec<Step<'_>> {
    let mut steps = Vec::new();
    let mut open: Option<Step<'_>> = None;
    for (number, line) in page.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some("")) => steps.extend(open.take()),
            (Some(step), None) => step.commands.push(line),
            (None, Some(info)) => {
                let Some(more) = info.strip_prefix("sh step") else { continue };
                let code = match more.strip_prefix(" ends=") {
                    Some(code) => code.parse().unwrap_or_else(|_| panic!("{line}")),
                    None if more.is_empty() => 0,
                    None => panic!("what does this mean: {line}"),
                };
                open = Some(Step { line: number + 2, commands: Vec::new(), code });
            }
            (Some(_), Some(_)) => panic!("a block in a block, line {}", number + 1),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "the last block has no end");
    steps
}

/// One shell script of all steps. It ends with the first one that does not do what the page says.
fn script(steps: &[Step<'_>], ports: &[u16; 3]) -> String {
    // What was started in the background ends with it, also where it fails.
    let mut script = String::from("set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n");
    for step in steps {
        let mut commands = step.commands.join("\n");
        for (port, free) in PORTS.iter().zip(ports) {
            commands = commands.replace(port, &free.to_string());
        }
        script += &format!("echo '=== {PAGE}, line {}'\n", step.line);
        script += &match step.code {
            0 => format!("{commands}\n"),
            code => format!(
                "code=0; (\n{commands}\n) || code=$?\n\
                 [ \"$code\" -eq {code} ] || {{ echo \"ended with $code, expected {code}\"; exit 99; }}\n"
            ),
        };
    }
    script + "echo '=== done'\n"
}

/// Ports that nobody listens on just now.
fn free_ports() -> [u16; 3] {
    let listeners = [0; 3].map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

/// A shell that finds the programs of this build, and in which nothing of this machine is configured.
fn shell(folder: &Path) -> Command {
    let programs = program("einsichtd").unwrap_or_else(|error| panic!("{error}"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = [programs.parent().unwrap().to_owned()].into_iter().chain(std::env::split_paths(&path));
    // `command` takes the variables away by which people configure the programs.
    let cleared = command("einsichtd", &[]);
    let mut shell = Command::new("bash");
    for (name, value) in cleared.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell.env("PATH", std::env::join_paths(paths).unwrap()).env("HOME", folder.join("home"));
    // A group of its own, so that all of it can be ended at once.
    shell.current_dir(folder.join("rehearsal")).arg("../script").process_group(0);
    shell
}

#[tokio::test]
async fn whoever_follows_the_page_gets_what_it_promises() {
    for (name, what) in [("bash", "shell"), ("curl", "client"), ("python3", "web server")] {
        let skipped = format!("the page, which needs that {what}, is not followed");
        if tool(name, &skipped).is_none() {
            return;
        }
    }
    let page = read(PAGE);
    let steps = steps(&page);
    assert!(steps.len() > 15, "{} steps", steps.len());
    let folder = tempfile::tempdir().unwrap();
    for name in ["home", "rehearsal"] {
        fs::create_dir(folder.path().join(name)).unwrap();
    }
    fs::write(folder.path().join("script"), script(&steps, &free_ports())).unwrap();
    let mut shell = Process::spawn(&mut shell(folder.path()));
    let begun = std::time::Instant::now();
    while shell.is_running() {
        if begun.elapsed() > PATIENCE {
            shell.signal_group("KILL");
            panic!("it goes on and on: {}\n{}", shell.stdout(), shell.stderr());
        }
        sleep(Duration::from_millis(50)).await;
    }
    let ended = shell.ended().await;
    let log = fs::read_to_string(folder.path().join("rehearsal/service.log")).unwrap_or_default();
    let done = ended.stdout.ends_with("=== done\n");
    assert!(ended.code == Some(0) && done, "{}\n{}\nservice.log:\n{log}", ended.stdout, ended.stderr);
}

#[test]
fn blocks_that_are_no_steps_are_left_alone() {
    let page = "text\n```sh\na\n```\n```sh step\nb\nc\n```\n```sh step ends=2\nd\n```\n";
    let found: Vec<_> = steps(page).into_iter().map(|step| (step.line, step.commands, step.code)).collect();
    assert_eq!(found, [(6, vec!["b", "c"], 0), (10, vec!["d"], 2)]);
}
