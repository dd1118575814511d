//! `einsichtd certs`: a private authority and certificates for trying out.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use clap::Args;
use jiff::Timestamp;

use crate::certs::{AUTHORITY, Authority, Done, Issued, Usage, Wanted, paths};

/// Names of the servers' files, without their ending.
const SERVER: &str = "server";
const PUBLIC: &str = "public";
/// Whom every server certificate names.
const LOCAL: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Makes a private authority and certificates for trying out.
///
/// Nothing is overwritten. Run again, it adds what is missing under the same authority.
#[derive(Debug, Args)]
pub struct CertsArgs {
    /// Folder of certificates and keys; made if it is not there, for its owner only
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Name or IP address that servers are reached by, besides localhost, 127.0.0.1 and ::1; repeatable
    #[arg(long = "host", value_name = "NAME", value_parser = host)]
    hosts: Vec<String>,
    /// DNS name in the certificate of a recorder; repeatable
    #[arg(long = "recorder", value_name = "NAME", value_parser = client, default_value = "recorder")]
    recorders: Vec<String>,
    /// DNS name in the certificate of an auditor; repeatable
    #[arg(long = "auditor", value_name = "NAME", value_parser = client, default_value = "auditor")]
    auditors: Vec<String>,
    /// DNS name in the certificate of a steward; repeatable
    #[arg(long = "steward", value_name = "NAME", value_parser = client, default_value = "steward")]
    stewards: Vec<String>,
    /// Days that certificates are valid; the authority itself is for ten years
    #[arg(long, value_name = "DAYS", default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=3650))]
    days: u32,
    /// Make every certificate in the folder anew, for the same keys
    #[arg(long)]
    renew: bool,
}

pub(super) fn run(args: &CertsArgs) -> anyhow::Result<()> {
    let clients: Vec<&String> =
        [&args.recorders, &args.auditors, &args.stewards].into_iter().flatten().collect();
    for (position, name) in clients.iter().enumerate() {
        let twice = clients.iter().skip(position + 1).any(|other| other == name);
        ensure!(!twice, "'{name}' is named twice; one certificate is for one caller");
    }
    let now = Timestamp::now();
    let authority = Authority::open_or_create(&args.out, now)?;
    let server = |file: &str| Wanted {
        file: file.to_owned(),
        usage: Usage::Server,
        names: LOCAL.iter().map(ToString::to_string).chain(args.hosts.iter().cloned()).collect(),
    };
    let client =
        |name: &String| Wanted { file: name.clone(), usage: Usage::Client, names: vec![name.clone()] };
    let mut wanted = vec![server(SERVER), server(PUBLIC)];
    wanted.extend(clients.iter().map(|name| client(name)));
    if args.renew {
        let others = authority.issued_before()?;
        let is_new = |other: &Wanted| wanted.iter().all(|wanted| wanted.file != other.file);
        let others: Vec<Wanted> = others.into_iter().filter(is_new).collect();
        wanted.extend(others);
    }
    let issue = |wanted| authority.issue(wanted, args.days, args.renew);
    let issued: Vec<Issued> = wanted.iter().map(issue).collect::<Result<_, _>>()?;
    std::iter::once(&authority.issued()).chain(&issued).for_each(|issued| tell(issued, now));
    let folder = args.out.canonicalize().with_context(|| args.out.display().to_string())?;
    super::say(&configuration(args, &folder));
    Ok(())
}

fn tell(issued: &Issued, now: Timestamp) {
    let done = match issued.done {
        Done::Made => "made   ",
        Done::Renewed => "renewed",
        Done::Kept => "kept   ",
    };
    let names = match issued.names.as_slice() {
        [] => "the authority".to_owned(),
        names => names.join(", "),
    };
    let until = issued.until.strftime("%Y-%m-%d");
    let validity = if issued.until <= now {
        format!("ENDED on {until}; add --renew")
    } else {
        format!("valid until {until}")
    };
    super::say(&format!("{done}  {}  {names}; {validity}", issued.certificate.display()));
}

/// What to write where, ready to paste.
fn configuration(args: &CertsArgs, folder: &Path) -> String {
    let quoted = |path: PathBuf| toml::Value::String(path.display().to_string()).to_string();
    let (server, server_key) = paths(folder, SERVER);
    let (public, public_key) = paths(folder, PUBLIC);
    let (authority, authority_key) = paths(folder, AUTHORITY);
    let mut text = format!(
        "\nFor the configuration of the service:\n\n\
         [tls.internal]\ncertificate = {}\nkey = {}\nclient_ca = {}\n\n\
         [tls.public]\ncertificate = {}\nkey = {}\n",
        quoted(server),
        quoted(server_key),
        quoted(authority.clone()),
        quoted(public),
        quoted(public_key),
    );
    let roles = [
        ("recorder", "\ndatasets = [\"*\"]", &args.recorders),
        ("auditor", "", &args.auditors),
        ("steward", "", &args.stewards),
    ];
    for (role, more, names) in roles {
        for name in names {
            text += &format!(
                "\n[[caller]]\nname = \"{name}\"\nrole = \"{role}\"{more}\ncertificates = [\"dns:{name}\"]\n"
            );
        }
    }
    let example = args.recorders.first().map_or("recorder", String::as_str);
    let (certificate, key) = paths(folder, example);
    text += &format!(
        "\nFor a recorder, with its own certificate and key:\n\n\
         EINSICHT_CA_FILE={}\nEINSICHT_CERT_FILE={}\nEINSICHT_KEY_FILE={}\n\n\
         These are for trying out. Whoever holds {} can make callers: in production keep it\n\
         elsewhere, or use your own authority. Keys are readable by you only.",
        authority.display(),
        certificate.display(),
        key.display(),
        authority_key.display(),
    );
    text
}

/// A DNS name or an IP address.
fn host(name: &str) -> Result<String, String> {
    match name.parse::<IpAddr>() {
        Ok(address) => Ok(address.to_string()),
        Err(_) => dns_name(name),
    }
}

/// The DNS name of a caller. It is a file name too.
fn client(name: &str) -> Result<String, String> {
    let name = dns_name(name)?;
    match name.as_str() {
        SERVER | PUBLIC | AUTHORITY => Err("the files of this name are not a caller's".to_owned()),
        _ => Ok(name),
    }
}

/// Letters, digits and hyphens, in parts of 1 to 63 with dots between them (RFC 1123 section 2.1).
fn dns_name(name: &str) -> Result<String, String> {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if name.len() <= 253 && name.split('.').all(is_label) {
        return Ok(name.to_ascii_lowercase());
    }
    Err("a DNS name has letters, digits and hyphens, in parts with dots between them".to_owned())
}
