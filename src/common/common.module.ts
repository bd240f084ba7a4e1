import { Global, Module } from '@nestjs/common';
import { CONFIG, loadConfig } from '../config.js';
import { Clock } from './clock.js';
import { Lifecycle } from './lifecycle.js';
import { Probes } from './probes.js';
import { Random } from './random.js';

/**
 * Provides what every module may use: the configuration, the clock, random numbers, whether the process is stopping, and
 * whether its parts are up.
 */
@Global()
@Module({
  providers: [{ provide: CONFIG, useFactory: loadConfig }, Clock, Random, Lifecycle, Probes],
  exports: [CONFIG, Clock, Random, Lifecycle, Probes],
})
export class CommonModule {}
