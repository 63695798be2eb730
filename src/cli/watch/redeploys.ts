/** Where a watch stands. What the folder's newest state is, and which one serves, is known by whoever asks. */
export type Phase =
  | { readonly at: 'rest' }
  | {
      readonly at: 'deploying';
      /** As of `performance.now()`. */
      readonly since: number;
      /** The folder is not any more what is being deployed. */
      readonly isNewer: boolean;
      /** It was asked to end. */
      readonly isGivenUp: boolean;
      /** How many before it were given up, one after the other. */
      readonly givenUp: number;
    }
  /** The newest state was tried in vain. */
  | { readonly at: 'failed' }
  /** The platform is gone. */
  | { readonly at: 'lost'; readonly isNewer: boolean };

export type Happening =
  /** The folder came to rest in a state that is neither under way nor serving, nor failed last. */
  | 'changed'
  /** It came to rest in the state that is under way, or else serves. */
  | 'as before'
  /** It was saved again as it failed. */
  | 'saved again'
  /** The time to give something up has come. */
  | 'impatient'
  /** What was being deployed serves; does not; was given up; or the platform went away meanwhile. */
  | 'served'
  | 'failed'
  | 'ended'
  | 'lost'
  /** What serves since a moment does not any more; what served before does. */
  | 'withdrawn'
  /** The platform answers again, with what served last; or with something else. */
  | 'found'
  | 'found another';

/** What is to be done: deploy the newest state, end the deployment under way, wait for the platform. */
export type Act = 'deploy' | 'give up' | 'seek platform';

export interface Step {
  readonly phase: Phase;
  readonly act?: Act;
  /** When `impatient` is to happen, unless something else does before. */
  readonly impatientAt?: number;
}

const patienceMs = 1_000;
const mostPatienceMs = 30_000;

/**
 * One deployment at a time, and the newest state wins: a deployment that nobody wants any more may end in peace if it
 * takes no longer than a moment, and is given up otherwise. Each that is given up gives the next one twice the time, so
 * that somebody who never stops saving gets to see something.
 */
export function next(phase: Phase, happening: Happening, now: number): Step {
  switch (phase.at) {
    case 'rest':
      return atRest(phase, happening, now);
    case 'deploying':
      return whileDeploying(phase, happening, now);
    case 'failed':
      return afterFailure(phase, happening, now);
    case 'lost':
      return whileLost(phase, happening, now);
  }
}

export function deploying(now: number, givenUp = 0): Phase {
  return { at: 'deploying', since: now, isNewer: false, isGivenUp: false, givenUp };
}

type Deploying = Extract<Phase, { at: 'deploying' }>;

function atRest(phase: Phase, happening: Happening, now: number): Step {
  if (happening === 'changed') return deploy(now);
  if (happening === 'withdrawn') return { phase: { at: 'failed' } };
  return happening === 'lost' ? lost(false) : { phase };
}

function whileDeploying(phase: Deploying, happening: Happening, now: number): Step {
  switch (happening) {
    case 'changed':
      return waitABit({ ...phase, isNewer: true }, now);
    case 'as before':
      return { phase: { ...phase, isNewer: phase.isGivenUp } };
    case 'impatient':
      return waitABit(phase, now);
    case 'lost':
      return lost(true);
    default:
      return whenEnded(phase, happening, now);
  }
}

function whenEnded(phase: Deploying, happening: Happening, now: number): Step {
  if (happening === 'ended') return deploy(now, phase.givenUp + 1);
  if (happening === 'served') return phase.isNewer ? deploy(now) : { phase: { at: 'rest' } };
  if (happening !== 'failed') return { phase };
  return phase.isNewer ? deploy(now, phase.givenUp + 1) : { phase: { at: 'failed' } };
}

function afterFailure(phase: Phase, happening: Happening, now: number): Step {
  if (happening === 'changed' || happening === 'saved again') return deploy(now);
  if (happening === 'as before') return { phase: { at: 'rest' } };
  return happening === 'lost' ? lost(false) : { phase };
}

function whileLost(phase: Extract<Phase, { at: 'lost' }>, happening: Happening, now: number): Step {
  if (happening === 'found another') return deploy(now);
  if (happening === 'found') return phase.isNewer ? deploy(now) : { phase: { at: 'rest' } };
  if (happening === 'changed' || happening === 'saved again') return { phase: { ...phase, isNewer: true } };
  return happening === 'as before' ? { phase: { ...phase, isNewer: false } } : { phase };
}

function waitABit(phase: Deploying, now: number): Step {
  if (!phase.isNewer || phase.isGivenUp) return { phase };
  const impatientAt = phase.since + Math.min(mostPatienceMs, patienceMs * 2 ** phase.givenUp);
  if (now < impatientAt) return { phase, impatientAt };
  return { phase: { ...phase, isGivenUp: true }, act: 'give up' };
}

function deploy(now: number, givenUp = 0): Step {
  return { phase: deploying(now, givenUp), act: 'deploy' };
}

function lost(isNewer: boolean): Step {
  return { phase: { at: 'lost', isNewer }, act: 'seek platform' };
}
