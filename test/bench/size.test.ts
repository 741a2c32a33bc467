// A world that was filled to a size: what was copied is whole, and those who were copied are served like the others.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import Sqlite from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readBodies } from "../../bench/load/slots.ts";
import { sizeCalls } from "../../bench/size/rounds.ts";
import { openSubject, spreadOver, type Subject } from "../../bench/size/subject.ts";
import { createRawCaller, pathOf } from "../../bench/support/caller.ts";
import { databaseOf } from "../../bench/support/instance.ts";
import { personOf } from "../../bench/world/declaration.ts";
import { bodiesOf, targetOf } from "../../bench/world/bodies.ts";
import { exchange } from "../../bench/world/tokens.ts";

// Processes are started, and beside other tests that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 120_000 });

describe("a filled world", () => {
  const home = mkdtempSync(join(tmpdir(), "tessera-size-test-"));
  const command = fileURLToPath(new URL("../../bin/tessera.js", import.meta.url));
  const options = { name: "small", sizes: { users: 9, families: 30, tenants: 4 }, home, command, spread: 3 };
  let subject: Subject;
  beforeAll(async () => {
    subject = await openSubject(options);
  });
  afterAll(async () => {
    await subject.world.stop();
    rmSync(home, { recursive: true, force: true });
  });

  it("has the size that was asked for, unbroken, with all of its indexes", () => {
    const file = new Sqlite(databaseOf(subject.world.folder), { readonly: true });
    const count = (what: string) => file.prepare(`SELECT count(*) FROM ${what}`).pluck().get();
    expect(count("tenant")).toBe(1 + 4);
    expect(["user", "user_identity", "refresh_family", '"grant"', "application"].map(count)).toEqual([9, 9, 30, 30, 4]);
    expect(count("role_assignment")).toBe(5 + 2 * 4);
    expect(count("search_term WHERE type = 'user'")).toBe(3 * 9);
    expect(file.pragma("foreign_key_check")).toEqual([]);
    expect(file.pragma("integrity_check", { simple: true })).toBe("ok");
    expect(file.pragma("journal_mode", { simple: true })).toBe("wal");
    expect(count("sqlite_master WHERE name IN ('grant_expiry', 'search_term_added', 'user_email')")).toBe(3);
    file.close();
  });

  it("calls for users from all over it", () => {
    expect(subject.world.users).toEqual([personOf(0), personOf(3), personOf(6)]);
    expect(spreadOver(2, 5)).toEqual([personOf(0), personOf(1)]);
    // Neighbours hold different roles, at any distance.
    expect(spreadOver(400, 4)).toEqual([personOf(0), personOf(101), personOf(200), personOf(301)]);
  });

  it.each(sizeCalls)("answers %s of those who were copied", async (call) => {
    const { world } = subject;
    const caller = createRawCaller(world);
    const bodies = readBodies((await bodiesOf(world, call, 3)).file);
    const answers = await Promise.all(bodies.map((body) => caller.send(targetOf(world, call).path, body)));
    caller.close();
    expect(answers.map(({ length }) => length > 200)).toEqual([true, true, true]);
  });

  it("serves again from a kept folder, with an upstream issuer elsewhere", async () => {
    await subject.world.stop();
    subject = await openSubject(options);
    expect(subject.fillSeconds).toBeUndefined();
    const { world } = subject;
    const caller = createRawCaller(world);
    const [body = Buffer.alloc(0)] = readBodies((await bodiesOf(world, "exchange", 1)).file);
    expect((await caller.send(pathOf(exchange), body)).length).toBeGreaterThan(200);
    caller.close();
    await expect(openSubject({ ...options, sizes: { users: 8, families: 30, tenants: 4 } })).rejects.toThrow(
      "other sizes",
    );
  });
});
