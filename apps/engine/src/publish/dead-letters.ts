import { DEAD_LETTER_BYTES } from '@supernoba/protocol';
import { createHash } from 'node:crypto';
import { retry, type BackoffPorts, type Lifetime } from '../backoff.js';
import type { BatchOutput, DeadLetter } from '../matching/output.js';
import { PortError, type DynamoPort, type Item } from '../ports.js';
import type { Destination } from './destination.js';

/** Most items of one BatchWriteItem call. */
const MAX_BATCH_ITEMS = 25;

/** What could not be matched, for a person to look at. The key is its place in the journal: a repeat writes the same row. */
export class DeadLetters implements Destination {
  readonly name = 'dead-letters';

  constructor(
    private readonly shardId: string,
    private readonly table: string,
    private readonly dynamo: DynamoPort,
    private readonly ports: BackoffPorts,
    private readonly life: Lifetime,
  ) {}

  async publish({ deadLetters }: BatchOutput): Promise<void> {
    for (let first = 0; first < deadLetters.length; first += MAX_BATCH_ITEMS) {
      await this.#put(deadLetters.slice(first, first + MAX_BATCH_ITEMS));
    }
  }

  /** What the table did not take goes again. */
  async #put(letters: readonly DeadLetter[]): Promise<void> {
    let left = letters.map((letter) => deadLetterRow(this.shardId, letter));
    const call = async () => {
      left = await this.dynamo.putBatch(this.table, left);
      if (left.length > 0) throw new PortError('THROTTLED', `${left.length} items were not taken`);
    };
    await retry(call, this.ports, this.life, { label: this.name });
  }
}

/** The row of one dead element: shape of `TABLES.deadLetters`. */
export function deadLetterRow(shardId: string, letter: DeadLetter): Item {
  const bytes = elementBytes(letter);
  return {
    id: `${shardId}#${letter.sequenceNumber}#${letter.index}`,
    shard: shardId,
    sequence_number: letter.sequenceNumber,
    index: letter.index,
    reason: letter.reason,
    message: letter.message,
    partition_key: letter.partitionKey,
    arrival: letter.arrivalMs,
    length: bytes.byteLength,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    data: bytes.subarray(0, DEAD_LETTER_BYTES),
  };
}

/** The element alone where the record is an array of them, else the whole record. */
function elementBytes({ data, index }: DeadLetter): Uint8Array {
  if (data[0] !== 0x5b) return data;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(data).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return data;
    throw error;
  }
  const element: unknown = Array.isArray(value) ? value[index] : undefined;
  return element === undefined ? data : Buffer.from(JSON.stringify(element));
}
