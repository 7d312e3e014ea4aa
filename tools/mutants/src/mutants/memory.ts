import { mutant, type Mutant } from '../mutant.js';

const IMAGE = 'fast/fast-image.ts';
const INDEX = 'fast/id-index.ts';
const RING = 'fast/id-ring.ts';
const STATE = 'fast/fast-state.ts';
const REQUESTS = 'fast/request-window.ts';

/** Bugs in what the book remembers: ids, requests, snapshots. */
export const memoryMutants: readonly Mutant[] = [
  {
    name: 'snapshot-forgets-used-ids',
    spec: 'duplicates',
    edits: [
      { file: IMAGE, find: 'usedIdCount: book.used.count', replace: 'usedIdCount: 0' },
      { file: IMAGE, find: 'usedIds: usedIds(book)', replace: 'usedIds: []' },
    ],
  },
  {
    name: 'snapshot-forgets-requests',
    spec: 'duplicates',
    edits: [
      { file: IMAGE, find: 'requestCount: book.requests.size', replace: 'requestCount: 0' },
      { file: IMAGE, find: 'requests: book.requests.entries()', replace: 'requests: []' },
    ],
  },
  mutant('restore-forgets-the-end-of-a-halt', 'band-and-halt', IMAGE, 'book.haltedUntil = image.haltedUntil;', ''),
  mutant(
    'restore-forgets-what-is-filled',
    'snapshots',
    IMAGE,
    'setQuantity(slot, order.quantity)',
    'setQuantity(slot, order.open)',
  ),
  mutant(
    'restored-iceberg-shows-a-fresh-slice',
    'icebergs',
    IMAGE,
    '{ price, stopPrice, display, shown });',
    '{ price, stopPrice, display, shown: Math.min(display, order.open) });',
  ),
  mutant('snapshot-in-no-order', 'snapshots', IMAGE, '  keys.sort();\n', ''),
  mutant('capture-shares-its-details', 'restore', IMAGE, '{ ...detail }', 'detail'),
  mutant('restored-ids-stay-used', 'restore', 'fast/fast-restore.ts', 'forgetIds(book, returning);\n', ''),
  mutant('restored-orders-wait-for-the-next-command', 'restore', 'fast/fast-restore.ts', '  triggerStops(book);\n', ''),

  {
    name: 'used-id-forgotten-too-early',
    spec: 'duplicates',
    edits: [
      { file: STATE, find: 'if (now - used.oldestTime > DUPLICATE', replace: 'if (now - used.oldestTime >= DUPLICATE' },
      {
        file: STATE,
        find: 'while (now - used.oldestTime > DUPLICATE',
        replace: 'while (now - used.oldestTime >= DUPLICATE',
      },
    ],
  },
  {
    name: 'used-id-forgotten-too-late',
    spec: 'duplicates',
    edits: [
      { file: STATE, find: 'used.newestTime > DUPLICATE', replace: 'used.newestTime > 1 + DUPLICATE' },
      {
        file: STATE,
        find: 'while (now - used.oldestTime > DUPLICATE',
        replace: 'while (now - used.oldestTime > 1 + DUPLICATE',
      },
    ],
  },
  {
    name: 'request-forgotten-too-early',
    spec: 'duplicates',
    edits: [
      { file: REQUESTS, find: 'oldestTime <= DUPLICATE', replace: 'oldestTime < DUPLICATE' },
      { file: REQUESTS, find: 'oldestTime > DUPLICATE', replace: 'oldestTime >= DUPLICATE' },
    ],
  },
  {
    name: 'request-forgotten-too-late',
    spec: 'duplicates',
    edits: [
      { file: REQUESTS, find: 'newestTime > DUPLICATE', replace: 'newestTime > 1 + DUPLICATE' },
      { file: REQUESTS, find: 'oldestTime > DUPLICATE', replace: 'oldestTime > 1 + DUPLICATE' },
    ],
  },
  mutant('window-holds-one-too-many', 'duplicates', REQUESTS, 'count > this.#limit', 'count > this.#limit + 1'),
  mutant('ignored-request-uncounted', 'duplicates', 'fast/fast-commands.ts', 'book.ignoredRequests++', 'undefined'),
  mutant(
    'request-of-another-user',
    'duplicates',
    RING,
    'hash ^ Math.imul(key, 0x9e3779b1)',
    'hash ^ Math.imul(key & 0, 1)',
  ),

  mutant(
    'index-loses-an-entry-as-it-grows',
    'ids',
    INDEX,
    'cell <= used; cell++) {\n        const',
    'cell < used; cell++) {\n        const',
  ),
  mutant('index-forgets-what-has-not-moved', 'ids', INDEX, 'this.#old === undefined ? -1 :', 'true ? -1 :'),
  mutant('index-never-looks-at-the-first-tag', 'matching', INDEX, '& ~a & 0x80808000', '& ~a & 0x80800000'),
  mutant('ring-never-looks-at-the-first-tag', 'duplicates', RING, '& ~own & 0x80000000', '& ~own & 0'),
  mutant('ring-never-looks-at-the-last-tags', 'ids', RING, 'zeroHalf(tags[base + 15]! ^ tag)', '0'),
  mutant(
    'ring-starts-one-tag-late',
    'ids',
    RING,
    '(next << START_SHIFT) | (count - 1)',
    '(start << START_SHIFT) | (count - 1)',
  ),
  mutant('ring-forgets-beyond-its-tags', 'ids', RING, 'equal === 0 && (head & COUNT_MASK) <= TAGS', 'equal === 0'),
  mutant('ring-loses-a-crowd', 'ids', RING, 'this.#crowded.get(name(key, id.text)) ?? -1', '-1'),
];
