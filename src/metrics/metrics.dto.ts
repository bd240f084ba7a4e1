import { ApiProperty } from '@nestjs/swagger';

const COUNT = { type: 'integer', minimum: 0, example: 12 } as const;
const SECONDS = { minimum: 0, example: 2.004 } as const;

export class StatusCountsDto {
  @ApiProperty(COUNT)
  Pending!: number;
  @ApiProperty(COUNT)
  Processing!: number;
  @ApiProperty(COUNT)
  Completed!: number;
  @ApiProperty(COUNT)
  Failed!: number;
  @ApiProperty(COUNT)
  Cancelled!: number;
}

export class PercentilesDto {
  @ApiProperty(SECONDS)
  p50!: number;
  @ApiProperty(SECONDS)
  p95!: number;
  @ApiProperty(SECONDS)
  p99!: number;
}

export class ThroughputDto {
  @ApiProperty({ minimum: 0, example: 41.7 })
  accepted_per_second!: number;
  @ApiProperty({ minimum: 0, example: 0.5 })
  completed_per_second!: number;
}

/** The answer of `GET /metrics`. Durations in seconds. */
export class MetricsDto {
  @ApiProperty({ ...COUNT, description: 'always the sum of the five below' })
  total_orders!: number;
  @ApiProperty(COUNT)
  pending_orders!: number;
  @ApiProperty(COUNT)
  processing_orders!: number;
  @ApiProperty(COUNT)
  completed_orders!: number;
  @ApiProperty(COUNT)
  failed_orders!: number;
  @ApiProperty(COUNT)
  cancelled_orders!: number;
  @ApiProperty()
  status_counts!: StatusCountsDto;
  @ApiProperty({
    ...SECONDS,
    description: 'mean of completed − started over completed orders; 0 before there is any',
  })
  average_processing_time!: number;
  @ApiProperty({ ...SECONDS, description: 'mean of first start − accepted over started orders' })
  average_wait_time!: number;
  @ApiProperty({ description: 'of completed − started, within 0.8 %' })
  processing_time!: PercentilesDto;
  @ApiProperty({ ...SECONDS, description: 'until the present backlog is done, at the present rate' })
  estimated_processing_time!: number;
  @ApiProperty({ description: 'over the last minute, of the process that answers' })
  throughput!: ThroughputDto;
}
