import { createLogger, onShutdown } from '@supernoba/runtime';
import type { SupernobaError } from '@supernoba/sdk-client';
import { Bot } from './bot.js';
import { SPACING } from './quotes.js';
import { readSettings, SettingsError, USAGE } from './settings.js';
import { tokenOfFile, tokenOfLogin } from './tokens.js';
import { Trader } from './trader.js';

const REPORT_MS = 30_000;
/** Less than the exchange gives its parts to end. */
const STOP_MS = 2_500;

/** Runs the bot until a signal comes or the process that started it is gone. */
export function run(args: readonly string[], env: Readonly<Record<string, string | undefined>>): void {
  const settings = settingsOrExit(args, env);
  const { url, symbol, seed, rate, tokensFile } = settings;
  const logger = createLogger({ name: 'demo', level: 'INFO' });
  const failed = (error: SupernobaError): void => logger.warn({ code: error.code }, error.message);
  const trader = (user: string, offset: number): Trader =>
    new Trader({
      url,
      symbol,
      offset,
      failed,
      token: tokensFile === undefined ? tokenOfLogin(url, user) : tokenOfFile(tokensFile, user),
    });
  const traders: [Trader, Trader] = [trader('alice', 0), trader('bob', SPACING / 2)];
  const bot = new Bot({ traders, seed, rate, failed });

  // Own order events make the quotes better, but they are not needed: an exchange that is away is tried again.
  for (const one of traders) {
    one.connect().catch((error: SupernobaError) => {
      if (error.code !== 'CLOSED') failed(error);
    });
  }
  bot.start();
  logger.info({ symbol, seed, rate }, `trading ${symbol} at ${url}`);
  const report = setInterval(
    () => logger.info({ ...bot.counts, open: traders.map(({ openOrders }) => openOrders) }, 'so far'),
    REPORT_MS,
  );
  onShutdown(
    async () => {
      clearInterval(report);
      await bot.stop();
      logger.info({ ...bot.counts }, 'stopped, no order left');
    },
    { timeoutMs: STOP_MS, onError: (error) => logger.error({ err: error }, 'not stopped cleanly') },
  );
  // The channel to the parent closes with it, however it ended.
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}

function settingsOrExit(args: readonly string[], env: Readonly<Record<string, string | undefined>>) {
  try {
    return readSettings(args, env);
  } catch (thrown) {
    if (!(thrown instanceof SettingsError)) throw thrown;
    process.stderr.write(`demo: ${thrown.message}\n\n${USAGE}\n`);
    process.exit(2);
  }
}
