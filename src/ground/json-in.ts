/** The value a JSON text stands for; `undefined`, which no JSON is, when it is none, so that a schema refuses it. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
