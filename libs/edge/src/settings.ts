/** Every mistake of the environment in one message. */
export class EdgeSettingsError extends Error {
  readonly code = 'BAD_SETTINGS';

  constructor(readonly mistakes: readonly string[]) {
    super(
      `The environment has ${mistakes.length} mistake${mistakes.length === 1 ? '' : 's'}:\n  ${mistakes.join('\n  ')}`,
    );
    this.name = 'EdgeSettingsError';
  }
}

/** Reads one variable; `undefined` is unset. @throws Error whose message says what the value must be */
export type Setting<T> = (value: string | undefined) => T;

type Settings<S extends Record<string, Setting<unknown>>> = { readonly [K in keyof S]: ReturnType<S[K]> };

/**
 * Reads the environment once, into a frozen object, without a validation library: Lambdas start cold. An empty string
 * counts as unset.
 *
 * @throws EdgeSettingsError naming every variable that is missing or wrong
 */
export function readEnv<S extends Record<string, Setting<unknown>>>(shape: S, env: NodeJS.ProcessEnv): Settings<S> {
  const mistakes: string[] = [];
  const values = Object.entries(shape).map(([name, read]) => {
    const given = env[name] === '' ? undefined : env[name];
    try {
      return [name, read(given)];
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      mistakes.push(given === undefined ? `${name} is not set: ${reason}` : `${name}=${shown(name, given)}: ${reason}`);
      return [name, undefined];
    }
  });
  if (mistakes.length > 0) throw new EdgeSettingsError(mistakes);
  return Object.freeze(Object.fromEntries(values) as Settings<S>);
}

/** Any text of at least one character; required unless a fallback is given. */
export function text(fallback?: string): Setting<string> {
  return (value) => value ?? fallback ?? fail('a value is required');
}

export function optionalText(): Setting<string | undefined> {
  return (value) => value;
}

export function integer(min: number, max: number, fallback: number): Setting<number> {
  return (value) => {
    if (value === undefined) return fallback;
    const number = /^-?\d{1,15}$/.test(value) ? Number(value) : NaN;
    return number >= min && number <= max ? number : fail(`must be a whole number from ${min} to ${max}`);
  };
}

export function flag(fallback: boolean): Setting<boolean> {
  return (value) => {
    if (value === undefined) return fallback;
    return value === 'true' || value === 'false' ? value === 'true' : fail('must be true or false');
  };
}

export function oneOf<const T extends string>(values: readonly T[], fallback: T): Setting<T> {
  return (value) => {
    if (value === undefined) return fallback;
    return values.find((allowed) => allowed === value) ?? fail(`must be one of ${values.join(', ')}`);
  };
}

/** Comma-separated; none when unset. */
export function list(): Setting<readonly string[]> {
  return (value) =>
    (value ?? '')
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
}

/** An http or https address, without a slash at its end. */
export function url(): Setting<string> {
  return (value) => {
    if (value === undefined) return fail('a value is required');
    const isAddress = /^https?:\/\/[^\s/]/.test(value) && URL.canParse(value);
    return isAddress ? value.replace(/\/+$/, '') : fail('must be an http or https address');
  };
}

export type Stage = 'local' | 'dev' | 'prod';
/** Where this runs; unset is `prod`, so that nothing opens by being forgotten. */
export const stage = oneOf<Stage>(['local', 'dev', 'prod'], 'prod');

function fail(message: string): never {
  throw new Error(message);
}

function shown(name: string, value: string): string {
  return /PASSWORD|KEY|SECRET|TOKEN/.test(name) ? '(hidden)' : value.slice(0, 100);
}
