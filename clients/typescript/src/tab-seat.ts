// A tab's place among the others: a candidate, then perhaps the leader, and gone while its page is hidden.
import { type Locks, stand } from "./tab-lock.ts";
import type { Office } from "./tab-office.ts";
import type { Tokens } from "./tokens.ts";

/** Where pagehide and pageshow are heard: the window. */
export type Page = Pick<EventTarget, "addEventListener">;

export type SeatOptions = {
  locks: Locks;
  name: string;
  page: Page;
  /** Called when this tab is elected. */
  lead: (inheriting: boolean) => Office;
  /** Called when it goes, with what the next leader needs. */
  gone: (tokens: Tokens | undefined) => void;
  /** Called when its page comes back from the back-forward cache. */
  back: () => void;
};

export type Seat = {
  /** Undefined while another tab leads. */
  office: () => Office | undefined;
  /** Aborts when this tab is elected, and again when it goes. */
  term: () => AbortSignal;
  leave: () => void;
};

export function takeSeat({ locks, name, page, lead, gone, back }: SeatOptions): Seat {
  let office: Office | undefined;
  let term = new AbortController();
  let resign = enter();
  page.addEventListener("pagehide", leave);
  page.addEventListener("pageshow", (event) => {
    if (!("persisted" in event && event.persisted)) return;
    back();
    resign = enter();
  });
  return { office: () => office, term: () => term.signal, leave };

  function enter(): () => void {
    return stand({ locks, name, elected: (inheriting) => begin(lead(inheriting)) });
  }

  function leave(): void {
    const last = office;
    begin(undefined);
    gone(last?.leave());
    resign();
  }

  function begin(next: Office | undefined): void {
    office = next;
    term.abort();
    term = new AbortController();
  }
}
