import { type AppEntry, entryOnTop } from './app-entry.ts';
import { appAttributes } from './attributes.ts';
import { layered, type ReadText } from './inherit.ts';
import { readApp } from './read-app.ts';
import { readStackato } from './read-stackato.ts';
import { deepMerged, elementsOf, membersOf, mistake, type TreeMap, textOf, withTexts, type YamlTree } from './tree.ts';
import { type Variables, withVariables } from './variables.ts';
import { type Facts, questionsIn, withRandomWords, withWords } from './words.ts';

/** A manifest with everything put in its place but what only the platform, or a person, can tell. */
export interface Manifest {
  readonly file: string;
  readonly apps: readonly TreeMap[];
  readonly remarks: readonly string[];
}

/** @throws ActionableError BAD_INPUT naming file, line and column */
export function parseManifest(
  source: { readonly file: string; readonly text: string },
  { read, variables }: { readonly read: ReadText; readonly variables: Variables },
): Manifest {
  const { file, text } = source;
  const tree = withVariables(layered(file, text, read), variables);
  const top = new Map(membersOf(tree, 'A manifest'));
  const applications = top.get('applications');
  for (const word of ['applications', 'version']) top.delete(word);
  const shared = new Map([...top].filter(([key]) => isAttribute(key)));
  // What is none of ours may hold anchors; only a plain value can be a slip of the pen.
  const strange = [...top].filter(
    ([key, { value }]) => !isAttribute(key) && (value === null || typeof value !== 'object'),
  );
  const remarks = strange.map(([key, { keyAt }]) => `${file}:${keyAt?.line}: '${key}' is unknown and was left out.`);
  const common: YamlTree = { at: tree.at, value: shared };
  if (applications === undefined) {
    if (shared.size === 0) throw withoutApps(tree);
    return { file, apps: [shared], remarks };
  }
  const apps = appsOf(applications).map((app) => {
    membersOf(app, 'Each app');
    return membersOf(deepMerged(common, app), 'Each app');
  });
  checkNames(apps);
  return { file, apps, remarks };
}

function isAttribute(key: string): boolean {
  return Object.hasOwn(appAttributes, key) || Object.hasOwn(appAttributes, key.replaceAll('_', '-'));
}

/** What the apps of a manifest ask the person who pushes them. */
export function questionsOf({ apps }: Manifest): string[] {
  return apps.flatMap((app) => {
    const section = app.get('stackato');
    return section === undefined ? [] : questionsIn(section);
  });
}

/** @throws ActionableError BAD_INPUT */
export function describedApps({ apps }: Manifest, facts: Facts): AppEntry[] {
  return apps.map((app) => {
    const worded = new Map([...app].map(([key, tree]) => [key, key === 'stackato' ? tree : randomised(tree, facts)]));
    const entry = readApp(worded, facts.domain);
    const section = worded.get('stackato');
    if (section === undefined) return entry;
    worded.delete('stackato');
    return entryOnTop(entry, readStackato(withWords(section, facts, [worded]), facts.domain));
  });
}

function randomised(tree: YamlTree, facts: Facts): YamlTree {
  return withTexts(tree, (text, at) => ({ ...at, value: withRandomWords(text, facts) }));
}

/** A list; in older manifests a mapping from folders to apps. */
function appsOf(tree: YamlTree): readonly YamlTree[] {
  if (tree.value instanceof Map) {
    return [...(tree.value as TreeMap)].map(([path, app]) => {
      const members = membersOf(app, `The app in ${path}`);
      return members.has('path')
        ? app
        : { ...app, value: new Map([...members, ['path', { value: path, at: app.at }]]) };
    });
  }
  const apps = elementsOf(tree, 'applications');
  if (apps.length > 0) return apps;
  throw mistake(tree.at, 'applications is empty', 'Add `- name: …` for each app.');
}

function checkNames(apps: readonly TreeMap[]): void {
  const seen = new Set<string>();
  for (const app of apps) {
    const tree = app.get('name');
    const name = tree && textOf(tree);
    if (tree === undefined || name === undefined) continue;
    if (seen.has(name)) throw mistake(tree.at, `there are two apps named '${name}'`, 'Give one of them another name.');
    seen.add(name);
  }
}

function withoutApps({ at }: YamlTree) {
  return mistake(at, 'this manifest has no apps', 'List them under `applications:`, each with a `name:`.');
}
