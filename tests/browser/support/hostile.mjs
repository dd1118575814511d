// Text that looks like HTML or script, wherever somebody may write freely.

/** What runs if any of it becomes more than text: it would set this. */
export const MARK = 'einsichtRan';

/** Each says where it was written, so that a test can look for it. */
export function hostile(where) {
  return `<img src=x onerror="window.${MARK}=1"><script>window.${MARK}=1</script> ${where} {index} &lt;b&gt; javascript:${MARK}`;
}

/** An event with such text in every field that is free; the codes allow none of it. */
export const HOSTILE_EVENT = {
  dataset: 'parkhaeuser',
  operation: 'query',
  purpose: 'verkehrsplanung',
  national_norm: hostile('norm'),
  announcement: hostile('announcement'),
  approval: hostile('approval'),
  activity: 'verkehr',
  subjects: ['person:4711'],
  actor: hostile('actor'),
  on_behalf_of: hostile('behalf'),
  record_keys: [hostile('key')],
  justification: hostile('justification'),
  case_number: hostile('case'),
  query: hostile('query'),
};
/** Fields of it that stand in the log in the clear, and those that are sealed. */
export const OPEN_PLACES = ['norm', 'announcement', 'approval'];
export const SEALED_PLACES = ['actor', 'behalf', 'key', 'justification', 'case', 'query'];

const text = (where) => JSON.stringify(hostile(where));

/** A charter with such text in every text that is free. */
export const HOSTILE_CHARTER = `
[charter]
title = ${text('charter-title')}
title_en = ${text('charter-title-en')}
adopted = 2026-01-15
time_zone = "Europe/Berlin"
wording_checked = false

[[purpose]]
id = "verkehrsplanung"
title = ${text('purpose-title')}

[[role]]
id = "planung"
title = ${text('role-title')}

[[dataset]]
id = "parkhaeuser"
title = ${text('dataset-title')}
personal = "none"
purposes = ["verkehrsplanung"]
roles = ["planung"]

[[commitment]]
id = "V-1"
title = ${text('commitment-title')}
source = ${text('commitment-source')}
evidence = "council decision"
severity = "breach"
must = { role = { in = ["planung"] } }

[[commitment]]
id = "V-2"
title = ${text('question-title')}
source = ${text('question-source')}
evidence = "council decision"
question = ${text('question')}
`;
