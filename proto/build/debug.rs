//! What is personal or secret is not printed: messages that hold such values get a `Debug` that names the fields
//! that are set, and nothing of what they say. Written from the descriptors, so that a new field is no exception.

use std::error::Error;
use std::fmt::Write as _;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

/// Messages that hold values, salts, keys, reasons or people. Those around them print these, and so nothing either.
pub const UNPRINTED: [&str; 7] = [
    ".einsicht.v1.AccessEvent",
    ".einsicht.v1.Subject",
    ".einsicht.v1.Statement",
    ".einsicht.v1.OpenedField",
    ".einsicht.v1.ViewKey",
    ".einsicht.v1.DiscloseRequest",
    ".einsicht.v1.IssueViewKeysRequest",
];

/// The `Debug` of these messages, as Rust.
pub fn debug_of(descriptors: &FileDescriptorSet, paths: &[&str]) -> Result<String, Box<dyn Error>> {
    let mut source = String::new();
    for path in paths {
        let message = message_of(descriptors, path).ok_or_else(|| format!("there is no message {path}"))?;
        let name = message.name();
        writeln!(source, "impl ::core::fmt::Debug for {name} {{")?;
        source.push_str(
            "    fn fmt(&self, formatter: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {\n",
        );
        writeln!(source, "        crate::unprinted(formatter, \"{name}\", &[")?;
        for field in &message.field {
            writeln!(source, "            (\"{}\", {}),", field.name(), is_set(field)?)?;
        }
        source.push_str("        ])\n    }\n}\n");
    }
    Ok(source)
}

fn message_of<'d>(descriptors: &'d FileDescriptorSet, path: &str) -> Option<&'d DescriptorProto> {
    let file_and_message = descriptors
        .file
        .iter()
        .flat_map(|file| file.message_type.iter().map(move |message| (file.package(), message)));
    let mut found =
        file_and_message.filter(|(package, message)| format!(".{package}.{}", message.name()) == path);
    found.next().map(|(_, message)| message)
}

/// An expression: whether the field of `self` is set.
fn is_set(field: &FieldDescriptorProto) -> Result<String, Box<dyn Error>> {
    let name = field.name();
    if field.label() == Label::Repeated {
        return Ok(format!("!self.{name}.is_empty()"));
    }
    if field.proto3_optional() || field.r#type() == Type::Message {
        return Ok(format!("self.{name}.is_some()"));
    }
    Ok(match field.r#type() {
        Type::String | Type::Bytes => format!("!self.{name}.is_empty()"),
        Type::Bool => format!("self.{name}"),
        Type::Int32 | Type::Int64 | Type::Uint32 | Type::Uint64 | Type::Enum => format!("self.{name} != 0"),
        other => return Err(format!("field {name} has type {other:?}, which is not known here").into()),
    })
}
