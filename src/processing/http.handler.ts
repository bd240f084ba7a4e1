import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Agent, request, type Dispatcher } from 'undici';
import { Clock } from '../common/clock.js';
import { retryAfterMs } from '../common/retry.after.js';
import { tracer } from '../common/tracing.js';
import { signatureHeaders } from '../common/webhook.signature.js';
import { CONFIG, type Config } from '../config.js';
import { toContentDto } from '../orders/dto/order.dto.js';
import { AttemptFailure, OrderHandler, PermanentFailure, type OrderToProcess } from './order.handler.js';
import { inOneLine } from './retry.policy.js';

/** The status code decides. Of the body so much is read, for the log and so that the connection can be used again. */
const REPLY_CHARACTERS = 200;
const REPLY_BYTES = 65_536;
const REPLY_MS = 1000;

/** Statuses after which another attempt may succeed; RFC 9110 and RFC 6585. Every 5xx is one too. */
const TRANSIENT = new Set([408, 425, 429]);

/**
 * Posts the order to `PROCESSOR_URL`: 2xx completes it, 408, 425, 429, 5xx and network errors are tried again, any
 * other status fails it at once. The receiver tells repeats by `Idempotency-Key` (the order) and `X-Order-Attempt`.
 */
@Injectable()
export class HttpHandler extends OrderHandler implements OnApplicationShutdown {
  readonly #logger = new Logger(HttpHandler.name);
  readonly #agent: Agent;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly clock: Clock,
  ) {
    super();
    this.#agent = new Agent({
      connections: config.PROCESSOR_CONCURRENCY,
      connectTimeout: config.ATTEMPT_TIMEOUT_MS,
      headersTimeout: config.ATTEMPT_TIMEOUT_MS,
      bodyTimeout: REPLY_MS,
    });
  }

  async handle(order: OrderToProcess, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify(toJson(order));
    const reply = await this.#post(body, order, signal);
    const { statusCode } = reply;
    const beginning = beginningOf(reply); // goes on after this method has returned; never rejects
    if (statusCode >= 200 && statusCode < 300) return;
    const message = `the processor answered ${statusCode}`;
    void beginning.then((text) => this.#log(order, `${message}: ${text}`));
    if (statusCode >= 500 || TRANSIENT.has(statusCode))
      throw new AttemptFailure('processor_unavailable', message, {
        retryAfterMs: retryAfterMs(reply.headers['retry-after'], this.clock.now()),
      });
    throw new PermanentFailure('processor_refused', message);
  }

  onApplicationShutdown(): Promise<void> {
    return this.#agent.destroy();
  }

  async #post(body: string, order: OrderToProcess, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const secret = this.config.PROCESSOR_SECRET;
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': order.orderId,
      'x-order-attempt': String(order.attempt),
      ...(secret && signatureHeaders([secret], order.orderId, body, this.clock.now())),
    };
    const url = this.config.PROCESSOR_URL;
    const send = (trace: Record<string, string>) =>
      request(url, {
        method: 'POST',
        dispatcher: this.#agent,
        headers: { ...headers, ...trace },
        body,
        signal,
      });
    try {
      return await (tracer()?.post({ url }, send, ({ statusCode }) => statusCode) ?? send({}));
    } catch (error) {
      if (signal.aborted) throw error; // the attempt timed out, or the process stops: no network error
      const { code, message } = error as NodeJS.ErrnoException;
      this.#log(order, `the processor cannot be reached: ${code ?? ''} ${message}`);
      throw new AttemptFailure('processor_unreachable', 'the processor cannot be reached');
    }
  }

  /** The processor's address and words go to the log only: clients of the orders must not see them. */
  #log({ orderId, attempt }: OrderToProcess, what: string): void {
    this.#logger.warn(`order ${orderId}, attempt ${attempt}: ${inOneLine(what)}`);
  }
}

/** As a client of the orders sees it. */
function toJson(order: OrderToProcess) {
  return { order_id: order.orderId, ...toContentDto(order), attempt: order.attempt };
}

/** Reads the body of the reply up to its bounds; beyond them the connection is closed. @returns the beginning that arrived */
async function beginningOf({ body }: Dispatcher.ResponseData): Promise<string> {
  const timer = setTimeout(() => body.destroy(), REPLY_MS);
  let beginning = '';
  let bytes = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      if (beginning.length < REPLY_CHARACTERS) beginning += chunk.toString();
      if ((bytes += chunk.length) > REPLY_BYTES) break; // closes the connection
    }
  } catch {
    beginning += ' (and breaks off)';
  } finally {
    clearTimeout(timer);
  }
  return beginning.slice(0, REPLY_CHARACTERS);
}
