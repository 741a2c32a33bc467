// h2spec, a stranger's tests of HTTP/2 servers, against ours. Needs Go, and says so in one line where there is none.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const hasGo = spawnSync("go", ["version"]).status === 0;
if (hasGo) await run();
else console.log("skipped: h2spec needs Go, which is not here");

async function run(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), "tessera-h2spec-"));
  const server = spawn(process.execPath, [join(here, "serve.ts")], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const h2spec = join(work, "h2spec");
    const source = "github.com/summerwind/h2spec/cmd/h2spec";
    execFileSync("go", ["build", "-o", h2spec, source], { cwd: join(here, "go"), stdio: "inherit" });
    const [port] = (await once(server.stdout, "data")) as [Buffer];
    const words = ["-h", "127.0.0.1", "-p", String(port).trim(), "--timeout", "2"];
    const { stdout } = spawnSync(h2spec, words, { encoding: "utf8" });
    const [, passed, , failed] = /(\d+) passed, (\d+) skipped, (\d+) failed/.exec(stdout) ?? [];
    if (failed !== "0") console.log(stdout);
    console.log(`${passed ?? 0} passed, ${failed ?? 1} failed`);
    process.exitCode = failed === "0" && server.exitCode === null ? 0 : 1;
  } finally {
    server.kill();
    rmSync(work, { recursive: true, force: true });
  }
}
