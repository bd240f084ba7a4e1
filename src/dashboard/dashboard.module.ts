import { Module } from '@nestjs/common';
import { StatusPage } from './status.page.js';

/** The status page for people. It knows orders and metrics by the HTTP API only. */
@Module({ providers: [StatusPage] })
export class DashboardModule {}
