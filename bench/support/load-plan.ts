// What a load process is told and what it answers. Both travel as JSON.

/** Where to, over which protocol. `caFile` makes it TLS. */
export type Target = {
  /** gRPC over HTTP/2, each call a stream of its own; or plain HTTP/1.1 with connections that stay open. */
  protocol: "grpc" | "http1";
  /** host:port. */
  address: string;
  caFile?: string;
  /** `/tessera.auth.v1.AuthService/Introspect`, or a path. */
  path: string;
  /** Sent with every request, beside what the protocol needs. */
  headers: Readonly<Record<string, string>>;
};

/**
 * The bodies of the requests, in a file: each with its length before it (4 bytes, big endian), without gRPC's prefix.
 * They are sent in turn and from the first again after the last. With `follows: "refresh"` each is where one chain
 * begins: a slot sends its own, and then what it makes of each answer (the refresh token that came with it).
 */
export type Bodies = { file: string; follows?: "refresh" };

export type LoadPlan = {
  target: Target;
  bodies: Bodies;
  connections: number;
  /** Calls under way on one connection; HTTP/1.1 has always one. */
  streams: number;
  /**
   * Closed: each slot sends its next request when it has its answer. Open: so many a second at even times, whatever is
   * answered; latencies count from the time a request was due. One that finds no free slot waits in the load process.
   */
  pace: { kind: "closed" } | { kind: "open"; perSecond: number };
  /** Seconds that are measured, and seconds before them that are not. */
  seconds: number;
  warmup: number;
  /** Milliseconds since 1970. Connections are opened at once, and nothing is sent before; absent: nothing waits. */
  startAt?: number;
  /** Milliseconds: the good answers are also told by windows of this length. */
  windowMs?: number;
  /** The server's process, on this machine, whose processor time is read as the measured seconds begin and end. */
  server?: number;
};

/** Good answers that came within one window: how many, and their p99 from the sending; NaN where there were none. */
export type LoadWindow = { answers: number; p99: number };

/** Milliseconds. `sent` counts from the sending, `due` from the time it was due (the same for a closed pace). */
export type Latencies = { p50: number; p90: number; p99: number; max: number };

export type LoadResult = {
  /** Answers within the measured seconds, by outcome: "OK", another gRPC status by name, "HTTP 401", or "lost". */
  outcomes: Readonly<Record<string, number>>;
  /** Seconds really measured. */
  seconds: number;
  /** Of good answers a second. */
  perSecond: number;
  due: Latencies;
  sent: Latencies;
  /** Of answers that were refused (RESOURCE_EXHAUSTED), from the sending; undefined where there were none. */
  refused: Latencies | undefined;
  /** One after the other from when the measured seconds began, the last one whole; absent where none were asked for. */
  windows?: readonly LoadWindow[];
  /** Due and never sent when the time was over. */
  unsent: number;
  /** Sent from the first to the last, those of the warm-up included. */
  calls: number;
  /** Microseconds of the server's processor time in the measured seconds, user and system; where the plan names it. */
  processorUs: number | undefined;
};
