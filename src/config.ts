// The configuration: defaults < file < environment < flags, read once, refused as a whole when anything is wrong.
// The only reader of process.env.
import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { environmentName, flagName, type KeyName, keyNames, keys, type Values } from "./config/keys.ts";
import { type Problem, SettingsError } from "./config/problems.ts";
import { brokenRules } from "./config/rules.ts";
import { assemble, type Settings } from "./config/settings.ts";
import { type Gathered, gather, type Sources } from "./config/sources.ts";

export { type Address, formatAddress, isLoopback } from "./config/address.ts";
export { SettingsError } from "./config/problems.ts";
export type { KekSettings, SecretStoreSettings, Settings, TlsSettings } from "./config/settings.ts";
export type { Sources } from "./config/sources.ts";

/** The environment and the files of this process, with the given flags. */
export const systemSources = (flags: Sources["flags"]): Sources => ({
  flags,
  env: process.env,
  readFile: (path) => readFileSync(path, "utf8"),
});

/** Throws SettingsError with every problem at once. */
export const loadSettings = (sources: Sources): Settings => assemble(read(gather(sources)));

/** The effective configuration as YAML, each line with its source, secrets masked. Throws SettingsError. */
export function printSettings(sources: Sources): string {
  const gathered = gather(sources);
  const values = read(gathered);
  const line = (name: KeyName) => {
    const value = values[name];
    if (value === undefined) return `# ${name} is not set`;
    const shown = keys[name].secret ? "********" : value;
    const where = gathered.given.get(name)?.where ?? "default";
    return `${name}: ${stringify(shown, { collectionStyle: "flow", lineWidth: 0 }).trimEnd()}  # ${where}`;
  };
  return `${keyNames.map(line).join("\n")}\n`;
}

/** Every key in all its spellings, as a Markdown table for the README. */
export function configurationTable(): string {
  const rows = keyNames.map((name) => {
    const { about, shown } = keys[name];
    const fallback = shown === "" ? "" : `\`${shown}\``;
    return `| \`${name}\` | \`${environmentName(name)}\` | \`${flagName(name)}\` | ${fallback} | ${about} |`;
  });
  return ["| Key | Environment | Flag | Default | Meaning |", "|---|---|---|---|---|", ...rows, ""].join("\n");
}

/** Checks what was given, fills in the defaults and holds the whole against the rules. */
function read({ given, problems }: Gathered): Values {
  const found: Problem[] = [...problems];
  const parsed = new Map<KeyName, unknown>();
  for (const [key, { raw, where }] of given) {
    const result = keys[key].type.safeParse(raw);
    if (result.success) parsed.set(key, result.data);
    else found.push({ key, where, says: result.error.issues[0]?.message ?? "is not valid" });
  }
  const values = withDefaults(parsed);
  // A key that is wrong in itself is not told twice; and without `dev` nobody knows which rules hold.
  const wrong = new Set(found.map(({ key }) => key));
  const broken = wrong.has("dev") ? [] : brokenRules(values, (key) => given.has(key));
  for (const { key, says } of broken.filter(({ key }) => !wrong.has(key))) {
    const where = given.get(key)?.where;
    found.push({ key, says, ...(where !== undefined && { where }) });
  }
  if (found.length > 0) throw new SettingsError(found);
  return values;
}

function withDefaults(parsed: ReadonlyMap<KeyName, unknown>): Values {
  const folder = parsed.get("data_dir");
  const dataDir = (typeof folder === "string" ? folder : keys.data_dir.shown).replace(/\/+$/, "");
  const basis = { dev: parsed.get("dev") === true, dataDir };
  const valueOf = (name: KeyName) => (parsed.has(name) ? parsed.get(name) : keys[name].fallback(basis));
  return Object.fromEntries(keyNames.map((name) => [name, valueOf(name)])) as Values;
}
