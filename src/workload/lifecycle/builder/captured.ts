import { maxYamlBytes } from './yaml-reading.ts';

/** What a script prints for us to read; what is too much is forgotten. */
export interface Captured {
  add(text: string): void;
  text(): string;
  isCut(): boolean;
}

export function captured(maxLength: number = maxYamlBytes): Captured {
  let pieces: string[] = [];
  let length = 0;
  return {
    add(text) {
      length += text.length;
      if (length <= maxLength) pieces.push(text);
    },
    text() {
      pieces = [pieces.join('')];
      return pieces[0] ?? '';
    },
    isCut: () => length > maxLength,
  };
}
