import { yamlTree } from '#ground/yaml-tree.ts';
import type { AppEntry } from './app-entry.ts';
import { readStackato } from './read-stackato.ts';
import { membersOf, type TreeMap, type YamlTree } from './tree.ts';
import { type Facts, questionsIn, withWords } from './words.ts';

/** A stackato.yml whose words are not replaced yet. @throws ActionableError BAD_INPUT */
export function parseStackato({ file, text }: { readonly file: string; readonly text: string }): YamlTree {
  const tree = yamlTree(text, file);
  membersOf(tree, 'A stackato.yml');
  return tree;
}

/** What it asks the person who pushes. */
export function questionsOfStackato(tree: YamlTree): string[] {
  return questionsIn(tree);
}

/** @param name of the app, for the word `${name}` of a file that does not say it */
export function describedStackato(tree: YamlTree, facts: Facts, name: string | undefined): AppEntry {
  const around: TreeMap = new Map(name === undefined ? [] : [['name', { value: name, at: tree.at }]]);
  return readStackato(withWords(tree, facts, [around]), facts.domain);
}
