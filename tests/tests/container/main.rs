//! Dockerfile and docker-compose.yml, without an engine: everything that they name exists, nothing has
//! more rights than it needs, and their programs do together what they are put together for.
//!
//! Not checked: that the base images exist, and that an engine accepts the files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

mod compose;
mod dockerfile;
mod invocation;
mod machine;
mod workspace;

use std::collections::BTreeSet;
use std::path::Path;

use compose::{Compose, Service, recommended};
use dockerfile::Stage;
use einsicht_service::config::{self, Config, Sources};
use invocation::Invocation;
use machine::{LEDGER, Machine};
use workspace::{build_context, packages, read, root};

fn stages() -> [Stage; 2] {
    dockerfile::parse(&read("Dockerfile")).try_into().expect("a stage that builds and one that runs")
}

fn compose_file() -> (Compose, Vec<Vec<String>>) {
    let text = read("docker-compose.yml");
    (compose::parse(&text), recommended(&text))
}

/// Names of the programs that the build stage takes out of Cargo's folder.
fn installed(build: &Stage) -> Vec<&str> {
    build.last("RUN").iter().filter_map(|word| word.strip_prefix("target/release/")).collect()
}

/// The values of a flag that may be given several times.
fn values<'a>(words: &'a [String], flag: &str) -> Vec<&'a str> {
    words.windows(2).filter(|pair| pair[0] == flag).map(|pair| pair[1].as_str()).collect()
}

#[test]
fn every_path_that_is_copied_exists() {
    let [build, image] = stages();
    let context = build_context();
    for instruction in [&build, &image].into_iter().flat_map(|stage| stage.all("COPY")) {
        let (_, sources) = instruction.words.split_last().unwrap();
        for source in sources {
            match instruction.flag("from") {
                None => {
                    assert!(source == "." || context.contains(source), "{source} is kept out of the build");
                    assert!(root().join(source).exists(), "{source} is not in the repository");
                }
                Some(stage) => {
                    assert_eq!(Some(stage), build.name.as_deref());
                    let made = source.trim_end_matches('/');
                    let makes = |word: &String| word == made || word.ends_with(&format!("={made}"));
                    assert!(build.last("RUN").iter().any(makes), "the build does not make {source}");
                }
            }
        }
    }
}

#[test]
fn the_build_sees_the_whole_workspace_and_nothing_else_but_what_it_needs() {
    let context = build_context();
    for name in &context {
        assert!(root().join(name).exists(), ".dockerignore allows {name}, which is not there");
    }
    // The service has the files of web/ built in.
    let mut needed = BTreeSet::from(["Cargo.lock", "Cargo.toml", "LICENSE", "web"].map(str::to_owned));
    for package in packages() {
        let folder = package.manifest_path.parent().unwrap().strip_prefix(root()).unwrap();
        needed.insert(folder.to_str().unwrap().to_owned());
    }
    assert_eq!(context.into_iter().collect::<BTreeSet<_>>(), needed);
}

#[test]
fn the_build_names_packages_programs_and_features_that_exist() {
    let [build, _] = stages();
    let words = build.last("RUN");
    let end = words.iter().position(|word| word == "&&").unwrap();
    let [cargo, command, arguments @ ..] = &words[..end] else { panic!("not a cargo command") };
    assert_eq!((cargo.as_str(), command.as_str()), ("cargo", "build"));
    let kept = format!("type=cache,target={}/target", build.last("WORKDIR").join(""));
    let run = build.all("RUN").last().unwrap();
    assert!(run.flags.iter().any(|(_, value)| *value == kept), "Cargo's folder is kept between builds");
    for flag in arguments.iter().filter(|word| word.starts_with('-')) {
        let known = ["--release", "--locked", "--no-default-features", "--package", "--bin"];
        assert!(known.contains(&flag.as_str()), "{flag}: check what it names here");
    }
    assert!(words.iter().any(|word| word == "--locked") && words.iter().any(|word| word == "--release"));

    let packages = packages();
    let built: Vec<_> = values(words, "--package")
        .into_iter()
        .map(|name| {
            packages
                .iter()
                .find(|package| package.name == name)
                .unwrap_or_else(|| panic!("no package {name}"))
        })
        .collect();
    let programs = values(words, "--bin");
    for program in &programs {
        assert!(built.iter().any(|package| package.has_program(program)), "no program {program}");
    }
    assert_eq!(installed(&build), programs, "what is built is what is installed");
    // Leaving the default features out must leave out the sample week, and nothing unforeseen.
    assert!(words.iter().any(|word| word == "--no-default-features"));
    for package in built {
        let default = package.features.get("default").map_or(&[][..], Vec::as_slice);
        let expected: &[&str] = if package.name == "einsicht-service" { &["demo"] } else { &[] };
        assert_eq!(default, expected, "default features of {}", package.name);
        let compiler = format!("rust:{}-", package.rust_version);
        assert!(build.base.starts_with(&compiler), "{} is not built with {compiler}", package.name);
    }
}

