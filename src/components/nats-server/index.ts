export { type RunningNatsServer, startNatsServer } from './nats-server.ts';
export { NatsServerOptions } from './options.ts';
