// The calls of the hot path: what the floor of each does, and what each should reach.
import type { FloorWork } from "../floor/start.ts";
import type { PeerCall } from "../peer/start.ts";
import type { Call } from "../world/bodies.ts";

export type HotCallName = Exclude<Call, "introspect-one">;

/** Processor time of a call: at most so many times its first floor's, or so many microseconds for each of its tokens. */
export type Bound = { timesFloor: number } | { usPerToken: number; tokens: number };

export type HotCall = {
  call: HotCallName;
  /** Each is what a floor does beside the echo. The call is held against the first; others are shown. */
  floors: readonly (readonly FloorWork[])[];
  bound: Bound;
  /** The peer's call should cost at least so many times ours. */
  peer?: { call: PeerCall; least: number };
  /**
   * What a run uses up: "once", tokens that are seen for the first time; "burst", so many that a run of the usual length
   * would need more than are remembered; "chains", refresh tokens that it begins with.
   */
  usesUp?: "once" | "burst" | "chains";
};

export const hotCalls: readonly HotCall[] = [
  {
    call: "introspect-seen",
    floors: [[]],
    bound: { timesFloor: 1.25 },
    peer: { call: "introspection", least: 1.7 },
  },
  // It need not verify; what it costs above the echo alone is shown beside.
  { call: "introspect-minted", floors: [["verify"], []], bound: { timesFloor: 1.15 }, usesUp: "burst" },
  { call: "introspect-first", floors: [["verify"]], bound: { timesFloor: 1.15 }, usesUp: "once" },
  { call: "introspect-batch", floors: [], bound: { usPerToken: 15, tokens: 100 } },
  {
    call: "generate-token",
    floors: [["sign", "hmac", "row"]],
    bound: { timesFloor: 1.3 },
    peer: { call: "client-credentials", least: 2 },
  },
  {
    // A sign-in leaves two rows, its grant and the refresh family, in one write.
    call: "exchange",
    floors: [
      ["verify", "sign", "row", "row"],
      ["verify", "sign", "row"],
    ],
    bound: { timesFloor: 1.3 },
  },
  {
    // A rotation cannot do without five HMACs: the tag and digest of the token that comes, and those of its successor, which
    // is derived by one. What it costs above a floor that makes them is shown beside.
    call: "refresh",
    floors: [
      ["sign", "row-update"],
      ["sign", "hmac", "hmac", "hmac", "hmac", "hmac", "row-update"],
    ],
    bound: { timesFloor: 1.3 },
    usesUp: "chains",
  },
];

/** "echo", or "echo + verify + sign". */
export const floorName = (does: readonly FloorWork[]): string => ["echo", ...does].join(" + ");

/** What the instance itself should reach: milliseconds, and MB of a million bytes. */
export const instanceBounds = { startMs: 300, idleMB: 120, loadedMB: 250 };
