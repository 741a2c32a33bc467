// Where settings come from: file < environment < flags. Finds out who gave which key, and refuses what nobody knows.
import { parseDocument } from "yaml";
import { environmentName, flagName, isKey, type KeyName, keyNames } from "./keys.ts";
import type { Problem } from "./problems.ts";

export type Sources = {
  /** By name without dashes, such as `grpc-address`, and `config` for the file. */
  flags: Readonly<Record<string, string | boolean>>;
  env: Readonly<Record<string, string | undefined>>;
  readFile: (path: string) => string;
};

/** A value as it was given, still unchecked, and by whom. */
export type Given = { raw: unknown; where: string };
export type Gathered = { given: Map<KeyName, Given>; problems: Problem[] };

/** Merges the three sources, the strongest last. An empty environment variable counts as not set. */
export function gather({ flags, env, readFile }: Sources): Gathered {
  const gathered: Gathered = { given: new Map(), problems: [] };
  const path = flags["config"] ?? (env["TESSERA_CONFIG"] || undefined);
  if (typeof path === "string") fromFile(path, readFile, gathered);
  fromEnvironment(env, gathered);
  fromFlags(flags, gathered);
  return gathered;
}

function fromFile(path: string, readFile: Sources["readFile"], { given, problems }: Gathered): void {
  const where = `file ${path}`;
  const content = contentOf(path, readFile);
  if (typeof content === "string") {
    problems.push({ key: "config", where, says: content });
    return;
  }
  for (const [name, raw] of Object.entries(content)) {
    if (isKey(name)) given.set(name, { raw, where });
    else problems.push({ key: name, where, says: `unknown key${hint(name, keyNames)}` });
  }
}

/** The keys of the file, or a sentence about what is wrong with it. */
function contentOf(path: string, readFile: Sources["readFile"]): object | string {
  let text: string;
  try {
    text = readFile(path);
  } catch {
    return "the file cannot be read";
  }
  const document = parseDocument(text, { logLevel: "silent" });
  const [error] = document.errors;
  // The parser's own message quotes the line, which may hold a secret.
  if (error !== undefined) return `neither YAML nor JSON${error.linePos ? ` at line ${error.linePos[0].line}` : ""}`;
  const value: unknown = document.toJS();
  if (value === null) return {};
  return typeof value === "object" && !Array.isArray(value) ? value : "must hold keys and values";
}

function fromEnvironment(env: Sources["env"], { given, problems }: Gathered): void {
  const known = new Map(keyNames.map((name) => [environmentName(name), name]));
  for (const [variable, raw] of Object.entries(env)) {
    if (!variable.startsWith("TESSERA_") || raw === undefined || raw === "" || isForeign(variable)) continue;
    const name = known.get(variable);
    const where = `environment ${variable}`;
    if (name !== undefined) given.set(name, { raw, where });
    else problems.push({ key: variable, where: "environment", says: `unknown${hint(variable, [...known.keys()])}` });
  }
}

/** Names that share the prefix but are not ours to judge: the file, our tests, and the links Kubernetes makes for a
 * service that is called tessera. */
const isForeign = (variable: string): boolean =>
  variable === "TESSERA_CONFIG" || /^TESSERA_(TEST_.*|SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_.*)?)$/.test(variable);

function fromFlags(flags: Sources["flags"], { given, problems }: Gathered): void {
  for (const [flag, raw] of Object.entries(flags)) {
    if (flag === "config") continue;
    const name = flag.replaceAll("-", "_");
    const where = `flag --${flag}`;
    if (isKey(name) && flagName(name) === `--${flag}`) given.set(name, { raw, where });
    else
      problems.push({ key: `--${flag}`, where: "flag", says: `unknown${hint(`--${flag}`, keyNames.map(flagName))}` });
  }
}

/** The nearest known name, if one is near enough to be what was meant. */
function hint(name: string, known: readonly string[]): string {
  const near = known.map((word) => ({ word, steps: distance(name, word) })).sort((a, b) => a.steps - b.steps)[0];
  return near !== undefined && near.steps <= 3 ? `; did you mean ${near.word}?` : "";
}

/** Levenshtein's edit distance, one row at a time. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [index, letter] of a.split("").entries()) {
    const next = [index + 1];
    for (const [column, other] of b.split("").entries()) {
      const [diagonal = 0, above = 0] = row.slice(column);
      next.push(Math.min(above + 1, (next[column] ?? 0) + 1, diagonal + (letter === other ? 0 : 1)));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
