import 'reflect-metadata';
import type { EventEmitter2 } from '@nestjs/event-emitter';

type Token = unknown;
type Class = new (...parameters: never[]) => object;

/**
 * Makes the application's own classes by the metadata that Nest reads (types of constructors, @Inject, @OnEvent): a module
 * of Nest's takes longer to compile than a schedule to run.
 */
export class SimContainer {
  readonly #instances: Map<Token, unknown>;

  /** `given`: what is not made, because the simulation has its own. */
  constructor(
    given: [Token, unknown][],
    private readonly events: EventEmitter2,
  ) {
    this.#instances = new Map(given);
  }

  get<Type extends object>(token: abstract new (...parameters: never[]) => Type): Type {
    if (!this.#instances.has(token)) this.#instances.set(token, this.#make(token as unknown as Class));
    return this.#instances.get(token) as Type; // made as one just now, or given as one
  }

  /** Calls a hook of everything that has it, in the order in which it was made. */
  async call(hook: string): Promise<void> {
    for (const instance of this.#instances.values()) {
      const method: unknown = (instance as Record<string, unknown>)?.[hook];
      if (typeof method === 'function') await (method.call(instance) as unknown);
    }
  }

  #make(type: Class): object {
    const types = (Reflect.getMetadata('design:paramtypes', type) ?? []) as Token[];
    const named = (Reflect.getMetadata('self:paramtypes', type) ?? []) as { index: number; param: Token }[];
    const tokens = types.map((own, index) => named.find((one) => one.index === index)?.param ?? own);
    const parameters = tokens.map((token) =>
      this.#instances.has(token) ? this.#instances.get(token) : this.get(token as Class),
    );
    const instance = new type(...(parameters as never[])); // by their own metadata
    this.#listen(instance);
    return instance;
  }

  #listen(instance: object): void {
    for (const name of Object.getOwnPropertyNames(Object.getPrototypeOf(instance))) {
      const method = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(instance), name)?.value as unknown;
      if (typeof method !== 'function') continue;
      const heard = (Reflect.getMetadata('EVENT_LISTENER_METADATA', method) ?? []) as { event: string }[];
      for (const { event } of heard)
        this.events.on(event, (news: unknown) => void method.call(instance, news));
    }
  }
}
