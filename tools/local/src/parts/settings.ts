// No validation library here: these processes are many, and each second of their start counts for all.

/** @throws Error naming the variable when it is unset */
export function textOf(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value === undefined || value === '') throw new Error(`${name} is not set`);
  return value;
}

/** @throws Error naming the variable when it is no whole number from `min` to `max` */
export function integerOf(env: NodeJS.ProcessEnv, name: string, min: number, max: number): number {
  const text = textOf(env, name);
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < min || value > max) {
    throw new Error(`${name}=${text} must be a whole number from ${min} to ${max}`);
  }
  return value;
}

/** What the servers of the local stack are told: where to listen on the loopback and where to keep their data. */
export function serverSettings(env: NodeJS.ProcessEnv): { port: number; dir: string } {
  return { port: integerOf(env, 'PORT', 0, 65_535), dir: textOf(env, 'DATA_DIR') };
}
