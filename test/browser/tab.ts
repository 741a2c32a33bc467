// What a person sees and does in one tab of the example page.
import type { Page } from "playwright-core";

export type Tab = ReturnType<typeof tabOf>;

const patience = { timeout: 20_000 };

export function tabOf(page: Page, url: string) {
  const is = (selector: string) => page.waitForSelector(selector, { state: "attached", ...patience });
  return {
    page,
    open: () => page.goto(url),
    signedIn: () => is("body[data-state=signed-in]"),
    signedOut: () => is("body[data-state=signed-out]"),
    live: () => is("#expiry[data-live=true]"),
    expired: () => is("#expiry[data-live=false]"),
    leads: () => is("#part[data-leads=true]"),
    follows: () => is("#part[data-leads=false]"),
    text: (selector: string) => page.locator(selector).innerText(patience),
    items: (selector: string) => page.locator(`${selector} li`).allInnerTexts(),
    expiresAt: async () => Number(await page.getAttribute("#expiry", "data-expires-at", patience)),
    click: (name: "sign-in" | "refresh" | "read" | "sign-out") => page.click(`#${name}`, patience),
    /** Asks for the token and answers its claims. */
    async claims(): Promise<Record<string, unknown>> {
      // Expressions for the page are text: the types of the DOM are not loaded here.
      await page.evaluate('document.querySelector("#claims").replaceChildren()');
      await page.click("#read", patience);
      await is("#claims:not(:empty)");
      return JSON.parse(await page.locator("#claims").innerText()) as Record<string, unknown>;
    },
  };
}
