import type { ResultRow } from '@supernoba/command';
import { quantile } from '../quantiles.js';
import { OWN } from './comparison.js';
import type { EngineProcesses } from './engine-process.js';
import type { EngineTask } from './engine-task.js';
import { ID_LENGTHS } from './order-ids.js';

interface Variant {
  name: string;
  bundle: string;
  file: string;
  own?: NonNullable<EngineTask['own']>;
}

/** How the cost of a command grows with the orders at rest: files by the number of those. */
export async function measureGrowth(
  bundle: string,
  files: ReadonlyMap<number, string>,
  rounds: number,
  engines: EngineProcesses,
): Promise<ResultRow[]> {
  const variants = [...files].map(([resting, file]) => ({
    name: `${OWN} (${resting.toLocaleString('en-US')} resting orders)`,
    bundle,
    file,
  }));
  const medians = await medianNsPerOp('growth', variants, rounds, engines);
  const values = variants.map(({ name }) => medians.get(name)!);
  return [
    ...rowsOf('growth', medians),
    { workload: 'growth', subject: OWN, metric: 'timesSmallest', value: values.at(-1)! / values[0]!, unit: 'times' },
  ];
}

/** What each part of the book's work costs: the book as it is measured whole, and with one thing other than that. */
export async function measureFeatures(
  bundle: string,
  bundleWithoutAsserts: string,
  file: string,
  rounds: number,
  engines: EngineProcesses,
): Promise<ResultRow[]> {
  const whole = `${OWN} (whole)`;
  const variants: Variant[] = [
    { name: whole, bundle, file },
    { name: `${OWN} (without asserts)`, bundle: bundleWithoutAsserts, file },
    { name: `${OWN} (with request ids)`, bundle, file, own: { requestIds: true } },
    { name: `${OWN} (events not read)`, bundle, file, own: { readsEvents: false } },
    { name: `${OWN} (depth not read)`, bundle, file, own: { readsDepth: false } },
  ];
  const medians = await medianNsPerOp('features', variants, rounds, engines);
  const differences = [...medians]
    .filter(([name]) => name !== whole)
    .map(([subject, value]) => ({
      workload: 'features',
      subject,
      metric: 'differenceNs',
      value: value - medians.get(whole)!,
      unit: 'ns',
    }));
  return [...rowsOf('features', medians), ...differences];
}

async function medianNsPerOp(
  workload: string,
  variants: readonly Variant[],
  rounds: number,
  engines: EngineProcesses,
): Promise<Map<string, number>> {
  const samples = new Map<string, number[]>(variants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, bundle, file, own } of variants) {
      const task: EngineTask = {
        engine: 'own',
        file,
        idLength: ID_LENGTHS.short,
        passes: ['speed'],
        ...(own && { own }),
      };
      const { speed } = await engines.run(bundle, task);
      samples.get(name)!.push(speed!.nsPerOp);
      engines.say(`${workload}, round ${round + 1} of ${rounds}, ${name}: ${speed!.nsPerOp.toFixed(0)} ns/op`);
    }
  }
  return new Map([...samples].map(([name, values]) => [name, quantile(values, 0.5)]));
}

function rowsOf(workload: string, medians: ReadonlyMap<string, number>): ResultRow[] {
  return [...medians].map(([subject, value]) => ({ workload, subject, metric: 'nsPerOp', value, unit: 'ns' }));
}
