// The end of a call before its answer: told once, to whoever listens and whoever waits.
import { describe, expect, it } from "vitest";
import { createCancel } from "../src/cancel.ts";
import { Failure } from "../src/failure.ts";

const late = new Failure("late", "the deadline has passed");
const left = new Failure("cancelled", "the caller has left");

describe("a call that is cancelled", () => {
  it("tells its first reason once to who listens, and to its signal", () => {
    const cancel = createCancel();
    const heard: Failure[] = [];
    cancel.listen((reason) => heard.push(reason));
    const signal = cancel.signal();
    expect([cancel.reason(), signal.aborted]).toEqual([undefined, false]);
    cancel.abort(late);
    cancel.abort(left);
    expect([heard, cancel.reason(), signal.reason]).toEqual([[late], late, late]);
  });

  it("tells who asks only afterwards", () => {
    const cancel = createCancel();
    cancel.abort(left);
    const heard: Failure[] = [];
    cancel.listen((reason) => heard.push(reason));
    expect([heard, cancel.signal().aborted, cancel.signal().reason]).toEqual([[left], true, left]);
    expect(cancel.signal()).toBe(cancel.signal());
  });
});
