/** One file of JavaScript with everything `entry` needs but Node, and the files it was made from. */
export function bundle(
  project: string,
  options: { entry: string; define?: Record<string, string>; minify?: boolean },
): Promise<{ code: string; inputs: string[] }>;
