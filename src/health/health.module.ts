import { Module } from '@nestjs/common';
import { TerminusModule } from '@nestjs/terminus';
import { HealthChecks } from './health.checks.js';
import { HealthController } from './health.controller.js';
import { HealthSubjects } from './health.subjects.js';

@Module({
  imports: [TerminusModule.forRoot({ logger: false })], // whoever finds a trouble logs it, once; probes come each second
  controllers: [HealthController],
  providers: [HealthChecks, HealthSubjects],
})
export class HealthModule {}
