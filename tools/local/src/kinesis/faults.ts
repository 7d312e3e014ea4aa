import { isObject } from './fields.js';

const FAULT_KINDS = ['drop', 'delay', 'duplicate', 'throttle'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** One fault to inject, as the control endpoint takes it. */
export interface FaultRule {
  readonly kind: FaultKind;
  /** 0 to 1, drawn for every matching request (for `throttle` of PutRecords: for every record). */
  readonly probability: number;
  /** `drop`, `delay`: before the request is carried out, or after it and before the answer. */
  readonly when: 'before' | 'after';
  /** `delay`: milliseconds. */
  readonly ms: number;
  /** How often it may happen at most; absent for ever. */
  readonly times?: number;
  /** Names of operations and streams it is limited to; absent for all. */
  readonly operations?: readonly string[];
  readonly streams?: readonly string[];
}

/** What befalls one request. */
export interface FaultPlan {
  readonly dropBefore: boolean;
  readonly dropAfter: boolean;
  readonly delayBeforeMs: number;
  readonly delayAfterMs: number;
  readonly duplicate: boolean;
  /** Draws anew at every call. */
  throttled(): boolean;
}

export class FaultInputError extends Error {
  override readonly name = 'FaultInputError';
}

const MAX_RULES = 100;
const MAX_DELAY_MS = 60_000;
const WRITES: readonly string[] = ['PutRecord', 'PutRecords'];

const NOTHING: FaultPlan = {
  dropBefore: false,
  dropAfter: false,
  delayBeforeMs: 0,
  delayAfterMs: 0,
  duplicate: false,
  throttled: () => false,
};

/** A rule at work: its own random sequence, so that one rule's draws do not move another's. */
class ArmedRule {
  hits = 0;
  #state: number;

  constructor(
    readonly rule: FaultRule,
    seed: number,
  ) {
    this.#state = seed >>> 0;
  }

  matches(operation: string, stream: string | undefined): boolean {
    const { operations, streams } = this.rule;
    if (operations && !operations.includes(operation)) return false;
    return !streams || (stream !== undefined && streams.includes(stream));
  }

  strikes(): boolean {
    if (this.rule.times !== undefined && this.hits >= this.rule.times) return false;
    if (this.#random() >= this.rule.probability) return false;
    this.hits++;
    return true;
  }

  /** Mulberry32: small, seeded, good enough to decide faults. */
  #random(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

/** The faults in force. The same seed, rules and order of requests give the same faults. */
export class Faults {
  #seed = 0;
  #rules: ArmedRule[] = [];

  /** @param operations the names that a rule may be limited to */
  constructor(private readonly operations: readonly string[]) {}

  /**
   * Replaces all rules.
   * @param input `{seed?, rules: [...]}` as parsed from JSON
   * @throws FaultInputError naming the first mistake
   */
  set(input: unknown): void {
    if (!isObject(input)) throw new FaultInputError('the body must be an object {seed, rules}');
    rejectUnknown(input, ['seed', 'rules'], 'the body');
    const seed = input['seed'] ?? 1;
    if (!isInteger(seed, 0, 2 ** 32 - 1)) throw new FaultInputError('seed must be an integer from 0 to 2^32-1');
    const rules = input['rules'];
    if (!Array.isArray(rules) || rules.length > MAX_RULES) {
      throw new FaultInputError(`rules must be a list of at most ${MAX_RULES} rules`);
    }
    const parsed = rules.map((rule: unknown, index) => parseRule(rule, `rules[${index}]`, this.operations));
    this.#seed = seed;
    this.#rules = parsed.map((rule, index) => new ArmedRule(rule, seed + Math.imul(index, 0x9e3779b1)));
  }

  clear(): void {
    this.#rules = [];
  }

  /** The rules with the count of what each has done. */
  state(): { readonly seed: number; readonly rules: readonly (FaultRule & { readonly hits: number })[] } {
    return { seed: this.#seed, rules: this.#rules.map(({ rule, hits }) => ({ ...rule, hits })) };
  }

  plan(operation: string, stream: string | undefined): FaultPlan {
    const rules = this.#rules.filter((rule) => rule.matches(operation, stream));
    if (rules.length === 0) return NOTHING;
    const plan = { ...NOTHING };
    const throttles: ArmedRule[] = [];
    for (const armed of rules) {
      const { kind, when, ms } = armed.rule;
      if (kind === 'throttle') throttles.push(armed);
      else if (!armed.strikes()) continue;
      else if (kind === 'duplicate') plan.duplicate = true;
      else if (kind === 'drop') plan[when === 'before' ? 'dropBefore' : 'dropAfter'] = true;
      else plan[when === 'before' ? 'delayBeforeMs' : 'delayAfterMs'] += ms;
    }
    return { ...plan, throttled: () => throttles.some((armed) => armed.strikes()) };
  }
}

function parseRule(input: unknown, where: string, knownOperations: readonly string[]): FaultRule {
  if (!isObject(input)) throw new FaultInputError(`${where} must be an object`);
  rejectUnknown(input, ['kind', 'probability', 'when', 'ms', 'times', 'operations', 'streams'], where);
  const kind = FAULT_KINDS.find((known) => known === input['kind']);
  if (kind === undefined) throw new FaultInputError(`${where}.kind must be one of ${FAULT_KINDS.join(', ')}`);
  const { probability = 1, when = 'before', ms = 0, times } = input;
  if (typeof probability !== 'number' || !(probability >= 0 && probability <= 1)) {
    throw new FaultInputError(`${where}.probability must be a number from 0 to 1`);
  }
  if (when !== 'before' && when !== 'after') throw new FaultInputError(`${where}.when must be before or after`);
  if ('when' in input && kind !== 'drop' && kind !== 'delay') {
    throw new FaultInputError(`${where}.when belongs to drop and delay`);
  }
  if (kind === 'delay' ? !isInteger(ms, 1, MAX_DELAY_MS) : 'ms' in input) {
    throw new FaultInputError(`${where}.ms belongs to delay and must be an integer from 1 to ${MAX_DELAY_MS}`);
  }
  if (times !== undefined && !isInteger(times, 1, Number.MAX_SAFE_INTEGER)) {
    throw new FaultInputError(`${where}.times must be a positive integer`);
  }
  const operations = names(input['operations'], `${where}.operations`);
  const unknown = operations?.find((name) => !knownOperations.includes(name));
  if (unknown !== undefined) throw new FaultInputError(`${where}.operations has no operation ${unknown}`);
  const streams = names(input['streams'], `${where}.streams`);
  if (kind === 'duplicate' && !(operations ?? []).every((name) => WRITES.includes(name))) {
    throw new FaultInputError(`${where}: duplicate applies to ${WRITES.join(' and ')} only`);
  }
  return {
    kind,
    probability,
    when,
    ms: Number(ms),
    ...(times !== undefined && { times }),
    ...(kind === 'duplicate' ? { operations: operations ?? WRITES } : operations && { operations }),
    ...(streams && { streams }),
  };
}

function names(value: unknown, where: string): readonly string[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || value.length === 0 || !value.every((name) => typeof name === 'string')) {
    throw new FaultInputError(`${where} must be a list of names`);
  }
  return value;
}

function rejectUnknown(input: Readonly<Record<string, unknown>>, known: readonly string[], where: string): void {
  const unknown = Object.keys(input).find((key) => !known.includes(key));
  if (unknown !== undefined) throw new FaultInputError(`${where} has an unknown member ${unknown}`);
}

const isInteger = (value: unknown, min: number, max: number): value is number =>
  Number.isInteger(value) && Number(value) >= min && Number(value) <= max;
