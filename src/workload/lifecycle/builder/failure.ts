/** Diego's exit codes. 226, meant for a failing finalize, is never seen: its text holds that of 223, which is looked for first. */
export const exitCodes = {
  detect: 222,
  compile: 223,
  release: 224,
  supply: 225,
  options: 3,
  credhub: 4,
  other: 1,
} as const;

/** Diego's texts, by which it also chooses the exit code. */
export const texts = {
  detect: 'None of the buildpacks detected a compatible application',
  compile: 'Failed to compile droplet',
  release: 'Failed to build droplet release',
  supply: 'Failed to run all supply scripts',
  finalize: 'Failed to run finalize script',
  noSupply: 'Error: one of the buildpacks chosen to supply dependencies does not support multi-buildpack apps',
  noFinalize:
    'Warning: the last buildpack is not compatible with multi-buildpack apps and cannot make use of any dependencies supplied by the buildpacks specified before it',
  noCommand: [
    'No start command specified by buildpack or via Procfile.',
    'App will not start unless a command is provided at runtime.',
  ],
  procfile: 'Failed to read command from Procfile',
} as const;

type Phase = keyof typeof exitCodes;

export interface FailureDetails extends ErrorOptions {
  /** A next step for the developer, as a full sentence; there is none in the original's texts. */
  readonly remedy?: string | undefined;
}

/** The droplet could not be built. `message` is what Diego writes last. */
export class BuilderFailure extends Error {
  override readonly name = 'BuilderFailure';
  readonly exitCode: number;
  readonly remedy: string | undefined;

  constructor(phase: Phase, message: string, { remedy, ...options }: FailureDetails = {}) {
    super(message, options);
    this.exitCode = exitCodes[phase];
    this.remedy = remedy;
  }
}
