import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Exchange } from './exchange.ts';
import { connectTo } from './instance-connection.ts';
import { InstancePool, type PoolOptions } from './instance-pool.ts';
import type { Attempt, ForwardCall, Transport, UpgradeCall } from './transport.ts';
import type { Upgrades } from './upgrades.ts';
import type { CarriedWebsocket } from './websocket.ts';

/** The transport: HTTP/1.1 to instances, over connections that are kept where that is safe; httpxy for upgrades. */
export class InstanceTransport implements Transport {
  readonly #connectMs: number;
  readonly #pool: InstancePool;
  readonly #websockets = new Set<CarriedWebsocket>();
  #upgrades: Promise<Upgrades> | undefined;

  constructor(options: PoolOptions) {
    this.#connectMs = options.connectMs;
    this.#pool = new InstancePool(options);
  }

  get connections(): number {
    return this.#pool.size + this.#websockets.size;
  }

  forward(request: IncomingMessage, response: ServerResponse, call: ForwardCall): Promise<Attempt> {
    const kept = call.ownConnection ? undefined : this.#pool.take(call.endpoint);
    if (kept === undefined) return this.#forwardAnew(request, response, call);
    return new Exchange(request, response, call, this.#pool).run(kept, true);
  }

  async #forwardAnew(request: IncomingMessage, response: ServerResponse, call: ForwardCall): Promise<Attempt> {
    let connection: Awaited<ReturnType<InstancePool['open']>>;
    try {
      connection = await this.#pool.open(call.endpoint);
    } catch (error) {
      return { result: 'unreached', error: error as Error };
    }
    if (response.destroyed) {
      connection.socket.destroy();
      return { result: 'answered', status: 499 };
    }
    return new Exchange(request, response, call, this.#pool).run(connection, false);
  }

  async upgrade(request: IncomingMessage, client: Socket, head: Buffer, call: UpgradeCall): Promise<Attempt> {
    let app: Socket;
    const upgrades = await this.#loadUpgrades();
    try {
      app = await connectTo(call.endpoint, this.#connectMs);
    } catch (error) {
      return { result: 'unreached', error: error as Error };
    }
    if (client.destroyed) {
      app.destroy();
      return { result: 'answered', status: 499 };
    }
    const onOpen = (websocket: CarriedWebsocket) => {
      this.#websockets.add(websocket);
      void websocket.closed.then(() => this.#websockets.delete(websocket));
    };
    return upgrades.ask({ request, client, head, app, call, onOpen });
  }

  /** httpxy loads Node's HTTP/2, too: 4 ms of a start, where most platforms never see a websocket. */
  #loadUpgrades(): Promise<Upgrades> {
    this.#upgrades ??= import('./upgrades.ts').then(({ Upgrades }) => new Upgrades());
    return this.#upgrades;
  }

  async endWebsockets(limitMs: number): Promise<void> {
    await Promise.all([...this.#websockets].map((websocket) => websocket.end(limitMs)));
  }

  /** Ends the idle connections to instances, the others after their answers; websockets end with their clients. */
  [Symbol.dispose](): void {
    this.#pool[Symbol.dispose]();
  }
}
