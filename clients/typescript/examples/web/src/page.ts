// What is seen. Attributes named data-* say the same to programs.
import type { TabTokenSource } from "@tessera/client";

type View = NonNullable<ReturnType<TabTokenSource["peek"]>>;
type State = "loading" | "signed-out" | "signed-in";

export const showState = (state: State): void => {
  document.body.dataset["state"] = state;
};

export const say = (text: string): void => write("status", text);

/** Who is signed in and what they may do. */
export function showUser({ user = {} }: View): void {
  write("name", user.name || user.username || "–");
  write("email", user.email || "–");
  write("organization", user.organization_name || user.organization_id || "none");
  list("roles", [...(user.user_roles ?? []), ...(user.org_role ? [user.org_role] : [])]);
  list("permissions", [...(user.user_permissions ?? []), ...(user.org_permissions ?? [])]);
}

/** How long the access token still lives, and which part this tab plays. */
export function showTime({ expiresAt }: View, leads: boolean): void {
  const seconds = Math.ceil((expiresAt - Date.now()) / 1000);
  const expiry = byId("expiry");
  expiry.dataset["expiresAt"] = String(expiresAt);
  expiry.dataset["live"] = String(seconds > 0);
  expiry.textContent = seconds > 0 ? `expires in ${seconds} s` : "has expired; the next use renews it";
  byId("part").dataset["leads"] = String(leads);
  write("part", leads ? "keeps the tokens" : "asks another tab for the token");
}

/** For the eye only: whoever decides by a token verifies it first. */
export function showClaims(token: string | undefined): void {
  const payload = token?.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/");
  const claims: unknown = payload && JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(payload), code)));
  write("claims", claims ? JSON.stringify(claims, null, 2) : "");
}

export function onClick(id: string, action: () => Promise<unknown>): void {
  byId(id).addEventListener("click", () => void action());
}

const code = (letter: string) => letter.charCodeAt(0);

function list(id: string, words: readonly string[]): void {
  const items = words.map((word) => Object.assign(document.createElement("li"), { textContent: word }));
  byId(id).replaceChildren(...(items.length > 0 ? items : ["none"]));
}

function write(id: string, text: string): void {
  const element = byId(id);
  // The same words are not set again, so that a screen reader does not read them again.
  if (element.textContent !== text) element.textContent = text;
}

function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}
