import { streamerSettings } from './settings.js';

const required = { VALKEY_HOST: 'cache', WEBSOCKET_ENDPOINT: 'http://127.0.0.1:3900' };

test('a host and an endpoint are enough', () => {
  expect(streamerSettings(required)).toEqual({
    VALKEY_HOST: 'cache',
    VALKEY_PORT: 6379,
    VALKEY_TLS: false,
    VALKEY_HASH_TAGS: false,
    WEBSOCKET_ENDPOINT: new URL('http://127.0.0.1:3900'),
    AWS_REGION: 'ap-northeast-2',
    DEBUG_MODE: false,
    METRICS_HOST: '127.0.0.1',
  });
});

test('an endpoint without a scheme is https', () => {
  const { WEBSOCKET_ENDPOINT } = streamerSettings({
    ...required,
    WEBSOCKET_ENDPOINT: 'abc.execute-api.eu-west-1.amazonaws.com/prod',
  });
  expect(WEBSOCKET_ENDPOINT.href).toBe('https://abc.execute-api.eu-west-1.amazonaws.com/prod');
});

test('every mistake is named', () => {
  const read = () =>
    streamerSettings({ WEBSOCKET_ENDPOINT: 'ftp://x', VALKEY_TLS: 'yes', METRICS_PORT: '99999', VALKEY_PORT: 'x' });
  expect(read).toThrow('VALKEY_HOST is not set');
  expect(read).toThrow('WEBSOCKET_ENDPOINT=ftp://x: must be an http or https address');
  expect(read).toThrow('VALKEY_TLS=yes: must be true or false');
  expect(read).toThrow('METRICS_PORT=99999: must be a whole number from 0 to 65535');
  expect(read).toThrow('VALKEY_PORT=x: must be a whole number from 0 to 65535');
});
