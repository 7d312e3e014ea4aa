import type { Flow } from './flow.js';
import { compareOutcome } from './outcome.js';
import type { OwnBook } from './own-book.js';
import { bytesInUse, runUntimed } from './passes.js';

export interface Soak {
  commands: number;
  /** Times the whole flow was run; each reached the header. */
  laps: number;
  /** Live bytes after laps 3 to 5, the most; both duplicate windows are full by then. */
  steadyBytes: number;
  endBytes: number;
  boundBytes: number;
}

/** Laps whose bytes are the steady state: the first two fill the windows. */
const STEADY_LAPS = { first: 3, last: 5 };
/** What a steady process may be above its steady state: the noise of a heap. Less than 1 byte a command of 100 million. */
const SLACK_SHARE = 1.05;
const SLACK_BYTES = 8 * 2 ** 20;

/**
 * Runs the flow again and again on one book, under new ids and ever later, until `commands` are done, and watches memory.
 *
 * @param say told of every fifth lap
 * @throws Error when a lap misses the header, or when the end holds more memory than the steady state allows
 */
export async function soak(driven: OwnBook, flow: Flow, commands: number, say: (text: string) => void): Promise<Soak> {
  const perLap = flow.types.length;
  const laps = Math.max(STEADY_LAPS.last + 1, Math.ceil(commands / perLap));
  let steadyBytes = 0;
  let endBytes = 0;
  for (let lap = 1; lap <= laps; lap += 1) {
    runUntimed(driven, 0, perLap);
    compareOutcome(flow.header, driven.outcome());
    driven.startLap();
    endBytes = await bytesInUse();
    if (lap >= STEADY_LAPS.first && lap <= STEADY_LAPS.last) steadyBytes = Math.max(steadyBytes, endBytes);
    if (lap % 5 === 0) say(`${lap * perLap} commands, ${(endBytes / 2 ** 20).toFixed(1)} MiB in use`);
  }
  const boundBytes = Math.round(steadyBytes * SLACK_SHARE + SLACK_BYTES);
  if (endBytes > boundBytes) {
    throw new Error(
      `memory grows with history: ${steadyBytes} bytes after ${STEADY_LAPS.last} laps, ${endBytes} at the end`,
    );
  }
  return { commands: laps * perLap, laps, steadyBytes, endBytes, boundBytes };
}
