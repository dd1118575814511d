// Files that somebody changed, each in one place.

const LINE = '\n';

/** Flips one bit of a byte of the base64 at the end of a line. */
function flipped(text, at) {
  const bytes = Buffer.from(text, 'base64');
  bytes[(at + bytes.length) % bytes.length] ^= 1;
  return bytes.toString('base64');
}

function onLines(file, change) {
  const lines = Buffer.from(file).toString('utf8').split(LINE);
  change(lines);
  return Buffer.from(lines.join(LINE));
}

/** A receipt (c2sp.org/tlog-proof@v1), changed: by what was changed. */
export const RECEIPTS = {
  leaf: (file) => onLines(file, (lines) => (lines[1] = `extra ${flipped(lines[1].slice('extra '.length), -1)}`)),
  index: (file) => onLines(file, (lines) => (lines[2] = `index ${Number(lines[2].slice('index '.length)) - 1}`)),
  proof: (file) => onLines(file, (lines) => (lines[3] = flipped(lines[3], 5))),
  'a hash of the proof missing': (file) => onLines(file, (lines) => lines.splice(3, 1)),
  'the root that is signed': (file) => onLines(file, (lines) => (lines[lines.indexOf('') + 3] = flipped(lines[lines.indexOf('') + 3], 0))),
  'the size that is signed': (file) => onLines(file, (lines) => (lines[lines.indexOf('') + 2] = String(Number(lines[lines.indexOf('') + 2]) + 1))),
  signature: (file) =>
    onLines(file, (lines) => {
      const at = lines.findLastIndex((line) => line.startsWith('\u2014 '));
      const [dash, name, signed] = lines[at].split(' ');
      lines[at] = `${dash} ${name} ${flipped(signed, -1)}`;
    }),
  'cut off': (file) => Buffer.from(file).subarray(0, file.length - 60),
};

function onJson(file, change) {
  const json = JSON.parse(file);
  change(json);
  return Buffer.from(JSON.stringify(json));
}

/** A file of disclosed values, changed. */
export const DISCLOSURES = {
  'a value': (file) => onJson(file, ({ opened }) => (opened[1].value = flipped(opened[1].value, 0))),
  'a salt': (file) => onJson(file, ({ opened }) => (opened[0].salt = flipped(opened[0].salt, 3))),
  'two values that changed places': (file) => onJson(file, ({ opened }) => ([opened[1].value, opened[2].value] = [opened[2].value, opened[1].value])),
  'the entry in its receipt': (file) => onJson(file, (json) => (json.receipt = RECEIPTS.leaf(json.receipt).toString())),
  'the signature of its receipt': (file) => onJson(file, (json) => (json.receipt = RECEIPTS.signature(json.receipt).toString())),
  'the receipt of its trail': (file) => onJson(file, (json) => (json.trail = RECEIPTS.proof(json.trail).toString())),
};
