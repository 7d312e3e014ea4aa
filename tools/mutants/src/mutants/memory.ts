import { mutant, type Mutant } from '../mutant.js';

const IMAGE = 'fast/fast-image.ts';
const INDEX = 'fast/id-index.ts';
const RING = 'fast/id-ring.ts';
const BUCKETS = 'fast/tag-buckets.ts';
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
    'flags, order.quantity, order.open);',
    'flags, order.open, order.open);',
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

  mutant(
    'used-id-forgotten-too-early',
    'duplicates',
    STATE,
    'const before = time - DUPLICATE',
    'const before = time + 1 - DUPLICATE',
  ),
  mutant(
    'used-id-forgotten-too-late',
    'duplicates',
    STATE,
    'if (this.used.oldestTime < before)',
    'if (this.used.oldestTime < before - 1)',
  ),
  mutant('all-used-ids-forgotten-at-once', 'duplicates', STATE, 'if (used.newestTime < before)', 'if (true)'),
  mutant('request-forgotten-too-late', 'duplicates', STATE, 'if (this.requests.oldestTime < before)', 'if (false)'),
  mutant('all-requests-forgotten-at-once', 'duplicates', REQUESTS, 'if (this.#ring.newestTime < time)', 'if (true)'),
  mutant('window-holds-one-too-many', 'duplicates', REQUESTS, 'count > this.#limit', 'count > this.#limit + 1'),
  mutant('ignored-request-uncounted', 'duplicates', 'fast/fast-commands.ts', 'book.ignoredRequests++', 'undefined'),
  {
    name: 'request-of-another-user',
    spec: 'duplicates',
    edits: [
      { file: RING, find: 'hash ^ Math.imul(key, 0x9e3779b1)', replace: 'hash ^ Math.imul(key & 0, 1)' },
      {
        file: RING,
        find: 'words[base + KEY_AND_KIND] !== ((key << KIND_BITS) | id.kind)',
        replace: '(words[base + KEY_AND_KIND]! & KIND_MASK) !== id.kind',
      },
    ],
  },

  mutant('index-loses-an-entry-as-it-grows', 'ids', INDEX, 'if (entry > 0) this.#put(', 'if (entry > 1) this.#put('),
  mutant('index-forgets-what-has-not-moved', 'ids', INDEX, 'this.#isSplit ? this.#findElsewhere(id, hash) : -1', '-1'),
  mutant(
    'index-leaves-a-hole',
    'ids',
    INDEX,
    'if (at >= 0) close(this.#cells, at);',
    'if (at >= 0) this.#cells[at + 1] = 0;',
  ),
  mutant('ring-never-looks-at-the-first-tag', 'duplicates', BUCKETS, '& ~own & 0x80000000', '& ~own & 0'),
  mutant('ring-never-looks-at-the-last-tags', 'ids', BUCKETS, 'zeroHalf(tags[base + 7]! ^ tag)', '0'),
  mutant(
    'ring-starts-one-tag-late',
    'ids',
    BUCKETS,
    '(next << START_SHIFT) | (count - 1)',
    '(start << START_SHIFT) | (count - 1)',
  ),
  mutant('ring-forgets-beyond-its-tags', 'ids', BUCKETS, 'equal !== 0 || (head & COUNT_MASK) > TAGS', 'equal !== 0'),
  mutant('ring-loses-a-crowd', 'ids', BUCKETS, 'this.#crowded.get(name) ?? -1', '-1'),
  mutant(
    'ring-loses-a-record-as-it-grows',
    'ids',
    RING,
    'let moved = this.#moved; moved < end',
    'let moved = this.#moved + 1; moved < end',
  ),
  mutant('ring-uses-a-chunk-that-a-copy-reads', 'ids', RING, 'if (chunk.isShared) return;', ''),
];
