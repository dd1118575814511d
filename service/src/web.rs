//! The public site, as it was built into the program: the files of `web/` that a server gives out. `web/README.md`.

use std::sync::LazyLock;

use einsicht_tlog::hash::{sha256, to_hex};

/// By path. Made by `build.rs`.
static BUILT_IN: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/web.rs"));

/// One file of the site.
#[derive(Debug)]
pub struct Asset {
    /// Where it lies below the prefix of the ledger: `en/index.html`.
    pub path: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
    /// Tells its contents from any other: SHA-256 in hexadecimal digits.
    pub sha256: String,
}

/// All of them, in the order of their folders.
pub fn assets() -> &'static [Asset] {
    static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
        let asset = |&(path, bytes): &(_, &'static [u8])| Asset {
            path,
            bytes,
            sha256: to_hex(sha256(bytes).as_bytes()),
        };
        BUILT_IN.iter().map(asset).collect()
    });
    &ASSETS
}

/// What a file is, by the ending of its name, as an HTTP header says it.
///
/// Browsers run modules and apply styles of the right type only; what has another one is plain text, and as such shown and
/// never run.
#[must_use]
pub fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map_or("", |(_, ending)| ending) {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "json" => "application/json",
        "csv" => "text/csv; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => "text/plain; charset=utf-8",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_site_is_there_and_nothing_that_is_for_those_who_build() {
        let paths: Vec<_> = assets().iter().map(|asset| asset.path).collect();
        for needed in [
            "index.html",
            "en/index.html",
            "style.css",
            "site/frame.js",
            "site/work/scan.js",
            "verify/merkle.js",
        ] {
            assert!(paths.contains(&needed), "{needed} is missing");
        }
        let first_parts = paths.iter().map(|path| path.split('/').next().unwrap());
        for (path, first) in paths.iter().zip(first_parts) {
            let is_page = path.ends_with(".html") && matches!(path.matches('/').count(), 0 | 1);
            let is_module = path.ends_with(".js") && matches!(first, "site" | "verify");
            assert!(is_page || is_module || *path == "style.css", "{path}");
        }
    }

    #[test]
    fn every_module_has_the_type_that_browsers_run() {
        for asset in assets().iter().filter(|asset| asset.path.ends_with(".js")) {
            assert_eq!(content_type(asset.path), "text/javascript; charset=utf-8", "{}", asset.path);
        }
        assert_eq!(content_type("checkpoint"), "text/plain; charset=utf-8");
        assert_eq!(content_type("a.html/x"), "text/plain; charset=utf-8");
    }
}
