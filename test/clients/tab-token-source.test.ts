// Several tabs with one session, over this runtime's own Web Locks and BroadcastChannel.
import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  createTabTokenSource,
  type TabTokenSource,
  TesseraError,
  type TokenAnswer,
  type Tokens,
} from "../../clients/typescript/src/index.ts";

const tokens = (n: number, life = 900_000): Tokens => ({
  accessToken: `a${n}`,
  refreshToken: `r${n}`,
  issuedAt: Date.now(),
  expiresAt: Date.now() + life,
});
const answer = (n: number): TokenAnswer => ({ token: `a${n}`, refresh_token: `r${n}`, expires_in: 900 });
const reasonOf = (call: Promise<unknown>) =>
  call.then(
    () => "fulfilled",
    (error: TesseraError) => error.reason,
  );

/** A browser with the service behind it, whose answers come when `refresh` says. */
function browser() {
  const name = randomUUID();
  const calls: string[] = [];
  const revoked: string[] = [];
  const service = { refresh: async (): Promise<TokenAnswer> => answer(calls.length) };
  const openTab = (options: { patienceMs?: number } = {}) => {
    const page = new EventTarget();
    const refresh = (refreshToken: string) => {
      calls.push(refreshToken);
      return service.refresh();
    };
    const revoke = async (refreshToken: string) => revoked.push(refreshToken);
    const channel = new BroadcastChannel(name);
    const source = createTabTokenSource({ name, refresh, revoke, page, channel, ...options });
    opened.push(source);
    const fire = (type: string) => page.dispatchEvent(Object.assign(new Event(type), { persisted: true }));
    const mute = () => {
      channel.postMessage = () => {};
    };
    return { ...source, fire, mute };
  };
  return { openTab, calls, revoked, service };
}

const opened: TabTokenSource[] = [];
afterEach(() => {
  for (const source of opened.splice(0)) source.close();
});

async function twoTabs(signedIn = tokens(0)) {
  const all = browser();
  const leader = all.openTab();
  await vi.waitFor(() => expect(leader.leads()).toBe(true));
  const other = all.openTab();
  await leader.signIn(signedIn);
  return { ...all, leader, other };
}

describe("two tabs", () => {
  it("have one leader, and the other gets its token", async () => {
    const { leader, other } = await twoTabs();
    expect(await other.token()).toBe("a0");
    expect([leader.leads(), other.leads()]).toEqual([true, false]);
  });

  it("that need a new token at once cause one refresh and get the same", async () => {
    const { leader, other, calls } = await twoTabs(tokens(0, 0));
    expect(await Promise.all([leader.token(), other.token(), other.token()])).toEqual(["a1", "a1", "a1"]);
    expect(calls).toEqual(["r0"]);
  });

  it("both hear of a renewal, and neither is told the refresh token", async () => {
    const { leader, other } = await twoTabs();
    await other.token();
    const heard: unknown[] = [];
    for (const tab of [leader, other]) tab.subscribe((view) => heard.push(view));
    await other.refresh();
    const { accessToken, issuedAt, expiresAt } = leader.peek() ?? tokens(0);
    expect(heard).toEqual([1, 2].map(() => ({ accessToken: "a1", issuedAt, expiresAt })));
    expect([accessToken, other.peek()]).toEqual(["a1", leader.peek()]);
  });

  it("share a sign-in that either of them brings home", async () => {
    const { openTab } = browser();
    const [leader, other] = [openTab(), openTab()];
    await other.signIn(tokens(7));
    expect(await leader.token()).toBe("a7");
  });
});

describe("signing out", () => {
  it("in one tab ends both, and revokes the refresh token once", async () => {
    const { leader, other, revoked } = await twoTabs();
    await other.token();
    await other.signOut();
    expect(await Promise.all([reasonOf(leader.token()), reasonOf(other.token())])).toEqual([
      "SIGNED_OUT",
      "SIGNED_OUT",
    ]);
    expect(revoked).toEqual(["r0"]);
  });

  it("by the service ends both", async () => {
    const { leader, other, service } = await twoTabs();
    service.refresh = () => Promise.reject(new TesseraError("INVALID_GRANT", "the token was refused"));
    expect(await reasonOf(other.refresh())).toBe("SIGNED_OUT");
    expect(await reasonOf(leader.token())).toBe("SIGNED_OUT");
  });

  it("is what a tab finds that opens when nobody is signed in", async () => {
    expect(await reasonOf(browser().openTab().token())).toBe("SIGNED_OUT");
  });
});

describe("a leader that does not answer", () => {
  it("is not needed while the token at hand lives, and is reported when it does not", async () => {
    const { openTab, service } = browser();
    service.refresh = () => new Promise(() => {});
    const leader = openTab();
    await leader.signIn({ ...tokens(0), issuedAt: Date.now() - 10_000_000 });
    const other = openTab({ patienceMs: 20 });
    await other.token();
    leader.mute();
    expect(await other.token()).toBe("a0");
    expect(await reasonOf(other.refresh())).toBe("UNREACHABLE");
  });
});

describe("a leader that goes", () => {
  it("hands the session to the next", async () => {
    const { leader, other, calls } = await twoTabs();
    leader.fire("pagehide");
    await vi.waitFor(() => expect(other.leads()).toBe(true));
    expect(await other.token()).toBe("a0");
    await other.refresh();
    expect(calls).toEqual(["r0"]);
  });

  it("in the middle of a refresh has it repeated with the same token, which the service answers alike", async () => {
    const { leader, other, calls, service } = await twoTabs(tokens(0, 0));
    const cut = Promise.withResolvers<TokenAnswer>();
    service.refresh = () => cut.promise;
    const asked = other.token();
    await vi.waitFor(() => expect(calls).toEqual(["r0"]));
    service.refresh = async () => answer(1);
    leader.fire("pagehide");
    cut.reject(new TesseraError("CANCELLED", "the page is gone"));
    expect(await asked).toBe("a1");
    expect(calls).toEqual(["r0", "r0"]);
  });

  it("and comes back from the back-forward cache follows the new one", async () => {
    const { leader, other } = await twoTabs();
    leader.fire("pagehide");
    await vi.waitFor(() => expect(other.leads()).toBe(true));
    await other.refresh();
    leader.fire("pageshow");
    await vi.waitFor(() => expect(leader.peek()?.accessToken).toBe("a1"));
    expect(leader.leads()).toBe(false);
  });

  it("for good answers no more, and leaves alone what it had", async () => {
    const { leader, other, revoked } = await twoTabs();
    leader.close();
    expect(await reasonOf(leader.token())).toBe("SIGNED_OUT");
    await vi.waitFor(() => expect(other.leads()).toBe(true));
    expect([await other.token(), revoked]).toEqual(["a0", []]);
  });

  it("without a word leaves the others the access token they know, and no way to renew it", async () => {
    const { openTab } = browser();
    const gone = openTab();
    await gone.signIn(tokens(0));
    const heir = openTab();
    await heir.token();
    // A tab that crashes says nothing more, and the browser takes its lock away.
    gone.mute();
    gone.close();
    await vi.waitFor(() => expect(heir.leads()).toBe(true));
    expect(await heir.token()).toBe("a0");
    expect(await reasonOf(heir.refresh())).toBe("SIGNED_OUT");
  });
});
