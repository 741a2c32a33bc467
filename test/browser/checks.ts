// The story of one session in a browser, told in checks that build on each other.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { Browser } from "playwright-core";
import type { DevJson } from "./service.ts";
import { type Tab, tabOf } from "./tab.ts";
import { type Traffic, watch } from "./traffic.ts";

export type Check = readonly [name: string, check: () => Promise<void>];

export type Setting = { browser: Browser; dev: DevJson; url: string; ttl: number };

type Story = Omit<Setting, "browser"> & { traffic: Traffic; first: Tab; second: Tab; third: Tab };

export async function checks({ browser, ...setting }: Setting): Promise<Check[]> {
  const context = await browser.newContext();
  const newTab = async () => tabOf(await context.newPage(), setting.url);
  const tabs = { first: await newTab(), second: await newTab(), third: await newTab() };
  const story = { ...setting, ...tabs, traffic: watch(context) };
  return [...signingIn(story), ...twoTabs(story), ...leadersGo(story), ...theEnd(story)];
}

const signingIn = ({ first, traffic, dev, url, ttl }: Story): Check[] => [
  [
    "a stranger is asked to sign in, and the page is told no secret",
    async () => {
      await first.open();
      await first.signedOut();
      const told = String(await first.page.evaluate('fetch("/tessera.json").then((answer) => answer.text())'));
      const known = ["http", "public_client_id", "upstream_client_id", "upstream_issuer"];
      assert.deepEqual(Object.keys(JSON.parse(told) as object).sort(), known);
      assert.ok(!told.includes(dev.client_secret));
    },
  ],
  [
    "signing in goes by code and PKCE, and no token or code stays in the address",
    async () => {
      await first.click("sign-in");
      await first.page.waitForSelector("button[name=username]");
      const asked = new URL(first.page.url()).searchParams;
      assert.equal(asked.get("response_type"), "code");
      assert.equal(asked.get("code_challenge_method"), "S256");
      await first.page.click(`button:has-text("${dev.email_id}")`);
      await first.signedIn();
      assert.equal(first.page.url(), url);
      assert.equal(traffic.count("auth.exchange"), 1);
    },
  ],
  [
    "the page shows who is signed in and what they may do",
    async () => {
      assert.equal(await first.text("#email"), dev.email_id);
      assert.notEqual(await first.text("#name"), "–");
      assert.ok((await first.items("#roles")).length > 0, "no role");
      assert.ok((await first.items("#permissions")).length > 0, "no permission");
      const { exp, iat, client_id } = await first.claims();
      assert.equal(Number(exp) - Number(iat), ttl);
      assert.equal(client_id, dev.public_client_id);
    },
  ],
  [
    "an expired access token is replaced when it is needed",
    async () => {
      const before = await first.expiresAt();
      await first.expired();
      await first.click("refresh");
      await first.live();
      assert.ok((await first.expiresAt()) > before);
    },
  ],
];

const twoTabs = ({ first, second, traffic, dev }: Story): Check[] => [
  [
    "a second tab is signed in without another exchange, and follows the first",
    async () => {
      await second.open();
      await second.signedIn();
      await Promise.all([first.leads(), second.follows()]);
      assert.equal(await second.text("#email"), dev.email_id);
      assert.equal(traffic.count("auth.exchange"), 1);
    },
  ],
  [
    "two tabs that need a new token at once cause one refresh and get the same token",
    async () => {
      await Promise.all([first.expired(), second.expired()]);
      const before = traffic.count("auth.refresh");
      const [one, other] = await Promise.all([first.claims(), second.claims()]);
      assert.equal(traffic.count("auth.refresh"), before + 1);
      assert.ok(one["jti"]);
      assert.equal(one["jti"], other["jti"]);
    },
  ],
  [
    "two tabs that refresh at once both stay signed in, again and again",
    async () => {
      for (const round of [1, 2, 3]) {
        const before = await first.expiresAt();
        await Promise.all([first.click("refresh"), second.click("refresh")]);
        await eventually(async () => {
          const [one, other] = [await first.expiresAt(), await second.expiresAt()];
          assert.ok(one > before && other === one, `round ${round}`);
        });
      }
      assert.equal(traffic.count("auth.exchange"), 1);
    },
  ],
];

const leadersGo = ({ first, second, third, traffic }: Story): Check[] => [
  [
    "when the leading tab is closed the other leads, and refreshes",
    async () => {
      await first.page.close();
      await second.leads();
      await second.expired();
      const before = traffic.count("auth.refresh");
      const { exp } = await second.claims();
      assert.ok(Number(exp) * 1000 > Date.now());
      assert.equal(traffic.count("auth.refresh"), before + 1);
    },
  ],
  [
    "a leading tab that is reloaded comes back as a follower, still signed in",
    async () => {
      await third.open();
      await third.follows();
      await second.page.reload();
      await second.signedIn();
      await Promise.all([third.leads(), second.follows()]);
      assert.equal(traffic.count("auth.exchange"), 1);
    },
  ],
];

const theEnd = ({ second, third, traffic, dev }: Story): Check[] => [
  [
    "nothing is left in any storage of the browser",
    async () => {
      for (const { page } of [second, third]) {
        assert.deepEqual(await page.evaluate(storages), {
          local: [],
          session: [],
          databases: [],
          caches: [],
          cookies: "",
        });
      }
    },
  ],
  [
    "signing out in one tab signs both out, and the refresh token is dead at the service",
    async () => {
      await second.click("sign-out");
      await Promise.all([second.signedOut(), third.signedOut()]);
      await traffic.answered("auth.revoke");
      assert.equal(await refreshReason(second, dev, await traffic.lastRefreshToken()), "INVALID_GRANT");
    },
  ],
  [
    "no script failed and no policy was broken on the way",
    async () => {
      assert.deepEqual(traffic.complaints(), []);
    },
  ],
];

/** Two refreshes may follow each other, so both tabs agree only once the second is through. */
async function eventually(check: () => Promise<void>): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end; await sleep(50)) {
    const passed = await check().then(
      () => true,
      () => false,
    );
    if (passed) return;
  }
  await check();
}

// Text, for the types of the DOM are not loaded here.
const storages = `(async () => ({
  local: Object.keys(localStorage),
  session: Object.keys(sessionStorage),
  databases: await indexedDB.databases(),
  caches: await caches.keys(),
  cookies: document.cookie,
}))()`;

/** Presents the token from the page, as an attacker with script in it would, and answers the refusal's reason. */
const refreshReason = ({ page }: Tab, { http, public_client_id }: DevJson, token: string): Promise<unknown> =>
  page.evaluate(
    async ([url = "", authorization = "", refresh_token]) => {
      const headers = { authorization, "content-type": "application/json" };
      const response = await fetch(url, { method: "POST", headers, body: JSON.stringify({ refresh_token }) });
      return ((await response.json()) as { error?: { data?: { reason?: string } } }).error?.data?.reason;
    },
    [`${http}/trpc/auth.refresh`, `Basic ${btoa(`${public_client_id}:`)}`, token],
  );
