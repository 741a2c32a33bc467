// A tab among the tabs of its page: stands for election, leads when elected, and otherwise takes its wishes to the leader.
import type { Clock } from "./clock.ts";
import { type Channel, type Notice, openLine } from "./tab-line.ts";
import type { Locks } from "./tab-lock.ts";
import type { View, Wish } from "./tab-messages.ts";
import { type Office, type OfficeOptions, takeOffice } from "./tab-office.ts";
import { type Page, takeSeat } from "./tab-seat.ts";
import type { Tokens } from "./tokens.ts";

export type MemberOptions = Pick<OfficeOptions, "sources" | "revoke"> & {
  name: string;
  locks: Locks;
  channel: Channel;
  page: Page;
  clock: Clock;
  patienceMs: number;
  changed: (view: View | undefined) => void;
};

export type Member = {
  /** Rejects with TesseraError, as the leader does; UNREACHABLE when no leader answers. */
  fulfil: (wish: Wish) => Promise<View | undefined>;
  view: () => View | undefined;
  leads: () => boolean;
  close: () => void;
};

export function joinTabs({ name, locks, channel, page, clock, patienceMs, changed, ...work }: MemberOptions): Member {
  let view: View | undefined;
  let handed: Tokens | undefined;
  const line = openLine({
    channel,
    clock,
    patienceMs,
    grant: (wish) => within(seat.term(), seat.office()?.grant(wish)),
    heard,
  });
  const seat = takeSeat({ name, locks, page, lead, gone: handOver, back: askAgain });
  return {
    fulfil,
    view: () => view,
    leads: () => seat.office() !== undefined,
    close() {
      seat.leave();
      line.close();
      show(undefined);
    },
  };

  async function fulfil(wish: Wish): Promise<View | undefined> {
    const term = seat.term();
    try {
      const answer = await (seat.office()?.grant(wish) ?? line.ask(wish, term));
      show(answer);
      return answer;
    } catch (error) {
      if (!term.aborted) throw error;
      // Another tab leads by now, or this one does: the wish goes there.
      return fulfil(wish);
    }
  }

  function lead(inheriting: boolean): Office {
    const see = (next: View | undefined) => {
      show(next);
      line.tell({ kind: "state", view: next });
    };
    const office = takeOffice({ ...work, clock, handed, view, inheriting, changed: see });
    handed = undefined;
    line.tell({ kind: "leads" });
    return office;
  }

  function handOver(tokens: Tokens | undefined): void {
    if (tokens?.refreshToken) line.tell({ kind: "handover", tokens });
  }

  /** A page from the back-forward cache has missed what was said meanwhile. */
  function askAgain(): void {
    view = undefined;
    fulfil({ want: "token" }).catch(() => changed(undefined));
  }

  function heard(notice: Notice): void {
    if (notice.kind === "state") show(notice.view);
    if (notice.kind !== "handover") handed = undefined;
    else if (seat.office()) seat.office()?.inherit(notice.tokens);
    else handed = notice.tokens;
  }

  function show(next: View | undefined): void {
    const same = view?.accessToken === next?.accessToken;
    view = next;
    if (!same) changed(next);
  }
}

/** Never settles once the term is over: who goes answers nobody any more, and those who wait ask the next leader. */
const within = <Answer>(term: AbortSignal, granted: Promise<Answer> | undefined): Promise<Answer> | undefined =>
  granted &&
  new Promise((resolve, reject) => {
    granted.then(
      (answer) => term.aborted || resolve(answer),
      (error: unknown) => term.aborted || reject(error),
    );
  });
