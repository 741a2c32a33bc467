// The rules that no compiler checks: who may import whom, what may stand where, and how things are called.
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

/** From the bottom up: a part may import itself and whatever stands on a line above it here. */
const layers: Record<string, string[]> = {
  words: [
    "failure.ts",
    "clock.ts",
    "random.ts",
    "cancel.ts",
    "budget.ts",
    "two-queues.ts",
    "system-tenant.ts",
    "validation.ts",
    "gen/",
  ],
  policy: ["policy/"],
  config: ["config.ts", "config/"],
  store: ["store/"],
  tokens: ["tokens/"],
  messages: ["messages/"],
  secrets: ["secrets/"],
  handed: ["parts.ts", "call.ts", "audit.ts", "policies.ts", "user-permissions.ts", "telemetry.ts"],
  cases: ["auth/", "account/", "resources/"],
  transport: ["transport/"],
  assembly: ["app.ts", "open.ts", "operate.ts", "control.ts", "audit-trail.ts", "export-file.ts", "cli.ts", "dev/"],
  main: ["command.ts", "main.ts"],
};
/** Parts that may import less than their place allows. */
const stricter: Record<string, string[]> = {
  policy: [],
  config: ["failure.ts"],
  store: ["failure.ts", "system-tenant.ts", "two-queues.ts"],
};

const root = join(import.meta.dirname, "..");
const read = (pattern: string) =>
  globSync(pattern, { cwd: root, exclude: ["**/gen/**", "**/migrations/**", "**/node_modules/**"] }).map((path) => ({
    path,
    text: readFileSync(join(root, path), "utf8"),
  }));
const sources = read("src/**/*.ts");
const clients = read("clients/*/{src,examples}/**/*.{ts,tsx}");

/** Without comments. */
const codeOf = (text: string) => text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
const importsOf = ({ path, text }: { path: string; text: string }) =>
  [...codeOf(text).matchAll(/(?:from|import|import\(|new URL\()\s*"(?<to>\.[^"]*)"/g)].map(({ groups }) =>
    join(dirname(path), groups?.["to"] ?? ""),
  );
const within = (file: string, places: readonly string[] = []) =>
  places.some((place) => (place.endsWith("/") ? file.startsWith(`src/${place}`) : file === `src/${place}`));
const layerOf = (file: string) => Object.keys(layers).find((name) => within(file, layers[name])) ?? "none";
/** `auth` of src/auth/exchange.ts. */
const partOf = (file: string) => file.split("/")[1];
const matching = (files: typeof sources, pattern: RegExp) =>
  files.filter(({ text }) => pattern.test(codeOf(text))).map(({ path }) => path);

describe("the source", () => {
  it("has a place for every file", () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(sources.flatMap(importsOf).length).toBeGreaterThan(sources.length);
    expect(sources.filter(({ path }) => layerOf(path) === "none")).toEqual([]);
  });

  it("is imported downward only", () => {
    const order = Object.keys(layers);
    const upward = sources.flatMap((file) => {
      const [from, own] = [layerOf(file.path), layers[layerOf(file.path)]];
      const allowed = stricter[from] ?? order.slice(0, order.indexOf(from)).flatMap((name) => layers[name] ?? []);
      return importsOf(file)
        .filter((to) => !within(to, [...allowed, ...(own ?? [])]))
        .map((to) => `${file.path} → ${to}`);
    });
    expect(upward).toEqual([]);
  });

  it("reaches use-cases from outside through their index only", () => {
    const inner = sources.flatMap((file) =>
      importsOf(file)
        .filter((to) => layerOf(to) === "cases" && partOf(to) !== partOf(file.path) && !to.endsWith("/index.ts"))
        .map((to) => `${file.path} → ${to}`),
    );
    expect(inner).toEqual([]);
  });

  it("is not imported by any client", () => {
    const reaching = clients.filter((file) => importsOf(file).some((to) => !to.startsWith("clients/")));
    expect(clients.length).toBeGreaterThan(0);
    expect(reaching.map(({ path }) => path)).toEqual([]);
  });
});

describe("nowhere", () => {
  it("N8-01: is SQL put together from text", () => {
    // Lists spell out numbers that the database itself gave their rows.
    const reviewed = ["src/store/list-reads.ts"];
    expect(matching(sources, /sql\.(raw|identifier)\b/).filter((path) => !reviewed.includes(path))).toEqual([]);
  });

  it("I-INT-05: but in tokens is a token parsed without being verified", () => {
    const parsing = matching(sources, /\bdecodeJwt\b|\bdecodeProtectedHeader\b|jwt-decode/);
    // The audit trail reads from its own checkpoints which key shall verify them.
    const reviewed = (path: string) => layerOf(path) === "tokens" || path === "src/audit-trail.ts";
    expect(parsing.filter((path) => !reviewed(path))).toEqual([]);
  });

  it("I-PB-01: is code made at run time", () => {
    expect(matching(sources, /\beval\(|new Function\(|node:vm/)).toEqual([]);
  });

  it("but in the configuration is the environment read", () => {
    expect(matching(sources, /process\.env\b/).filter((path) => layerOf(path) !== "config")).toEqual([]);
  });

  it("but in main.ts and the writer's thread does importing a file do something", () => {
    const statement = /^(?:(?:await|void|if|for|while|try|switch|throw|new)\b|[\w$.]+(?:\(| =)|\()/m;
    const waiting = /^(export )?const [^\n]*= await /m;
    const acting = new Set([...matching(sources, statement), ...matching(sources, waiting)]);
    expect([...acting].sort()).toEqual(["src/main.ts", "src/store/writer-thread.ts"]);
  });

  it("is a file longer than 300 lines, or named after nothing", () => {
    const files = [...sources, ...clients];
    expect(files.filter(({ text }) => text.trimEnd().split("\n").length > 300).map(({ path }) => path)).toEqual([]);
    // A list of the contract's services is named after what it holds.
    const empty = /(^|[/.-])(utils?|helpers?|common|core|managers?|service)([/.-]|$)/;
    expect(files.map(({ path }) => path).filter((path) => empty.test(path))).toEqual([]);
  });
});
