//! `docs/configuration.md` says what the table of keys says. `EINSICHT_WRITE_DOCS=1` writes the page.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use einsicht_service::config::{CALLER_SETTINGS, Key, Kind, Presence, SETTINGS, Shape};

const WRITE_VARIABLE: &str = "EINSICHT_WRITE_DOCS";

const HEAD: &str = "\
# Configuration

What `einsichtd serve` and `einsichtd init` are told. This page is made from the same table as the program; the
commands say the same for your own file:

```sh
einsichtd config example > einsichtd.toml          # everything that can be set, explained
einsichtd config check --config einsichtd.toml     # the file, and the files and folders that it names
einsichtd config show --config einsichtd.toml      # what holds, and where each value comes from
```

A file in [TOML](https://toml.io). Relative paths count from its folder. Every setting but the callers can also be
given in the environment and on the command line, there without quotes, and with spaces between items of a list:

```sh
EINSICHTD_LISTEN_INTERNAL=10.0.0.5:7420 einsichtd serve --config einsichtd.toml --set limits.connections=500
```

`--set` wins over the environment, the environment over the file, the file over the default. A variable that begins
with `EINSICHTD_` and is no setting is refused, as an unknown key is; `EINSICHTD_CONFIG` (in place of `--config`)
and `EINSICHTD_LOG_FORMAT` (`text` or `json`) are options of the program, `EINSICHTD_WRAPPING_KEY` is one of the three
places where the wrapping key can be.

`SIGHUP` makes a running service read everything again: file, certificates, keys of certificates. Callers,
certificates, `public`, `limits`, `subjects`, `retention` and `disclosure` change without dropping a call. What is marked **restart** needs a new start, and
so does giving a listener TLS or taking it away. If anything is wrong with the new configuration, the old one
stays as a whole, and the log says why.
";

const CALLERS: &str = "
## Callers

One table `[[caller]]` for everybody who may record, or read more than the public. A caller is known by a bearer
token, of which the configuration holds only the SHA-256, or by a name in its client certificate; if it sends a token,
that decides.

| role | may |
|---|---|
| `recorder` | record accesses to its data sets, end sessions, and check its answers |
| `auditor` | read everything: entries, proofs, receipts, and the metrics; have sealed values disclosed, which is logged |
| `steward` | as an auditor; also erase and correct, open confidential records, give out view keys, and whatever changes the ledger's commitments. Known by a certificate only |
| `monitor` | read the metrics |

| key | holds | | meaning |
|---|---|---|---|
";

const EXAMPLE: &str = "
```toml
[[caller]]
name = \"visitor-counter\"
role = \"recorder\"
datasets = [\"besuchertrend\"]
token_sha256 = [\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"]

[caller.limits]
events_per_second = 1000
```

To replace a token without an interruption: `einsichtd token --out new.token`, add its hash as a second one,
`SIGHUP`, give the caller the new file, and remove the old hash with another `SIGHUP`.
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for keys in SETTINGS.chunk_by(|one, other| one.table_and_name().0 == other.table_and_name().0) {
        let table = keys.first().map_or("", |key| key.table_and_name().0);
        page += &format!("\n## `[{table}]`\n\n| key | holds | default | meaning |\n|---|---|---|---|\n");
        for key in keys {
            let default = match key.presence {
                Presence::Required => "required".to_owned(),
                Presence::RequiredInItsTable => "required in its table".to_owned(),
                Presence::Optional => "none".to_owned(),
                Presence::Default(default) => format!("`{default}`"),
            };
            let restart = if key.is_fixed { " **restart**" } else { "" };
            page += &row(key, &default, restart);
        }
    }
    page += CALLERS;
    for key in CALLER_SETTINGS {
        page += &row(key, if key.presence == Presence::Required { "required" } else { "" }, "");
    }
    page += EXAMPLE;
    page
}

fn row(key: &Key, default: &str, more: &str) -> String {
    let documentation = key.documentation.replace('|', "\\|");
    let name = if CALLER_SETTINGS.iter().any(|of_caller| std::ptr::eq(of_caller, key)) {
        key.name
    } else {
        key.table_and_name().1
    };
    format!("| `{name}` | {} | {default} | {documentation}{more} |\n", holds(key.kind))
}

fn holds(kind: Kind) -> String {
    let one = match kind.shape() {
        Shape::Origin => "name of a ledger",
        Shape::Path => "path",
        Shape::Address => "IP address and port",
        Shape::Boolean => "`true` or `false`",
        Shape::Integer { min, max } if max == i64::MAX.unsigned_abs() => {
            return format!("number from {min} on");
        }
        Shape::Integer { min, max } => return format!("number from {min} to {max}"),
        Shape::Code => "code",
        Shape::Dataset => "codes, or `[\"*\"]`",
        Shape::Role => "a role",
        Shape::TokenHash => "64 hexadecimal digits each",
        Shape::SubjectName => "`dns:NAME` or `uri:URI` each",
        Shape::Word => "program and its arguments",
        Shape::Retention => "`next-year-end` or `P…M`",
        Shape::DatasetRetention => "`data set=class` each",
        Shape::Hold => "`2026-11` or `2026-11/P12M` each",
        Shape::SealedField => "names of sealed fields",
    };
    match kind {
        Kind::One(_) => one.to_owned(),
        Kind::Many(_) => format!("list: {one}"),
    }
}

#[test]
fn the_page_says_what_the_program_reads() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    if std::env::var_os(WRITE_VARIABLE).is_some_and(|value| value == "1") {
        fs::write(&path, page()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap();
    assert!(
        written == page(),
        "docs/configuration.md does not say what the table of keys says; write it anew with\n  \
         {WRITE_VARIABLE}=1 cargo test -p einsicht-service --test configuration_page"
    );
}
