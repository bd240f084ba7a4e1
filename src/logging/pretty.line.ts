import type { PrettyOptions } from 'pino-pretty';
import type { SafeError } from './safe.text.js';

/** The fields of a line of the log that people are shown. */
interface Shown {
  context?: string;
  message?: string;
  err?: SafeError;
  request_id?: string;
  method?: string;
  route?: string;
  status?: number;
  duration_ms?: number;
  order_id?: string;
}

/** Makes a line for people of a line of JSON. The texts in it are safe for a terminal already. */
export async function prettyLines(colorize: boolean): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty'); // loaded only where somebody looks at it
  const options: PrettyOptions = {
    colorize,
    messageKey: 'message',
    translateTime: 'SYS:HH:MM:ss.l',
    hideObject: true,
    messageFormat: (line) => textOf(line),
  };
  return prettyFactory(options);
}

function textOf(line: Shown): string {
  const { context, message = '', err, request_id: id } = line;
  const what = line.method ? requestOf(line) : message;
  return `${context ? `[${context}] ` : ''}${what}${id ? ` (${id})` : ''}${stackOf(err)}`;
}

function requestOf({ method, route, status, duration_ms: ms, order_id: orderId }: Shown): string {
  const parts = [method, route, status ?? 'aborted', ms === undefined ? undefined : `${ms} ms`, orderId];
  return parts.filter((part) => part !== undefined).join(' ');
}

/** Indented, so that no line of it looks like a line of the log. */
function stackOf(error: SafeError | undefined): string {
  if (!error) return '';
  return `\n${error.stack ?? error.message}`.replaceAll('\n', '\n    ') + stackOf(error.cause);
}
