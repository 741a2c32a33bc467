// That the check of one winner can fail: a rotation that reads first and writes then spends a token twice.
import { describe, expect, it, onTestFinished } from "vitest";
import { openFile } from "../../src/store/sqlite-file.ts";
import { openSqliteStore } from "../../src/store/sqlite.ts";
import type { Row } from "../../src/store/tables.ts";
import { databaseFile, fillTenant, openFamily, openTestStore, rotationOf } from "../support/store.ts";

type Rotate = (family: Row<"refreshFamily">, mark: string) => Promise<boolean>;

/** How many of `count` presentations of one token at once are told that they won. */
async function winners(count: number, family: Row<"refreshFamily">, rotate: Rotate): Promise<number> {
  const won = await Promise.all(Array.from({ length: count }, (_, i) => rotate(family, `-by-${i}`)));
  return won.filter(Boolean).length;
}

describe("one token presented many times at once", () => {
  it("I-RT-01 N4-05: checked and then written it has several winners, rotated by one statement it has one", async () => {
    const path = databaseFile();
    const first = await openSqliteStore({ path, onFatal: () => undefined });
    const tenant = await fillTenant(first);
    const [naive, ours] = [await openFamily(first, tenant), await openFamily(first, tenant)];
    await first.close();

    const file = openFile(path, "write");
    onTestFinished(() => void file.close());
    const head = file.prepare("SELECT head_digest FROM refresh_family WHERE id = ?").pluck();
    const move = file.prepare("UPDATE refresh_family SET head_digest = ? WHERE id = ?");
    const checkThenAct: Rotate = async (family, mark) => {
      const { head: expected, successor } = rotationOf(family, 0, mark);
      if (head.get(family.id) !== expected) return false;
      // Whatever a service does between its look and its act: a turn of the loop is enough.
      await new Promise(setImmediate);
      move.run(successor, family.id);
      return true;
    };
    expect(await winners(8, naive.family, checkThenAct)).toBeGreaterThan(1);

    const store = await openTestStore({ path });
    expect(
      await winners(8, ours.family, (family, mark) => store.write("rotateFamily", rotationOf(family, 0, mark))),
    ).toBe(1);
  });
});
