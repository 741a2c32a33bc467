// The writer's thread of the floor: one transaction for each message, which holds the writes that gathered.
import { parentPort, workerData } from "node:worker_threads";
import { openTables } from "./row-statements.ts";
import type { Write } from "./rows.ts";

// The path, as rows.ts gave it.
const { begin, commit, insert, update, close } = openTables(workerData as string);

parentPort?.on("message", (group: Write[] | "close") => {
  if (group === "close") return finish();
  begin.run();
  for (const write of group) {
    if ("insert" in write) insert.run(write.insert);
    else update.get(write.update);
  }
  commit.run();
  parentPort?.postMessage(group.length);
});
parentPort?.postMessage("ready");

function finish(): void {
  close();
  parentPort?.close();
}
