import { Global, Module } from '@nestjs/common';
import { CONFIG, loadConfig } from '../config.js';
import { Clock } from './clock.js';
import { Lifecycle } from './lifecycle.js';
import { Random } from './random.js';
import { SchemaValidator } from '../http/validation/schema.validator.js';

/** What every module may use: the configuration, the clock, chance, the document's schemas. */
@Global()
@Module({
  providers: [{ provide: CONFIG, useFactory: loadConfig }, Clock, Random, Lifecycle, SchemaValidator],
  exports: [CONFIG, Clock, Random, Lifecycle, SchemaValidator],
})
export class CommonModule {}
