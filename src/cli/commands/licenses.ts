import { licenceTexts } from '#packaging/assets.ts';
import type { Cli } from '../cli.ts';

export async function run(cli: Cli): Promise<void> {
  cli.out.raw(`${licenceTexts().trim()}\n`);
}
