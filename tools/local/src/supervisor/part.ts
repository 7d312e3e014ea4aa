/** In this order parts are ended: who trades, what takes orders and shows the market, what it all stands on. */
export const STAGES = ['client', 'app', 'store'] as const;
export type Stage = (typeof STAGES)[number];

interface Launch {
  args?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** A process of the exchange. */
export interface PartSpec {
  /** Lower-case letters, digits and dashes: also the name of its log. */
  name: string;
  /** The Node script to run. */
  script: string;
  /** Its arguments, and what its environment has besides the supervisor's own; asked before every start. */
  launch: () => Launch | Promise<Launch>;
  /** Parts that must be ready before it starts. */
  needs: readonly string[];
  /** A service runs until it is ended and is started again when it dies; a job runs to its end once. */
  kind: 'service' | 'job';
  stage: Stage;
  /** Asked again and again until it says yes; a job is ready when it has ended with code 0. */
  ready?: () => Promise<boolean>;
  /** Whether it tells the processes it runs, and is not asked before: an old one could answer in its place. */
  tellsPids?: boolean;
}

/** What a part may tell the supervisor: processes it runs, by name. Replaces what it told before. */
export interface PidsMessage {
  kind: 'pids';
  pids: Record<string, number>;
}

export function isPidsMessage(message: unknown): message is PidsMessage {
  if (typeof message !== 'object' || message === null || !('kind' in message) || message.kind !== 'pids') return false;
  const pids = 'pids' in message ? message.pids : undefined;
  return typeof pids === 'object' && pids !== null && Object.values(pids).every((pid) => Number.isSafeInteger(pid));
}

/** The reason that a part gives for not starting, if the message is one. */
export function failureIn(message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || !('ready' in message) || message.ready !== false)
    return undefined;
  return 'error' in message && typeof message.error === 'string' ? message.error : undefined;
}
