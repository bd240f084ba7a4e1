import { pino, type Logger } from 'pino';
import { isoInstant } from '../common/iso.instant.js';
import { tracedWork } from '../common/tracing.js';
import type { Config } from '../config.js';
import { currentRequest } from '../http/request.context.js';
import { LogDestination } from './log.destination.js';
import { prettyLines } from './pretty.line.js';
import { safeError, safeMessage } from './safe.text.js';

type LogConfig = Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>;

/** Names of levels that are Nest's and not pino's. */
const LEVELS: Partial<Record<Config['LOG_LEVEL'], string>> = { log: 'info', verbose: 'trace' };

export interface Log {
  logger: Logger;
  /** Whether people read it, and not programs. */
  isPretty: boolean;
  destination: LogDestination;
}

let log: Promise<Log> | undefined;

/** The log of this process, as who asks first has configured it. */
export function openLog(config: LogConfig): Promise<Log> {
  return (log ??= open(config));
}

async function open({ LOG_LEVEL, LOG_FORMAT }: LogConfig): Promise<Log> {
  const isPretty = LOG_FORMAT === 'pretty' || (LOG_FORMAT === 'auto' && process.stdout.isTTY);
  const destination = new LogDestination(process.stdout, (lines) =>
    logger.warn(`${lines} lines of the log were dropped: its reader is too slow`),
  );
  const toText = isPretty ? await prettyLines(process.stdout.isTTY) : undefined;
  const logger = pino(
    {
      level: LEVELS[LOG_LEVEL] ?? LOG_LEVEL,
      base: { pid: process.pid },
      messageKey: 'message',
      timestamp: () => `,"time":"${isoInstant(Date.now())}"`,
      formatters: { level: (level) => ({ level }) },
      serializers: { message: safeMessage, err: safeError },
      mixin: () => {
        const request = currentRequest();
        const trace = tracedWork();
        return { ...(request && { request_id: request.id }), ...(trace && { trace_id: trace.traceId }) };
      },
    },
    toText ? { write: (line) => destination.write(toText(line)) } : destination,
  );
  return { logger, isPretty, destination };
}
