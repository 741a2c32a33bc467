// A tab among the tabs of its page: stands for election, leads when elected, and otherwise takes its wishes to the leader.
import type { Clock } from "./clock.ts";
import { type Channel, type Notice, openLine } from "./tab-line.ts";
import { type Locks, stand } from "./tab-lock.ts";
import type { View, Wish } from "./tab-messages.ts";
import { type Office, type OfficeOptions, takeOffice } from "./tab-office.ts";
import type { Tokens } from "./tokens.ts";

/** Where pagehide and pageshow are heard: the window. */
export type Page = Pick<EventTarget, "addEventListener">;

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
  let office: Office | undefined;
  // Ends when this tab is elected, and again when it goes.
  let term = new AbortController();
  const line = openLine({ channel, clock, patienceMs, grant, heard });
  let resign = enter();
  page.addEventListener("pagehide", leave);
  page.addEventListener("pageshow", (event) => {
    if (!("persisted" in event && event.persisted)) return;
    // A page from the back-forward cache has missed what was said meanwhile.
    view = undefined;
    resign = enter();
  });

  return {
    fulfil,
    view: () => view,
    leads: () => office !== undefined,
    close() {
      leave();
      line.close();
    },
  };

  async function fulfil(wish: Wish): Promise<View | undefined> {
    const { signal } = term;
    try {
      const answer = await (office ? office.grant(wish) : line.ask(wish, signal));
      show(answer);
      return answer;
    } catch (error) {
      if (!signal.aborted) throw error;
      // Another tab leads by now, or this one does: the wish goes there.
      return fulfil(wish);
    }
  }

  function grant(wish: Wish): Promise<View | undefined> | undefined {
    const { signal } = term;
    // Who goes answers nobody any more: those who wait ask the next leader.
    return office?.grant(wish).finally(() => (signal.aborted ? new Promise<never>(() => {}) : undefined));
  }

  function enter(): () => void {
    return stand({ locks, name, elected: lead });
  }

  function lead(inheriting: boolean): void {
    const see = (next: View | undefined) => {
      show(next);
      line.tell({ kind: "state", view: next });
    };
    begin(takeOffice({ ...work, clock, handed, view, inheriting, changed: see }));
    handed = undefined;
    line.tell({ kind: "leads" });
  }

  function leave(): void {
    const tokens = office?.leave();
    begin(undefined);
    if (tokens?.refreshToken) line.tell({ kind: "handover", tokens });
    resign();
  }

  function begin(next: Office | undefined): void {
    office = next;
    term.abort();
    term = new AbortController();
  }

  function heard(notice: Notice): void {
    if (notice.kind === "state") show(notice.view);
    if (notice.kind !== "handover") handed = undefined;
    else if (office) office.inherit(notice.tokens);
    else handed = notice.tokens;
  }

  function show(next: View | undefined): void {
    const same = view?.accessToken === next?.accessToken;
    view = next;
    if (!same) changed(next);
  }
}
