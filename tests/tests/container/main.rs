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
use invocation::{ADDRESS, Invocation};
use machine::Machine;
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
    let mut needed = BTreeSet::from(["Cargo.lock", "Cargo.toml", "LICENSE"].map(str::to_owned));
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
    let mounts = || compose.services.values().flat_map(|service| &service.volumes);
    let mounted: BTreeSet<&String> = mounts().map(|mount| &mount.source).collect();
    assert_eq!(mounted, compose.volumes.keys().collect(), "declared is what is mounted");
    for mount in mounts() {
        assert_eq!(mount.kind, "volume");
        let prepared = image.all("COPY").any(|copy| {
            copy.words.last() == Some(&mount.target)
                && copy.flag("chown") == image.last("USER").first().map(String::as_str)
        });
        // What is mounted for reading takes the owner that the file has in the volume.
        assert!(prepared || mount.read_only, "{} would belong to root", mount.target);
    }
}

#[test]
fn what_is_written_is_written_to_a_volume_or_to_memory() {
    let [_, image] = stages();
    let (compose, _) = compose_file();
    for (name, service) in &compose.services {
        let data = Invocation::main(service, &image).value("--data");
        let state = service.environment.get("EINSICHT_STATE_DIR").expect("both run `einsicht`");
        for path in data.into_iter().chain([state.as_str()]) {
            let writable = service.writable().into_iter().any(|folder| Path::new(path).starts_with(folder));
            assert!(writable, "{name} writes to {path}, which is read-only");
        }
    }
}

#[test]
fn the_verifier_waits_for_the_ledger_and_sees_only_its_public_key() {
    let [_, image] = stages();
    let (compose, _) = compose_file();
    let (ledger, verify) = (&compose.services["ledger"], &compose.services["verify"]);
    let (serving, verifying) = (Invocation::main(ledger, &image), Invocation::main(verify, &image));
    assert_eq!(serving.value("--listen"), Some(ADDRESS));
    let url = format!("http://{ADDRESS}");
    assert!(verifying.arguments.contains(&url) && ledger.environment["EINSICHT_URL"] == url);
    assert_eq!(verify.network_mode.as_deref(), Some("service:ledger"));
    assert_eq!(verify.depends_on["ledger"].condition, "service_healthy");
    assert!(ledger.healthcheck.is_some());
    let data = ledger.volumes.iter().find(|mount| serving.value("--data") == Some(&mount.target)).unwrap();
    let seen: Vec<_> = verify.volumes.iter().filter(|mount| mount.source == data.source).collect();
    let [key] = seen.as_slice() else { panic!("one file of the ledger: {seen:?}") };
    assert_eq!((key.read_only, key.volume.subpath.as_deref()), (true, Some("ledger.vkey")));
    assert_eq!(verifying.value("--vkey"), Some(key.target.as_str()));
}

#[test]
fn recommended_commands_name_services_that_exist() {
    let (compose, recommended) = compose_file();
    assert!(!recommended.is_empty());
    for command in recommended {
        match command.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["up", "--build"] | ["down"] => {}
            ["run", "--rm", service] | ["exec", service, ..] => {
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
fn the_verifier_knows_what_it_is_told() {
    known("einsicht");
}

#[test]
fn the_ledger_becomes_healthy_records_and_verifies() {
    let [_, image] = stages();
    let (compose, recommended) = compose_file();
    let (ledger, verify) = (&compose.services["ledger"], &compose.services["verify"]);
    let machine = Machine::new(&compose);
    let running = machine.start(&Invocation::main(ledger, &image));
    machine.wait_until_healthy(&Invocation::health_check(ledger).unwrap(), &running);
    let run = |invocation: &Invocation<'_>| {
        let output = machine.run(invocation, &running);
        assert!(output.status.success(), "{invocation:?}: {output:?}");
    };
    run(&Invocation::main(verify, &image));
    for record in recommended.iter().filter_map(|command| Invocation::recommended(&compose, command)) {
        run(&record);
    }
    run(&Invocation::main(verify, &image));
    let kept = machine.volume("auditor").read_dir().unwrap().count();
    assert!(kept > 0, "the verifier keeps what it verified in its volume");
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
    let others = recommended.iter().filter_map(|command| Invocation::recommended(compose, command));
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
