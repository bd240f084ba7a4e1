/** A cure taken out again: in `file`, each first text becomes the second. */
export interface Mutant {
  file: string;
  changes: [from: string, to: string][];
}

/** What the simulator must find, so that its silence means something: `npm run simulation -- --mutant <name>`. */
export const MUTANTS: Record<string, Mutant> = {
  /** The loop is over only some microtasks after its last look at whether there is more to do. */
  'lost-wake-up': {
    file: 'src/processing/order.processor.ts',
    changes: [
      [
        'this.#loop = this.#claimAll();',
        'this.#loop = this.#claimAll().finally(() => (this.#isLooping = false));',
      ],
      ['    this.#isLooping = false;\n', ''],
    ],
  },
  /** Each route enqueues what it accepted, when it hears of the commit. */
  'out-of-turn': {
    file: 'src/orders/orders.service.ts',
    changes: [
      ['if (from === null || queueSeq !== undefined)', 'if (from !== null && queueSeq !== undefined)'],
      [
        'return this.store.insert(request);',
        `return this.store.insert(request).then((receipt) => {
          if (!receipt.replayed) this.queue.enqueue([{ id: receipt.seq, position: receipt.seq }]);
          return receipt;
        });`,
      ],
      [
        'return this.store.insertAll(requests);',
        `return this.store.insertAll(requests).then((outcomes) => {
          this.queue.enqueue(outcomes.flatMap((outcome) =>
            'value' in outcome && !outcome.value.replayed ? { id: outcome.value.seq, position: outcome.value.seq } : []));
          return outcomes;
        });`,
      ],
    ],
  },
  /** A back-off is over when the time of day says so, and only then. */
  'clock-steps': {
    file: 'src/processing/retry.schedule.ts',
    changes: [['() => this.#end(order))', '() => void this.enqueueDue().catch(() => undefined))']],
  },
  /** At a start, what is due already is left to the table. */
  'due-at-start': {
    file: 'src/processing/retry.schedule.ts',
    changes: [['this.reader.delayed(0, MAX_TIMERS)', 'this.reader.delayed(now, MAX_TIMERS)']],
  },
  /** An attempt takes no slot. */
  'no-slots': {
    file: 'src/processing/order.processor.ts',
    changes: [['    this.#working++;\n', '']],
  },
  /** A claim that comes too late for an order calls off the end of its back-off. */
  'called-off': {
    file: 'src/processing/order.processor.ts',
    changes: [
      [
        '      if (attempt) this.#start',
        '      this.retries.started(entry.id);\n      if (attempt) this.#start',
      ],
    ],
  },
  /** What is enqueued while it is claimed is forgotten. */
  'forgotten-while-claimed': {
    file: 'src/queue/queue.service.ts',
    changes: [['if (again)', 'if (again && again.id < 0)']],
  },
  /** Nothing that an uncertain commit stored is looked for. */
  'uncertain-forgotten': {
    file: 'src/orders/orders.service.ts',
    changes: [['    this.queue.rewind();\n', '']],
  },
  /** An order that a queue has by mistake is started before its back-off is over. */
  'started-too-early': {
    file: 'src/orders/store/sql/statements.ts',
    changes: [['        AND (m.starts = 0 OR orders.not_before IS NULL)`;', '`;']],
  },
};
