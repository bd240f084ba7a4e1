import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsNumber,
  IsOptional,
  IsString,
  Max,
  Min,
} from 'class-validator';

/** The body of `POST /orders`, the way a Nest application is usually taught to check it. */
export class OrderDto {
  @IsOptional()
  @IsString()
  order_id?: string;

  @IsString()
  user_id!: string;

  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(1000)
  @IsString({ each: true })
  item_ids!: string[];

  @IsNumber({ maxDecimalPlaces: 2 })
  @Min(0)
  @Max(999_999_999.99)
  total_amount!: number;
}
