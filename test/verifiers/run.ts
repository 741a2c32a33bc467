// Strangers verify our tokens: PyJWT and golang-jwt, each against the key set the running service serves.
import { type ExecFileSyncOptionsWithStringEncoding, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { callTrpc, devToken, startService } from "../support/service.ts";

type Verdict = { accepted: boolean; altered_accepted: boolean };

const here = fileURLToPath(new URL(".", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "tessera-verifiers-"));
const quiet: ExecFileSyncOptionsWithStringEncoding = { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] };

/** Builds a verifier and answers the command that runs it, or undefined where its toolchain is missing. */
const verifiers: Record<string, () => string[]> = {
  "PyJWT 2.10.1": () => {
    const python = join(work, "venv", "bin", "python");
    execFileSync("python3", ["-m", "venv", join(work, "venv")], quiet);
    execFileSync(python, ["-m", "pip", "install", "--quiet", "PyJWT==2.10.1", "cryptography==44.0.0"], quiet);
    return [python, join(here, "verify.py")];
  },
  "golang-jwt 5.2.2": () => {
    const binary = join(work, "verifier");
    execFileSync("go", ["build", "-o", binary, "."], { ...quiet, cwd: join(here, "go") });
    return [binary];
  },
};

const service = await startService();
const counts = { passed: 0, failed: 0 };
try {
  const exchanged = { access_token: await devToken(service.dev) };
  const { token } = await callTrpc(service.dev, "auth.exchange", exchanged);
  const rs256 = await callTrpc(service.dev, "auth.exchange", {
    ...exchanged,
    resource: ["https://billing.harbour.test"],
  });
  const jwks = `${service.dev.http}/.well-known/jwks.json`;
  const cases = [
    ["ES256", String(token), "https://api.harbour.test"],
    ["RS256", String(rs256["token"]), "https://billing.harbour.test"],
  ] as const;
  for (const [name, build] of Object.entries(verifiers)) {
    const [program = "", ...words] = build();
    for (const [algorithm, jwt, audience] of cases) {
      const output = execFileSync(program, [...words, jwt, jwks, service.dev.issuer, audience], quiet);
      const verdict = JSON.parse(output) as Verdict;
      const ok = verdict.accepted && !verdict.altered_accepted;
      const what = `${name} accepts our ${algorithm} token and refuses it with one claim changed`;
      console.log(`${ok ? "ok" : "FAILED"}: ${what}`);
      counts[ok ? "passed" : "failed"] += 1;
    }
  }
} finally {
  await service.stop();
  service.clean();
  rmSync(work, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
