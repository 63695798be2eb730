import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';

const loopback = '127.0.0.1';

/**
 * The address of this machine from which another one is reached: the system chooses it when a UDP socket is connected,
 * and nothing is sent. Without a way there it is that of the loopback interface, where components of 2012 failed to start.
 * @param route an IPv4 address
 */
export async function localAddressFor(route: string): Promise<string> {
  if (isIP(route) !== 4) return loopback;
  const socket = createSocket('udp4');
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(9, route, resolve);
    });
    return socket.address().address;
  } catch {
    return loopback; // no route there
  } finally {
    socket.close();
  }
}
