import { Injectable } from '@nestjs/common';
import { Probes } from '../../common/probes.js';
import type { TextAnswer } from '../../http/server/text.answer.js';
import { CommitMeter } from './commit.meter.js';
import { DatabaseFamilies } from './database.families.js';
import { gauge } from './metric.family.js';
import { ProcessMeter } from './process.meter.js';
import { textOf, type Format } from './text.format.js';

/** Everything that a Prometheus server may know of this process and of all orders. */
@Injectable()
export class PrometheusService {
  constructor(
    private readonly database: DatabaseFamilies,
    private readonly commits: CommitMeter,
    private readonly process: ProcessMeter,
    private readonly probes: Probes,
  ) {}

  /** Answers without the database too, and says that it is down: a failed scrape would not tell why. */
  async scrape(format: Format = 'text/plain'): Promise<TextAnswer> {
    const families = [
      ...(await this.database.families()),
      gauge(
        'ordermill_process_queue_up',
        'Whether this process can claim from its queue; if 0, it accepts orders and starts none.',
        Number(this.probes.isUp('queue')),
      ),
      ...this.commits.families(),
      ...this.process.families(),
    ];
    return textOf(families, format);
  }
}
