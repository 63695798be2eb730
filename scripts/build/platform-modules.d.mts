type Imports = Readonly<Record<string, readonly string[]>>;

export function platformModulesIn(imports: Imports): string[];
export function otherModulesIn(imports: Imports): string[];
export function commandOf(module: string): string;
