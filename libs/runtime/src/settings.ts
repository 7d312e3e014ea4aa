import { z } from 'zod';

/** Every mistake of the environment in one message, so that an operator mends them in one go. */
export class SettingsError extends Error {
  readonly code = 'BAD_SETTINGS';

  constructor(readonly mistakes: readonly string[]) {
    super(
      `The environment has ${mistakes.length} mistake${mistakes.length === 1 ? '' : 's'}:\n${mistakes.map((m) => `  ${m}`).join('\n')}`,
    );
    this.name = 'SettingsError';
  }
}

const SECRET = /TOKEN|PASSWORD|SECRET|KEY$/;

/**
 * Reads the environment once, into a frozen object. An empty string counts as unset.
 *
 * @throws SettingsError naming every variable that is missing or wrong
 */
export function readSettings<S extends z.ZodObject>(schema: S, env: NodeJS.ProcessEnv): Readonly<z.infer<S>> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).map((name) => [name, env[name] === '' ? undefined : env[name]]),
  );
  const parsed = schema.safeParse(given);
  if (!parsed.success) {
    throw new SettingsError(
      parsed.error.issues.map(({ path, message }) => {
        const name = path.join('.') || 'environment';
        if (given[name] === undefined) return `${name} is not set: ${message}`;
        // The message goes to a log: what is secret does not.
        return `${name}=${SECRET.test(name) ? '…' : String(given[name])}: ${message}`;
      }),
    );
  }
  return Object.freeze(parsed.data);
}

/** `true` or `false`, nothing else. */
export function envBoolean(fallback: boolean) {
  return z
    .enum(['true', 'false'], { error: 'must be true or false' })
    .transform((value) => value === 'true')
    .default(fallback);
}

/** A whole number between `min` and `max`, both included. */
export function envInteger(min: number, max: number, fallback: number) {
  const message = `must be a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^-?\d{1,15}$/, message)
    .transform(Number)
    .refine((value) => value >= min && value <= max, message)
    .default(fallback);
}

/** A TCP port, 0 to 65535; 0 lets the system choose. */
export function envPort(fallback: number) {
  return envInteger(0, 65_535, fallback);
}

/** A text of at least one character; required unless a fallback is given. */
export function envText(fallback?: string) {
  const text = z.string({ error: 'a value is required' }).min(1);
  return fallback === undefined ? text : text.default(fallback);
}
