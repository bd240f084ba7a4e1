import { applyDecorators } from '@nestjs/common';
import { Type } from 'class-transformer';
import { IsInt, IsNumber, Min, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import type { OrderStatus } from '../domain/order.status.js';

const IsCount = (description?: string) =>
  applyDecorators(JSONSchema({ example: 12, ...(description && { description }) }), Min(0), IsInt());

const IsSeconds = (description?: string) =>
  applyDecorators(JSONSchema({ example: 2.004, ...(description && { description }) }), Min(0), IsNumber());

const IsRate = (example: number) => applyDecorators(JSONSchema({ example }), Min(0), IsNumber());

export class StatusCountsDto implements Record<OrderStatus, number> {
  @IsCount()
  Pending!: number;

  @IsCount()
  Processing!: number;

  @IsCount()
  Completed!: number;

  @IsCount()
  Failed!: number;

  @IsCount()
  Cancelled!: number;
}

export class PercentilesDto {
  @IsSeconds()
  p50!: number;

  @IsSeconds()
  p95!: number;

  @IsSeconds()
  p99!: number;
}

export class ThroughputDto {
  @IsRate(41.7)
  accepted_per_second!: number;

  @IsRate(0.5)
  completed_per_second!: number;
}

/** `pending_orders` and the like: one for each status. */
export type StatusTotals = Record<`${Lowercase<OrderStatus>}_orders`, number>;

/** The answer of `GET /metrics`. Durations in seconds. */
export class MetricsDto implements StatusTotals {
  @IsCount('accepted since ever: always the sum of the totals by status')
  total_orders!: number;

  @IsCount('those of them that are stored: all but the deleted ones')
  stored_orders!: number;

  @IsCount()
  pending_orders!: number;

  @IsCount()
  processing_orders!: number;

  @IsCount()
  completed_orders!: number;

  @IsCount()
  failed_orders!: number;

  @IsCount()
  cancelled_orders!: number;

  @ValidateNested()
  @Type(() => StatusCountsDto)
  status_counts!: StatusCountsDto;

  @IsSeconds('mean of completed − started over completed orders; 0 before there is any')
  average_processing_time!: number;

  @IsSeconds('mean of first start − accepted over started orders')
  average_wait_time!: number;

  @ValidateNested()
  @Type(() => PercentilesDto)
  @JSONSchema({ description: 'of completed − started, within 0.8 %' })
  processing_time!: PercentilesDto;

  @ValidateNested()
  @Type(() => PercentilesDto)
  @JSONSchema({
    description: 'of first start − accepted, from a histogram: off by no more than its bucket is wide',
  })
  wait_time!: PercentilesDto;

  @IsSeconds('until the present backlog is done, at the present rate')
  estimated_processing_time!: number;

  @ValidateNested()
  @Type(() => ThroughputDto)
  @JSONSchema({ description: 'over the last minute, of the process that answers' })
  throughput!: ThroughputDto;
}
