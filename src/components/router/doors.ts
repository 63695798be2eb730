import { Front } from './front.ts';
import type { Address } from './handover.ts';
import type { RouterOptions } from './options.ts';
import type { Service } from './serve-request.ts';

/** Where requests come in that a router does not have to open itself: another process did, or an earlier router. */
export type Entrance = { readonly descriptor: number } | Front;

/** What a router is reached through. */
export interface Doors extends AsyncDisposable {
  readonly front: Front;
  readonly address: () => Address;
  open(): Promise<void>;
  release(): Front;
}

/**
 * Without an entrance the router listens at once: a taken port is what most often stops a start. With one, clients are
 * kept waiting until all routes are known; meanwhile a side door lets the platform see whether everything answers.
 * @throws ActionableError PORT_TAKEN, START_FAILED
 */
export async function openDoors(service: Service, options: RouterOptions, entrance?: Entrance): Promise<Doors> {
  if (entrance instanceof Front) return behindSideDoor(service, options, entrance, () => entrance.serveWith(service));
  const front = new Front(service, options);
  if (entrance !== undefined) {
    return behindSideDoor(service, options, front, () => front.listen(entrance.descriptor));
  }
  await front.listen();
  return doorsOf(front);
}

async function behindSideDoor(
  service: Service,
  options: RouterOptions,
  front: Front,
  openFront: () => Promise<void> | void,
): Promise<Doors> {
  const side = new Front(service, { ...options, host: '127.0.0.1', port: 0, drainMs: 1 });
  await side.listen();
  const doors = doorsOf(front);
  let isOpen = false;
  return {
    front,
    address: () => (isOpen ? front : side).address,
    async open() {
      await openFront();
      isOpen = true;
      await side[Symbol.asyncDispose]();
    },
    release: doors.release,
    async [Symbol.asyncDispose]() {
      // Before it serves us it is an earlier router's, or listens nowhere.
      await (isOpen ? doors : side)[Symbol.asyncDispose]();
    },
  };
}

function doorsOf(front: Front): Doors {
  let isReleased = false;
  return {
    front,
    address: () => front.address,
    open: async () => {},
    release() {
      isReleased = true;
      return front;
    },
    async [Symbol.asyncDispose]() {
      if (!isReleased) await front[Symbol.asyncDispose]();
    },
  };
}
