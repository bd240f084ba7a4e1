import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { Config } from '../config.js';
import { requestId } from './request.context.js';

const LEVELS: LogLevel[] = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'];

const FRAMEWORK = new Set<unknown>([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Nest's own logger, as text or JSON lines, with the request's id in every line written while answering one. */
export class RequestLogger extends ConsoleLogger {
  constructor({ LOG_LEVEL, LOG_FORMAT }: Pick<Config, 'LOG_LEVEL' | 'LOG_FORMAT'>) {
    const level = LOG_LEVEL === 'info' ? 'log' : LOG_LEVEL;
    super({
      logLevels: LEVELS.slice(0, LEVELS.indexOf(level) + 1),
      json: LOG_FORMAT === 'json' || (LOG_FORMAT === 'auto' && !process.stdout.isTTY),
    });
  }

  /** Nest's messages about its own start are logged as debug. */
  override log(message: unknown, ...rest: unknown[]): void {
    if (FRAMEWORK.has(rest.at(-1))) super.debug(message, ...rest);
    else super.log(message, ...rest);
  }

  /** A failed start is logged by `server.ts`, in one line. */
  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) === 'ExceptionHandler' || rest.at(-1) === 'NestApplication')
      super.debug(message, ...rest);
    else super.error(message, ...rest);
  }

  protected override getJsonLogObject(...args: Parameters<ConsoleLogger['getJsonLogObject']>) {
    const id = requestId();
    return { ...super.getJsonLogObject(...args), ...(id && { request_id: id }) };
  }

  protected override formatContext(context: string): string {
    const id = requestId();
    return super.formatContext(context) + (id ? `${id} ` : '');
  }
}
