export { Findings } from './findings.js';
export { wholeJournal, type JournalShard } from './journal.js';
export { Bucket } from './read/bucket.js';
export { readJournal } from './read/journal.js';
export { readRestoreObjects } from './read/restore-objects.js';
export { replay, type Observer, type Step } from './replay.js';
