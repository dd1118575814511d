//! A web server on loopback that can do everything wrong.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::source::{Source, SourceOptions};

/// What is answered.
#[derive(Clone)]
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
    /// What the answer says that its length is.
    pub stated_bytes: usize,
}

/// One request, and how many there were for this path before.
pub struct Request<'r> {
    pub path: &'r str,
    pub head: &'r str,
    pub before: usize,
}

pub struct Server {
    address: String,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Reply {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self { status, stated_bytes: body.len(), body }
    }
}

impl Server {
    /// Serves the files of a folder.
    pub fn of_folder(folder: &Path) -> Self {
        Self::with_faults(folder, |_| None)
    }

    /// Serves the files of a folder, except where `fault` has another answer.
    pub fn with_faults(
        folder: &Path,
        fault: impl Fn(&Request<'_>) -> Option<Reply> + Send + Sync + 'static,
    ) -> Self {
        let folder: PathBuf = folder.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let paths = Arc::new(Mutex::new(Vec::new()));
        let (seen, fault) = (paths.clone(), Arc::new(fault));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (seen, folder, fault) = (seen.clone(), folder.clone(), fault.clone());
                thread::spawn(move || serve(stream.unwrap(), &seen, &folder, &*fault));
            }
        });
        Self { address, paths }
    }

    pub fn address(&self) -> &str {
        &self.address
    }

    /// A source with short pauses.
    pub fn source(&self) -> Source {
        let quick =
            SourceOptions { pause: Duration::from_millis(1), attempts: 3, ..SourceOptions::default() };
        Source::open_with(&self.address, quick).unwrap()
    }

    /// How often each path was asked for.
    pub fn requests(&self) -> HashMap<String, usize> {
        let mut counts = HashMap::new();
        for path in self.paths.lock().unwrap().iter() {
            *counts.entry(path.clone()).or_default() += 1;
        }
        counts
    }
}

fn serve(
    stream: TcpStream,
    seen: &Mutex<Vec<String>>,
    folder: &Path,
    fault: &dyn Fn(&Request<'_>) -> Option<Reply>,
) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap_or(0) == 0 {
            return;
        }
    }
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let before = {
        let mut seen = seen.lock().unwrap();
        seen.push(path.clone());
        seen.iter().filter(|other| **other == path).count() - 1
    };
    let reply = fault(&Request { path: &path, head: &head, before }).unwrap_or_else(|| {
        match fs::read(folder.join(path.trim_start_matches('/'))) {
            Ok(body) => Reply::new(200, body),
            Err(_) => Reply::new(404, "not here"),
        }
    });
    let mut stream = reader.into_inner();
    let head = format!(
        "HTTP/1.1 {} x\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        reply.status, reply.stated_bytes
    );
    // The client may have hung up.
    let _ = stream.write_all(&[head.as_bytes(), &reply.body].concat());
}
