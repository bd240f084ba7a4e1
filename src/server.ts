import { flushCompileCache } from 'node:module';
import type { INestApplication } from '@nestjs/common';
import { createApp } from './app.js';
import { openLog } from './logging/log.js';
import { appLogger } from './logging/logging.module.js';
import { withoutPassword } from './common/secret.url.js';
import { tracer } from './common/tracing.js';
import { ConfigError, isTracingOn, loadConfig, type Config } from './config.js';

const CONTEXT = 'Ordermill';

/** npm repeats a Ctrl-C that the terminal has sent to the server already: within this time it is no second signal. */
const ECHO_MS = 250;

const config = readConfig();
process.stderr.on('error', () => undefined); // nobody reads it any more; of stdout the log takes care
const log = await openLog(config);
const logger = appLogger(log);
await startTracing().catch(giveUp);
const app = await createApp(config, logger).catch(giveUp);
stopGracefully(app);
flushCompileCache(); // a killed process has no time for it, and a running one should not stand still for it
await app.listen(config.PORT, config.HOST).catch(giveUp);
logger.log(
  `ready on ${await app.getUrl()} · Node ${process.version} · ${withoutPassword(config.DATABASE_URL)}`,
  CONTEXT,
);

function readConfig(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** OpenTelemetry is loaded only where it is wanted. */
async function startTracing(): Promise<void> {
  if (!isTracingOn()) return;
  const tracing = await import('./tracing/start.tracing.js');
  tracing.startTracing();
}

async function giveUp(error: Error): Promise<never> {
  logger.fatal(`cannot start: ${error.message}`, CONTEXT);
  await log.destination.drained();
  process.exit(1);
}

/**
 * A signal drains and exits with 0; a second one, later than an echo of the first, exits at once. An uncaught error drains
 * and exits with 1.
 */
function stopGracefully(app: INestApplication): void {
  let isStopping = false;
  let isImpatient = false;
  const stop = async (reason: string, code: number) => {
    isStopping = true;
    setTimeout(() => (isImpatient = true), ECHO_MS).unref();
    logger.log(`${reason}: finishing what is running`, CONTEXT);
    await app.close();
    await tracer()?.stop();
    logger.log('stopped', CONTEXT);
    await log.destination.drained();
    process.exit(code);
  };
  for (const [signal, number] of [
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ] as const)
    process.on(signal, () => {
      if (!isStopping) void stop(signal, 0);
      else if (isImpatient) process.exit(128 + number);
    });
  process.on('uncaughtException', (error) => {
    logger.fatal(error, CONTEXT);
    if (!isStopping) void stop('uncaught error', 1);
  });
}
