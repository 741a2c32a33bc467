// The commands: what each of them opens, does and closes.
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { setFlagsFromString } from "node:v8";
import type { Worker } from "node:worker_threads";
import type { Logger } from "pino";
import { createApp } from "./app.ts";
import { type Actions, runCommand } from "./cli.ts";
import { steadyClock } from "./clock.ts";
import { type Address, formatAddress, type Settings } from "./config.ts";
import { askRunning, isRunning, listenForControl } from "./control.ts";
import { banner } from "./dev/banner.ts";
import { applyDemo, type DevFile, startDemoIssuer, writeDevFile } from "./dev/demo.ts";
import { writeExport } from "./export-file.ts";
import { Failure } from "./failure.ts";
import { type Opened, openParts } from "./open.ts";
import { applyAtStart, createOperate, type Operate, type OperatorRequest } from "./operate.ts";
import { systemRandom } from "./random.ts";
import { type DeclarationFile, offerBootstrap, readDocuments } from "./resources/index.ts";
import { createLog } from "./telemetry.ts";

/** Runs one and ends the process where it failed. `writer` is a writer's thread that nobody uses yet, for `serve`. */
export async function start(words: readonly string[], writer: Worker | undefined): Promise<void> {
  // Whatever nobody caught leaves a state nobody knows: say so and end, the store is safe at any moment.
  process.on("uncaughtException", (thrown) => endWith(thrown));
  process.on("unhandledRejection", (thrown) => endWith(thrown));

  // A polluted prototype would put fields into every message: nothing that is loaded may have added one.
  if (Object.keys(Object.prototype).length > 0) endWith(new Error("Object.prototype was changed"));

  const exitCode = await runCommand(words, actions(writer));
  // What a failed start left open must not keep the process alive; a service that started goes on.
  if (exitCode !== 0) process.exit(exitCode);
}

const actions = (writer: Worker | undefined): Actions => ({
  serve: (settings) => serve(settings, writer),
  apply: (settings, files, prune) => operateOn(settings, { command: "apply", files: files.map(readFile), prune }),
  export: exportTo,
  listKeys: (settings) => operateOn(settings, { command: "list-keys" }),
  rotateKeys: (settings) => operateOn(settings, { command: "rotate-keys" }),
  revokeKey: (settings, kid) => operateOn(settings, { command: "revoke-key", kid }),
  rewrapKeys: (settings, kekFile) => operateOn(settings, { command: "rewrap-keys", kekFile: resolve(kekFile) }),
  verifyAudit: (settings) => operateOn(settings, { command: "verify-audit" }),
  healthcheck,
});

async function serve(asked: Settings, writer: Worker | undefined): Promise<void> {
  const log = createLog(asked.log);
  for (const warning of asked.warnings) log.warn(warning);
  const settings = await withPort(asked);
  const random = systemRandom;
  const devIssuer = settings.dev
    ? await startDemoIssuer({ clock: steadyClock(), random, port: settings.devIssuerPort })
    : undefined;
  const opened = await open(settings, log, writer);
  const { parts } = opened;
  const operate = createOperate(parts, settings.auditCheckpointFile);
  const demo = devIssuer && (await applyDemo(parts, { devIssuer: devIssuer.issuer, dataDir: settings.dataDir }));
  if (settings.apply.length > 0) await applyAtStart(parts, settings.apply.map(readFile), settings.dataDir);
  await offerBootstrap(parts);
  const app = await createApp(settings, parts);
  const control = await listenForControl(settings.dataDir, operate);
  stopOnSignal(log, async () => {
    control.close();
    await app.stop(settings.shutdownGrace * 1000);
    await devIssuer?.close();
    await opened.close();
  });
  log.info({ grpc: app.grpcPort, http: app.httpPort, issuer: parts.issuer }, "serving");
  // A third less memory under load (0025), and nothing of a call in the old generation from its birth (0026). Not before:
  // the start takes only code that was compiled under the same flags.
  setFlagsFromString("--heap-growing-percent=50");
  setFlagsFromString("--no-allocation-site-pretenuring");
  if (devIssuer === undefined || demo === undefined) return;

  const { host } = settings.http.address;
  const file: DevFile = {
    grpc: formatAddress({ host: settings.grpc.address.host, port: app.grpcPort }),
    http: urlOf(settings, { host, port: app.httpPort }),
    issuer: parts.issuer,
    ...demo,
    upstream: {
      issuer: devIssuer.issuer,
      token_endpoint: devIssuer.tokenEndpoint,
      client_id: devIssuer.exampleBody.client_id,
      example_body: devIssuer.exampleBody,
    },
  };
  print(banner(writeDevFile(settings.dataDir, file), file));
}

