//! Compiles the .proto files with protox (nobody has to install protoc) and writes five things:
//! the Rust types, those with events again with these unread, the `Debug` of those that must not be printed, the
//! descriptor set for gRPC reflection, and a wire schema of `EntryBody` from which the strict reader in
//! `einsicht-access` checks logged bytes.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto, FileDescriptorSet};

#[path = "build/debug.rs"]
mod debug;

use debug::{UNPRINTED, debug_of};

const FILES: [&str; 8] = [
    "einsicht/v1/event.proto",
    "einsicht/v1/record.proto",
    "einsicht/v1/entry.proto",
    "einsicht/v1/recorder.proto",
    "einsicht/v1/ledger.proto",
    "einsicht/v1/vault.proto",
    "einsicht/v1/charter.proto",
    "einsicht/v1/report.proto",
];

/// The files of the services that events are sent to.
const TAKE_EVENTS: [&str; 2] = ["einsicht/v1/recorder.proto", "einsicht/v1/charter.proto"];
/// Their messages that have events, and those around these.
const HAVE_EVENTS: [&str; 2] = ["RecordRequest", "EvaluateRequest"];
const AROUND_THEM: [&str; 1] = ["RecordStreamRequest"];

/// The message whose wire schema is written out, with all that it refers to.
const SCHEMA_ROOT: &str = ".einsicht.v1.EntryBody";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=einsicht");
    println!("cargo::rerun-if-changed=build");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let descriptors = protox::compile(FILES, ["."])?;
    std::fs::write(out.join("descriptor.bin"), descriptors.encode_to_vec())?;
    std::fs::write(out.join("schema.rs"), wire_schema(&descriptors)?)?;
    std::fs::write(out.join("debug.rs"), debug_of(&descriptors, &UNPRINTED)?)?;
    compile_unread(&descriptors, &out.join("unread"))?;
    tonic_prost_build::configure()
        .bytes(".")
        .skip_debug(UNPRINTED)
        .codec_path("crate::codec::BoundedCodec")
        .client_mod_attribute(".", "#[cfg(feature = \"grpc\")]")
        .server_mod_attribute(".", "#[cfg(feature = \"grpc\")]")
        .compile_fds(descriptors)?;
    Ok(())
}

/// For services that take events: requests whose events are left as the bytes that were sent. On the wire
/// both are the same.
fn compile_unread(descriptors: &FileDescriptorSet, folder: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(folder)?;
    let takes_events = |file: &&FileDescriptorProto| TAKE_EVENTS.contains(&file.name());
    let mut files: Vec<_> = descriptors.file.iter().filter(takes_events).cloned().collect();
    // Their events are bytes now, and would be printed.
    let unprinted = HAVE_EVENTS.map(|name| format!(".einsicht.v1.{name}"));
    let paths: Vec<&str> = unprinted.iter().map(String::as_str).collect();
    std::fs::write(folder.join("debug.rs"), debug_of(descriptors, &paths)?)?;
    let mut builder = tonic_prost_build::configure()
        .bytes(".")
        .skip_debug(unprinted)
        .codec_path("crate::codec::BoundedCodec")
        .build_client(false)
        .out_dir(folder);
    for file in &mut files {
        let mut as_it_is: Vec<&str> = file.enum_type.iter().map(|choice| choice.name()).collect();
        for message in &mut file.message_type {
            match message.name() {
                name if HAVE_EVENTS.contains(&name) => {
                    let events = message.field.iter_mut().find(|field| field.name() == "events");
                    let events = events.ok_or("a message with events has no events")?;
                    events.set_type(Type::Bytes);
                    events.type_name = None;
                }
                name if AROUND_THEM.contains(&name) => {}
                _ => as_it_is.push(message.name()),
            }
        }
        for name in as_it_is {
            builder = builder.extern_path(format!(".einsicht.v1.{name}"), format!("crate::v1::{name}"));
        }
    }
    builder.compile_fds(FileDescriptorSet { file: files })?;
    Ok(())
}

fn wire_schema(descriptors: &FileDescriptorSet) -> Result<String, Box<dyn Error>> {
    let messages: BTreeMap<String, &DescriptorProto> = descriptors
        .file
        .iter()
        .flat_map(|file| {
            file.message_type
                .iter()
                .map(move |message| (format!(".{}.{}", file.package(), message.name()), message))
        })
        .collect();
    let mut wanted = vec![SCHEMA_ROOT.to_owned()];
    let mut source = String::new();
    let mut done = 0;
    while let Some(path) = wanted.get(done).cloned() {
        done += 1;
        let message = messages.get(&path).ok_or_else(|| format!("{path} is not in the descriptor set"))?;
        writeln!(
            source,
            "/// Wire schema of `{name}`.\npub static {constant}: MessageSchema = MessageSchema::new(\"{name}\", &[",
            name = message.name(),
            constant = constant(message.name()),
        )?;
        for field in &message.field {
            writeln!(source, "    {},", field_schema(field)?)?;
            if field.r#type() == Type::Message && !wanted.iter().any(|known| known == field.type_name()) {
                wanted.push(field.type_name().to_owned());
            }
        }
        source.push_str("]);\n");
    }
    Ok(source)
}

fn field_schema(field: &FieldDescriptorProto) -> Result<String, Box<dyn Error>> {
    let kind = match field.r#type() {
        Type::Bool => "Kind::Bool".to_owned(),
        Type::Int32 => "Kind::Int32".to_owned(),
        Type::Int64 => "Kind::Int64".to_owned(),
        Type::Uint32 => "Kind::Uint32".to_owned(),
        Type::Uint64 => "Kind::Uint64".to_owned(),
        Type::Enum => "Kind::Enum".to_owned(),
        Type::String => "Kind::String".to_owned(),
        Type::Bytes => "Kind::Bytes".to_owned(),
        Type::Message => {
            let name = field.type_name().rsplit('.').next().unwrap_or_default();
            format!("Kind::Message(&{})", constant(name))
        }
        other => {
            return Err(format!(
                "field {} has type {other:?}, which the strict reader does not know",
                field.name()
            )
            .into());
        }
    };
    // A proto3 `optional` is a oneof of its own; only the others bind fields together.
    let oneof = match field.oneof_index {
        Some(index) if !field.proto3_optional() => format!("Some({index})"),
        _ => "None".to_owned(),
    };
    Ok(format!(
        "FieldSchema {{ number: {}, name: \"{}\", kind: {kind}, repeated: {}, oneof: {oneof} }}",
        field.number(),
        field.name(),
        field.label() == Label::Repeated,
    ))
}

/// `EntryBody` becomes `ENTRY_BODY`.
fn constant(name: &str) -> String {
    let mut constant = String::new();
    for (position, letter) in name.chars().enumerate() {
        if letter.is_uppercase() && position > 0 {
            constant.push('_');
        }
        constant.extend(letter.to_uppercase());
    }
    constant
}
