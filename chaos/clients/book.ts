import type { Promises, Turns } from '../checker.ts';
import { contentOf, textOf } from './content.ts';

/** All that clients know of one order. */
export interface ClientOrder {
  /** Its `order_id`, or its `Idempotency-Key` where the server makes the id. */
  readonly name: string;
  readonly hasKey: boolean;
  /** Its `order_id`; undefined until the server told which it made. */
  id: string | undefined;
  /** Which content it was acknowledged with. */
  accepted: number | undefined;
  /** Answered with 201, which happens once. */
  isCreated: boolean;
  /** Sent more than once though its connection did not break, or with more than one content. */
  isRepeated: boolean;
  isContradicted: boolean;
  isCancelled: boolean;
  /** Cancels that may have come through: without an answer, or with one that promises nothing. */
  openCancels: number;
  /** A status that has no way out, which a client has read. */
  end: string | undefined;
  /** When it was first sent, and acknowledged: in one count of such events. */
  sentAt: number;
  acceptedAt: number;
}

/** What clients have asked for, and what they were promised: an acknowledgement is noted before anything else is done. */
export class Book implements Promises {
  readonly orders: ClientOrder[] = [];
  /** Those that were acknowledged and whose ids are known, in the order of that. */
  readonly accepted: ClientOrder[] = [];
  readonly sent = new Set<string>();
  readonly acknowledged = new Set<string>();
  readonly keys = new Map<string, string | undefined>();
  readonly acknowledgedKeys = new Set<string>();
  /** How often a retry of an order was acknowledged. */
  readonly retries = new Map<string, number>();
  readonly turns: Turns;
  /** Answers that no client should get. */
  readonly wrong: string[] = [];
  /** Acknowledged as a repeat: the first answer was lost with the server. */
  repeats = 0;
  gaveUp = 0;
  /** Answers by what they answer and their status, for people. */
  readonly answers = new Map<string, number>();
  readonly #byId = new Map<string, ClientOrder>();
  readonly #mayFail: (id: string) => boolean;
  #events = 0;

  /**
   * @param isBefore as in `Turns`, of what the clients know of both
   * @param mayFail whether the work refused an order for good; otherwise none may be Failed
   */
  constructor(
    isBefore: (first: ClientOrder, second: ClientOrder) => boolean = () => true,
    mayFail: (id: string) => boolean = () => false,
  ) {
    this.#mayFail = mayFail;
    this.turns = {
      isBefore: (first, second) => {
        const [one, other] = [this.#byId.get(first), this.#byId.get(second)];
        return one !== undefined && other !== undefined && isBefore(one, other);
      },
    };
  }

  /** The same, but for neighbours in line that may be so far apart. */
  within(overlap: number): Promises {
    const { sent, acknowledged, keys, acknowledgedKeys, retries, ends, content, turns } = this;
    return {
      sent,
      acknowledged,
      keys,
      acknowledgedKeys,
      retries,
      ends,
      content,
      turns: { ...turns, overlap },
    };
  }

  /** An order that is about to be sent. */
  send(name: string, hasKey: boolean): ClientOrder {
    const order: ClientOrder = {
      name,
      hasKey,
      id: hasKey ? undefined : name,
      accepted: undefined,
      isCreated: false,
      isRepeated: false,
      isContradicted: false,
      isCancelled: false,
      openCancels: 0,
      end: undefined,
      sentAt: ++this.#events,
      acceptedAt: Infinity,
    };
    this.orders.push(order);
    if (hasKey) this.keys.set(name, undefined);
    else {
      this.sent.add(name);
      this.#byId.set(name, order);
    }
    return order;
  }

  /** An order was acknowledged. @param id what the answer calls it, where it could be read */
  accept(order: ClientOrder, variant: number, status: number, id: unknown): void {
    const wasKnown = order.accepted !== undefined && order.id !== undefined;
    if (typeof id === 'string') this.#learnId(order, id);
    if (order.id) this.acknowledged.add(order.id);
    if (order.hasKey) this.acknowledgedKeys.add(order.name);
    if (order.accepted === undefined) order.acceptedAt = ++this.#events;
    if (order.id !== undefined && !wasKnown) this.accepted.push(order);
    if ((order.accepted ?? variant) !== variant) this.wrong.push(`${order.name}: taken with two contents`);
    if (status === 201 && order.isCreated) this.wrong.push(`${order.name}: created twice`);
    if (status === 200 && order.accepted === undefined && !order.isRepeated) this.repeats++;
    order.accepted ??= variant;
    order.isCreated ||= status === 201;
  }

  find(id: string): ClientOrder | undefined {
    return this.#byId.get(id);
  }

  /** An acknowledged retry. */
  retried(id: string): void {
    this.retries.set(id, (this.retries.get(id) ?? 0) + 1);
  }

  count(what: string): void {
    this.answers.set(what, (this.answers.get(what) ?? 0) + 1);
  }

  readonly ends = (id: string): string[] => {
    const order = this.#byId.get(id);
    if (order?.isCancelled) return ['Cancelled'];
    const isOpen = (order?.openCancels ?? 0) > 0;
    return ['Completed', ...(isOpen ? ['Cancelled'] : []), ...(this.#mayFail(id) ? ['Failed'] : [])];
  };

  readonly content = (id: string): string | undefined => {
    const order = this.#byId.get(id);
    return order?.accepted === undefined ? undefined : textOf(contentOf(order.name, order.accepted));
  };

  #learnId(order: ClientOrder, id: string): void {
    if (order.id !== undefined && order.id !== id)
      this.wrong.push(`${order.name}: called ${order.id}, then ${id}`);
    const other = this.#byId.get(id);
    if (other && other !== order) this.wrong.push(`${order.name} and ${other.name}: both called ${id}`);
    order.id ??= id;
    this.#byId.set(id, order);
    if (order.hasKey) this.keys.set(order.name, id);
  }
}