/** Through the running instance if there is one, for it holds the store; otherwise on the store itself. */
async function operateOn(settings: Settings, request: OperatorRequest): Promise<void> {
  const answered = await askRunning(settings.dataDir, request);
  if (answered !== undefined) return print(answered);
  await onStopped(settings, async (operate) => print(await operate(request)));
}

async function onStopped(settings: Settings, work: (operate: Operate) => Promise<void>): Promise<void> {
  const log = createLog({ ...settings.log, level: "error" });
  const opened = await open(settings, log);
  try {
    await work(createOperate(opened.parts, settings.auditCheckpointFile));
  } finally {
    await opened.close();
  }
}

async function exportTo(settings: Settings, wanted: { tenant: string; output: string }): Promise<void> {
  const asked: Operate = async (request) => {
    const answered = await askRunning(settings.dataDir, request);
    if (answered === undefined) throw new Failure("unavailable", "the running instance has ended");
    return answered;
  };
  if (await isRunning(settings.dataDir)) return writeExport(asked, wanted);
  await onStopped(settings, (operate) => writeExport(operate, wanted));
}

function open(settings: Settings, log: Logger, writer?: Worker): Promise<Opened> {
  const issuer = settings.issuer ?? urlOf(settings, settings.http.address);
  return openParts(settings, { issuer, log, onFatal: (cause) => endWith(cause, log), ...(writer && { writer }) });
}

async function healthcheck(settings: Settings): Promise<void> {
  const { http, tls } = settings;
  // From inside the machine: an address that means "all" is reached on loopback.
  const host = http.address.host.replace(/^(0\.0\.0\.0|::)$/, "localhost");
  const url = `${urlOf(settings, { ...http.address, host })}/readyz`;
  const ready = await (tls === undefined ? asksPlain(url) : asksOwnTls(url)).catch(() => false);
  if (!ready) throw new Failure("unavailable", `${url} does not say that it is ready`);
}

async function asksPlain(url: string): Promise<boolean> {
  return (await fetch(url, { signal: AbortSignal.timeout(3000) })).ok;
}

/** Nothing secret is sent and the machine asks itself, so the name in the certificate does not matter here. */
function asksOwnTls(url: string): Promise<boolean> {
  return new Promise((answer, reject) => {
    const asked = request(url, { rejectUnauthorized: false, timeout: 3000 }, (response) => {
      response.resume();
      answer(response.statusCode === 200);
    });
    asked.on("error", reject);
    asked.on("timeout", () => asked.destroy(new Error("no answer")));
    asked.end();
  });
}

/** Where any port will do, takes a free one first: the issuer's name holds it, and tokens hold the issuer's name. */
async function withPort(settings: Settings): Promise<Settings> {
  const { address } = settings.http;
  if (settings.issuer !== undefined || address.port !== 0) return settings;
  const probe = createServer();
  await new Promise<void>((resolve) => {
    probe.listen(0, address.host, resolve);
  });
  const bound = probe.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : 0;
  await new Promise((resolve) => probe.close(resolve));
  return { ...settings, http: { address: { ...address, port } } };
}

const urlOf = ({ tls }: Settings, address: Address): string =>
  `${tls === undefined ? "http" : "https"}://${formatAddress(address)}`;

function stopOnSignal(log: Logger, stop: () => Promise<void>): void {
  let stopping = false;
  const onSignal = (signal: string) => {
    // A second signal means at once.
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ signal }, "stopping");
    stop().then(
      () => process.exit(0),
      (thrown: unknown) => endWith(thrown, log),
    );
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
}

function endWith(thrown: unknown, log = createLog({ format: "json", level: "error" })): never {
  log.fatal({ err: thrown }, "the process ends");
  process.exit(70);
}

function readFile(name: string): DeclarationFile {
  return readDocuments({ name, text: readFileSync(name, "utf8") });
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join("\n")}\n`);
}
