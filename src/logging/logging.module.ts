import { Global, Module } from '@nestjs/common';
import { LoggerModule, PinoLogger, type Params } from 'nestjs-pino';
import { CONFIG, type Config } from '../config.js';
import { AppLogger } from './app.logger.js';
import { openLog, type Log } from './log.js';
import { RequestLog } from './request.log.js';
import { TransitionLog } from './transition.log.js';

/**
 * No route: `RequestLog` writes the line of each request. pino-http's took twice the CPU and two more steps in Express's
 * chain, and held the URL and all headers.
 */
const paramsFor = ({ logger }: Log): Params => ({ pinoHttp: { logger }, forRoutes: [] });

/** For the time before there is an application, and after it. */
export function appLogger(log: Log): AppLogger {
  const params = paramsFor(log);
  return new AppLogger(new PinoLogger(params), params);
}

/** The log of requests and of transitions; everything else logs by Nest's `Logger`. */
@Global()
@Module({
  imports: [
    LoggerModule.forRootAsync({
      inject: [CONFIG],
      useFactory: async (config: Config) => paramsFor(await openLog(config)),
    }),
  ],
  providers: [
    TransitionLog,
    {
      provide: RequestLog,
      inject: [CONFIG],
      useFactory: async (config: Config) => new RequestLog(await openLog(config)),
    },
  ],
  exports: [RequestLog],
})
export class LoggingModule {}
