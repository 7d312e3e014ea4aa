import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { EventFormatError, decodeEvents } from './event-codec.js';
import { EventList } from './event-list.js';
import { fillEvent, fills, statusEvent, statuses } from '../tests/support/event-sources.js';

const inflate = (bytes: Uint8Array, maxBytes: number) => gunzipSync(bytes, { maxOutputLength: maxBytes });
const text = (json: string) => new TextEncoder().encode(json);

test('one event, an array, and either as gzip come back', () => {
  fc.assert(
    fc.property(fills, statuses, (fill, change) => {
      const events = [fillEvent('TEST', fill), statusEvent('TEST', change)];
      const list = new EventList('TEST');
      list.addFill(fill);
      list.addStatus(change);
      const json = `[${[...list].join(',')}]`;
      expect(decodeEvents(list.bytes(0, 1))).toEqual([events[0]]);
      expect(decodeEvents(text(json))).toEqual(events);
      expect(decodeEvents(gzipSync(json), inflate)).toEqual(events);
    }),
    { numRuns: 30 },
  );
});

test('an event kind of a later version is left out', () => {
  expect(decodeEvents(text('[{"event":"BUST","symbol":"TEST","seq":1}]'))).toEqual([]);
});

test.each([
  ['noise', text('noise')],
  ['a number', text('5')],
  ['an event without seq', text('{"event":"FILL","symbol":"TEST"}')],
  ['broken gzip', new Uint8Array([0x1f, 0x8b, 0, 0])],
  ['a gzip bomb', gzipSync(new Uint8Array(8 * 1024 * 1024))],
])('%s is a format error', (_name, bytes) => {
  expect(() => decodeEvents(bytes, inflate)).toThrow(EventFormatError);
});

test('gzip without an inflate function is a format error that says so', () => {
  expect(() => decodeEvents(gzipSync('[]'))).toThrow('no inflate function');
});
