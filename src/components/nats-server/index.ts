export type { Block } from './block-layout.ts';
export { type RunningNatsServer, startNatsServer } from './nats-server.ts';
export { haveShrunk, messagesOf, putStoreBack, readBlocks, setStoreAside } from './store-files.ts';
export type { StoredMessage } from './stored-messages.ts';
export { areWalkable } from './walkable.ts';
