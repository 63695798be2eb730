export { type RunningNatsServer, startNatsServer } from './nats-server.ts';
