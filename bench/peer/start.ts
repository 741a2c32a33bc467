// Starts the peer's process, asks it once for each of its calls, and says what a load process has to send it.
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { createWriteStream, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createAuthority } from "../../test/support/certificates.ts";
import { basic } from "../support/caller.ts";
import { endOf, memoryMiBOf } from "../support/instance.ts";
import type { Bodies, Target } from "../support/load-plan.ts";
import { processorUsOf } from "../support/processor.ts";
import { writeBodies } from "../world/bodies.ts";
import { ask } from "../world/http.ts";

/** What the peer's process is told. `tls` is PEM. */
export type PeerOptions = {
  clientId: string;
  clientSecret: string;
  resource: string;
  scope: string;
  tls?: { cert: string; key: string };
};

export type PeerCall = "client-credentials" | "introspection";
export type PeerPlan = { target: Target; bodies: Bodies };

export type Peer = {
  /** host:port of HTTP/1.1. */
  address: string;
  /** Set with TLS: who signed the certificate of "localhost". */
  caFile?: string;
  pid: number;
  /** Microseconds of processor time that the process has used, all threads, user and system. */
  processorUs(): number;
  memoryMiB(): number;
  stop(): Promise<void>;
  plans: Readonly<Record<PeerCall, PeerPlan>>;
};

/** `folder` is there and takes the bodies. Rejects if one of the calls is not answered as it should be. */
export async function startPeer({ folder, tls = false }: { folder: string; tls?: boolean }): Promise<Peer> {
  const authority = tls ? createAuthority("Benchmark peer") : undefined;
  const caFile = authority && join(folder, "peer-ca.pem");
  if (caFile !== undefined && authority !== undefined) writeFileSync(caFile, authority.cert);
  const options: PeerOptions = {
    clientId: "bench",
    clientSecret: randomBytes(32).toString("base64url"),
    resource: "https://api.bench.test",
    scope: "ships:read berths:read berths:write",
    ...(authority && { tls: authority.issue({ name: "localhost", dns: ["localhost"], ips: ["127.0.0.1"] }) }),
  };
  const child = startProcess(folder);
  child.stdin.end(JSON.stringify(options));
  try {
    const address = `127.0.0.1:${await portIn(child)}`;
    const pid = child.pid ?? 0;
    const reached = { address, ...(caFile !== undefined && { caFile }) };
    return {
      ...reached,
      pid,
      processorUs: () => processorUsOf(pid),
      memoryMiB: () => memoryMiBOf(pid),
      stop: () => endOf(child),
      plans: await plansOf(folder, reached, options),
    };
  } catch (thrown) {
    await endOf(child);
    throw thrown;
  }
}

const program = fileURLToPath(new URL("../peer.ts", import.meta.url));

/** What it warns of goes to peer.log: that its adapter forgets everything is what favours it here. */
function startProcess(folder: string): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [program], { env: { ...process.env, NODE_ENV: "production" } });
  child.stderr.pipe(createWriteStream(join(folder, "peer.log"), { mode: 0o600 }));
  return child;
}

async function portIn(child: ChildProcessWithoutNullStreams): Promise<number> {
  for await (const line of createInterface(child.stdout)) {
    // What it says later is read, so that it never waits for a reader.
    child.stdout.resume();
    return (JSON.parse(line) as { port: number }).port;
  }
  throw new Error("the peer ended before it listened");
}

type Reached = Pick<Target, "address" | "caFile">;

async function plansOf(folder: string, reached: Reached, options: PeerOptions): Promise<Peer["plans"]> {
  const { clientId, clientSecret, scope, resource } = options;
  const authorization = basic({ clientId, secret: clientSecret });
  const headers = { authorization, "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
  const planned = (call: PeerCall, path: string, form: Record<string, string>): PeerPlan => {
    const file = join(folder, `bodies-${call}`);
    writeBodies(file, [Buffer.from(new URLSearchParams(form).toString())]);
    return { target: { protocol: "http1", ...reached, path, headers }, bodies: { file } };
  };
  const grant = { grant_type: "client_credentials", scope };
  const credentials = planned("client-credentials", "/token", { ...grant, resource });
  const minted = await answerTo(credentials.target, { ...grant, resource });
  if (String(minted["access_token"]).split(".").length !== 3) throw new Error("the peer's access token is no JWT");
  const { access_token: token } = await answerTo(credentials.target, grant);
  const question = { token: String(token), token_type_hint: "access_token" };
  const introspection = planned("introspection", "/token/introspection", question);
  const said = await answerTo(introspection.target, question);
  if (said["active"] !== true) throw new Error("the peer does not know its own token");
  return { "client-credentials": credentials, introspection };
}

async function answerTo(
  { address, caFile, path, headers }: Target,
  form: Record<string, string>,
): Promise<Record<string, unknown>> {
  const ca = caFile === undefined ? undefined : readFileSync(caFile, "utf8");
  const url = `${ca === undefined ? "http" : "https"}://${address}${path}`;
  const { status, body } = await ask(url, { ca, headers, body: new URLSearchParams(form).toString() });
  if (status !== 200) throw new Error(`the peer answered ${path} with ${status}`);
  return JSON.parse(body) as Record<string, unknown>;
}
