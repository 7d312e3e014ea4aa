import { DEAD_LETTER_BYTES } from '@supernoba/protocol';
import { createHash } from 'node:crypto';
import type { BackoffPorts, Lifetime } from '../backoff.js';
import type { BatchOutput, DeadLetter } from '../matching/output.js';
import type { DynamoPort, Item } from '../ports.js';
import type { Destination } from './destination.js';
import { TableWriter } from './table-writer.js';

/** What could not be matched, for a person to look at. The key is its place in the journal: a repeat writes the same row. */
export class DeadLetters implements Destination {
  readonly name = 'dead-letters';
  readonly #writer: TableWriter<DeadLetter>;

  constructor(shardId: string, table: string, dynamo: DynamoPort, ports: BackoffPorts, life: Lifetime) {
    this.#writer = new TableWriter(this.name, table, (letter) => deadLetterRow(shardId, letter), dynamo, ports, life);
  }

  publish(batch: BatchOutput): Promise<void> {
    return this.#writer.write(batch.deadLetters);
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
