import type { Bus } from '#ground/bus.ts';

/**
 * Makes a request over the bus, and makes it again each time the bus comes back from an interruption, for then the
 * answer to an earlier one never comes. The request must bear to be made twice.
 */
export async function askAgain<T>(bus: Bus, request: () => Promise<T>): Promise<T> {
  let listening: Disposable | undefined;
  const afterReconnect = new Promise<T>((resolve, reject) => {
    listening = bus.onReconnect(() => void request().then(resolve, reject));
  });
  try {
    return await Promise.race([request(), afterReconnect]);
  } finally {
    listening?.[Symbol.dispose]();
  }
}
