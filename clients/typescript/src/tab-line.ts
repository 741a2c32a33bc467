// The line between tabs: asks the leader and waits for its answer, and carries the leader's word to the others.
import type { Clock } from "./clock.ts";
import { asTesseraError, signedOut, TesseraError } from "./error.ts";
import { errorOf, type Message, refusalOf, type View, type Wish } from "./tab-messages.ts";

/** The part of BroadcastChannel that is used. */
export type Channel = {
  postMessage(message: unknown): void;
  addEventListener(type: "message", listener: (event: { data: unknown }) => void): void;
  close(): void;
};

export type LineOptions = {
  channel: Channel;
  clock: Clock;
  patienceMs: number;
  /** Grants a wish if this tab leads; undefined if it does not. */
  grant: (wish: Wish) => Promise<View | undefined> | undefined;
  heard: (notice: Notice) => void;
};

/** What is said to all tabs. */
export type Notice = Extract<Message, { kind: "leads" | "state" | "handover" }>;

export type Line = {
  /** Rejects with the leader's TesseraError, or UNREACHABLE when none answers in time. */
  ask(wish: Wish, signal: AbortSignal): Promise<View | undefined>;
  tell(notice: Notice): void;
  close(): void;
};

type Pending = { wish: Wish; resolve: (view: View | undefined) => void; reject: (error: TesseraError) => void };

export function openLine({ channel, clock, patienceMs, grant, heard }: LineOptions): Line {
  let closed = false;
  const pending = new Map<string, Pending>();
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- A channel has no target origin.
  const post = (message: Message) => channel.postMessage(message);
  channel.addEventListener("message", ({ data }) => hear(data as Message));

  return {
    async ask(wish, signal) {
      if (closed) throw signedOut("this tab has left the others");
      const id = crypto.randomUUID();
      const answer = new Promise<View | undefined>((resolve, reject) => pending.set(id, { wish, resolve, reject }));
      const done = new AbortController();
      post({ kind: "wish", id, wish });
      const late = clock.wait(patienceMs, AbortSignal.any([signal, done.signal])).then(() => {
        throw new TesseraError("UNREACHABLE", "the leading tab does not answer");
      });
      try {
        return await Promise.race([answer, late]);
      } finally {
        pending.delete(id);
        done.abort();
      }
    },
    tell: post,
    close() {
      closed = true;
      channel.close();
    },
  };

  function hear(message: Message): void {
    switch (message.kind) {
      case "wish":
        return serve(message.id, message.wish);
      case "granted":
        return pending.get(message.id)?.resolve(message.view);
      case "refused":
        return pending.get(message.id)?.reject(errorOf(message.error));
      default:
        heard(message);
    }
    if (message.kind !== "leads") return;
    for (const [id, { wish }] of pending) post({ kind: "wish", id, wish });
  }

  function serve(id: string, wish: Wish): void {
    grant(wish)?.then(
      (view) => post({ kind: "granted", id, view }),
      (thrown: unknown) => post({ kind: "refused", id, error: refusalOf(asTesseraError(thrown)) }),
    );
  }
}
