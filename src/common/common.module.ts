import { Global, Module } from '@nestjs/common';
import { CONFIG, loadConfig } from '../config.js';
import { Clock } from './clock.js';
import { Lifecycle } from './lifecycle.js';
import { Random } from './random.js';

/** Provides what every module may use: the configuration, the clock, random numbers, whether the process is stopping. */
@Global()
@Module({
  providers: [{ provide: CONFIG, useFactory: loadConfig }, Clock, Random, Lifecycle],
  exports: [CONFIG, Clock, Random, Lifecycle],
})
export class CommonModule {}
