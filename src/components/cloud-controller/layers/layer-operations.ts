import type { BackgroundWork } from '../background-work.ts';
import type { Operations } from '../operations.ts';
import type { Layers, LayersParts } from './layers.ts';
import type { WatchedApps } from './watched-apps.ts';

interface Parts extends LayersParts {
  readonly background: BackgroundWork;
  readonly watched: WatchedApps;
  readonly signal: AbortSignal;
}

/** What is done for who works on an app. */
export function layerOperations(parts: Parts) {
  const { background, deployments, signal, watched } = parts;
  let loaded: Promise<Layers> | undefined;
  const load = async () => {
    const { Layers } = await import('./layers.ts');
    return new Layers(parts);
  };
  const layers = () => {
    loaded ??= load();
    return loaded;
  };
  return {
    watch: ({ guid }, seconds) => {
      watched.watch(guid, seconds);
      background.run('layers not loaded', layers); // the first save has no time for it
    },
    deployLayer: async (app, base, bytes) => (await layers()).deploy(app, base, bytes),
    syncLayer: async (app, base, bytes) => (await layers()).sync(app, base, bytes),
    settle: async (app, droplet) => (await layers()).settle(app, droplet),
    untilOtherPhase: (deployment, phase, limitMs) => deployments.untilOther(deployment, phase, limitMs, signal),
  } satisfies Partial<Operations>;
}
