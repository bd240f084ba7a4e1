import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { READER } from '../database/sources/reading.data.source.js';
import { OpenStreams } from '../http/streams/open.streams.js';
import { ApiKeyEntity } from './api-key.entity.js';
import type { KeyedRequest } from './api.key.js';
import { Authentication } from './authentication.js';
import { KeyRing } from './key.ring.js';
import { LastUsed } from './last.used.js';

/** Who may call the API: keys with scopes. `npm run keys` makes and revokes them. */
@Module({
  imports: [TypeOrmModule.forFeature([ApiKeyEntity], READER)],
  providers: [KeyRing, LastUsed, Authentication],
  exports: [Authentication],
})
export class KeysModule {
  constructor(ring: KeyRing, streams: OpenStreams) {
    const isAllowed = ({ apiKey }: KeyedRequest) => (apiKey ? ring.isValid(apiKey) : ring.isOpen);
    ring.onRead(() => streams.closeUnless(isAllowed));
  }
}
