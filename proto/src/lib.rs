//! Messages and gRPC services of Einsicht, package `einsicht.v1`.
//!
//! The `.proto` files in `proto/einsicht/v1` are the reference; their comments are the documentation
//! of the types below. Without features this crate holds plain messages and needs `prost` only; the
//! feature `grpc` adds the tonic client and server.
//!
//! What is not here: any meaning. Limits, validation and the strict reading of logged bytes are in
//! `einsicht-access`.

#[cfg(feature = "grpc")]
pub mod codec;
pub mod schema;

/// Package `einsicht.v1`.
pub mod v1 {
    // Generated code documents itself with the comments of the .proto files; what the generator adds
    // on its own has none.
    #![allow(missing_docs, clippy::pedantic, clippy::too_many_lines, clippy::large_enum_variant)]
    include!(concat!(env!("OUT_DIR"), "/einsicht.v1.rs"));
    include!(concat!(env!("OUT_DIR"), "/debug.rs"));
}

/// The services that take events, and their requests with these left as the bytes that were sent: for a
/// service that reads them where they lie. On the wire they are those of [`v1`].
#[cfg(feature = "grpc")]
pub mod unread {
    #![allow(missing_docs, clippy::pedantic, clippy::too_many_lines, clippy::large_enum_variant)]
    include!(concat!(env!("OUT_DIR"), "/unread/einsicht.v1.rs"));
    include!(concat!(env!("OUT_DIR"), "/unread/debug.rs"));
}

/// The encoded `FileDescriptorSet` of package `einsicht.v1`, as gRPC reflection serves it.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.bin"));

/// The `Debug` of messages that hold personal or secret values: the names of the fields that are set.
fn unprinted(
    formatter: &mut std::fmt::Formatter<'_>,
    name: &str,
    fields: &[(&str, bool)],
) -> std::fmt::Result {
    let mut tuple = formatter.debug_tuple(name);
    fields.iter().filter(|(_, is_set)| *is_set).for_each(|(name, _)| {
        tuple.field(&format_args!("{name}"));
    });
    tuple.finish()
}
