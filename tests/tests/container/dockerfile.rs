//! Reads a Dockerfile, as far as ours goes: stages, instructions, their flags and words.

/// One stage: from its `FROM` to the next.
#[derive(Debug)]
pub struct Stage {
    /// The image or stage that it begins from.
    pub base: String,
    pub name: Option<String>,
    pub instructions: Vec<Instruction>,
}

/// One instruction, its continuation lines joined.
#[derive(Debug)]
pub struct Instruction {
    pub keyword: String,
    /// `--name=value` before the words.
    pub flags: Vec<(String, String)>,
    /// What follows the flags: of the JSON form its elements, otherwise what white space separates.
    pub words: Vec<String>,
}

impl Stage {
    /// The instructions of this keyword.
    pub fn all(&self, keyword: &str) -> impl Iterator<Item = &Instruction> {
        self.instructions.iter().filter(move |instruction| instruction.keyword == keyword)
    }

    /// The words of the last instruction of this keyword: the one that holds.
    pub fn last(&self, keyword: &str) -> &[String] {
        self.all(keyword).last().map_or(&[], |instruction| &instruction.words)
    }
}

impl Instruction {
    pub fn flag(&self, name: &str) -> Option<&str> {
        self.flags.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The stages in their order.
pub fn parse(text: &str) -> Vec<Stage> {
    let mut stages: Vec<Stage> = Vec::new();
    for line in logical_lines(text) {
        let (keyword, rest) = line.split_once(' ').unwrap_or_else(|| panic!("no arguments: {line}"));
        if keyword != "FROM" {
            let stage = stages.last_mut().unwrap_or_else(|| panic!("before the first FROM: {line}"));
            stage.instructions.push(instruction(keyword, rest));
            continue;
        }
        let words: Vec<&str> = rest.split_whitespace().collect();
        let (base, name) = match words.as_slice() {
            [base] => (*base, None),
            [base, "AS", name] => (*base, Some((*name).to_owned())),
            _ => panic!("not `FROM base [AS name]`: {line}"),
        };
        stages.push(Stage { base: base.to_owned(), name, instructions: Vec::new() });
    }
    stages
}

fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for part in text.lines().map(str::trim).filter(|part| !part.is_empty() && !part.starts_with('#')) {
        match part.strip_suffix('\\') {
            Some(part) => line.push_str(part),
            None => lines.push(std::mem::take(&mut line) + part),
        }
    }
    assert!(line.is_empty(), "the last line continues nowhere: {line}");
    lines
}

fn instruction(keyword: &str, rest: &str) -> Instruction {
    let mut flags = Vec::new();
    let mut rest = rest.trim();
    while let Some(flag) = rest.strip_prefix("--") {
        let (flag, after) = flag.split_once(' ').unwrap_or((flag, ""));
        let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
        flags.push((name.to_owned(), value.to_owned()));
        rest = after.trim_start();
    }
    let words = if rest.starts_with('[') {
        serde_json::from_str(rest).unwrap_or_else(|error| panic!("{keyword} {rest}: {error}"))
    } else {
        rest.split_whitespace().map(str::to_owned).collect()
    };
    Instruction { keyword: keyword.to_owned(), flags, words }
}
