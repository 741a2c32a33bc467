// The worked example of CONTRIBUTING.md, followed to the letter: what it says makes a working resource.
import { execFile, spawn } from "node:child_process";
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "./support/opened.ts";
import { type Block, blocksBelow, copyRepository, putIn } from "./support/worked-example.ts";

const declaration = `
tenant: { name: acme }
projects: [{ name: Main, isDefault: true }]
roles:
  - { name: Labels, type: ROLE_TYPE_MACHINE, scopeIds: ["urn:tessera:management#label:read", "urn:tessera:management#label:write"] }
  - { name: Look, type: ROLE_TYPE_MACHINE, scopeIds: ["urn:tessera:management#label:read"] }
applications:
  - { name: writer, type: APPLICATION_TYPE_MACHINE_TO_MACHINE }
  - { name: reader, type: APPLICATION_TYPE_MACHINE_TO_MACHINE }
applicationSecrets: [{ applicationId: writer, name: "1" }, { applicationId: reader, name: "1" }]
roleAssignments: [{ roleId: Labels, applicationId: writer }, { roleId: Look, applicationId: reader }]
labels: [{ applicationId: reader, name: declared, color: "#0a7f3c" }]
`;

const run = promisify(execFile);

describe("the worked example", () => {
  const folder = temporaryFolder(afterAll);
  const data = join(folder, "data");
  const words = ["bin/tessera.js", "--dev", "--data-dir", data];
  const inFolder = { cwd: folder, timeout: 120_000, maxBuffer: 1e7 };
  let applied = "";
  let url = "";
  let stop = () => {};
  afterAll(() => stop());

  beforeAll(async () => {
    copyRepository(folder);
    const blocks = blocksBelow("CONTRIBUTING.md", "## Adding a resource");
    for (const block of blocks.filter(({ file }) => file !== "")) putIn(folder, block);
    for (const { text } of blocks.filter(isCommand)) await run("bash", ["-euc", text], inFolder);
    writeFileSync(join(folder, "acme.yaml"), declaration);
    const { stdout } = await run(process.execPath, [words[0] ?? "", "apply", "acme.yaml", ...words.slice(1)], inFolder);
    applied = stdout;
    url = await serve();
  }, 300_000);

  /** Starts the service and answers where it listens, once it does. */
  async function serve(): Promise<string> {
    const doors = ["--grpc-address", "127.0.0.1:0", "--http-address", "127.0.0.1:0", "--log-format", "json"];
    const child = spawn(process.execPath, [words[0] ?? "", "serve", ...words.slice(1), ...doors], {
      cwd: folder,
      stdio: ["ignore", "pipe", "ignore"],
    });
    stop = () => void child.kill("SIGKILL");
    for await (const line of createInterface(child.stdout)) {
      const port = /"http":(?<port>\d+)/.exec(line)?.groups?.["port"];
      if (port !== undefined) return `http://127.0.0.1:${port}`;
    }
    throw new Error("the service ended");
  }

  const idOf = (application: string) =>
    new RegExp(`created application ${application} \\((?<id>\\w+)\\)`).exec(applied)?.groups?.["id"] ?? "";
  const secretOf = (application: string) =>
    new RegExp(`Secret ${application} .*\\n.*: (?<secret>\\S+)`).exec(applied)?.groups?.["secret"] ?? "";

  async function call(method: string, request: object, application = "writer") {
    const basic = Buffer.from(`${idOf(application)}:${secretOf(application)}`).toString("base64");
    const headers = { "content-type": "application/json", authorization: `Basic ${basic}` };
    const answer = await fetch(`${url}/trpc/label.${method}`, {
      method: "POST",
      headers,
      body: JSON.stringify(request),
    });
    const { result, error } = (await answer.json()) as {
      result?: { data: Answer };
      error?: { data: { code: string } };
    };
    return error === undefined ? (result?.data ?? {}) : error.data.code;
  }

  const events = () => {
    const file = new Sqlite(join(data, "tessera.db"), { readonly: true });
    const rows = file.prepare("select event, subject, actor from audit_event where event like 'label.%' order by seq");
    const found = rows.all() as { event: string; subject: string; actor: string }[];
    file.close();
    return found;
  };

  it("passes the checks that every change has to pass", { timeout: 120_000 }, async () => {
    const files = ["src/resources/label.ts", "src/store/label-tables.ts"];
    const checks = [
      ["buf", "lint"],
      ["buf", "format", "--exit-code"],
      ["tsc", "-p", "."],
      ["biome", "format", ...files],
    ];
    for (const [tool = "", ...words] of checks) {
      const checked = run(join("node_modules/.bin", tool), words, inFolder);
      await checked.catch(({ stdout, stderr }: { stdout: string; stderr: string }) =>
        expect.unreachable(stdout + stderr),
      );
    }
  });

  it("has a migration in both dialects, about its table alone", async () => {
    const written = globSync("src/store/migrations/*/*.sql", { cwd: folder }).map((name) =>
      readFileSync(join(folder, name), "utf8"),
    );
    const fresh = written.filter((sql) => /TABLE .label./.test(sql));
    expect(fresh).toHaveLength(2);
    const statements = fresh.flatMap((sql) => sql.split("--> statement-breakpoint"));
    expect(statements.filter((statement) => !/(?:TABLE|ON) .label./.test(statement))).toEqual([]);
  });

  it("makes, lists, updates and removes a label, each change with its audit event", async () => {
    const applicationId = idOf("writer");
    const made = await call("createLabel", { label: { applicationId, name: "internal", color: "#ff0000" } });
    expect(made).toMatchObject({ applicationId, name: "internal", color: "#ff0000", description: "", revision: 1 });
    const { id, revision } = made as Answer;
    const change = { label: { id, revision, description: "ours" }, updateMask: "description" };
    expect(await call("updateLabel", change)).toMatchObject({ name: "internal", description: "ours", revision: 2 });
    expect(await call("updateLabel", change)).toBe("CONFLICT");
    expect(await call("listLabels", { applicationId })).toMatchObject({ labels: [{ id, description: "ours" }] });
    expect(await call("deleteLabel", { id })).toEqual({});
    expect(await call("listLabels", { applicationId })).toMatchObject({ labels: [] });
    const actor = expect.stringContaining(idOf("writer"));
    const told = events().filter(({ subject }) => subject === id);
    expect(told).toEqual(
      ["created", "updated", "deleted"].map((verb) => ({ event: `label.${verb}`, subject: id, actor })),
    );
  });

  it("asks for its permissions", async () => {
    expect(await call("listLabels", {}, "reader")).toMatchObject({ labels: [{ name: "declared" }] });
    const label = { applicationId: idOf("reader"), name: "mine" };
    expect(await call("createLabel", { label }, "reader")).toBe("FORBIDDEN");
  });

  it("keeps to the rules of its contract and of its check", async () => {
    const applicationId = idOf("writer");
    const make = (name: string, color = "") => call("createLabel", { label: { applicationId, name, color } });
    expect(await make("red", "red")).toBe("BAD_REQUEST");
    for (let i = 0; i < 20; i++) expect(await make(`label ${i}`)).toMatchObject({ revision: 1 });
    expect(await make("label 0")).toBe("CONFLICT");
    expect(await make("label 20")).toBe("TOO_MANY_REQUESTS");
    expect(await call("createLabel", { label: { applicationId: "0".repeat(21), name: "x" } })).toBe("NOT_FOUND");
  });

  it("is declared and exported", async () => {
    const words = ["export", "--tenant", "acme", "--dev", "--data-dir", data];
    const { stdout } = await run(process.execPath, ["bin/tessera.js", ...words], inFolder);
    expect(stdout).toMatch(/\nlabels:\n {2}- id: \w+\n {4}applicationId: reader\n {4}name: declared\n/);
  });
});

type Answer = Record<string, unknown>;

const isCommand = ({ language }: Block): boolean => language === "sh";
