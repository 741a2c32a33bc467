// The whole service as a value: opened parts in, two listening doors out. main and the tests both call it.
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { authUseCases, machinePermissions, verifyBearer } from "./auth/index.ts";
import { auditEvent } from "./audit.ts";
import { sealAudit } from "./audit-trail.ts";
import { serve } from "./call.ts";
import type { Settings } from "./config.ts";
import { Failure } from "./failure.ts";
import { AuthService } from "./gen/tessera/auth/v1/auth_pb.ts";
import type { Parts } from "./parts.ts";
import { signingAlgorithms } from "./policy/keys.ts";
import { managementServices, retireBootstrapFile } from "./resources/index.ts";
import type { Store } from "./store/store.ts";
import { createMetrics, type Metrics } from "./telemetry.ts";
import { createIdentify } from "./transport/caller.ts";
import { createDispatch, type OnDenied } from "./transport/dispatch.ts";
import { startGrpc } from "./transport/grpc.ts";
import { type HttpParts, startHttp } from "./transport/http.ts";
import { createLimits, type Limits } from "./transport/limits.ts";
import { resolveMethods } from "./transport/method.ts";
import { createHttpServer, grpcFront } from "./transport/tls.ts";
import { createRouter } from "./transport/trpc.ts";
import { compileRules } from "./validation.ts";

export type App = {
  /** The ports that were really bound. */
  grpcPort: number;
  httpPort: number;
  metrics: Metrics;
  /** Not ready, then no new work, then the end of what is under way, within `graceMs`. */
  stop(graceMs: number): Promise<void>;
};

/** How often the clockwork runs, in milliseconds. */
const every = { seal: 500, keys: 5_000, sweep: 60_000 };

export async function createApp(settings: Settings, parts: Parts): Promise<App> {
  const services = [serve(AuthService, authUseCases(parts)), ...managementServices(parts)];
  const methods = resolveMethods(services);
  const limits = createLimits(settings.rateLimit);
  const metrics = createMetrics({ process: true });
  const { store, secrets, clock, random, log, keyring } = parts;
  const dispatch = createDispatch({
    identify: createIdentify({
      findClient: store.instance.findClient,
      findClientByCertificate: store.instance.findClientByCertificate,
      secrets,
      changes: store.changes,
      machinePermissions: machinePermissions(parts),
      verifyBearer: verifyBearer(parts),
      limits,
    }),
    limits,
    validate: parts.validate,
    clock,
    random,
    log,
    metrics,
    onDenied: recordDenied(store, limits, log),
  });
  const tlsOptions = {
    onProblem: (problem: unknown) => log.error({ err: problem }, "the certificate could not be reloaded"),
  };
  const { tls, grpc, http, allowPlaintext, signingKeys } = settings;
  const secure = tls !== undefined || allowPlaintext;
  const front = await grpcFront(tls, tlsOptions);
  const { maxConcurrentStreams, reflection } = grpc;
  const grpcDoor = await bound(
    "grpc_address",
    startGrpc({ methods, dispatch, front, secure, maxConcurrentStreams, reflection, log }, grpc.address),
  );
  let stopping = false;
  const httpParts: HttpParts = {
    router: createRouter({ methods, dispatch }),
    secure,
    issuer: parts.issuer,
    jwks: keyring.jwks,
    jwksMaxAge: signingKeys.jwksMaxAge,
    algorithms: signingAlgorithms,
    knowsOrigin: store.instance.knowsOrigin,
    ready: () => readiness(parts, stopping),
    registry: metrics.registry,
    log,
    createServer: (handler) => createHttpServer(tls, handler, tlsOptions),
  };
  const httpDoor = await bound("http_address", startHttp(httpParts, http.address));
  const stopClockwork = startClockwork(parts, settings);
  compileAuthRules(parts);
  return {
    grpcPort: grpcDoor.port,
    httpPort: httpDoor.port,
    metrics,
    async stop(graceMs) {
      stopping = true;
      // Whoever balances load reads readiness and turns away before the doors close.
      await delay(graceMs / 20);
      await Promise.all([grpcDoor.drain(graceMs), httpDoor.drain(graceMs)]);
      front.close();
      await stopClockwork();
    },
  };
}

/** With the doors open already: a start need not wait for it, and who calls meanwhile compiles what it needs itself. */
function compileAuthRules({ validate, log }: Parts): void {
  const requests = AuthService.methods.map(({ input }) => input);
  compileRules(validate, requests).catch((thrown: unknown) => log.error({ err: thrown }, "the contract is broken"));
}

/**
 * Denied changes stand in the trail of the caller's tenant. Each costs the caller's budget, and beyond it they are only
 * counted, so that nobody fills the trail; who only named itself is nobody to write down.
 */
function recordDenied(store: Store, limits: Limits, log: Logger): OnDenied {
  const record = async (...[call, { event, failure, source }]: Parameters<OnDenied>) => {
    const { caller } = call;
    if (caller.kind === "anonymous" || (caller.kind === "client" && caller.proof === "public")) return;
    limits.caller(caller, source, 1);
    const tenantId = caller.client.tenant.id;
    const facts = { event, subject: "", tenantId, outcome: "refused", reason: failure.reason } as const;
    await store.write("recordEvent", { audit: auditEvent(call, facts) });
  };
  return (call, facts) =>
    void record(call, facts).catch((thrown: unknown) => {
      const isFlood = thrown instanceof Failure && thrown.kind === "exhausted";
      if (!isFlood) log.warn({ err: thrown, requestId: call.requestId }, "a denied call could not be recorded");
    });
}

/** The door, or in words why its address cannot be had. */
async function bound<T>(key: string, door: Promise<T>): Promise<T> {
  try {
    return await door;
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
    throw new Failure("precondition", `${key} cannot be listened on${code && `: ${code}`}`, { cause: thrown });
  }
}

/** What has to hold before traffic should come: each check by name. */
async function readiness({ store, keyring }: Parts, stopping: boolean) {
  const checks = {
    serving: !stopping,
    writes: store.healthy(),
    reads: await store.instance.tenant("").then(
      () => true,
      () => false,
    ),
    keys: keyring.list().signingKeys.some((key) => key.status === "current"),
  };
  return { ok: Object.values(checks).every(Boolean), checks };
}

/** Seals the audit trail, promotes keys, and removes what has expired. A failed turn is logged and tried again. */
function startClockwork(parts: Parts, settings: Settings): () => Promise<void> {
  const { store, keyring, clock, log } = parts;
  const checkpointFile = settings.auditCheckpointFile;
  const turns = new Set<Promise<void>>();
  const repeat = (name: string, ms: number, work: () => Promise<unknown>) => {
    let running = false;
    return setInterval(() => {
      if (running) return;
      running = true;
      const turn = work()
        .catch((thrown: unknown) => log.error({ err: thrown }, `${name} failed`))
        .then(() => {
          running = false;
          turns.delete(turn);
        });
      turns.add(turn);
    }, ms);
  };
  const timers = [
    repeat("sealing the audit trail", every.seal, () => sealAudit({ ...parts, checkpointFile })),
    repeat("turning the keys", every.keys, () => keyring.tick()),
    repeat("sweeping", every.sweep, async () => {
      const before = clock.now();
      await store.write("sweep", { before, grantsBefore: before - 1000 * settings.grantRetention });
      await retireBootstrapFile(parts);
    }),
  ];
  return async () => {
    for (const timer of timers) clearInterval(timer);
    await Promise.all(turns);
    await sealAudit({ ...parts, checkpointFile });
  };
}
