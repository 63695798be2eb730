export { type RunningNatsServer, startNatsServer } from './nats-server.ts';
export {
  haveShrunk,
  messagesOf,
  putStoreBack,
  readBlocks,
  type StorePart,
  setStoreAside,
} from './store-files.ts';
export type { Block, StoredMessage } from './stored-messages.ts';
