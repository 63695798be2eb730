export { type AppEntry, entryOnTop, type VariableForm } from './app-entry.ts';
export { describedApps, type Manifest, parseManifest, questionsOf } from './read-manifest.ts';
export { describedStackato, parseStackato, questionsOfStackato } from './stackato-file.ts';
export { annotationNames } from './travellers.ts';
export { variablesFrom } from './variables.ts';
export type { Facts } from './words.ts';
