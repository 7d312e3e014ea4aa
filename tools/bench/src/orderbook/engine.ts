import { readFileSync } from 'node:fs';
import { decodeWorkload } from '../workload/format.js';
import { generateWorkload } from '../workload/generate.js';
import type { DrivenBook } from './driven-book.js';
import { PROGRESS, type EngineResult, type EngineTask } from './engine-task.js';
import { proveFlow, type Flow } from './flow.js';
import { OwnBook, WHOLE } from './own-book.js';
import { measureLatency, measureMemory, measureSpeed } from './passes.js';
import { PeerBook } from './peer-book.js';
import { soak } from './soak.js';

// usage: node --expose-gc engine.mjs '{"engine":"own","file":"normal.bin","idLength":13,"passes":["speed"]}'
// The process of one order book: measures, and ends with one line of JSON.

/** Run before anything is measured, on a book of its own: enough for the compiler to have seen every path. */
const WARM_UP = { preload: 10_000, mix: 200_000, seed: 7 };
const SOAK_COMMANDS = 100_000_000;

const say = (message: string) => process.stderr.write(`${PROGRESS}${message}\n`);

async function perform(task: EngineTask): Promise<EngineResult> {
  const flow = proveFlow(decodeWorkload(readFileSync(task.file)));
  const createOwn = (of: Flow) => new OwnBook(of, { ...WHOLE, ...task.own, idLength: task.idLength });
  const create = (of: Flow): DrivenBook => (task.engine === 'own' ? createOwn(of) : new PeerBook(of, task.idLength));
  await warmUp(create);
  const result: EngineResult = { outcomesCompared: 0 };
  for (const pass of task.passes) {
    switch (pass) {
      case 'speed':
        result.speed = measureSpeed(create(flow), flow);
        result.outcomesCompared += 1;
        break;
      case 'latency':
        result.latency = await measureLatency(create(flow), flow);
        result.outcomesCompared += 1;
        break;
      case 'memory':
        result.bytesPerOrder = await measureMemory(() => create(flow), flow);
        break;
      case 'soak':
        result.soak = await soak(createOwn(flow), flow, SOAK_COMMANDS, say);
        result.outcomesCompared += result.soak.laps;
        break;
    }
  }
  return result;
}

async function warmUp(create: (of: Flow) => DrivenBook): Promise<void> {
  const flow = proveFlow(generateWorkload(WARM_UP.preload, WARM_UP.mix, WARM_UP.seed));
  measureSpeed(create(flow), flow);
  await measureLatency(create(flow), flow);
}

const [task] = process.argv.slice(2);
if (task === undefined) throw new Error('the engine process takes one argument, the task as JSON');
process.stdout.write(`${JSON.stringify(await perform(JSON.parse(task) as EngineTask))}\n`);
