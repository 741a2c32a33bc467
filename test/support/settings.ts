// Configuration for tests: sources made of values, and the lines of a refusal.
import { randomBytes } from "node:crypto";
import { loadSettings, type Settings, SettingsError, type Sources } from "../../src/config.ts";

export const kek = randomBytes(32).toString("base64");

export type Parts = { flags?: Sources["flags"]; env?: Sources["env"]; files?: Record<string, string> };

export const sources = ({ flags = {}, env = {}, files = {} }: Parts): Sources => ({
  flags,
  env,
  readFile: (path) => {
    const content = files[path];
    if (content === undefined) throw new Error("ENOENT");
    return content;
  },
});

export const dev = (parts: Parts = {}): Settings =>
  loadSettings(sources({ ...parts, flags: { dev: true, ...parts.flags } }));

/** Enough for a start outside dev mode, changed by environment variables. */
export const production = (env: Sources["env"] = {}): Sources =>
  sources({ env: { TESSERA_ISSUER: "https://auth.example.test", TESSERA_KEK_FILE: "/run/kek", ...env } });

/** The lines of the refusal. */
export function refusal(wanted: Sources): string[] {
  try {
    loadSettings(wanted);
  } catch (error) {
    if (error instanceof SettingsError)
      return error.message
        .split("\n")
        .slice(1)
        .map((line) => line.trim());
    throw error;
  }
  return [];
}

export const file = (content: string) =>
  sources({ flags: { dev: true, config: "t.yaml" }, files: { "t.yaml": content } });