#[test]
fn the_image_is_made_for_what_was_built() {
    let [build, image] = stages();
    // One C library: a program linked on a newer Debian does not start on an older one.
    assert!(build.base.ends_with("-trixie") && image.base.contains("debian13"), "two Debian releases");
    let (compose, recommended) = compose_file();
    let programs = installed(&build);
    let bin = "/usr/local/bin/";
    assert!(image.all("COPY").any(|copy| copy.words.last().map(String::as_str) == Some(bin)));
    for invocation in invocations(&compose, &recommended, &image) {
        assert!(programs.contains(&invocation.name()), "{} is not in the image", invocation.program);
        if invocation.program.contains('/') {
            assert_eq!(invocation.program, format!("{bin}{}", invocation.name()));
        }
    }
}

#[test]
fn nobody_is_root_and_nobody_can_become_root() {
    let [_, image] = stages();
    let [user] = image.last("USER") else { panic!("no user") };
    let ids: Vec<u32> = user.split(':').map(|id| id.parse().expect("a number")).collect();
    assert!(ids.len() == 2 && !ids.contains(&0), "{user}");
    // That no service has `user`, `privileged` or `cap_add` follows from the strict reading.
    for (name, service) in compose_file().0.services {
        assert!(service.read_only, "{name}");
        assert_eq!(service.cap_drop, ["ALL"], "{name}");
        assert_eq!(service.security_opt, ["no-new-privileges:true"], "{name}");
    }
}

#[test]
fn volumes_are_declared_mounted_and_owned_by_the_user_of_the_image() {
    let [_, image] = stages();
    let (compose, _) = compose_file();
    let (files, mounts): (Vec<_>, Vec<_>) = compose
        .services
        .values()
        .flat_map(|service| &service.volumes)
        .partition(|mount| mount.kind == "bind");
    let mounted: BTreeSet<&String> = mounts.iter().map(|mount| &mount.source).collect();
    assert_eq!(mounted, compose.volumes.keys().collect(), "declared is what is mounted");
    for mount in mounts {
        assert_eq!(mount.kind, "volume");
        let prepared = image.all("COPY").any(|copy| {
            copy.words.last() == Some(&mount.target)
                && copy.flag("chown") == image.last("USER").first().map(String::as_str)
        });
        // What is mounted for reading takes the owner that the file has in the volume.
        assert!(prepared || mount.read_only, "{} would belong to root", mount.target);
    }
    for file in files {
        assert!(file.read_only && root().join(&file.source).is_file(), "{}", file.source);
    }
}

/// The configuration that the containers have, as the service reads it.
fn configuration() -> Config {
    let (compose, _) = compose_file();
    let file = compose.services[LEDGER].volumes.iter().find(|mount| mount.kind == "bind").unwrap();
    let sources =
        Sources { file: root().join(&file.source), set: Vec::new(), environment: Default::default() };
    config::load(&sources).unwrap_or_else(|error| panic!("{error}")).config
}

/// Port in the container, whatever address it is on.
fn ports() -> Vec<String> {
    let listen = configuration().listen;
    [Some(listen.internal), listen.public].into_iter().flatten().map(|at| at.port().to_string()).collect()
}

