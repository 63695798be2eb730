/**
 * Checks the import directions of scripts/import-rules.cjs, and that the checker saw every TypeScript file: with a
 * compiler it does not know, dependency-cruiser finds no file and reports success.
 *
 *     node --import tsx scripts/check-imports.ts [directory of the project]
 */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';

const rulesFile = createRequire(import.meta.url).resolve('./import-rules.cjs');
process.chdir(process.argv[2] ?? '.');
process.exitCode = await checkImports();

async function checkImports(): Promise<number> {
  const options = await extractDepcruiseOptions(rulesFile);
  const { output } = await cruise(['src', 'test', 'scripts'], { ...options, outputType: 'json' }, undefined, {
    tsConfig: extractTSConfig('tsconfig.json'),
  });
  const result = JSON.parse(String(output)) as ICruiseResult; // its own json reporter wrote it
  const complaints = [...violationsOf(result), ...unseenBy(result)];
  for (const complaint of complaints) console.error(complaint);
  console.log(`${result.summary.totalCruised} files, ${complaints.length} wrong imports`);
  return complaints.length === 0 ? 0 : 1;
}

function violationsOf({ summary }: ICruiseResult): string[] {
  const comments = new Map(summary.ruleSetUsed?.forbidden?.map(({ name, comment }) => [name, comment]));
  return summary.violations.map(({ rule, from, to, cycle }) => {
    const path = cycle === undefined ? to : cycle.map(({ name }) => name).join(' → ');
    return `${rule.name}: ${from} → ${path}\n    ${comments.get(rule.name) ?? ''}`;
  });
}

function unseenBy({ modules }: ICruiseResult): string[] {
  const seen = new Set(modules.map(({ source }) => source));
  return ['src', 'test']
    .flatMap((root) => typescriptBelow(root))
    .filter((file) => !seen.has(file))
    .map(
      (file) => `unseen: ${file}\n    dependency-cruiser did not read this file, so nothing is known of its imports.`,
    );
}

function typescriptBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => join(root, name))
    .filter((file) => file.endsWith('.ts') && !file.startsWith(join('test', 'fixtures')));
}
