import type { ServicePlan } from '#cli/service/plan.ts';

/** A plan for a service of the machine, as `sudo localpaas service install` makes it, with what a test changes. */
export function planWith(changes: Partial<ServicePlan> = {}): ServicePlan {
  return {
    scope: 'system',
    account: { name: 'pi', uid: 1000, gid: 1000, home: '/home/pi', shell: '/bin/bash' },
    program: ['/usr/local/bin/localpaas'],
    options: [],
    home: '/home/pi/.localpaas',
    listen: '127.0.0.1',
    port: 8080,
    busPort: 4222,
    environment: { PATH: '/usr/bin:/bin', LOCALPAAS_HOME: '/home/pi/.localpaas' },
    isConfined: true,
    ...changes,
  };
}
