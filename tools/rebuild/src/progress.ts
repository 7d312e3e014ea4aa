const WIDTH = 30;
const EVERY_MS = 500;

/** Draws how far a run has come: over itself on a terminal, else now and then a line. */
export class ProgressBar {
  #done = 0;
  #drawnAt = -Infinity;

  constructor(
    private readonly what: string,
    private readonly total: number,
    private readonly output: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>,
    private readonly now: () => number = () => performance.now(),
  ) {}

  add(count: number): void {
    this.#done += count;
    const isEnd = this.#done >= this.total;
    if (!isEnd && this.now() - this.#drawnAt < EVERY_MS) return;
    this.#drawnAt = this.now();
    const end = this.output.isTTY && !isEnd ? '\r' : '\n';
    this.output.write(`${progressLine(this.what, this.#done, this.total)}${end}`);
  }
}

/** `rebuild: [===========                   ]  37 %  TEST: 3,700 of 10,000 trades` */
export function progressLine(what: string, done: number, total: number): string {
  const part = total === 0 ? 1 : Math.min(1, done / total);
  const bar = '='.repeat(Math.floor(part * WIDTH)).padEnd(WIDTH);
  const percent = String(Math.floor(part * 100)).padStart(3);
  const [number, all] = [done, total].map((count) => count.toLocaleString('en-US'));
  return `rebuild: [${bar}] ${percent} %  ${number} of ${all} ${what}`;
}
