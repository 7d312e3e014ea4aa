import { CommandFailure, type ResultRow } from '@supernoba/command';

/**
 * What the flows counted, as result rows.
 *
 * @param commands how many there had to be
 * @throws CommandFailure for a report of another number of commands, or of something that is no count
 */
export function comparedRows(report: unknown, commands: number): ResultRow[] {
  if (typeof report !== 'object' || report === null) throw new CommandFailure('the flows left no counts');
  const rows = Object.entries(report).map(([metric, value]: [string, unknown]) => {
    if (typeof value !== 'number') throw new CommandFailure(`the flows left no count of ${metric}`);
    return { workload: 'flows', subject: '@supernoba/orderbook', metric, value, unit: metric };
  });
  const compared = rows.find(({ metric }) => metric === 'commands')?.value ?? 0;
  if (compared === commands) return rows;
  throw new CommandFailure(`${compared} commands were compared, not ${commands}`);
}
