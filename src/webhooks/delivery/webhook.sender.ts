import type { LookupFunction } from 'node:net';
import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Agent, Dispatcher } from 'undici';
import { Clock } from '../../common/clock.js';
import { retryAfterMs } from '../../common/retry.after.js';
import { signatureHeaders } from '../../common/webhook.signature.js';
import { tracer } from '../../common/tracing.js';
import { CONFIG, type Config } from '../../config.js';
import type { DueDelivery } from '../store/held.webhooks.js';
import { TargetRefused, type Webhook } from '../webhook.js';
import { TargetGuard } from './target.guard.js';

/** Of the body so much is read, and for so long, so that the connection can be used again. It is not looked at. */
const REPLY_BYTES = 16_384;
const REPLY_MS = 1000;

/** Of the headers; more is no valid answer. */
const HEADERS_BYTES = 16_384;

/** What became of one attempt. `error` says why it failed, in words of ours; undefined: it was delivered. */
export interface Attempt {
  status: number | null;
  error?: string;
  retryAfterMs: number;
}

/**
 * Makes one attempt: a signed post, which has succeeded with 2xx and with nothing else. No redirect is followed and no proxy
 * asked; the connection goes to an address that the guard has judged, and to no other.
 */
@Injectable()
export class WebhookSender implements OnApplicationShutdown {
  #agent: Promise<Agent> | undefined;

  constructor(
    private readonly guard: TargetGuard,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Config, 'WEBHOOK_TIMEOUT_MS'>,
  ) {}

  /** @throws only when `signal` is aborted: it is not known then what became of the attempt */
  send(webhook: Webhook, delivery: DueDelivery, signal: AbortSignal): Promise<Attempt> {
    const send = (trace: Record<string, string>) => this.#send(webhook, delivery, trace, signal);
    const { traceParent: context = null, messageId } = delivery;
    const target = { url: webhook.url, context, attributes: { 'messaging.message.id': messageId } };
    return tracer()?.post(target, send, ({ status }) => status) ?? send({});
  }

  async onApplicationShutdown(): Promise<void> {
    await (await this.#agent)?.destroy();
  }

  async #send(
    { url, secrets }: Webhook,
    delivery: DueDelivery,
    trace: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Attempt> {
    const now = this.clock.now();
    const valid = secrets.filter(({ expiresAt }) => expiresAt === null || expiresAt > now);
    const { messageId, payload } = delivery;
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Ordermill',
      ...trace,
      ...signatureHeaders(
        valid.map(({ secret }) => secret).toReversed(), // the newest first
        messageId,
        payload,
        now,
      ),
    };
    const late = new AbortController();
    const cancel = this.clock.timer(this.config.WEBHOOK_TIMEOUT_MS, () => late.abort());
    try {
      const target = this.guard.checkUrl(url); // an address in the URL is not looked up
      return this.#judge(await this.#post(target, headers, payload, AbortSignal.any([signal, late.signal])));
    } catch (error) {
      if (signal.aborted) throw error;
      return { status: null, error: late.signal.aborted ? 'time-out' : reasonOf(error), retryAfterMs: 0 };
    } finally {
      cancel();
    }
  }

  async #post(url: URL, headers: Record<string, string>, body: string, signal: AbortSignal) {
    const { request } = await import('undici');
    const dispatcher = await (this.#agent ??= this.#connect());
    return request(url, { method: 'POST', dispatcher, headers, body, signal });
  }

  /** An HTTP client is loaded by who needs it: a tenth of the time of a start. Connections: as many as there are requests. */
  async #connect(): Promise<Agent> {
    const { Agent: Client } = await import('undici');
    const timeout = this.config.WEBHOOK_TIMEOUT_MS;
    const lookup: LookupFunction = (host, { all }, callback) => {
      this.guard.addresses(host).then(
        (addresses) => {
          const [first] = addresses;
          if (all) callback(null, addresses);
          else callback(null, first?.address ?? '', first?.family);
        },
        (error: Error) => callback(error, ''),
      );
    };
    return new Client({
      connect: { lookup, timeout },
      headersTimeout: timeout,
      bodyTimeout: REPLY_MS,
      maxHeaderSize: HEADERS_BYTES,
    });
  }

  #judge({ statusCode: status, headers, body }: Dispatcher.ResponseData): Attempt {
    body.dump({ limit: REPLY_BYTES, signal: AbortSignal.timeout(REPLY_MS) }).catch(() => undefined); // the status has decided
    if (status >= 200 && status < 300) return { status, retryAfterMs: 0 };
    const error = status >= 300 && status < 400 ? 'redirects are not followed' : `the answer is ${status}`;
    return { status, error, retryAfterMs: retryAfterMs(headers['retry-after'], this.clock.now()) };
  }
}

/** Codes of Node and undici stand for themselves; their messages may hold addresses. */
function reasonOf(error: unknown): string {
  if (error instanceof TargetRefused) return error.message;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (cause instanceof TargetRefused) return cause.message;
  return typeof code === 'string' ? code.slice(0, 100) : 'no valid answer';
}
