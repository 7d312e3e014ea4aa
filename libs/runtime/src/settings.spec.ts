import { z } from 'zod';
import { envBoolean, envInteger, envPort, envText, readSettings, SettingsError } from './settings.js';

const schema = z.object({
  HOST: envText(),
  PORT: envPort(6379),
  TLS: envBoolean(false),
  BATCHES: envInteger(1, 64, 8),
});

test('defaults fill what is not set, and the result is frozen', () => {
  const settings = readSettings(schema, { HOST: 'h', TLS: '' });
  expect(settings).toEqual({ HOST: 'h', PORT: 6379, TLS: false, BATCHES: 8 });
  expect(Object.isFrozen(settings)).toBe(true);
});

test('a secret is not told, however wrong it is', () => {
  const secret = z.object({ API_TOKEN: z.string().min(16, 'must be longer') });
  expect(() => readSettings(secret, { API_TOKEN: 'letmein' })).toThrow('  API_TOKEN=…: must be longer');
});

test('all mistakes stand in one message, each with its variable', () => {
  const read = () => readSettings(schema, { PORT: '70000', TLS: 'yes', BATCHES: '1.5' });
  expect(read).toThrow(SettingsError);
  expect(read).toThrow(
    'The environment has 4 mistakes:\n' +
      '  HOST is not set: a value is required\n' +
      '  PORT=70000: must be a whole number from 0 to 65535\n' +
      '  TLS=yes: must be true or false\n' +
      '  BATCHES=1.5: must be a whole number from 1 to 64',
  );
});
