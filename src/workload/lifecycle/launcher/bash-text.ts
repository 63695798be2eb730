/**
 * A bash script as it stands in the source. Only `$\{` is written for `${`, which a template would take for its own.
 */
export function bash({ raw }: TemplateStringsArray): string {
  return raw.join('').replaceAll('$\\{', '${');
}
