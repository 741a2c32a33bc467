// The rows of the security checklist, and whether a test bears their name. It runs no test: the build does.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** docs/security-rows.json: a title for every row, and for some why no test can be there yet, or what one leaves out. */
export type RowFile = {
  groups: Record<string, string>;
  rows: Record<string, string>;
  notYet: Record<string, string>;
  notes: Record<string, string>;
};

/** Files by row id. */
export type Tested = ReadonlyMap<string, readonly string[]>;

export const readRows = (root: string): RowFile =>
  JSON.parse(readFileSync(join(root, "docs/security-rows.json"), "utf8")) as RowFile;

/** The summary, then one table for each group. */
export function rowTables(root: string): string {
  const file = readRows(root);
  const tested = findTested(root);
  const status = (id: string) => (tested.has(id) ? "passing" : id in file.notYet ? "not yet applicable" : "missing");
  const ids = Object.keys(file.rows).sort();
  const count = (wanted: string) => ids.filter((id) => status(id) === wanted).length;
  const summary = ["passing", "not yet applicable", "missing"].map((wanted) => `${count(wanted)} ${wanted}`).join(", ");
  const tables = Object.entries(file.groups).map(([group, title]) => {
    const lines = ids
      .filter((id) => groupOf(id) === group)
      .map((id) => `| ${id} | ${file.rows[id]} | ${marked(status(id))} | ${evidence(file, tested, id)} |`);
    const heading = `### ${group === "I" ? "" : `${group} · `}${title}`;
    return [heading, "", "| Row | What | Status | Where, or why not |", "|---|---|---|---|", ...lines].join("\n");
  });
  return [`**${ids.length} rows: ${summary}.**`, ...tables].join("\n\n");
}

/** `N1` of N1-02, `I` of I-RT-04, `F` of F01. */
const groupOf = (id: string): string => (id.startsWith("N") ? id.slice(0, 2) : id.slice(0, 1));

const marked = (status: string): string => (status === "missing" ? "**missing**" : status);

function evidence({ notYet, notes }: RowFile, tested: Tested, id: string): string {
  const files = tested.get(id);
  const where = files?.map((file) => `[${shortName(file)}](../${file})`).join(" · ") ?? notYet[id] ?? "";
  const note = files === undefined ? undefined : notes[id];
  return note === undefined ? where : `${where} (${note})`;
}

const shortName = (file: string): string => file.replace(/^test\//, "").replace(/(\.test)?\.ts$/, "");

/** Looks through every TypeScript file under test and clients. */
export function findTested(root: string): Tested {
  const tested = new Map<string, string[]>();
  for (const file of ["test", "clients"].flatMap((folder) => filesIn(join(root, folder))).sort()) {
    const name = relative(root, file);
    for (const id of new Set(idsIn(readFileSync(file, "utf8")))) tested.set(id, [...(tested.get(id) ?? []), name]);
  }
  return tested;
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (["node_modules", "dist", "gen"].includes(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesIn(path) : path.endsWith(".ts") ? [path] : [];
  });
}

const id = String.raw`(?:N[1-8]-\d\d|F\d\d|I-[A-Z0-9]+-\d\d)`;
const titled = new RegExp(String.raw`["'\`](${id}(?:[ ,]+${id})*):`, "g");

/** The ids with which titles in a source begin, as in `it("N1-02 I-JOSE-01: …")`. */
export const idsIn = (source: string): string[] =>
  [...source.matchAll(titled)].flatMap(([, ids = ""]) => ids.split(/[ ,]+/));
