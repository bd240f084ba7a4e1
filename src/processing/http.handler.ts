import { createHmac } from 'node:crypto';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { Agent, request, type Dispatcher } from 'undici';
import { Clock } from '../common/clock.js';
import { CONFIG, type Config } from '../config.js';
import { AttemptFailure, OrderHandler, PermanentFailure, type OrderToProcess } from './order.handler.js';

/** Of a reply that refuses, this much is kept for the order's error; the rest of any reply is not read. */
const REPLY_CHARACTERS = 200;
const REPLY_BYTES = 65_536;

/** Statuses after which another attempt may succeed; RFC 9110 and RFC 6585. Every 5xx is one too. */
const TRANSIENT = new Set([408, 425, 429]);

/**
 * Posts the order to `PROCESSOR_URL`: 2xx completes it, 408, 425, 429, 5xx and network errors are tried again, any
 * other status fails it at once. The receiver tells repeats by `Idempotency-Key` (the order) and `X-Order-Attempt`.
 */
@Injectable()
export class HttpHandler extends OrderHandler implements OnApplicationShutdown {
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
      bodyTimeout: config.ATTEMPT_TIMEOUT_MS,
      maxResponseSize: REPLY_BYTES,
    });
  }

  async handle(order: OrderToProcess, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify(toJson(order));
    const reply = await this.#post(body, order, signal);
    const { statusCode } = reply;
    if (statusCode >= 200 && statusCode < 300) return drain(reply);
    const message = `the processor answered ${statusCode}: ${await beginningOf(reply)}`;
    if (statusCode >= 500 || TRANSIENT.has(statusCode))
      throw new AttemptFailure('processor_unavailable', message, { retryAfterMs: this.#retryAfterMs(reply) });
    throw new PermanentFailure('processor_refused', message);
  }

  onApplicationShutdown(): Promise<void> {
    return this.#agent.destroy();
  }

  async #post(body: string, order: OrderToProcess, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const headers = {
      'content-type': 'application/json',
      'idempotency-key': order.orderId,
      'x-order-attempt': String(order.attempt),
      ...(this.config.PROCESSOR_SECRET && this.#signature(order.orderId, body)),
    };
    try {
      return await request(this.config.PROCESSOR_URL, {
        method: 'POST',
        dispatcher: this.#agent,
        headers,
        body,
        signal,
      });
    } catch (error) {
      if (signal.aborted) throw error; // timed out or stopping: not the network's doing
      const { code, message } = error as NodeJS.ErrnoException;
      throw new AttemptFailure(
        'processor_unreachable',
        `the processor cannot be reached: ${code ?? ''} ${message}`,
      );
    }
  }

  /** @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
  #signature(id: string, body: string): Record<string, string> {
    const timestamp = Math.floor(this.clock.now() / 1000);
    const key = Buffer.from(this.config.PROCESSOR_SECRET.slice('whsec_'.length), 'base64');
    const digest = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': `v1,${digest}` };
  }

  /** `Retry-After`: seconds or a date, RFC 9110 section 10.2.3; 0 when there is none that makes sense. */
  #retryAfterMs({ headers }: Dispatcher.ResponseData): number {
    const value = String(headers['retry-after'] ?? '');
    const ms = /^\d{1,9}$/.test(value) ? Number(value) * 1000 : Date.parse(value) - this.clock.now();
    return ms > 0 ? ms : 0;
  }
}

function toJson({ orderId, userId, itemIds, totalAmount, attempt }: OrderToProcess) {
  return { order_id: orderId, user_id: userId, item_ids: itemIds, total_amount: totalAmount / 100, attempt };
}

/** Reads the reply to its end, so that the connection can serve the next order; what it says does not matter. */
async function drain(reply: Dispatcher.ResponseData): Promise<void> {
  await reply.body.dump({ limit: REPLY_BYTES });
}

async function beginningOf(reply: Dispatcher.ResponseData): Promise<string> {
  try {
    return (await reply.body.text()).slice(0, REPLY_CHARACTERS);
  } catch {
    return '(a reply that could not be read)'; // the status has been told; its text is an extra
  }
}
