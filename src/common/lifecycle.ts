import { Injectable, type OnModuleDestroy } from '@nestjs/common';

/** Whether the server is on its way out. `onModuleDestroy` is the first hook of a shutdown, while HTTP still answers. */
@Injectable()
export class Lifecycle implements OnModuleDestroy {
  #isStopping = false;

  get isStopping(): boolean {
    return this.#isStopping;
  }

  onModuleDestroy(): void {
    this.#isStopping = true;
  }
}