#[test]
fn what_is_written_is_written_to_a_volume() {
    let [_, image] = stages();
    let (compose, _) = compose_file();
    let config = configuration();
    for (name, service) in &compose.services {
        let main = Invocation::main(service, &image);
        let kept = [config.ledger.data.to_str(), config.keys_dir.to_str()].map(Option::unwrap);
        let by_configuration = if main.value("--config").is_some() { &kept[..] } else { &[] };
        let by_others =
            [main.value("--out"), service.environment.get("EINSICHT_STATE_DIR").map(String::as_str)];
        let paths: Vec<&str> =
            by_others.into_iter().flatten().chain(by_configuration.iter().copied()).collect();
        assert!(!paths.is_empty(), "{name} writes nothing?");
        for path in paths {
            let writable = service.writable().any(|folder| Path::new(path).starts_with(folder));
            assert!(writable, "{name} writes to {path}, which is read-only");
        }
    }
}

#[test]
fn ports_are_open_to_this_machine_only() {
    let (compose, _) = compose_file();
    for (name, service) in &compose.services {
        let published: Vec<&str> =
            service.ports.iter().map(|port| port.strip_prefix("127.0.0.1:").expect("loopback")).collect();
        let expected: Vec<String> = match name.as_str() {
            LEDGER => ports().iter().map(|port| format!("{port}:{port}")).collect(),
            _ => Vec::new(),
        };
        assert_eq!(published, expected, "{name}");
    }
    assert!(configuration().tls_internal.is_some() && configuration().tls_public.is_some());
}

#[test]
fn readers_and_recorders_see_their_own_key_and_no_other_secret() {
    let (compose, _) = compose_file();
    // Who reads need not wait until something is recorded.
    for (name, condition) in [("recorder", "service_healthy"), ("auditor", "service_started")] {
        let service = &compose.services[name];
        assert_eq!(service.depends_on[LEDGER].condition, condition);
        assert_eq!(service.mounts_of("keys").count(), 0, "{name}");
        let seen: Vec<_> = service.mounts_of("ledger").chain(service.mounts_of("tls")).collect();
        assert!(seen.iter().all(|mount| mount.read_only));
        let files: Vec<_> =
            seen.iter().map(|mount| mount.volume.subpath.clone().expect("one file")).collect();
        let own = |ending: &str| format!("{name}.{ending}");
        assert_eq!(files, ["ledger.vkey".to_owned(), "ca.pem".to_owned(), own("pem"), own("key")]);
        let known: Vec<_> =
            configuration().callers.into_iter().filter(|caller| caller.name == name).collect();
        assert_eq!(known.len(), 1, "{name} is a caller of the configuration");
    }
}

#[test]
fn the_ledger_waits_for_its_certificates_and_has_time_to_end() {
    let (compose, _) = compose_file();
    for name in [LEDGER, "init"] {
        let service = &compose.services[name];
        assert_eq!(service.depends_on["certs"].condition, "service_completed_successfully", "{name}");
        assert!(service.mounts_of("tls").all(|mount| mount.read_only), "{name} only reads certificates");
    }
    let ledger = &compose.services[LEDGER];
    assert!(ledger.healthcheck.is_some() && ledger.restart.is_some());
    let grace = ledger.stop_grace_period.as_deref().and_then(|text| text.strip_suffix('s')).unwrap();
    assert!(grace.parse::<u64>().unwrap() >= 2 * einsicht_service::server::SHUTDOWN_GRACE.as_secs());
    // Who makes secrets talks to nobody.
    for name in ["certs", "init"] {
        assert_eq!(compose.services[name].network_mode.as_deref(), Some("none"), "{name}");
    }
    // What begins a ledger, or needs one, is never started by a mere `up`.
    for (name, service) in &compose.services {
        assert_eq!(service.profiles.is_empty(), [LEDGER, "certs"].contains(&name.as_str()), "{name}");
    }
}

