import type { EnginePorts } from '../../src/ports.js';
import { replacing } from './replacing.js';

/** A journal in which no time passes: every record arrives at `timeMs`, no timer falls due, no TICK comes in between. */
export function stillTime(ports: EnginePorts, timeMs: number): EnginePorts {
  const { kinesis, clock } = ports;
  return {
    ...ports,
    clock: { now: () => timeMs, monotonic: () => clock.monotonic() },
    kinesis: replacing(kinesis, {
      records: async (iterator, limit) => {
        const page = await kinesis.records(iterator, limit);
        return { ...page, records: page.records.map((record) => ({ ...record, arrivalMs: timeMs })) };
      },
    }),
  };
}
