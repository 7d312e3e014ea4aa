/** Text of a source file, and what stands in its place in a bundle. */
export interface SourceEdit {
  /** Path in the workspace. */
  file: string;
  find: string;
  replace: string;
}

export interface PlantedBug {
  name: string;
  /** A seed that finds it. */
  seed: number;
  edits: SourceEdit[];
}

const ENGINE = 'apps/engine/src';
const SCRIPTS = 'libs/valkey-keys/src/scripts/market-data.ts';
const SNAPSHOT = 'libs/orderbook/src/snapshot/encode.ts';

function edit(file: string, find: string, replace: string): SourceEdit {
  return { file, find, replace };
}

/** Bugs of the kind that exchanges have had: the simulator must find each of them. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'the fence of the market data is dropped',
    seed: 7,
    edits: [edit(SCRIPTS, "if held[1] and tonumber(held[1]) > tonumber(ARGV[1]) then return 'FENCED' end", '')],
  },
  {
    name: 'the checkpoint moves before everything has been acknowledged',
    seed: 2,
    edits: [
      edit(
        `${ENGINE}/publish/pipeline.ts`,
        'this.#inFlight.push(entry);',
        'this.#inFlight.push(entry);\n    entry.done = true;\n    void Promise.resolve().then(() => this.#settle());',
      ),
    ],
  },
  {
    name: 'the request ids already seen are not in the snapshot',
    seed: 1,
    edits: [
      edit(SNAPSHOT, 'writer.count(image.requestCount);', 'writer.count(0);'),
      edit(
        SNAPSHOT,
        'yield* writeList(writer, image.requests,',
        'yield* writeList(writer, [] as typeof image.requests,',
      ),
    ],
  },
  {
    name: 'half of a batch is published',
    seed: 1,
    edits: [
      edit(
        `${ENGINE}/publish/event-stream.ts`,
        'const piece = head.events.bytes(first, end);',
        'const piece = head.events.bytes(first, first + Math.ceil((end - first) / 2));',
      ),
    ],
  },
  {
    name: 'a TICK comes to idle shards alone',
    seed: 30,
    edits: [
      edit(
        `${ENGINE}/journal/shard-runner.ts`,
        'this.#atTip = page.behindMs === 0;',
        'this.#atTip = page.behindMs === 0 && page.records.length === 0;',
      ),
    ],
  },
  {
    name: 'a symbol has more than one record on its way, so that a retry reorders',
    seed: 6,
    edits: [edit(`${ENGINE}/publish/event-stream.ts`, 'lane.busy = true;', 'lane.busy = false;')],
  },
  {
    name: 'a gap in the journal is accepted',
    seed: 1,
    edits: [
      edit(
        `${ENGINE}/journal/shard-reader.ts`,
        'if (first?.sequenceNumber === this.#position || this.#mayBeGone) {',
        'if (first !== undefined || this.#mayBeGone) {',
      ),
    ],
  },
  {
    name: 'a replay publishes again',
    seed: 1,
    edits: [edit(`${ENGINE}/shard-assembly.ts`, '      to: row.checkpoint,', "      to: '',")],
  },
  {
    name: 'the cache goes on with trade q+2 after a call that was lost',
    seed: 9,
    edits: [
      edit(SCRIPTS, "~= q + 1 then return 'GAP' end", "< q + 1 then return 'GAP' end"),
      edit(SCRIPTS, 'if q + count < tonumber(', 'if q + count < 0 * tonumber('),
      edit(
        `${ENGINE}/publish/market-data.ts`,
        'lane.absolute = true;\n      lane.trades = [];\n      lane.tickets',
        'lane.tickets',
      ),
    ],
  },
  {
    name: 'the condition of the checkpoint is dropped',
    seed: 4,
    edits: [
      edit(
        `${ENGINE}/journal/lease-table.ts`,
        'const expect = { ...ownedBy(lease), checkpoint: previous.position || NEVER, manifest: previous.manifest };',
        'const expect = {};',
      ),
    ],
  },
  {
    name: 'a lease names a manifest before what it holds has been published',
    seed: 1,
    edits: [
      edit(
        `${ENGINE}/journal/checkpointer.ts`,
        'candidate !== undefined && comparePositions(candidate.reach, this.#published) <= 0',
        'candidate !== undefined',
      ),
    ],
  },
  {
    name: 'events that a stream did not take count as published',
    seed: 1,
    edits: [
      edit(
        `${ENGINE}/publish/event-stream.ts`,
        'if (answers[index] === undefined) this.#acknowledged(sending);',
        'if (answers.length > index) this.#acknowledged(sending);',
      ),
    ],
  },
  {
    name: 'rows that a table did not take are forgotten',
    seed: 227,
    edits: [
      edit(
        `${ENGINE}/publish/dead-letters.ts`,
        'left = await this.dynamo.putBatch(this.table, left);',
        'left = (await this.dynamo.putBatch(this.table, left)).slice(0, 0);',
      ),
    ],
  },
  {
    name: 'the open candle is not in the snapshot',
    seed: 1,
    edits: [
      edit(
        `${ENGINE}/matching/market-fold.ts`,
        'fold.candle = state.candle === null ? undefined : candleFrom(state.candle);',
        'fold.candle = undefined;',
      ),
    ],
  },
  {
    name: 'a child shard is read before its parents have ended',
    seed: 3,
    edits: [
      edit(
        `${ENGINE}/journal/lease-plan.ts`,
        "  return open.every(known) ? 'PARENTS_OPEN' : 'PARENTS_UNKNOWN';",
        "  return open.every(known) ? 'READY' : 'PARENTS_UNKNOWN';",
      ),
      edit(
        `${ENGINE}/shard-assembly.ts`,
        'if (!row.ended || row.manifest === undefined) {',
        'if (row.manifest === undefined) {',
      ),
    ],
  },
  {
    name: 'the position after a record is lost with its answer',
    seed: 2,
    edits: [
      edit(
        `${ENGINE}/journal/shard-reader.ts`,
        "if (error.code !== 'THROTTLED') this.#iterator = undefined;",
        "if (error.code !== 'THROTTLED') {\n        this.#iterator = undefined;\n        this.#position = '';\n      }",
      ),
    ],
  },
  // What the simulator found in this engine: each came back as a planted bug when it was mended.
  {
    name: 'records that a shard gives again are applied again',
    seed: 1,
    edits: [
      edit(
        `${ENGINE}/journal/shard-reader.ts`,
        'page.records.filter(({ sequenceNumber }) => comparePositions(sequenceNumber, this.#position) > 0)',
        'page.records',
      ),
    ],
  },
  {
    name: 'records that a shard gives again before the one to go on from are taken for a gap',
    seed: 36,
    edits: [
      edit(
        `${ENGINE}/journal/shard-reader.ts`,
        'const first = page.records.find(({ sequenceNumber }) => comparePositions(sequenceNumber, this.#position) >= 0);',
        'const [first] = page.records;',
      ),
    ],
  },
  {
    name: 'a checkpoint that arrives late, after its repeat and others, is taken',
    seed: 10,
    edits: [
      edit(
        `${ENGINE}/journal/lease-table.ts`,
        'const expect = { ...ownedBy(lease), checkpoint: previous.position || NEVER, manifest: previous.manifest };',
        'const expect = ownedBy(lease);',
      ),
    ],
  },
];
