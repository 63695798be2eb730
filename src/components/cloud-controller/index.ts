export { cloudController } from './cloud-controller.ts';
export { CloudControllerOptions } from './options.ts';
export { Account, readAccount, writeAccount } from './portable/account.ts';
export { blobsOf, type DesiredState, movedTo, type NamedBlob, partOf, without } from './portable/desired-state.ts';
export { blobFileIn, placedState, placeState, readState, stateText, writtenState } from './portable/state-file.ts';
export { storedState } from './portable/stored-state.ts';
export type { StateEvidence } from './snapshots/open-desired-state.ts';
export { type PlacedState, placeRemains } from './snapshots/place-remains.ts';
export { forgetPlaced } from './snapshots/snapshot-files.ts';
