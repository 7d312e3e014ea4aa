import { PortError, type StreamRecord } from '@supernoba/engine/ports';
import type { OrderCommand } from '@supernoba/protocol';
import type { Submission } from './workload.js';
import type { VirtualProcess } from './world/process.js';
import { STREAM, type VirtualWorld } from './world/virtual-world.js';

const ATTEMPTS = 3;

/** What became of a request: acknowledged by Kinesis (a 202), or nobody knows. */
export interface RouterAnswers {
  /** Actions by request id. */
  accepted: Map<string, OrderCommand['action']>;
  unknown: Set<string>;
}

/** Puts requests into the journal as the order router does: 202 once Kinesis has acknowledged every record of them. */
export class VirtualRouter {
  readonly answers: RouterAnswers = { accepted: new Map(), unknown: new Set() };
  /** Requests without an answer yet. */
  open = 0;

  constructor(
    private readonly world: VirtualWorld,
    private readonly process: VirtualProcess,
  ) {}

  async submit({ symbol, orders, oneRecord }: Submission): Promise<void> {
    this.open++;
    const contents: object[] = oneRecord && orders.length > 1 ? [orders] : orders;
    const stored = await this.#put(contents.map((content) => recordOf(symbol, content)));
    for (const { request_id, action } of orders) {
      if (request_id === undefined) continue;
      if (stored) this.answers.accepted.set(request_id, action);
      else this.answers.unknown.add(request_id);
    }
    this.open--;
  }

  /** Puts one record of the administration, until it is stored. */
  async administrate(symbol: string, content: object): Promise<void> {
    this.open++;
    for (;;) if (await this.#put([recordOf(symbol, content)])) break;
    this.open--;
  }

  /** One record after the other, so that orders of one request keep their order. */
  async #put(records: StreamRecord[]): Promise<boolean> {
    for (const record of records) if (!(await this.#putOne(record))) return false;
    return true;
  }

  async #putOne(record: StreamRecord): Promise<boolean> {
    const { network, kinesis } = this.world;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        await network.call(this.process, 'kinesis', `route ${record.partitionKey}`, () => {
          if (network.leavesOut('kinesis')) throw new PortError('THROTTLED', 'the record was not taken');
          kinesis.put(STREAM.orders, record, this.process.name);
        });
        return true;
      } catch (error) {
        if (!(error instanceof PortError) || !error.retryable) throw error;
      }
    }
    return false;
  }
}

function recordOf(symbol: string, content: object): StreamRecord {
  return { partitionKey: symbol, data: Buffer.from(JSON.stringify(content)) };
}