#[test]
fn recommended_commands_name_services_that_exist() {
    let (compose, recommended) = compose_file();
    assert!(recommended.len() > 4);
    for command in recommended {
        match command.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["down"] => {}
            ["run", "--build", "--rm", service, ..]
            | ["run", "--rm", service, ..]
            | ["up", "--detach", "--wait", service]
            | ["kill", "--signal", "HUP", service] => {
                assert!(compose.services.contains_key(*service), "there is no service {service}");
            }
            other => panic!("check what this names: {other:?}"),
        }
    }
    assert!(compose.services.values().all(|service| service.build == "."), "where the Dockerfile is");
}

#[test]
fn the_service_knows_what_it_is_told() {
    known("einsichtd");
}

#[test]
fn recorder_and_auditor_know_what_they_are_told() {
    known("einsicht");
}

#[test]
fn the_recommended_commands_do_together_what_they_are_for() {
    let [_, image] = stages();
    let (compose, recommended) = compose_file();
    let machine = Machine::new(&compose, &ports());
    let ledger = &compose.services[LEDGER];
    let certificates = || succeed(&machine, &Invocation::main(&compose.services["certs"], &image));
    let mut running = None;
    for command in &recommended {
        match command[0].as_str() {
            "run" => {
                let invocation = Invocation::recommended(&compose, &image, command).unwrap();
                if running.is_none() {
                    certificates();
                }
                succeed(&machine, &invocation);
            }
            "up" => {
                certificates();
                let mut started = machine.start(&Invocation::main(ledger, &image));
                machine.wait_until_healthy(&Invocation::health_check(ledger).unwrap(), &mut started);
                running = Some(started);
            }
            "kill" => {
                let running = running.as_ref().unwrap();
                running.signal("HUP");
                running.wait_until_it_says("the configuration was reloaded");
            }
            "down" => assert_eq!(running.take().unwrap().stop(), Some(0)),
            other => panic!("{other}"),
        }
    }
    assert!(running.is_none(), "the last command stops it");
    let kept = machine.volume("auditor").read_dir().unwrap().count();
    assert!(kept > 0, "the auditor keeps what it verified in its volume");
}

#[test]
fn a_ledger_that_is_there_is_not_begun_again() {
    let [_, image] = stages();
    let (compose, _) = compose_file();
    let machine = Machine::new(&compose, &ports());
    succeed(&machine, &Invocation::main(&compose.services["certs"], &image));
    let init = Invocation::main(&compose.services["init"], &image);
    succeed(&machine, &init);
    let key = std::fs::read(machine.volume("ledger").join("ledger.vkey")).unwrap();
    assert_eq!(machine.run(&init).status.code(), Some(2));
    assert_eq!(std::fs::read(machine.volume("ledger").join("ledger.vkey")).unwrap(), key);
}

fn succeed(machine: &Machine, invocation: &Invocation<'_>) {
    let output = machine.run(invocation);
    assert!(output.status.success(), "{invocation:?}: {output:?}");
}

/// Everything that is started: main programs, health checks, recommended commands.
fn invocations<'a>(
    compose: &'a Compose,
    recommended: &'a [Vec<String>],
    image: &'a Stage,
) -> Vec<Invocation<'a>> {
    let services = || compose.services.values();
    let main = services().map(|service| Invocation::main(service, image));
    let checks = services().filter_map(Invocation::health_check);
    let others = recommended.iter().filter_map(|command| Invocation::recommended(compose, image, command));
    main.chain(checks).chain(others).collect()
}

/// Fails unless the program knows every command, flag and variable that the files give it.
fn known(program: &str) {
    let [_, image] = stages();
    let (compose, recommended) = compose_file();
    let invocations = invocations(&compose, &recommended, &image);
    let of = |service: &Service| {
        let mine = |invocation: &&Invocation<'_>| {
            std::ptr::eq(invocation.service, service) && invocation.name() == program
        };
        invocations.iter().filter(mine).map(Invocation::check).collect::<Vec<_>>()
    };
    for (name, service) in &compose.services {
        let read: BTreeSet<&str> = of(service).into_iter().flatten().collect();
        // The service itself is configured by flags alone; the variables are for `einsicht`.
        let expected = if program == "einsicht" { service.environment.keys().collect() } else { Vec::new() };
        assert_eq!(
            read.into_iter().collect::<Vec<_>>(),
            expected,
            "variables that {program} reads in {name}"
        );
    }
}
