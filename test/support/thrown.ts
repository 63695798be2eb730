/** What `work` throws or rejects with. @throws Error when it does neither */
export async function thrownBy(work: () => unknown): Promise<Error> {
  let result: unknown;
  try {
    result = await work();
  } catch (thrown) {
    if (thrown instanceof Error) return thrown;
    throw new Error(`What was thrown is no Error: ${String(thrown)}.`);
  }
  throw new Error(`Nothing was thrown; the result is ${String(result)}.`);
}
